internal import OlapStorage

/// How far an explicit transaction had come: savepoints of its writers, nil for one not yet begun.
package struct TransactionMark {
  let write: Int?
  let temporaryWrite: Int?
  /// Of the attached databases, in the order in which they joined.
  var joined: [TransactionMark] = []
}

extension Transaction {
  /// The savepoint every writer of a transaction begins with: before its first change.
  private static let start = 0

  /// Takes over the writer of permanent tables.
  func begin(_ writer: WriteTransaction) {
    write = writer
    _ = writer.savepoint()
  }

  /// Takes over the writer of temporary tables.
  func beginTemporary(_ writer: WriteTransaction) {
    temporaryWrite = writer
    _ = writer.savepoint()
  }

  /// A mark to roll back to. Marks are released or rolled back to in the reverse order of their making.
  func mark() -> TransactionMark {
    TransactionMark(
      write: write?.savepoint(), temporaryWrite: temporaryWrite?.savepoint(),
      joined: joined.map { $0.mark() })
  }

  /// Forgets what was done since the mark, which stays usable.
  func rollback(to mark: TransactionMark) throws {
    try write?.rollback(toSavepoint: mark.write ?? Transaction.start)
    try temporaryWrite?.rollback(toSavepoint: mark.temporaryWrite ?? Transaction.start)
    let nothing = TransactionMark(write: nil, temporaryWrite: nil)
    for (position, other) in joined.enumerated() {
      try other.rollback(to: position < mark.joined.count ? mark.joined[position] : nothing)
    }
  }

  /// Gives up a mark and later ones; what was done since stays.
  func release(_ mark: TransactionMark) {
    if let token = mark.write { write?.release(savepoint: token) }
    if let token = mark.temporaryWrite { temporaryWrite?.release(savepoint: token) }
    for (other, mark) in zip(joined, mark.joined) { other.release(mark) }
  }

  /// Throws when a statement has failed and nothing has been rolled back since.
  func checkUsable() throws {
    if isFailed {
      throw OlapError(.transaction, "Current transaction is aborted (please ROLLBACK)")
    }
  }

  /// Runs a statement: if it fails, nothing of it stays, and the transaction is aborted until ROLLBACK
  /// or ROLLBACK TO a savepoint.
  func runAtomically<R>(_ body: () throws -> R) throws -> R {
    let before = mark()
    do {
      let result = try body()
      release(before)
      return result
    } catch {
      isFailed = true
      // What cannot be undone cannot be committed either: the transaction stays aborted.
      do { try rollback(to: before) } catch { savepoints = [] }
      release(before)
      throw error
    }
  }
}

extension Connection {
  /// Runs what changes all or nothing: within an open transaction as one statement of it. Outside,
  /// `withWriter` sees to that.
  func atomically<R>(_ body: () throws -> R) throws -> R {
    guard let transaction else { return try body() }
    try transaction.checkUsable()
    return try transaction.runAtomically(body)
  }
}
