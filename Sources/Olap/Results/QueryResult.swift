internal import OlapColumns

/// The result of one statement: a stream of chunks, read once, front to back.
///
/// A result of a query holds its snapshot until it is drained or released. One thread at a time.
public final class QueryResult {
  public let columns: [ResultColumn]
  /// What kind of statement it was: "SELECT", "INSERT", "CREATE", …
  public let statementKind: String
  /// Rows inserted, updated and deleted; nil for queries and DDL.
  public let changedRowCount: Int?
  /// The session's time zone when the statement ran: TIMESTAMPTZ is shown in it.
  public internal(set) var timeZone = "UTC"
  /// Remarks on the statement, such as an option that was accepted without effect.
  public internal(set) var notices: [String] = []
  /// Stops reading as it stops the statement; nil for a result of the engine's own.
  var cancellation: Cancellation?
  private var pull: () throws -> Chunk?
  private let sql: String?
  private var isDone = false

  package init(
    columns: [ResultColumn], statementKind: String, changedRowCount: Int? = nil, sql: String? = nil,
    pull: @escaping () throws -> Chunk? = { nil }
  ) {
    self.columns = columns
    self.statementKind = statementKind
    self.changedRowCount = changedRowCount
    self.sql = sql
    self.pull = pull
  }

  /// A result with rows already at hand.
  package convenience init(
    columns: [ResultColumn], chunks: [Chunk], statementKind: String, changedRowCount: Int? = nil
  ) {
    var rest = chunks[...]
    self.init(
      columns: columns, statementKind: statementKind, changedRowCount: changedRowCount,
      pull: { rest.popFirst() })
  }

  /// The next batch of rows, nil at the end.
  public func nextChunk() throws -> ResultChunk? {
    if isDone { return nil }
    do {
      while let chunk = try pullStoppably() {
        if chunk.count > 0 {
          return ResultChunk(chunk: chunk, columns: columns, timeZone: timeZone)
        }
      }
    } catch {
      finish()
      throw OlapError.from(error, sql: sql)
    }
    finish()
    return nil
  }

  private func pullStoppably() throws -> Chunk? {
    guard let cancellation else { return try pull() }
    return try cancellation.run {
      do {
        let chunk = try pull()
        // What a cancelled statement computes may be anything.
        if chunk != nil { try Cancellation.check() }
        return chunk
      } catch {
        // Memory is given up here, where it is known that the statement was cancelled.
        finish()
        throw error
      }
    }
  }

  private func finish() {
    isDone = true
    pull = { nil }
  }

  /// All remaining rows, boxed. For small results.
  public func allRows() throws -> [Row] {
    var rows: [Row] = []
    while let chunk = try nextChunk() {
      for index in 0..<chunk.rowCount { rows.append(chunk.row(index)) }
    }
    return rows
  }
}
