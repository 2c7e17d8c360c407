internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// Rows of a table as a statement wrote or removed them.
struct TransitionRows {
  let columns: [ResultColumn]
  let chunks: [Chunk]
}

extension Connection {
  /// A write of a table with triggers: those due before it, the write, those due after it, by name, all in
  /// one transaction. nil when none is due.
  func runTriggered(
    _ statement: Statement, sql: String, parameters: [Value], writer: WriteTransaction
  ) throws -> QueryResult? {
    guard let name = try statement.kind.targetTable.map({ try resolve($0) }),
      case .table(let table)? = writer.catalog.lookup(
        .relation, schema: name.schema, name: name.name)
    else { return nil }
    let all = triggers(on: table.id, writer.snapshot)
    if all.isEmpty { return nil }
    let due = try all.filter { try $0.isDue(for: statement.kind, on: table) }
    if due.isEmpty { return nil }
    for trigger in due where trigger.node.timing == .before {
      try withTransitions(trigger, new: nil, old: nil) { try fire($0, trigger.sql) }
    }
    let after = due.filter { $0.node.timing == .after }
    let oldRows = try rowsBefore(statement, table, after, sql, parameters, writer)
    var write = statement
    let shown = write.kind.prependReturning(table.columns.map { $0.name })
    let result = try writeChecked(write, sql: sql, parameters: parameters, writer: writer)
    var chunks: [Chunk] = []
    while let chunk = try result.nextChunk() { chunks.append(chunk.chunk) }
    let width = table.columns.count
    let written = TransitionRows(
      columns: table.columns.map { ResultColumn(name: $0.name, type: $0.type) },
      chunks: chunks.map { Chunk(columns: Array($0.columns[..<width]), count: $0.count) })
    for trigger in after {
      let isDelete = trigger.node.event == .delete
      if trigger.node.isForEachRow {
        try fireForEachRow(trigger, written)
      } else {
        try withTransitions(
          trigger, new: isDelete ? nil : written, old: isDelete ? written : oldRows
        ) { try fire($0, trigger.sql) }
      }
    }
    guard shown else { return done(result.statementKind, changed: result.changedRowCount) }
    return QueryResult(
      columns: Array(result.columns[width...]),
      chunks: chunks.map { Chunk(columns: Array($0.columns[width...]), count: $0.count) },
      statementKind: result.statementKind, changedRowCount: result.changedRowCount)
  }

  private func fire(_ action: Statement, _ sql: String) throws {
    let result = try runWrite(action, sql: sql, parameters: [])
    while try result.nextChunk() != nil {}
  }

  /// The rows an UPDATE is about to change, when a trigger asks for them.
  private func rowsBefore(
    _ statement: Statement, _ table: TableEntry, _ after: [Trigger], _ sql: String,
    _ parameters: [Value], _ writer: WriteTransaction
  ) throws -> TransitionRows? {
    guard case .update(let update) = statement.kind,
      after.contains(where: { $0.node.oldTable != nil })
    else { return nil }
    guard update.from.isEmpty else {
      throw OlapError(
        .notSupported, "an UPDATE with FROM fires no trigger that refers to an OLD TABLE")
    }
    let target = TableReference(
      .table(update.table, version: nil), alias: update.alias.map { TableAlias(name: $0) })
    let query = SelectStatement(
      with: update.with,
      body: .select(
        SelectCore(
          items: table.columns.map {
            SelectItem(expression: Expression(.column([Identifier($0.name)])))
          }, from: [target], filter: update.filter)), range: update.range)
    let result = try runQuery(
      Statement(.select(query), range: statement.range), sql: sql, parameters: parameters,
      snapshot: writer.snapshot)
    var chunks: [Chunk] = []
    while let chunk = try result.nextChunk() { chunks.append(chunk.chunk) }
    return TransitionRows(columns: result.columns, chunks: chunks)
  }

  /// Runs `body` with the trigger's action, whose NEW and OLD TABLE are relations of the given rows.
  func withTransitions(
    _ trigger: Trigger, new: TransitionRows?, old: TransitionRows?,
    _ body: (Statement) throws -> Void
  ) throws {
    let outer = returnedRows
    defer { returnedRows = outer }
    var action = trigger.node.action
    var tables: [CommonTableExpression] = []
    for (name, rows) in [(trigger.node.newTable, new), (trigger.node.oldTable, old)] {
      guard let name, let rows else { continue }
      tables.append(
        CommonTableExpression(name: name, body: .modification(trigger.node.action)))
      returnedRows.append(
        ReturnedRows(
          name: name.text, offset: SourceRange.none.start, columns: rows.columns,
          chunks: rows.chunks))
    }
    action.kind.prepend(WithClause(isRecursive: false, tables: tables, range: .none))
    try body(action)
  }

  /// Runs the action once a row, with the row's values in place of `new.column` and `old.column`.
  private func fireForEachRow(_ trigger: Trigger, _ rows: TransitionRows) throws {
    for chunk in rows.chunks {
      for row in 0..<chunk.count {
        let values = zip(rows.columns, chunk.columns).map { column, vector in
          "CAST(\(vector.value(at: row).sqlText(column.type)) AS \(column.type))"
        }
        let (action, text) = try rowAction(trigger, rows.columns, values)
        try fire(action, text)
      }
    }
  }

  /// The action with `values` (as SQL) in place of the row's columns, and its text.
  func rowAction(
    _ trigger: Trigger, _ columns: [ResultColumn], _ values: [String]
  ) throws -> (Statement, String) {
    let word = trigger.node.event == .delete ? "old" : "new"
    let bytes = Array(trigger.sql.utf8)
    var text: [UInt8] = []
    var position = trigger.node.action.range.start
    let references = rowReferences(trigger.node, word).sorted { $0.range.start < $1.range.start }
    for reference in references where reference.range.start >= position {
      guard
        let i = columns.firstIndex(where: {
          $0.name.lowercased() == reference.column.lowercased()
        })
      else {
        throw OlapError(
          .binder, "the table of the trigger has no column \"\(reference.column)\"")
      }
      text += bytes[position..<reference.range.start]
      text += Array(values[i].utf8)
      position = reference.range.end
    }
    text += bytes[position..<trigger.node.action.range.end]
    let sql = String(decoding: text, as: UTF8.self)
    return (try Parser.parse(sql)[0], sql)
  }
}

extension Trigger {
  /// Whether a write fires the trigger. A write whose rows are inserted or changed as they come is an
  /// error.
  fileprivate func isDue(for kind: Statement.Kind, on table: TableEntry) throws -> Bool {
    switch kind {
    case .insert(let insert):
      if let action = insert.onConflict?.action, action != .nothing {
        throw OlapError(
          .notSupported,
          "table \"\(table.name)\" has triggers: an INSERT of it takes ON CONFLICT DO NOTHING only")
      }
      return node.event == .insert
    case .update(let update):
      let changed = update.assignments.flatMap { $0.columns }.map { $0.text.lowercased() }
      return node.event == .update
        && (node.columns.isEmpty
          || node.columns.contains { changed.contains($0.text.lowercased()) })
    case .delete: return node.event == .delete
    default:
      throw OlapError(
        .notSupported,
        "MERGE INTO is not supported on tables with triggers, and \"\(table.name)\" has some")
    }
  }
}

extension Statement.Kind {
  /// Adds the target's columns in front of RETURNING; whether the statement had one.
  fileprivate mutating func prependReturning(_ columns: [String]) -> Bool {
    func items(_ qualifier: Identifier?) -> [SelectItem] {
      columns.map {
        let name = Identifier($0)
        return SelectItem(expression: Expression(.column(qualifier.map { [$0, name] } ?? [name])))
      }
    }
    switch self {
    case .insert(var node):
      let had = !node.returning.isEmpty
      node.returning = items(nil) + node.returning
      self = .insert(node)
      return had
    case .update(var node):
      let had = !node.returning.isEmpty
      let isAlone = node.from.isEmpty
      node.returning =
        items(isAlone ? nil : node.alias ?? node.table.base) + node.returning
      self = .update(node)
      return had
    case .delete(var node):
      let had = !node.returning.isEmpty
      let isAlone = node.using.isEmpty
      node.returning =
        items(isAlone ? nil : node.alias ?? node.table.base) + node.returning
      self = .delete(node)
      return had
    default: return false
    }
  }
}
