package import OlapColumns
package import OlapFunctions
package import OlapStorage
import Synchronization

/// What one statement runs with: the data it sees, its limits, and where it reports.
///
/// Shared by every worker of the statement.
/// SAFETY: everything mutable in it is thread-safe, but for the transaction, which only the coordinating
/// thread and serial sinks touch (appenders apart).
package final class ExecutionContext: @unchecked Sendable {
  /// Only CHANGES(…) scans need the storage itself; nil where there is none (tests).
  package let storage: Storage?
  /// What scans read. Inside a write transaction: its own snapshot at the statement's start.
  package let snapshot: Snapshot
  /// The transaction that writes go to; nil for a read-only statement.
  package let transaction: WriteTransaction?
  /// The connection's temporary tables, and their writer while a statement writes them.
  package let temporarySnapshot: Snapshot?
  package let temporaryTransaction: WriteTransaction?
  /// Tables that are read in another version than the snapshot's, by an id of their own.
  package let versions: [UInt64: TableSnapshot]
  /// Other databases of the session, by slot (see `AttachedID`); read only.
  package let attachedSnapshots: [Int: Snapshot]
  package let evaluation: EvaluationContext
  package let budget: MemoryBudget
  /// Workers a pipeline may use, at least 1.
  package let threads: Int
  /// Directory of spill files.
  package let temporaryDirectory: String
  /// Values of prepared-statement parameters, already of the types the plan names.
  package let parameters: [Value]
  package let profile: QueryProfile

  package init(
    storage: Storage? = nil, snapshot: Snapshot, transaction: WriteTransaction? = nil,
    evaluation: EvaluationContext, budget: MemoryBudget, threads: Int = 1,
    temporaryDirectory: String = "/tmp", parameters: [Value] = [], isProfiling: Bool = false,
    temporarySnapshot: Snapshot? = nil, temporaryTransaction: WriteTransaction? = nil,
    versions: [UInt64: TableSnapshot] = [:],
    attachedSnapshots: [Int: Snapshot] = [:]
  ) {
    self.storage = storage
    self.snapshot = snapshot
    self.transaction = transaction
    self.temporarySnapshot = temporarySnapshot
    self.temporaryTransaction = temporaryTransaction
    self.versions = versions
    self.attachedSnapshots = attachedSnapshots
    self.evaluation = evaluation
    self.budget = budget
    self.threads = Swift.max(1, threads)
    self.temporaryDirectory = temporaryDirectory
    self.parameters = parameters
    self.profile = QueryProfile(isTiming: isProfiling)
  }

  /// Ids from here on belong to temporary tables.
  package static let firstTemporaryID: UInt64 = 1 << 48

  /// The rows of a table: of this database, temporary, or of an attached one.
  func table(_ id: UInt64) -> TableSnapshot {
    if let version = versions[id] { return version }
    if let slot = AttachedID.slot(of: id), let attached = attachedSnapshots[slot] {
      return attached.table(AttachedID.local(id))
    }
    if id >= ExecutionContext.firstTemporaryID, let temporarySnapshot {
      return temporarySnapshot.table(id)
    }
    return snapshot.table(id)
  }

  /// The transaction that writes a table; nil when this statement may not write it.
  func writer(of id: UInt64) -> WriteTransaction? {
    id >= ExecutionContext.firstTemporaryID ? temporaryTransaction : transaction
  }

  /// Throws `.cancelled` when the statement has been cancelled; called once per chunk.
  package func checkCancellation() throws {
    if evaluation.isCancelled() {
      throw ComputeError(.cancelled, "the statement was cancelled")
    }
  }
}
