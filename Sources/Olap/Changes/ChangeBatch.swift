internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

/// The names and texts of one APPLY CHANGES: which columns it writes and how its source is read.
struct ChangeBatch {
  static let isDelete = "is delete"
  static let isTruncate = "is truncate"
  /// Whether some rows may empty the table (TRUNCATE WHEN), and whether NULL keeps what is stored.
  let truncates: Bool
  let ignoresNulls: Bool
  let table: TableEntry
  /// Positions of KEYS in the table.
  let keyPositions: [Int]
  /// Positions of the columns that the source gives, keys included, in table order.
  let written: [Int]
  /// `sequence 1`, …: what SEQUENCE BY gives.
  let sequenceColumns: [OlapCatalog.ColumnDefinition]
  /// SEQUENCE BY over stored rows, when it mentions only columns that are stored; else nil, and the
  /// sequence of every key is kept beside the table.
  let storedSequence: [String]?
  /// SELECT over the source that gives the written columns, the sequence and the delete mark.
  private let select: String

  /// Quoted names.
  var keys: [String] { keyPositions.map { quote(table.columns[$0].name) } }
  var columns: [String] { written.map { quote(table.columns[$0].name) } }
  var values: [String] { columns.filter { !keys.contains($0) } }
  var sequences: [String] { sequenceColumns.map { quote($0.name) } }
  var keyList: String { keys.joined(separator: ", ") }
  /// For IGNORE NULL UPDATES: the key's newest delete, and per value column the sequence of its value.
  var mergeColumns: [OlapCatalog.ColumnDefinition] {
    guard ignoresNulls else { return [] }
    let type = sequenceColumns[0].type
    let values = written.filter { !keyPositions.contains($0) }
    return [.init(name: "deleted at", type: type)]
      + values.map { .init(name: "sequence of \(table.columns[$0].name)", type: type) }
  }
  /// `key`, or `(key, key)`, for IN.
  var keyTuple: String { keys.count == 1 ? keyList : "(\(keyList))" }

  /// `a.key = b.key AND …`
  func sameKey(_ left: String, _ right: String) -> String {
    keys.map { "\(left).\($0) = \(right).\($0)" }.joined(separator: " AND ")
  }

  init(
    _ node: ApplyChangesStatement, table: TableEntry, sql: String, parameters: [Value],
    connection: Connection, writer: WriteTransaction
  ) throws {
    self.table = table
    truncates = node.truncateWhen != nil
    ignoresNulls = node.ignoresNullUpdates
    if node.historyType == 2, truncates || ignoresNulls {
      throw OlapError(
        .notSupported,
        "\(truncates ? "TRUNCATE WHEN" : "IGNORE NULL UPDATES") keeps no history: it goes with SCD TYPE 1 "
          + "only", range: node.range.start..<node.range.end)
    }
    if ignoresNulls, truncates || node.sequenceBy.count != 1 {
      throw OlapError(
        .notSupported,
        "IGNORE NULL UPDATES takes one SEQUENCE BY expression and no TRUNCATE WHEN: every column has a "
          + "sequence of its own", range: node.range.start..<node.range.end)
    }
    let text = Connection.slice(sql, node.source.range)
    let alias = node.source.alias.map { quote($0.name.text) } ?? "source"
    let named = (node.source.alias?.columns ?? []).map { quote($0.text) }
    let from =
      "FROM \(text) AS \(alias)" + (named.isEmpty ? "" : "(\(named.joined(separator: ", ")))")
    let probe = "\(from) SELECT *"
    let planned = try connection.plan(
      try Parser.parse(probe)[0], snapshot: writer.snapshot, parameters: parameters)
    guard case .query(_, let names) = planned.statement else {
      throw OlapError(.internal, "a query was bound to something else")
    }
    let sequence = node.sequenceBy.map { Connection.slice(sql, $0.range) }
    var controls: Set<String> = []
    for expression in node.sequenceBy + [node.deleteWhen, node.truncateWhen].compactMap({ $0 }) {
      controls.formUnion(ChangeBatch.columnNames(in: expression).names)
    }
    written = try ChangeBatch.targets(node, names: names, controls: controls, table: table)
    let positions = written
    keyPositions = try node.keys.map { key in
      guard let position = table.columnIndex(key.text), positions.contains(position) else {
        throw OlapError(
          .binder, "KEYS: \"\(key.text)\" is not a column of both the source and \"\(table.name)\"",
          range: key.range.start..<key.range.end)
      }
      return position
    }
    let stored = Set(written.map { table.columns[$0].name.lowercased() })
    let isStored = node.sequenceBy.allSatisfy { expression in
      let found = ChangeBatch.columnNames(in: expression)
      return found.isPlain && found.names.isSubset(of: stored)
    }
    storedSequence = isStored ? sequence : nil
    let casts = written.map { position -> String in
      let column = table.columns[position]
      return "CAST(\(alias).\(quote(column.name)) AS \(column.type)) AS \(quote(column.name))"
    }.joined(separator: ", ")
    let delete = node.deleteWhen.map { Connection.slice(sql, $0.range) } ?? "false"
    var mark = "coalesce((\(delete)), false) AS \(quote(ChangeBatch.isDelete))"
    var markNames = quote(ChangeBatch.isDelete)
    if let condition = node.truncateWhen.map({ Connection.slice(sql, $0.range) }) {
      mark += ", coalesce((\(condition)), false) AS \(quote(ChangeBatch.isTruncate))"
      markNames += ", " + quote(ChangeBatch.isTruncate)
    }
    let list = written.map { quote(table.columns[$0].name) }.joined(separator: ", ")
    let numbered = sequence.enumerated().map { "(\($0.element)) AS \"sequence \($0.offset + 1)\"" }
      .joined(separator: ", ")
    let sequenceNames = sequence.indices.map { "\"sequence \($0 + 1)\"" }.joined(separator: ", ")
    select =
      isStored
      ? "SELECT \(list), \(numbered), \(markNames) FROM "
        + "(\(from) SELECT \(casts), \(mark)) AS retyped"
      : "SELECT \(list), \(sequenceNames), \(markNames) FROM "
        + "(\(from) SELECT \(casts), \(numbered), \(mark)) AS retyped"
    let typed = try connection.plan(
      try Parser.parse(select)[0], snapshot: writer.snapshot, parameters: parameters)
    guard case .query(let plan, _) = typed.statement else {
      throw OlapError(.internal, "a query was bound to something else")
    }
    let types = plan.columns.map { $0.type }
    let width = written.count
    sequenceColumns = sequence.indices.map {
      OlapCatalog.ColumnDefinition(name: "sequence \($0 + 1)", type: types[width + $0])
    }
  }

  /// What tells deletes and truncations from other changes.
  var marks: [OlapCatalog.ColumnDefinition] {
    [.init(name: ChangeBatch.isDelete, type: .boolean)]
      + (truncates ? [.init(name: ChangeBatch.isTruncate, type: .boolean)] : [])
  }

  /// INSERT of the source's rows into the scratch table.
  func staging(into scratch: TableEntry) -> String {
    let names = (columns + sequences + marks.map { quote($0.name) }).joined(separator: ", ")
    return "INSERT INTO \(scratch.sqlName) (\(names)) \(select)"
  }

  /// INSERT … ON CONFLICT of the decided rows that differ from what is stored.
  func upsert(from winners: String) -> String {
    let columns = self.columns.joined(separator: ", ")
    let assignments = values.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    let action = assignments.isEmpty ? "NOTHING" : "UPDATE SET \(assignments)"
    return "INSERT INTO \(table.sqlName) (\(columns)) SELECT \(columns) FROM \(winners) "
      + "WHERE NOT \(quote(ChangeBatch.isDelete)) AND NOT \"is same\" "
      + "ON CONFLICT (\(keyList)) DO \(action)"
  }

  /// Lower-case names of the columns an expression mentions; `isPlain` when nothing else than stored
  /// columns can change its value.
  private static func columnNames(in expression: Expression) -> (names: Set<String>, isPlain: Bool)
  {
    var names: Set<String> = []
    var isPlain = true
    var walker = SyntaxWalker(
      onExpression: { part in
        switch part.kind {
        case .column(let parts):
          if let last = parts.last { names.insert(last.text.lowercased()) }
          if parts.count > 1 { isPlain = false }
        case .parameter: isPlain = false
        default: break
        }
      }, onTable: { _, _ in isPlain = false })
    walker.walk(expression)
    return (names, isPlain)
  }

  /// Which columns of the table the source gives. A source column that the table lacks is left out when
  /// SEQUENCE BY or DELETE WHEN use it, and a mistake otherwise.
  private static func targets(
    _ node: ApplyChangesStatement, names: [String], controls: Set<String>, table: TableEntry
  ) throws -> [Int] {
    let excluded = Set((node.columns?.exclude ?? []).map { $0.base.text.lowercased() })
    let included = Set(node.includedColumns.map { $0.text.lowercased() })
    var result: Set<Int> = []
    for name in names {
      let folded = name.lowercased()
      if excluded.contains(folded) || (!included.isEmpty && !included.contains(folded)) { continue }
      if let position = table.columnIndex(name) {
        if table.columns[position].generatedSQL == nil { result.insert(position) }
      } else if !controls.contains(folded) {
        throw OlapError(
          .binder,
          "the source's column \"\(name)\" is not in \"\(table.name)\"; leave it out with COLUMNS * "
            + "EXCLUDE (\(name))", range: node.source.range.start..<node.source.range.end)
      }
    }
    return result.sorted()
  }
}
