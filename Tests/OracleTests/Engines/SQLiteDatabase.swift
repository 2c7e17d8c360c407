import CSQLite

/// SQLite's library as the second opinion: one database in memory.
final class SQLiteDatabase {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private var handle: OpaquePointer?
  /// Steps of SQLite's machine that a query may take, in thousands.
  private var budget = 0

  init() throws {
    guard sqlite3_open(":memory:", &handle) == SQLITE_OK else {
      throw Failure(description: "cannot open SQLite in memory")
    }
    // LIKE of the standard tells upper from lower case.
    _ = try rows("PRAGMA case_sensitive_like = ON")
  }

  deinit { sqlite3_close(handle) }

  func execute(_ sql: String) throws { _ = try rows(sql) }

  /// All rows of a statement as comparable text. Runaway statements fail.
  func rows(_ sql: String) throws -> [[String]] {
    budget = 6000
    let state = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_progress_handler(
      handle, 1000,
      { state in
        let database = Unmanaged<SQLiteDatabase>.fromOpaque(state!).takeUnretainedValue()
        database.budget -= 1
        return database.budget < 0 ? 1 : 0
      }, state)
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else {
      throw Failure(description: String(cString: sqlite3_errmsg(handle)))
    }
    defer { sqlite3_finalize(statement) }
    var result: [[String]] = []
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: result.append(row(statement))
      case SQLITE_DONE: return result
      default: throw Failure(description: String(cString: sqlite3_errmsg(handle)))
      }
    }
  }

  private func row(_ statement: OpaquePointer?) -> [String] {
    (0..<sqlite3_column_count(statement)).map { index in
      switch sqlite3_column_type(statement, index) {
      case SQLITE_NULL: "NULL"
      case SQLITE_INTEGER: String(sqlite3_column_int64(statement, index))
      case SQLITE_FLOAT: Rendering.text(sqlite3_column_double(statement, index))
      default: "'" + String(cString: sqlite3_column_text(statement, index)) + "'"
      }
    }
  }
}
