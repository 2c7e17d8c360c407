import Glibc
import Synchronization

/// Counters of one operator, summed over workers. The tree mirrors the lowered plan.
package final class OperatorProfile: Sendable {
  package let name: String
  /// Table name, condition, keys …: what EXPLAIN ANALYZE prints after the name.
  package let detail: String
  package let children: Mutex<[OperatorProfile]> = Mutex([])
  package let rowsIn = Atomic<Int>(0)
  package let rowsOut = Atomic<Int>(0)
  /// Time in the operator itself, summed over workers; 0 unless the statement is profiled.
  package let nanoseconds = Atomic<Int>(0)
  /// Largest memory the operator held.
  package let memoryBytes = Atomic<Int>(0)
  package let spilledBytes = Atomic<Int>(0)
  package let prunedZones = Atomic<Int>(0)

  package init(name: String, detail: String = "") {
    self.name = name
    self.detail = detail
  }

  /// Raises `memoryBytes` to `byteCount` when that is more.
  package func noteMemory(_ byteCount: Int) {
    _ = memoryBytes.max(byteCount, ordering: .relaxed)
  }

  package func add(rowsIn: Int = 0, rowsOut: Int = 0, nanoseconds: Int = 0) {
    if rowsIn != 0 { self.rowsIn.add(rowsIn, ordering: .relaxed) }
    if rowsOut != 0 { self.rowsOut.add(rowsOut, ordering: .relaxed) }
    if nanoseconds != 0 { self.nanoseconds.add(nanoseconds, ordering: .relaxed) }
  }
}

/// Profile and progress of one statement. Rows are always counted; time only when asked for.
package final class QueryProfile: Sendable {
  package let isTiming: Bool
  private let rootNodes: Mutex<[OperatorProfile]> = Mutex([])
  /// Rows of base tables read so far, and to read in all, for progress display.
  package let scannedRows = Atomic<Int>(0)
  package let totalRows = Atomic<Int>(0)
  /// Rows of stored tables looked at: not those of zones that were skipped.
  package let readRows = Atomic<Int>(0)
  /// Shares read of files and other sources that do not know their rows.
  private let otherShares: Mutex<[@Sendable () -> Double?]> = Mutex([])

  package init(isTiming: Bool) { self.isTiming = isTiming }

  package var roots: [OperatorProfile] { rootNodes.withLock { $0 } }
  package func addRoot(_ node: OperatorProfile) { rootNodes.withLock { $0.append(node) } }

  /// `share`: how much of a source has been read, 0…1, nil while unknown; called from any thread.
  package func addSource(_ share: @escaping @Sendable () -> Double?) {
    otherShares.withLock { $0.append(share) }
  }

  /// Share of the statement's input read, 0…1; nil before anything is known. The base tables together
  /// weigh as much as one file scan.
  package var progress: Double? {
    var shares = otherShares.withLock { $0 }.compactMap { $0() }
    let total = totalRows.load(ordering: .relaxed)
    if total > 0 { shares.append(Double(scannedRows.load(ordering: .relaxed)) / Double(total)) }
    if shares.isEmpty { return nil }
    return Swift.min(1, shares.reduce(0, +) / Double(shares.count))
  }

  /// The tree as indented lines, one operator each.
  package func lines() -> [String] {
    var result: [String] = []
    for root in roots { QueryProfile.append(root, depth: 0, to: &result) }
    return result
  }

  private static func append(_ node: OperatorProfile, depth: Int, to lines: inout [String]) {
    var line = String(repeating: "  ", count: depth) + node.name
    if !node.detail.isEmpty { line += " " + node.detail }
    line += "  (rows=\(node.rowsOut.load(ordering: .relaxed))"
    let nanoseconds = node.nanoseconds.load(ordering: .relaxed)
    if nanoseconds > 0 { line += " time=\(milliseconds(nanoseconds))" }
    let memory = node.memoryBytes.load(ordering: .relaxed)
    if memory > 0 { line += " memory=\(memory / 1024)KiB" }
    let spilled = node.spilledBytes.load(ordering: .relaxed)
    if spilled > 0 { line += " spilled=\(spilled / 1024)KiB" }
    let pruned = node.prunedZones.load(ordering: .relaxed)
    if pruned > 0 { line += " pruned_zones=\(pruned)" }
    lines.append(line + ")")
    for child in node.children.withLock({ $0 }) { append(child, depth: depth + 1, to: &lines) }
  }

  /// Milliseconds with two decimals.
  private static func milliseconds(_ nanoseconds: Int) -> String {
    let hundredths = nanoseconds / 10_000
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)ms"
  }
}

/// Monotonic clock in nanoseconds.
func monotonicNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
