internal import Olap

/// Brings a bronze table that exists to a declaration that has changed, where that loses nothing: new
/// columns are added at the end. Everything else is for a person to decide.
struct SourceChange {
  let connection: Connection
  let node: ProjectNode
  /// Columns as declared now.
  let declared: [ResultColumn]

  func apply() throws {
    let name = SQLText.quoted(name: node.name)
    let actual = try connection.execute("SELECT * FROM \(name) LIMIT 0").columns
    var remaining: [String: SQLType] = [:]
    for column in actual { remaining[column.name.lowercased()] = column.type }
    for column in declared {
      guard let type = remaining.removeValue(forKey: column.name.lowercased()) else {
        try connection.execute(
          "ALTER TABLE \(name) ADD COLUMN \(SQLText.quoted(name: column.name)) \(column.type)")
        continue
      }
      if type != column.type {
        throw failure(
          "column \"\(column.name)\" of \"\(node.name)\" is \(type) in the database and "
            + "\(column.type) here; ALTER TABLE \(node.name) ALTER COLUMN \(column.name) TYPE "
            + "\(column.type) first")
      }
    }
    if let extra = remaining.keys.min() {
      throw failure(
        "column \"\(extra)\" of \"\(node.name)\" is in the database and not here; ALTER TABLE "
          + "\(node.name) DROP COLUMN \(extra) first, or declare it")
    }
  }

  private func failure(_ message: String) -> ProjectError {
    ProjectError(message, in: node.file, at: node.sql.originalOffset(of: 0), kind: .step)
  }
}
