internal import Olap

/// A rule of a bronze table.
struct SourceExpectation: Hashable {
  let name: String
  let condition: String
  /// warn, drop, fail or quarantine
  let onViolation: String

  /// The rules that a database knows for a table.
  static func all(
    of node: ProjectNode, in connection: Connection
  ) throws -> [SourceExpectation] {
    let rows = try connection.query(
      """
      SELECT expectation, condition, on_violation FROM olap.expectations
      WHERE lower(table_name) = ? ORDER BY expectation
      """, parameters: [.varchar(node.key)])
    return rows.map { row in
      SourceExpectation(
        name: row.string(0) ?? "", condition: row.string(1) ?? "", onViolation: row.string(2) ?? "")
    }
  }
}

/// Brings a bronze table that exists to a declaration that has changed, where that loses nothing: new
/// columns are added at the end, rules replaced. Everything else is for a person to decide.
struct SourceChange {
  let connection: Connection
  let node: ProjectNode
  /// Columns as declared now.
  let declared: [ResultColumn]
  /// Rules as declared now.
  let rules: [SourceExpectation]

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
    try applyRules()
  }

  private func applyRules() throws {
    let alter = "ALTER TABLE \(SQLText.quoted(name: node.name))"
    let actual = try SourceExpectation.all(of: node, in: connection)
    for rule in actual where !rules.contains(rule) {
      try connection.execute("\(alter) DROP CONSTRAINT \(SQLText.quoted(name: rule.name))")
    }
    for rule in rules where !actual.contains(rule) {
      try connection.execute(
        "\(alter) ADD CONSTRAINT \(SQLText.quoted(name: rule.name)) EXPECT \(rule.condition) "
          + "ON VIOLATION \(rule.onViolation.uppercased())")
    }
  }

  private func failure(_ message: String) -> ProjectError {
    ProjectError(message, in: node.file, at: node.sql.originalOffset(of: 0), kind: .step)
  }
}
