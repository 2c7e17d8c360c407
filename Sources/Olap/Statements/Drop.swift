internal import OlapCatalog
internal import OlapSQL
internal import OlapStorage

extension Connection {
  func runDrop(_ node: DropStatement) throws -> QueryResult {
    let verb = "DROP \(node.kind.rawValue)"
    if node.kind == .schema { return try runDropSchemas(node) }
    if node.kind == .task { return try runDropTasks(node) }
    if node.kind == .trigger { return try runDropTriggers(node) }
    for name in node.names {
      let resolved = try resolve(name)
      let isTemporary = isTemporaryTable(resolved)
      let target =
        isTemporary
        ? QualifiedName(schema: "temp", name: resolved.name, isTemporary: true) : resolved
      try withWriter(of: target) { writer in
        guard let entry = find(node, target, writer: writer) else {
          if node.ifExists { return }
          throw OlapError(
            .catalog,
            "\(title(node.kind)) with name \(name.text) does not exist!"
              + didYouMean(name.base.text, names(of: node.kind, in: writer.catalog)),
            range: name.range.start..<name.range.end)
        }
        try checkKind(entry, is: node.kind, name: name)
        try checkLayer(entry, is: node.layer, name: name)
        try remove(entry, cascade: node.cascade, writer: writer)
      }
    }
    return done(verb)
  }

  /// The names that DROP of a kind might have meant.
  private func names(of kind: ObjectKind, in catalog: CatalogSnapshot) -> [String] {
    catalog.sortedEntries.compactMap { entry in
      switch (entry, kind) {
      case (.table, .table), (.table, .materializedView), (.view, .view), (.sequence, .sequence),
        (.type, .type), (.index, .index), (.test, .test):
        entry.name
      case (.macro, .macro), (.macro, .tableMacro), (.macro, .function): entry.name
      default: nil
      }
    }
  }

  private func title(_ kind: ObjectKind) -> String {
    let text = kind.rawValue.lowercased()
    return text.prefix(1).uppercased() + text.dropFirst()
  }

  private func find(
    _ node: DropStatement, _ name: QualifiedName, writer: WriteTransaction
  ) -> CatalogEntry? {
    let catalog = writer.catalog
    switch node.kind {
    case .type: return catalog.lookup(.type, schema: name.schema, name: name.name)
    case .macro, .tableMacro, .function:
      return catalog.lookup(.macro, schema: name.schema, name: name.name)
    case .test: return catalog.lookup(.test, schema: name.schema, name: name.name)
    case .index:
      return catalog.sortedEntries.first {
        guard case .index(let index) = $0 else { return false }
        return index.name.lowercased() == name.name.lowercased()
      }
    default: return catalog.lookup(.relation, schema: name.schema, name: name.name)
    }
  }

  private func checkKind(_ entry: CatalogEntry, is kind: ObjectKind, name: ObjectName) throws {
    let actual: String
    switch (entry, kind) {
    case (.table(let table), .materializedView) where table.model != nil: return
    case (.table, .table), (.view, .view), (.sequence, .sequence): return
    case (.type, .type), (.macro, _), (.index, _), (.test, _): return
    case (.table, _): actual = "Table"
    case (.view, _): actual = "View"
    case (.sequence, _): actual = "Sequence"
    default: return
    }
    throw OlapError(
      .catalog,
      "Existing object \(name.text) is of type \(actual), trying to drop type \(title(kind))",
      range: name.range.start..<name.range.end)
  }

  /// DROP SILVER TABLE drops silver tables only.
  private func checkLayer(_ entry: CatalogEntry, is layer: String?, name: ObjectName) throws {
    guard let layer, case .table(let table) = entry, table.layer?.rawValue != layer else { return }
    let actual = table.layer.map { "a \($0.rawValue) table" } ?? "a table of no layer"
    throw OlapError(
      .catalog, "\(name.text) is \(actual), not a \(layer) table; DROP TABLE drops it",
      range: name.range.start..<name.range.end)
  }

  /// Removes an entry and what belongs to it; refuses while others depend on it, unless `cascade`.
  func remove(
    _ entry: CatalogEntry, cascade: Bool, writer: WriteTransaction, isReplacing: Bool = false
  ) throws {
    if case .table(let table) = entry {
      for other in writer.catalog.sortedEntries {
        guard case .table(let child) = other, child.id != table.id else { continue }
        if child.foreignKeys.contains(where: { $0.target == table.id }) && !isReplacing {
          guard cascade else {
            throw OlapError(
              .catalog,
              "Could not drop the table because this table is main key table of the table "
                + "\"\(child.name)\"; use DROP … CASCADE")
          }
          var changed = child
          changed.foreignKeys.removeAll { $0.target == table.id }
          try changeCatalog(writer) { $0.put(.table(changed)) }
        }
        if let model = child.model, model.dependsOn.contains(table.id), !isReplacing {
          guard cascade else {
            throw OlapError(
              .catalog,
              "Cannot drop \"\(table.name)\": the model \"\(child.name)\" reads it; use DROP … CASCADE "
                + "to drop both")
          }
          try remove(other, cascade: true, writer: writer)
        }
      }
    }
    if case .table(let table) = entry {
      // What the engine keeps beside a table goes with it: a model's refused rows, applied sequences.
      for name in [
        Connection.sequenceTableName(table), Connection.truncationTableName(table),
      ] {
        guard
          case .table(let side)? = writer.catalog.lookup(
            .relation, schema: RunLog.schema, name: name)
        else { continue }
        try changeCatalog(writer) { $0.remove(side.id) }
      }
      if table.model != nil, let rejected = rejectedTable(of: table, in: writer.catalog) {
        try changeCatalog(writer) { $0.remove(rejected.id) }
      }
    }
    for key in writer.snapshot.metadataKeys
    where key.hasPrefix(Connection.triggerPrefix(entry.id))
      || key == Connection.commentKey(entry.id)
    {
      writer.setMetadata(key, nil)
    }
    try changeCatalog(writer) { catalog in
      for other in catalog.sortedEntries {
        switch other {
        case .index(let index) where index.table == entry.id: catalog.remove(index.id)
        case .sequence(let sequence) where sequence.ownedBy == entry.id: catalog.remove(sequence.id)
        default: break
        }
      }
      catalog.remove(entry.id)
    }
    if case .index(let index) = entry, index.isUnique,
      var table = writer.catalog.table(index.table)
    {
      table.keys.removeAll { $0.name == index.name && !$0.isPrimary }
      try changeCatalog(writer) { $0.put(.table(table)) }
    }
    if case .sequence(let sequence) = entry { database.sequences.reset(sequence.id) }
  }

  private func runDropSchemas(_ node: DropStatement) throws -> QueryResult {
    try withWriter { writer in
      for name in node.names {
        let schema = name.base.text
        guard let entry = writer.catalog.lookup(.schema, schema: "", name: schema) else {
          if node.ifExists { continue }
          throw OlapError(
            .catalog, "Schema with name \"\(schema)\" does not exist!",
            range: name.range.start..<name.range.end)
        }
        guard schema.lowercased() != "main", schema.lowercased() != "olap" else {
          throw OlapError(.catalog, "schema \"\(schema)\" cannot be dropped")
        }
        let contents = writer.catalog.sortedEntries.filter {
          if case .schema = $0 { return false }
          return $0.schema.lowercased() == schema.lowercased()
        }
        guard contents.isEmpty || node.cascade else {
          throw OlapError(
            .catalog,
            "Cannot drop schema \"\(schema)\": it contains \(contents.count) entries; use DROP … CASCADE"
          )
        }
        for item in contents where writer.catalog.entries[item.id] != nil {
          try remove(item, cascade: true, writer: writer)
        }
        try changeCatalog(writer) { $0.remove(entry.id) }
      }
      return done("DROP SCHEMA")
    }
  }

  func runTruncate(_ node: TruncateStatement) throws -> QueryResult {
    let resolved = try resolve(node.table)
    let name =
      isTemporaryTable(resolved)
      ? QualifiedName(schema: "temp", name: resolved.name, isTemporary: true) : resolved
    return try withWriter(of: name) { writer in
      let table = try existingTable(name, node.table, writer: writer)
      try refuseModelWrite(table, node.table, firesTriggers: true)
      for case .table(let child) in writer.catalog.sortedEntries
      where child.foreignKeys.contains(where: { $0.target == table.id && child.id != table.id }) {
        if writer.snapshot.table(child.id).rowCount > 0 {
          throw OlapError(
            .constraint,
            "cannot truncate \"\(table.name)\": rows of \"\(child.name)\" refer to it")
        }
      }
      if triggers(on: table.id, writer.snapshot).contains(where: { $0.node.event == .delete }) {
        // A DELETE of every row, which fires them.
        let text = "DELETE FROM \(quote(table.schema)).\(quote(table.name))"
        let result = try runWrite(try Parser.parse(text)[0], sql: text, parameters: [])
        return done("TRUNCATE", changed: result.changedRowCount)
      }
      let count = writer.snapshot.table(table.id).rowCount
      try writer.truncate(table: table.id)
      return done("TRUNCATE", changed: count)
    }
  }

  /// Derived tables are written by REFRESH alone.
  ///
  /// Only INSERT, UPDATE, DELETE and TRUNCATE fire triggers (`firesTriggers`): other ways to write
  /// refuse a table that has some.
  func refuseModelWrite(
    _ table: TableEntry, _ node: ObjectName, firesTriggers: Bool = false
  ) throws {
    if !firesTriggers, !triggers(on: table.id, writingSnapshot()).isEmpty {
      throw OlapError(
        .notSupported,
        "table \"\(table.name)\" has triggers, which only INSERT, UPDATE, DELETE and TRUNCATE fire: "
          + "write the rows to another table and INSERT … SELECT from it",
        range: node.range.start..<node.range.end)
    }
    guard table.model != nil, !isRefreshing else { return }
    throw OlapError(
      .layer,
      "table \"\(table.name)\" is derived by its model and cannot be written directly; change its "
        + "inputs and REFRESH \(table.name)", range: node.range.start..<node.range.end)
  }

  /// Where the comment of a sequence, type, macro, index or schema is kept; tables and views have theirs.
  static func commentKey(_ id: EntryID) -> String { "comment.\(id)" }

  func runComment(_ node: CommentStatement) throws -> QueryResult {
    let resolved: QualifiedName
    if node.kind == .column {
      resolved = try resolve(ObjectName(Array(node.name.parts.dropLast()), range: node.name.range))
    } else {
      resolved = try resolve(node.name)
    }
    return try withWriter { writer in
      let found: CatalogEntry? =
        switch node.kind {
        case .schema:
          writer.catalog.lookup(.schema, schema: "", name: node.name.base.text)
        case .table, .view, .materializedView, .column:
          writer.catalog.lookup(.relation, schema: resolved.schema, name: resolved.name)
        default:
          find(DropStatement(kind: node.kind, names: [node.name]), resolved, writer: writer)
        }
      guard let entry = found else {
        throw OlapError(
          .catalog, "\(node.name.text) does not exist",
          range: node.name.range.start..<node.name.range.end)
      }
      try changeCatalog(writer) { catalog in
        switch entry {
        case .table(var table):
          if node.kind == .column {
            guard let position = table.columnIndex(node.name.base.text) else {
              throw OlapError(
                .binder, "table \"\(table.name)\" has no column \"\(node.name.base.text)\"")
            }
            table.columns[position].comment = node.text
          } else {
            table.comment = node.text
          }
          catalog.put(.table(table))
        case .view(var view):
          view.comment = node.text
          catalog.put(.view(view))
        default: break
        }
      }
      switch entry {
      case .table, .view: break
      default: writer.setMetadata(Connection.commentKey(entry.id), node.text.map { Array($0.utf8) })
      }
      return done("COMMENT")
    }
  }
}
