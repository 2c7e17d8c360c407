internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

/// A statement bound and optimized against one snapshot.
struct PlannedStatement {
  let statement: BoundStatement
  let planning: SessionPlanning
  let parameterValues: [Value]
  let tablesRead: [EntryID]
}

extension Connection {
  /// Binds and optimizes a statement over the state `snapshot`.
  func plan(
    _ statement: OlapSQL.Statement, snapshot: Snapshot, parameters: [Value] = []
  ) throws -> PlannedStatement {
    let allocator = ColumnIDAllocator()
    let planning = SessionPlanning(
      connection: self, snapshot: snapshot, evaluation: evaluationContext(snapshot: snapshot),
      allocator: allocator)
    var binder = Binder(
      context: planning, allocator: allocator, allowsModelWrites: isRefreshing)
    var inputs = Connection.inputs(parameters)
    inputs.namedValues = namedParameters
    // EXECUTE knows the types of its arguments better than their boxes do.
    for (index, value) in parameters.enumerated() {
      if let known = namedParameters[Connection.positionalName(index + 1)], known.1 == value {
        inputs.values[index] = known
      }
    }
    let bound = try binder.bind(statement, parameters: inputs)
    let expected = binder.parameters.filter {
      $0.name.map { namedParameters[$0.lowercased()] == nil } ?? true
    }
    .count
    guard expected <= parameters.count else {
      throw OlapError(
        .invalidInput,
        "the statement has \(expected) parameters, but \(parameters.count) values were given")
    }
    let optimizer = Optimizer(context: planning, numbers: allocator)
    return PlannedStatement(
      statement: try bound.optimized(by: optimizer), planning: planning,
      parameterValues: parameters, tablesRead: binder.tablesRead)
  }

  /// Where EXECUTE leaves an argument without a name; no parameter can be called so.
  static func positionalName(_ number: Int) -> String { "#\(number)" }

  /// Parameter values with the types that their boxes show.
  static func inputs(_ values: [Value]) -> ParameterInputs {
    var inputs = ParameterInputs()
    for (index, value) in values.enumerated() {
      inputs.values[index] = (value.naturalType, value)
    }
    return inputs
  }

  func executionContext(
    _ planned: PlannedStatement, snapshot: Snapshot, writer: WriteTransaction? = nil,
    isProfiling: Bool = false
  ) -> ExecutionContext {
    ExecutionContext(
      storage: database.storage, snapshot: snapshot, transaction: writer,
      evaluation: planned.planning.evaluation, budget: database.storage.budget,
      threads: Int(settings["threads"]) ?? 1, temporaryDirectory: settings["temp_directory"],
      parameters: planned.parameterValues, isProfiling: isProfiling,
      temporarySnapshot: temporarySnapshot(), temporaryTransaction: nil,
      attachedSnapshots: planned.planning.attachedSnapshots)
  }

  /// A SELECT-like statement.
  func runQuery(
    _ statement: OlapSQL.Statement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    let text = Connection.slice(sql, statement.range)
    if Connection.advancesSequence(text) {
      // What the sequences handed out must be durable with this statement.
      return try withWriter { writer in
        let result = try runQuery(
          statement, sql: sql, parameters: parameters, snapshot: writer.snapshot)
        var chunks: [Chunk] = []
        while let chunk = try result.nextChunk() { chunks.append(chunk.chunk) }
        return QueryResult(
          columns: result.columns, chunks: chunks, statementKind: result.statementKind)
      }
    }
    return try runQuery(statement, sql: sql, parameters: parameters, snapshot: readSnapshot())
  }

  private static func advancesSequence(_ text: String) -> Bool {
    let needle = Array("nextval".utf8)
    let bytes = Array(text.utf8)
    guard bytes.count >= needle.count else { return false }
    for start in 0...(bytes.count - needle.count)
    where needle.indices.allSatisfy({ bytes[start + $0] | 0x20 == needle[$0] }) {
      return true
    }
    return false
  }

  func runQuery(
    _ statement: OlapSQL.Statement, sql: String, parameters: [Value], snapshot: Snapshot
  ) throws -> QueryResult {
    let planned = try plan(statement, snapshot: snapshot, parameters: parameters)
    guard case .query(let plan, let names) = planned.statement else {
      throw OlapError(.internal, "a query was bound to something else")
    }
    let context = executionContext(planned, snapshot: snapshot)
    let execution = try QueryExecution(plan: plan, context: context)
    track { context.profile.progress }
    let columns = zip(names, plan.columns).map { ResultColumn(name: $0, type: $1.type) }
    return QueryResult(columns: columns, statementKind: "SELECT", sql: sql) {
      [weak current = transaction] in
      do {
        return try withExtendedLifetime((snapshot, planned)) { try execution.next() }
      } catch {
        // A query fails while its rows are read: that aborts its transaction like any statement.
        current?.isFailed = true
        throw error
      }
    }
  }

  /// INSERT, UPDATE, DELETE, MERGE.
  func runWrite(
    _ statement: OlapSQL.Statement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    let target = try statement.kind.targetTable.map { try resolve($0) }
    if let target, isTemporaryTable(target) {
      return try withTemporaryWriter {
        try runWrite(statement, sql: sql, parameters: parameters, temporaryWriter: $0)
      }
    }
    return try withWriter {
      try runTriggered(statement, sql: sql, parameters: parameters, writer: $0)
        ?? writeChecked(statement, sql: sql, parameters: parameters, writer: $0)
    }
  }

  /// Whether the name means a temporary table (said so, or shadowed by one).
  func isTemporaryTable(_ name: QualifiedName) -> Bool {
    if name.isTemporary { return true }
    guard !name.isQualified, name.schema.lowercased() == settings["schema"].lowercased(),
      let temporary = temporarySnapshot()
    else { return false }
    return temporary.catalog.lookup(.relation, schema: "temp", name: name.name) != nil
  }

  func runWrite(
    _ statement: OlapSQL.Statement, sql: String, parameters: [Value],
    writer: WriteTransaction? = nil, temporaryWriter: WriteTransaction? = nil
  ) throws -> QueryResult {
    let snapshot = writer?.snapshot ?? readSnapshot()
    let planned = try plan(statement, snapshot: snapshot, parameters: parameters)
    let context = ExecutionContext(
      storage: database.storage, snapshot: snapshot, transaction: writer,
      evaluation: planned.planning.evaluation, budget: database.storage.budget,
      threads: Int(settings["threads"]) ?? 1, temporaryDirectory: settings["temp_directory"],
      parameters: parameters, isProfiling: writeProfiles != nil,
      temporarySnapshot: temporarySnapshot(), temporaryTransaction: temporaryWriter,
      attachedSnapshots: planned.planning.attachedSnapshots)
    writeProfiles?.append(context.profile)
    track { context.profile.progress }
    let outcome = try WriteExecution(context).run(planned.statement)
    let kind = statement.kind.verb
    guard let returned = outcome.returned else { return done(kind, changed: outcome.affectedRows) }
    let columns = outcome.returnedColumns.map { ResultColumn(name: $0.name, type: $0.type) }
    let read = returned.reader()
    return QueryResult(
      columns: columns, statementKind: kind, changedRowCount: outcome.affectedRows, sql: sql,
      pull: read)
  }

  /// Output columns of a query, for CREATE TABLE AS and views.
  func outputColumns(of query: SelectStatement, sql: String) throws -> [ResultColumn] {
    let snapshot = writingSnapshot()
    let planning = SessionPlanning(
      connection: self, snapshot: snapshot, evaluation: evaluationContext(snapshot: snapshot))
    var binder = Binder(context: planning, allowsModelWrites: isRefreshing)
    let (plan, names) = try binder.bind(query: query)
    return zip(names, plan.columns).map { ResultColumn(name: $0, type: $1.type) }
  }

  /// The state a DDL statement plans against: the open writer's, else the newest.
  func writingSnapshot() -> Snapshot { activeWriter?.snapshot ?? readSnapshot() }

  /// The SQL type a type name means, user types included.
  func sqlType(_ name: TypeName) throws -> SQLType {
    let snapshot = writingSnapshot()
    let planning = SessionPlanning(
      connection: self, snapshot: snapshot, evaluation: evaluationContext(snapshot: snapshot))
    var binder = Binder(context: planning)
    return try binder.resolve(name)
  }

  /// The value of an expression without columns.
  func constantValue(_ expression: Expression) throws -> (type: SQLType, value: Value) {
    let snapshot = writingSnapshot()
    let select = SelectStatement(
      body: .select(SelectCore(items: [SelectItem(expression: expression)])),
      range: expression.range)
    let statement = OlapSQL.Statement(.select(select), range: expression.range)
    let result = try runQuery(statement, sql: "", parameters: [], snapshot: snapshot)
    guard let chunk = try result.nextChunk() else { return (.null, .null) }
    return (result.columns[0].type, chunk.value(row: 0, column: 0))
  }

  /// Text of a range of the statement's source.
  static func slice(_ sql: String, _ range: SourceRange) -> String {
    let utf8 = sql.utf8
    guard range.start < range.end, range.end <= utf8.count else { return "" }
    let start = utf8.index(utf8.startIndex, offsetBy: range.start)
    let end = utf8.index(utf8.startIndex, offsetBy: range.end)
    return String(decoding: utf8[start..<end], as: UTF8.self)
  }
}

extension BoundStatement {
  /// The statement with its source plan optimized.
  func optimized(by optimizer: Optimizer) throws -> BoundStatement {
    switch self {
    case .query(let plan, let names):
      return .query(try optimizer.optimize(plan), names: names)
    case .insert(var node):
      node.source = try optimizer.optimize(node.source)
      return .insert(node)
    case .update(var node):
      node.source = try optimizer.optimize(node.source)
      return .update(node)
    case .delete(var node):
      node.source = try optimizer.optimize(node.source)
      return .delete(node)
    case .merge(var node):
      node.source = try optimizer.optimize(node.source)
      return .merge(node)
    }
  }
}

extension OlapSQL.Statement.Kind {
  /// The table a data-modifying statement writes.
  var targetTable: ObjectName? {
    switch self {
    case .insert(let node): node.table
    case .update(let node): node.table
    case .delete(let node): node.table
    case .merge(let node): node.table
    default: nil
    }
  }

  var verb: String {
    switch self {
    case .insert: "INSERT"
    case .update: "UPDATE"
    case .delete: "DELETE"
    case .merge: "MERGE"
    default: "SELECT"
    }
  }
}

extension Value {
  /// The SQL type of a boxed value on its own, for parameters.
  var naturalType: SQLType {
    switch self {
    case .null: .null
    case .boolean: .boolean
    case .integer(let value): Int32(exactly: value) != nil ? .integer : .bigint
    case .hugeint: .hugeint
    case .unsigned: .uhugeint
    case .real: .real
    case .double: .double
    case .decimal(let unscaled, let scale):
      .decimal(precision: max(scale, min(38, String(unscaled.magnitude).count)), scale: scale)
    case .varchar: .varchar
    case .blob: .blob
    case .date: .date
    case .time: .time
    case .timestamp: .timestamp
    case .timestampTZ: .timestampTZ
    case .interval: .interval
    case .list(let items): .list(items.first?.naturalType ?? .null)
    case .structure(let items):
      .structure(
        items.enumerated().map {
          OlapColumns.StructField(name: "v\($0.offset + 1)", type: $0.element.naturalType)
        })
    case .map(let pairs):
      .map(
        key: pairs.first?.key.naturalType ?? .null, value: pairs.first?.value.naturalType ?? .null)
    }
  }
}

extension WriteExecution {
  /// Runs a bound write of any kind.
  func run(_ statement: BoundStatement) throws -> WriteResult {
    switch statement {
    case .insert(let node): return try execute(node)
    case .update(let node): return try execute(node)
    case .delete(let node): return try execute(node)
    case .merge(let node): return try execute(node)
    case .query: throw OlapError(.internal, "a query is not a write")
    }
  }
}
