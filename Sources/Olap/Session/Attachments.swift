internal import OlapCatalog
internal import OlapExecution
internal import OlapSQL
internal import OlapStorage

/// A database that a session has attached under a name of its own.
package final class AttachedDatabase {
  package let name: String
  package let isReadOnly: Bool
  /// Runs the statements that write the database or have it as their default.
  package let connection: Connection

  init(name: String, isReadOnly: Bool, connection: Connection) {
    self.name = name
    self.isReadOnly = isReadOnly
    self.connection = connection
  }
}

extension Connection {
  /// The session this connection runs for: itself, or the one that attached its database.
  var session: Connection { owner ?? self }

  /// The name of this connection's database in the session.
  var databaseName: String { alias ?? database.name }

  /// Every database of the session with its slot; the session's own comes first.
  var peers: [(name: String, slot: Int, connection: Connection)] {
    let session = self.session
    return [(session.databaseName, 0, session)]
      + session.attached.enumerated().map {
        ($0.element.name, $0.offset + 1, $0.element.connection)
      }
  }

  /// The connection of a database by its name in this session.
  func peer(_ name: String) -> Connection? {
    let folded = name.lowercased()
    return peers.first { $0.name.lowercased() == folded }?.connection
  }

  /// The connection that a statement without database names runs on: USE chooses it.
  private var current: Connection { session.currentPeer ?? session }

  // MARK: - Statements

  func runAttach(_ node: AttachStatement) throws -> QueryResult {
    let range = node.range.start..<node.range.end
    let path = node.path == ":memory:" || node.path.isEmpty ? nil : node.path
    var isReadOnly = false
    for option in node.options {
      switch option.name.text.lowercased() {
      case "read_only", "readonly": isReadOnly = optionText(option) != "false"
      case "read_write": isReadOnly = false
      case "type":
        guard ["olap", ""].contains(optionText(option)) else {
          throw OlapError(
            .notSupported, "ATTACH reads .olap files; load other files with read_csv or COPY",
            range: range)
        }
      default:
        throw OlapError(
          .invalidInput, "unrecognized option \"\(option.name.text)\" for ATTACH", range: range)
      }
    }
    let name = node.name?.text ?? Database.stem(of: path) ?? "memory"
    if peer(name) != nil {
      switch node.conflict {
      case .ignore: return done("ATTACH")
      case .replace: _ = try detach(name, ifExists: true, range: range)
      case .error:
        throw OlapError(
          .catalog,
          "database with name \"\(name)\" already exists; choose another: ATTACH … AS name",
          range: range)
      }
    }
    guard attached.count < AttachedID.slotMax else {
      throw OlapError(.invalidInput, "a session attaches at most \(AttachedID.slotMax) databases")
    }
    var options = DatabaseOptions()
    options.isReadOnly = isReadOnly || database.options.isReadOnly && path != nil
    options.threads = database.options.threads
    options.memoryLimit = database.options.memoryLimit
    options.temporaryDirectory = database.options.temporaryDirectory
    let opened = try Database(path, options: options)
    let connection = opened.connect()
    connection.owner = self
    connection.alias = name
    attached.append(
      AttachedDatabase(name: name, isReadOnly: options.isReadOnly, connection: connection))
    return done("ATTACH")
  }

  func runDetach(_ node: DetachStatement) throws -> QueryResult {
    try detach(
      node.name.text, ifExists: node.ifExists, range: node.name.range.start..<node.name.range.end)
  }

  private func detach(_ name: String, ifExists: Bool, range: Range<Int>) throws -> QueryResult {
    guard let index = attached.firstIndex(where: { $0.name.lowercased() == name.lowercased() })
    else {
      if name.lowercased() == databaseName.lowercased() {
        throw OlapError(
          .catalog, "cannot detach \"\(name)\": it is the session's own", range: range)
      }
      if ifExists { return done("DETACH") }
      throw OlapError(
        .catalog, "database \"\(name)\" is not attached; SHOW DATABASES lists those that are",
        range: range)
    }
    let leaving = attached[index].connection
    if currentPeer === leaving {
      throw OlapError(
        .catalog, "cannot detach \"\(name)\" while it is the default: USE another database first",
        range: range)
    }
    if leaving.transaction != nil {
      throw OlapError(
        .transaction, "cannot detach \"\(name)\" within a transaction that uses it", range: range)
    }
    attached.remove(at: index)
    leaving.owner = nil
    try leaving.database.close()
    return done("DETACH")
  }

  private func optionText(_ option: StatementOption) -> String {
    guard case .expression(let expression)? = option.value else { return "" }
    switch expression.kind {
    case .literal(.string(let text)): return text.lowercased()
    case .literal(.boolean(let flag)): return flag ? "true" : "false"
    case .column(let parts): return parts.last?.text.lowercased() ?? ""
    default: return ""
    }
  }

  /// USE name, USE database.schema.
  func runUse(_ node: UseStatement) throws -> QueryResult {
    let parts = node.name.parts.map { $0.text }
    let name = parts[parts.count - 1]
    let target: Connection
    var schema = "main"
    if parts.count == 1, current.readSnapshot().catalog.hasSchema(name) {
      target = current
      schema = name
    } else if parts.count == 1, let found = peer(name) {
      target = found
    } else if parts.count == 2, let found = peer(parts[0]),
      found.readSnapshot().catalog.hasSchema(name)
    {
      target = found
      schema = name
    } else {
      throw OlapError(
        .catalog, "No catalog + schema named \"\(node.name.text)\" found.",
        range: node.name.range.start..<node.name.range.end)
    }
    currentPeer = target === self ? nil : target
    target.settings["schema"] = schema
    return done("USE")
  }

  /// COPY FROM DATABASE a TO b: the schema, the rows, or both.
  func runCopyDatabase(_ node: CopyDatabaseStatement) throws -> QueryResult {
    guard let source = peer(node.source.text), let target = peer(node.target.text) else {
      let missing = peer(node.source.text) == nil ? node.source : node.target
      throw OlapError(
        .catalog, "database \"\(missing.text)\" is not attached",
        range: missing.range.start..<missing.range.end)
    }
    let catalog = source.readSnapshot().catalog
    if node.part != .data {
      let standard = session.currentPeer
      session.currentPeer = target === session ? nil : target
      defer { session.currentPeer = standard }
      for text in source.definitions(of: catalog).map({ $0.sql }) {
        let statement = try Parser.parse(text)[0]
        synchronize(target)
        _ = try target.dispatch(statement, sql: text, parameters: [])
      }
    }
    if node.part != .schema {
      for entry in catalog.sortedEntries {
        guard case .table(let table) = entry, table.schema != "olap", table.model == nil else {
          continue
        }
        let name = "\(quote(table.schema)).\(quote(table.name))"
        let list = table.storedColumnList
        let text =
          "INSERT INTO \(quote(node.target.text)).\(name) (\(list)) SELECT \(list) FROM "
          + "\(quote(node.source.text)).\(name)"
        _ = try dispatch(try Parser.parse(text)[0], sql: text, parameters: [])
      }
    }
    if node.part != .data {
      let standard = session.currentPeer
      session.currentPeer = target === session ? nil : target
      defer { session.currentPeer = standard }
      for case .table(let table) in catalog.sortedEntries {
        for trigger in source.triggers(on: table.id, source.readSnapshot()) {
          let text = trigger.definition(on: table)
          synchronize(target)
          _ = try target.dispatch(try Parser.parse(text)[0], sql: text, parameters: [])
        }
      }
    }
    return done("COPY FROM DATABASE")
  }

  // MARK: - Which connection runs a statement

  /// The connection that a statement belongs to, when it is not this one: that of the database its
  /// target names, or the one USE chose.
  func destination(of statement: Statement) -> Connection? {
    let session = self.session
    guard !session.attached.isEmpty else { return nil }
    let kind = statement.kind.inner
    guard !kind.isOfSession else { return self === session ? nil : session }
    let standard = session.currentPeer ?? session
    var target = standard
    if let qualifier = kind.targetName?.qualifier, let first = qualifier.first {
      let isSchema =
        qualifier.count == 1 && standard.readSnapshot().catalog.hasSchema(first.text)
      if !isSchema || kind.isSchema, let named = peer(first.text) { target = named }
    }
    return target === self ? nil : target
  }

  /// Gives another connection of the session this session's settings, variables and transaction.
  func synchronize(_ other: Connection) {
    let session = self.session
    guard other !== session else { return }
    let schema = other.settings["schema"]
    let path = other.settings["search_path"]
    other.settings = session.settings
    other.settings["schema"] = schema
    other.settings["search_path"] = path
    other.variables = session.variables
    other.isRefreshing = session.isRefreshing
    if let outer = session.transaction, other.transaction == nil {
      let inner = Transaction(isReadOnly: outer.isReadOnly, startTime: outer.startTime)
      other.transaction = inner
      outer.joined.append(inner)
    }
  }

  /// Refuses a second database to write in one transaction: two files cannot commit as one.
  func checkOneWriter() throws {
    guard session.transaction != nil else { return }
    for peer in peers where peer.connection !== self && peer.connection.transaction?.write != nil {
      throw OlapError(
        .transaction,
        "cannot write to database \"\(databaseName)\" in a transaction that has already modified "
          + "\"\(peer.name)\": a transaction writes one database")
    }
  }
}

extension Statement.Kind {
  /// The statement that EXPLAIN explains, else itself.
  fileprivate var inner: Statement.Kind {
    if case .explain(let node) = self { node.statement.kind } else { self }
  }

  fileprivate var isSchema: Bool { if case .createSchema = self { true } else { false } }

  /// Statements about the session rather than a database.
  fileprivate var isOfSession: Bool {
    switch self {
    case .attach, .detach, .use, .transaction, .prepare, .execute, .deallocate, .set, .reset,
      .extension, .copyDatabase, .call:
      true
    default: false
    }
  }

  /// The object whose database a statement changes.
  fileprivate var targetName: ObjectName? {
    switch self {
    case .createTable(let node): node.name
    case .createView(let node): node.name
    case .createSchema(let node): node.name
    case .createSequence(let node): node.name
    case .createType(let node): node.name
    case .createMacro(let node): node.name
    case .createIndex(let node): node.table
    case .createTask(let node): node.name
    case .createTrigger(let node): node.table
    case .createLayerTable(let node): node.name
    case .alterLayerTable(let node): node.name
    case .alterTable(let node): node.name
    case .alterObject(let node): node.name
    case .drop(let node): node.kind == .trigger ? node.onTable : node.names.first
    case .comment(let node): node.name
    case .truncate(let node): node.table
    case .checkpoint(let node): node.database.map { ObjectName([$0, Identifier("")]) }
    case .copy(let node):
      if case .table(let name, _) = node.source { name } else { nil }
    default: targetTable
    }
  }
}

extension CatalogSnapshot {
  /// The same names with ids that no other database of the statement has.
  func moved(toSlot slot: Int) -> CatalogSnapshot {
    let offset = AttachedID.offset(slot: slot)
    var result = CatalogSnapshot()
    for entry in entries.values {
      switch entry {
      case .schema(var item):
        item.id |= offset
        result.put(.schema(item))
      case .table(var item):
        item.id |= offset
        for i in item.foreignKeys.indices { item.foreignKeys[i].target |= offset }
        result.put(.table(item))
      case .view(var item):
        item.id |= offset
        result.put(.view(item))
      case .sequence(var item):
        item.id |= offset
        result.put(.sequence(item))
      case .type(var item):
        item.id |= offset
        result.put(.type(item))
      case .macro(var item):
        item.id |= offset
        result.put(.macro(item))
      case .index, .test: continue
      }
    }
    return result
  }
}
