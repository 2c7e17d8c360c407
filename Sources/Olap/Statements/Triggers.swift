internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// A trigger as it is kept: the text of its CREATE statement under `trigger.<table id>.<name>`.
struct Trigger {
  let node: CreateTriggerStatement
  let sql: String

  /// A statement that makes it again, whatever the table is called by now.
  func definition(on table: TableEntry) -> String {
    let bytes = Array(sql.utf8)
    let place = node.table.range
    return String(decoding: bytes[..<place.start], as: UTF8.self)
      + "\(quote(table.schema)).\(quote(table.name))"
      + String(decoding: bytes[place.end...], as: UTF8.self) + ";"
  }
}

extension Connection {
  static func triggerPrefix(_ table: EntryID) -> String { "trigger.\(table)." }

  /// The triggers of a table, by name.
  func triggers(on table: EntryID, _ snapshot: Snapshot) -> [Trigger] {
    let prefix = Connection.triggerPrefix(table)
    return snapshot.metadataKeys.filter { $0.hasPrefix(prefix) }.compactMap { key in
      guard let bytes = snapshot.metadata(key) else { return nil }
      let sql = String(decoding: bytes, as: UTF8.self)
      guard case .createTrigger(let node)? = try? Parser.parse(sql).first?.kind else { return nil }
      return Trigger(node: node, sql: sql)
    }
  }

  func runCreateTrigger(_ node: CreateTriggerStatement, sql: String) throws -> QueryResult {
    let name = try resolve(node.table)
    guard !isTemporaryTable(name) else {
      throw OlapError(.notSupported, "a temporary table has no triggers")
    }
    try checkShape(node)
    return try withWriter { writer in
      let table = try existingTable(name, node.table, writer: writer)
      guard table.model == nil, table.expectations.isEmpty, table.schema != "olap" else {
        throw OlapError(
          .notSupported,
          "table \"\(table.name)\" has a model or expectations: it cannot have triggers too",
          range: node.table.range.start..<node.table.range.end)
      }
      for column in node.columns where table.columnIndex(column.text) == nil {
        throw OlapError(
          .binder, "table \"\(table.name)\" has no column \"\(column.text)\"",
          range: column.range.start..<column.range.end)
      }
      let key = Connection.triggerPrefix(table.id) + node.name.text.lowercased()
      if writer.snapshot.metadata(key) != nil {
        switch node.conflict {
        case .ignore: return done("CREATE TRIGGER")
        case .replace: break
        case .error:
          throw OlapError(
            .catalog, "Trigger with name \"\(node.name.text)\" already exists!",
            range: node.name.range.start..<node.name.range.end)
        }
      }
      let trigger = Trigger(node: node, sql: Connection.slice(sql, node.range))
      let stored = try reparsed(trigger)
      try refuseCycle(from: table, through: stored, writer)
      try checkBinds(stored, table, writer)
      writer.setMetadata(key, Array(trigger.sql.utf8))
      return done("CREATE TRIGGER")
    }
  }

  /// The trigger with places of its own text.
  private func reparsed(_ trigger: Trigger) throws -> Trigger {
    guard case .createTrigger(let node)? = try Parser.parse(trigger.sql).first?.kind else {
      throw OlapError(.internal, "the text of a trigger is no CREATE TRIGGER")
    }
    return Trigger(node: node, sql: trigger.sql)
  }

  /// What the syntax allows and the engine does not.
  private func checkShape(_ node: CreateTriggerStatement) throws {
    func refuse(_ message: String) -> OlapError {
      OlapError(.notSupported, message, range: node.name.range.start..<node.name.range.end)
    }
    if node.timing == .before && (node.isForEachRow || node.newTable != nil || node.oldTable != nil)
    {
      throw refuse("a BEFORE trigger sees no rows: it is FOR EACH STATEMENT without REFERENCING")
    }
    if node.isForEachRow && (node.newTable != nil || node.oldTable != nil) {
      throw refuse("a trigger FOR EACH ROW uses new.column and old.column, not REFERENCING")
    }
    if node.event == .insert && node.oldTable != nil {
      throw refuse("an INSERT has no OLD TABLE")
    }
    if node.event == .delete && node.newTable != nil {
      throw refuse("a DELETE has no NEW TABLE")
    }
    if node.action.kind.with?.tables.contains(where: { $0.body.isModification }) == true {
      throw refuse("the action of a trigger has no WITH clause that writes")
    }
    if node.isForEachRow, node.event == .update, !rowReferences(node, "old").isEmpty {
      throw refuse("an UPDATE trigger FOR EACH ROW sees new.column only; use REFERENCING OLD TABLE")
    }
  }

  /// Triggers whose actions would lead back to the table.
  private func refuseCycle(
    from table: TableEntry, through trigger: Trigger, _ writer: WriteTransaction
  ) throws {
    var open: [Trigger] = [trigger]
    var seen: Set<EntryID> = []
    while let next = open.popLast() {
      guard let target = try next.node.action.kind.targetTable.map({ try resolve($0) }),
        let entry = writer.catalog.lookup(.relation, schema: target.schema, name: target.name)
      else { continue }
      if entry.id == table.id {
        throw OlapError(
          .notSupported,
          "Recursive trigger chains are not supported: trigger \"\(next.node.name.text)\" writes "
            + "\"\(table.name)\"")
      }
      if seen.insert(entry.id).inserted {
        open += triggers(on: entry.id, writer.snapshot)
      }
    }
  }

  /// Binds the action once over no rows, so that a trigger that cannot run is not made.
  private func checkBinds(
    _ trigger: Trigger, _ table: TableEntry, _ writer: WriteTransaction
  ) throws {
    let columns = table.columns.map { ResultColumn(name: $0.name, type: $0.type) }
    let none = TransitionRows(columns: columns, chunks: [])
    if trigger.node.isForEachRow {
      let row = columns.map { "CAST(NULL AS \($0.type))" }
      let (statement, _) = try rowAction(trigger, columns, row)
      _ = try plan(statement, snapshot: writer.snapshot)
      return
    }
    try withTransitions(trigger, new: none, old: none) { statement in
      _ = try plan(statement, snapshot: writer.snapshot)
    }
  }

  func runDropTriggers(_ node: DropStatement) throws -> QueryResult {
    guard let on = node.onTable else { return done("DROP TRIGGER") }
    let name = try resolve(on)
    return try withWriter { writer in
      let table = try existingTable(name, on, writer: writer)
      for trigger in node.names {
        let key = Connection.triggerPrefix(table.id) + trigger.base.text.lowercased()
        guard writer.snapshot.metadata(key) != nil else {
          if node.ifExists { continue }
          throw OlapError(
            .catalog, "Trigger with name \"\(trigger.base.text)\" does not exist!",
            range: trigger.range.start..<trigger.range.end)
        }
        writer.setMetadata(key, nil)
      }
      return done("DROP TRIGGER")
    }
  }

  /// The places of `new.column` (or `old.column`) in the action.
  func rowReferences(
    _ node: CreateTriggerStatement, _ word: String
  ) -> [(column: String, range: SourceRange)] {
    var result: [(column: String, range: SourceRange)] = []
    var walker = SyntaxWalker(onExpression: { expression in
      guard case .column(let parts) = expression.kind, parts.count == 2,
        parts[0].text.lowercased() == word
      else { return }
      result.append((column: parts[1].text, range: expression.range))
    })
    walker.walk(node.action)
    return result
  }
}
