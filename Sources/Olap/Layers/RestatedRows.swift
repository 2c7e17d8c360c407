internal import OlapCatalog
internal import OlapSQL

/// The rows of a model that RESTATE … WHERE derives anew, as SQL text: stored ones and recomputed ones.
///
/// A condition over the key's columns alone chooses the same rows on both sides. Any other condition
/// may hold for a key on one side only: then the keys for which it holds on either side are chosen.
struct RestatedRows {
  private let table: TableEntry
  private let source: String
  private let condition: String
  /// Columns of the key and a query of the chosen keys; nil when the condition itself chooses the rows.
  let keys: (columns: [OlapCatalog.ColumnDefinition], query: String)?

  /// WHERE over the stored rows.
  var filter: String { " WHERE \(condition)" }
  /// The SELECT of the recomputed rows.
  var definition: String { "\(source) WHERE \(condition)" }

  init(of table: TableEntry, definition: String, where condition: String) throws {
    let casts = table.columns.map { "CAST(\(quote($0.name)) AS \($0.type)) AS \(quote($0.name))" }
      .joined(separator: ", ")
    let names = table.columns.map { quote($0.name) }.joined(separator: ", ")
    let source = """
      SELECT \(names) FROM (SELECT \(casts) FROM (\(definition)
      ) AS recomputed(\(names))) AS \(quote(table.name))
      """
    self.init(table: table, source: source, condition: "(\(condition))", keys: nil)
    guard let key = table.keys.first else { return }
    let columns = key.columns.map { table.columns[$0] }
    let mentioned = try RestatedRows.names(in: condition)
    if let mentioned, mentioned.isSubset(of: columns.map { $0.name.lowercased() }) { return }
    let list = columns.map { quote($0.name) }.joined(separator: ", ")
    let query =
      "SELECT \(list) FROM \(table.sqlName) AS \(quote(table.name)) WHERE \(condition) "
      + "UNION SELECT \(list) FROM (\(source)) AS \(quote(table.name)) WHERE \(condition)"
    self.init(
      table: table, source: source, condition: "(\(condition))", keys: (columns, query))
  }

  private init(
    table: TableEntry, source: String, condition: String,
    keys: (columns: [OlapCatalog.ColumnDefinition], query: String)?
  ) {
    self.table = table
    self.source = source
    self.condition = condition
    self.keys = keys
  }

  /// The rows whose keys stand in a table.
  func having(keysIn holder: TableEntry) -> RestatedRows {
    let same = holder.columns.map {
      "chosen.\(quote($0.name)) IS NOT DISTINCT FROM \(quote(table.name)).\(quote($0.name))"
    }
    return RestatedRows(
      table: table, source: source,
      condition:
        "EXISTS (SELECT 1 FROM \(holder.sqlName) AS chosen WHERE \(same.joined(separator: " AND ")))",
      keys: nil)
  }

  /// Lower-case column names of a condition; nil when it reads other relations.
  private static func names(in condition: String) throws -> Set<String>? {
    var names: Set<String> = []
    var isPlain = true
    guard case .select(let query) = try Parser.parse("SELECT \(condition)")[0].kind else {
      return nil
    }
    var walker = SyntaxWalker(
      onExpression: { part in
        if case .column(let parts) = part.kind, let last = parts.last {
          names.insert(last.text.lowercased())
        }
      }, onTable: { _, _ in isPlain = false })
    walker.walk(query)
    return isPlain ? names : nil
  }
}
