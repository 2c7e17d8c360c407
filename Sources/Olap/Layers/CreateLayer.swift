internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// CREATE BRONZE TABLE (…) and CREATE SILVER|GOLD TABLE … AS SELECT.
  func runCreateLayerTable(
    _ node: CreateLayerTableStatement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    let name = try resolve(node.name)
    let kind = "CREATE \(node.layer?.rawValue ?? "DYNAMIC") TABLE"
    if node.query == nil, node.layer != .bronze {
      throw OlapError(
        .parser,
        "a \(node.layer?.rawValue ?? "DYNAMIC") table is declared AS SELECT …; only bronze "
          + "tables are written directly", range: node.name.range.start..<node.name.range.end)
    }
    return try withWriter { writer in
      try RunLog.prepare(writer)
      let previous = writer.catalog.lookup(.relation, schema: name.schema, name: name.name)
      if case .table(let old)? = previous, node.conflict == .replace, let query = node.query {
        return try replaceModel(old, with: node, query: query, sql: sql, writer: writer)
      }
      guard try prepareName(name, node.name, conflict: node.conflict, writer: writer) else {
        return done(kind)
      }
      let table = try defineLayerTable(node, name: name, sql: sql, writer: writer)
      try addTable(table, writer: writer)
      try prepareRejected(of: table, writer: writer)
      guard table.model != nil, node.withData else { return done(kind) }
      return try firstRefresh(of: table, kind: kind, writer: writer)
    }
  }

  /// - Parameter restatement: of a definition that replaces another, what it means for the rows.
  private func firstRefresh(
    of table: TableEntry, kind: String, restatement: String? = nil, writer: WriteTransaction
  ) throws -> QueryResult {
    let rejected = rejectedTable(of: table, in: writer.catalog)
    let ordered = [table] + (rejected.map { [$0] } ?? [])
    let outcomes = try refresh(
      ordered, RefreshRequest(rung: .full, reason: restatement), trigger: "CREATE")
    if restatement != nil, let done = outcomes.first(where: { $0.model == table.name }) {
      session.notices.append(
        "\"\(table.name)\": \(done.reason) (\(done.created) created, \(done.updated) updated, "
          + "\(done.deleted) deleted, \(done.unchanged) unchanged)")
    }
    return done(kind, changed: outcomes.reduce(0) { $0 + $1.written })
  }

  private func defineLayerTable(
    _ node: CreateLayerTableStatement, name: QualifiedName, sql: String, writer: WriteTransaction
  ) throws -> TableEntry {
    try inSchema(name.schema, seesTemporaryTables: true) {
      try describe(node, name: name, sql: sql, writer: writer)
    }
  }

  private func describe(
    _ node: CreateLayerTableStatement, name: QualifiedName, sql: String, writer: WriteTransaction
  ) throws -> TableEntry {
    var table = try defineTable(
      name, columns: node.columns, constraints: node.constraints, query: node.query, sql: sql,
      writer: writer)
    table.layer = node.layer.flatMap { Layer(rawValue: $0.rawValue.lowercased()) }
    table.owner = node.owner
    table.comment = node.comment
    table.tags = node.tags
    table.sortedBy = try positions(of: node.sortedBy, in: table)
    try setOptions(node.options, of: &table, sql: sql)
    if table.owner == nil { table.owner = table.options["owner"] }
    if let query = node.query {
      if !node.columns.isEmpty { table.options[Connection.declaredNames] = "true" }
      if node.columns.contains(where: { $0.type != nil }) {
        table.options[Connection.declaredTypes] = "true"
      }
      var model = ModelDefinition(sql: Connection.slice(sql, query.range))
      model.mode = node.refresh.flatMap { .init(rawValue: $0.rawValue.lowercased()) } ?? .auto
      model.onFallbackError = node.onFallback == .error
      table.options["on_fallback"] = node.onFallback == .warn ? "warn" : nil
      switch node.target {
      case .lag(let text): model.lag = text
      case .downstream: model.lag = "DOWNSTREAM"
      case .schedule(let text): model.lag = text
      case nil: model.lag = nil
      }
      table.model = model
      // Rules that refuse rows may read further tables.
      model.dependsOn = try tablesRead(by: guardedDefinition(of: table))
      if model.dependsOn.contains(table.id) {
        throw OlapError(.layer, "a model cannot read itself")
      }
      table.model = model
      if table.sortedBy.isEmpty { table.sortedBy = table.keys.first?.columns ?? [] }
    }
    return table
  }

  /// The tables a query reads, views looked through.
  /// - Parameter isModel: what a session has for itself alone is refused.
  func tablesRead(by query: SelectStatement, isModel: Bool = true) throws -> [EntryID] {
    var temporary: String?
    let snapshot = writingSnapshot()
    let planning = SessionPlanning(
      connection: self, snapshot: snapshot, evaluation: evaluationContext(snapshot: snapshot))
    var binder = Binder(context: planning)
    let (plan, _) = try binder.bind(query: query)
    plan.forEachNodeAndSubquery { node in
      if case .scan(let scan) = node, scan.table.isTemporary { temporary = scan.table.name }
    }
    if isModel, let temporary {
      throw OlapError(
        .layer, "\"\(temporary)\" is a temporary table: a model outlives it and cannot read it")
    }
    if isModel, let variable = binder.variablesRead.first {
      throw OlapError(
        .layer,
        "getvariable(\(variable)) reads a variable of this session: a model outlives it and cannot read "
          + "it; write the value")
    }
    return binder.tablesRead
  }

  /// CREATE OR REPLACE keeps the table's identity, so that models that read it go on; its rows are
  /// restated from the new definition.
  private func replaceModel(
    _ old: TableEntry, with node: CreateLayerTableStatement, query: SelectStatement, sql: String,
    writer: WriteTransaction
  ) throws -> QueryResult {
    let name = try resolve(node.name)
    var table = try defineLayerTable(node, name: name, sql: sql, writer: writer)
    let kind = "CREATE \(node.layer?.rawValue ?? "DYNAMIC") TABLE"
    let isSameShape =
      old.columns.map { $0.type } == table.columns.map { $0.type }
      && old.columns.map { $0.name.lowercased() } == table.columns.map { $0.name.lowercased() }
      && old.keys == table.keys
    guard !isReading(table.id, old.id, in: writer.catalog, from: table) else {
      throw OlapError(.layer, "the new definition of \"\(old.name)\" would read itself")
    }
    if isSameShape {
      table.id = old.id
      table.columnIDs = old.columnIDs
      table.nextColumnID = old.nextColumnID
    } else {
      let readers = writer.catalog.sortedEntries.filter {
        if case .table(let reader) = $0 {
          reader.model?.dependsOn.contains(old.id) ?? false
        } else {
          false
        }
      }
      try changeCatalog(writer) { $0.remove(old.id) }
      for case .table(var reader) in readers {
        reader.model?.dependsOn.removeAll { $0 == old.id }
        reader.model?.dependsOn.append(table.id)
        try changeCatalog(writer) { $0.put(.table(reader)) }
      }
    }
    try changeCatalog(writer) { $0.put(.table(table)) }
    // WITH NO DATA leaves the restatement to the next refresh, which sees that the definition changed.
    try prepareRejected(of: table, writer: writer)
    guard node.withData else { return done(kind) }
    let isSameText = guardedDefinition(of: old) == guardedDefinition(of: table)
    return try firstRefresh(
      of: table, kind: kind,
      restatement: !isSameShape
        ? "the columns changed: every row is made anew"
        : isSameText
          ? "the definition is the same: every row was compared"
          : "the definition changed: every row is restated",
      writer: writer)
  }

  /// Whether a model's inputs lead back to `target`.
  private func isReading(
    _ id: EntryID, _ target: EntryID, in catalog: CatalogSnapshot, from table: TableEntry
  ) -> Bool {
    var queue = table.model?.dependsOn ?? []
    var seen: Set<EntryID> = []
    while let next = queue.popLast() {
      if next == target { return true }
      guard seen.insert(next).inserted else { continue }
      queue.append(contentsOf: catalog.table(next)?.model?.dependsOn ?? [])
    }
    return false
  }

  func runAlterLayerTable(_ node: AlterLayerTableStatement, sql: String) throws -> QueryResult {
    let name = try resolve(node.name)
    if case .refresh = node.action {
      return try runRefresh(RefreshStatement(selection: .models([node.name])), sql: sql)
    }
    return try withWriter { writer in
      if node.ifExists,
        writer.catalog.lookup(.relation, schema: name.schema, name: name.name) == nil
      {
        return done("ALTER TABLE")
      }
      var table = try existingTable(name, node.name, writer: writer)
      switch node.action {
      case .suspend: table.options["suspended"] = "true"
      case .resume: table.options["suspended"] = nil
      case .refresh: break
      case .setOptions(let options): try setOptions(options, of: &table, sql: sql)
      case .unsetOptions(let names):
        for name in names { table.options[name.text.lowercased()] = nil }
      case .setRefresh(let mode):
        table.model?.mode = .init(rawValue: mode.rawValue.lowercased()) ?? .auto
      case .setTarget(let target):
        switch target {
        case .lag(let text), .schedule(let text): table.model?.lag = text
        case .downstream: table.model?.lag = "DOWNSTREAM"
        }
      case .setOnFallback(let action):
        table.model?.onFallbackError = action == .error
        table.options["on_fallback"] = action == .warn ? "warn" : nil
      case .setTags(let tags): table.tags = tags
      case .setOwner(let owner): table.owner = owner
      case .setComment(let comment): table.comment = comment
      case .addExpectation(let constraint):
        var builder = TableBuilder(
          connection: self, sql: sql, writer: writer, name: name, tableID: table.id)
        try builder.apply(constraint, to: &table)
      case .dropConstraint(let constraint, let ifExists):
        let count = table.expectations.count
        table.expectations.removeAll { $0.name.lowercased() == constraint.text.lowercased() }
        if table.expectations.count == count && !ifExists {
          throw OlapError(
            .catalog, "table \"\(table.name)\" has no expectation \"\(constraint.text)\"")
        }
      case .rename(let to): table.name = to.text
      }
      let old = writer.catalog.table(table.id)
      try changeCatalog(writer) { $0.put(.table(table)) }
      try prepareRejected(of: table, writer: writer)
      if let old {
        try renameQuarantined(from: old, to: table, writer)
        try applyNewRules(of: table, since: old, writer)
      }
      return done("ALTER TABLE")
    }
  }

  func runCreateTest(_ node: CreateTestStatement, sql: String) throws -> QueryResult {
    let name = try resolve(node.name)
    return try withWriter { writer in
      if let old = writer.catalog.lookup(.test, schema: name.schema, name: name.name) {
        switch node.conflict {
        case .ignore: return done("CREATE TEST")
        case .replace: try changeCatalog(writer) { $0.remove(old.id) }
        case .error:
          throw OlapError(.catalog, "Test with name \"\(name.name)\" already exists!")
        }
      }
      _ = try outputColumns(of: node.query, sql: sql)
      try changeCatalog(writer) { catalog in
        catalog.put(
          .test(
            TestEntry(
              id: catalog.allocateID(), schema: name.schema, name: name.name,
              isError: node.severity == .error, model: node.model?.text,
              sql: Connection.slice(sql, node.query.range))))
      }
      return done("CREATE TEST")
    }
  }
}
