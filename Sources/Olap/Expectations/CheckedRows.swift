internal import OlapCatalog
internal import OlapStorage

/// Rows that expectations are checked on: all rows of a table, those a transaction or statement added,
/// or rows that wait in a scratch table.
struct CheckedRows {
  /// The table whose rules are meant.
  let table: TableEntry
  /// A relation with the table's columns and `rowid`, as SQL text without an alias.
  let relation: String
  /// Further condition on the relation; empty: none.
  let condition: String
  /// The table that a row id of the relation belongs to.
  let holder: EntryID
  /// Whether the rows stand in the table itself, so that a refused one must be deleted there.
  let isStored: Bool

  /// Every row of the table.
  static func all(_ table: TableEntry) -> CheckedRows {
    CheckedRows(
      table: table, relation: table.sqlName, condition: "", holder: table.id, isStored: true)
  }

  /// What the transaction has added to the table so far; `since` narrows it to one statement.
  static func added(
    to table: TableEntry, _ writer: WriteTransaction, since: NextRows? = nil
  ) -> CheckedRows {
    let period = since.map { " AND " + $0.condition } ?? ""
    return CheckedRows(
      table: table, relation: "CHANGES(\(table.sqlName), \(writer.baseCommit))",
      condition: "_change_type = 'insert'" + period, holder: table.id, isStored: true)
  }

  /// Rows on their way into the table.
  static func staged(_ scratch: TableEntry, for table: TableEntry) -> CheckedRows {
    CheckedRows(
      table: table, relation: scratch.sqlName, condition: "", holder: scratch.id, isStored: false)
  }

  /// Rows of one of the engine's own relations, which have no row ids.
  static func own(_ name: String, of table: TableEntry) -> CheckedRows {
    CheckedRows(
      table: table, relation: "'\(name)'", condition: "", holder: table.id, isStored: false)
  }

  /// `relation AS "table" WHERE …`: the rows, under the table's name.
  func from(where condition: String? = nil) -> String {
    let conditions = [self.condition, condition ?? ""].filter { !$0.isEmpty }
    let filter =
      conditions.isEmpty ? "" : " WHERE " + conditions.map { "(\($0))" }.joined(separator: " AND ")
    return "\(relation) AS \(quote(table.name))" + filter
  }

  /// The rows that break a rule: `FROM` text whose rows have the table's columns and `rowid`.
  func violating(_ rule: ExpectationRule) -> String {
    guard case .unique(let columns) = rule else {
      return from(where: rule.violation(duplicates: "1"))
    }
    // The rows that share a value with a checked row, the checked ones after those stored before them:
    // all but the first are one too many.
    let list = columns.map { quote($0) }.joined(separator: ", ")
    let tuple = columns.count == 1 ? list : "(\(list))"
    let whole = columns.map { "\(quote($0)) IS NOT NULL" }.joined(separator: " AND ")
    let checked = "SELECT rowid FROM \(from(where: whole))"
    let values = "SELECT \(list) FROM \(from(where: whole))"
    var candidates =
      "SELECT rowid AS row_number_in_table, rowid IN (\(checked)) AS is_checked, \(list) "
      + "FROM \(table.sqlName) WHERE \(tuple) IN (\(values))"
    if !isStored {
      candidates += otherKeys
      candidates =
        "SELECT -1 AS row_number_in_table, false AS is_checked, \(list) FROM (\(candidates)) AS old "
        + "UNION ALL SELECT rowid, true, \(list) FROM \(from(where: whole))"
    }
    let ranked =
      "SELECT row_number_in_table, is_checked, row_number() OVER (PARTITION BY \(list) "
      + "ORDER BY is_checked, row_number_in_table) AS position FROM (\(candidates)) AS candidates"
    return from(
      where: "rowid IN (SELECT row_number_in_table FROM (\(ranked)) AS ranked "
        + "WHERE is_checked AND position > 1)")
  }

  /// A stored row that a staged one will replace is no duplicate of it.
  private var otherKeys: String {
    guard let key = table.primaryKey ?? table.keys.first else { return "" }
    let names = key.columns.map { quote(table.columns[$0].name) }.joined(separator: ", ")
    let tuple = key.columns.count == 1 ? names : "(\(names))"
    let present = key.columns.map { "\(quote(table.columns[$0].name)) IS NOT NULL" }
      .joined(separator: " AND ")
    return " AND \(tuple) NOT IN (SELECT \(names) FROM \(from(where: present)))"
  }

  /// The row as a JSON object, as SQL text.
  var payload: String {
    let pairs = table.columns.map { column -> String in
      let name = column.name.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "''")
      return "'\(name)', \(quote(column.name))"
    }
    return "json_object(\(pairs.joined(separator: ", ")))"
  }
}
