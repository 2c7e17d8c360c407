internal import OlapCatalog
internal import OlapColumns
internal import OlapFormats

/// The query by which a load into a table with rules ON VIOLATION DROP or QUARANTINE reads its input:
/// the table's columns, the number of the first rule that refuses the row (from 1; 0: none), and where
/// the row comes from. Rows are judged in the order of the files, before keys and constraints are looked
/// at, and reach the table once.
struct LoadGuard {
  let guarded: RowGuard
  /// Columns of the input, and the table's columns that they fill.
  let filled: [(source: String, target: String)]
  /// Whether the input says where its rows come from.
  let hasOrigins: Bool

  static let violation = "\u{1}violation"
  private var table: TableEntry { guarded.table }
  private var origins: [String] {
    hasOrigins ? FileColumn.origins.map { quote($0.name) } : []
  }

  var sql: String {
    let columns = table.columns.map { quote($0.name) }
    let list = (columns + [quote(LoadGuard.violation)] + origins).joined(separator: ", ")
    var steps = [step(0, "SELECT *, 0 AS \(quote(LoadGuard.violation)) FROM (\(complete))")]
    for index in guarded.rules.indices {
      let number = quote(LoadGuard.violation)
      let text =
        "SELECT * REPLACE (CASE WHEN \(number) > 0 THEN \(number) WHEN \(condition(index)) "
        + "THEN \(index + 1) ELSE 0 END AS \(number)) FROM \(quote(name(index))) AS \(quote(table.name))"
      steps.append(step(index + 1, text))
    }
    return "WITH \(steps.joined(separator: ", ")) SELECT \(list) "
      + "FROM \(quote(name(guarded.rules.count)))"
  }

  private func name(_ index: Int) -> String { "\u{1}rows\(index)" }

  /// A stage of the query. Only UNIQUE rules look at their input as a whole.
  private func step(_ index: Int, _ text: String) -> String {
    var isWhole = false
    if index < guarded.rules.count, case .unique = guarded.rules[index].rule { isWhole = true }
    return "\(quote(name(index))) AS \(isWhole ? "MATERIALIZED" : "NOT MATERIALIZED") (\(text))"
  }

  /// The input with the table's columns, defaults and generated columns filled in.
  private var complete: String {
    let values = table.columns.filter { $0.generatedSQL == nil }.map { column -> String in
      let name = quote(column.name)
      guard let source = filled.first(where: { $0.target.lowercased() == column.name.lowercased() })
      else { return "CAST(\(column.defaultSQL ?? "NULL") AS \(column.type)) AS \(name)" }
      return "CAST(\(quote(source.source)) AS \(column.type)) AS \(name)"
    }
    let base =
      "SELECT \((values + origins).joined(separator: ", ")) FROM '\(Connection.loadSourceName)'"
    let generated = table.columns.compactMap { column in
      column.generatedSQL.map { "CAST((\($0)) AS \(column.type)) AS \(quote(column.name))" }
    }
    if generated.isEmpty { return base }
    return "SELECT *, \(generated.joined(separator: ", ")) FROM (\(base)) AS \(quote(table.name))"
  }

  /// TRUE for rows that the rule refuses.
  private func condition(_ index: Int) -> String {
    guard case .unique(let columns) = guarded.rules[index].rule else {
      return guarded.rules[index].rule.violation(duplicates: "1")
    }
    let list = columns.map { quote($0) }.joined(separator: ", ")
    let tuple = columns.count == 1 ? list : "(\(list))"
    let whole = columns.map { "\(quote($0)) IS NOT NULL" }.joined(separator: " AND ")
    let admitted = "\(quote(LoadGuard.violation)) = 0"
    let order = hasOrigins ? " ORDER BY \(quote("\u{1}file")), \(quote("\u{1}offset"))" : ""
    let place = "row_number() OVER (PARTITION BY \(list), \(admitted)\(order))"
    return "\(whole) AND (\(place) > 1 OR \(tuple) IN (SELECT \(list) FROM \(table.sqlName) "
      + "WHERE \(whole)\(staying(index))))"
  }

  /// A stored row that a row of the load takes the place of is no duplicate of it.
  private func staying(_ index: Int) -> String {
    guard let key = table.primaryKey ?? table.keys.first else { return "" }
    let names = key.columns.map { quote(table.columns[$0].name) }
    let list = names.joined(separator: ", ")
    let tuple = names.count == 1 ? list : "(\(list))"
    let present = names.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
    return " AND \(tuple) NOT IN (SELECT \(list) FROM \(quote(name(index))) "
      + "WHERE \(quote(LoadGuard.violation)) = 0 AND \(present))"
  }
}
