internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapFormats
internal import OlapFunctions
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// Loads the inputs: as one transaction, with what does not fit treated as `onError` says.
  ///
  /// - Throws: `OlapError` with file, line, byte, column, value and expected type for the first row that
  ///   does not fit (`.abort`), or when there are more than `maximumErrors`.
  public func load(_ request: LoadRequest) throws -> LoadReport {
    do {
      beginStatement()
      return try cancellation.run { try atomically { try runLoad(request) } }
    } catch { throw OlapError.from(error, sql: nil) }
  }

  /// Looks at the inputs without loading them.
  public func preview(_ request: LoadRequest) throws -> LoadPreview {
    do {
      let node = loadName(request.table)
      let name = try resolve(node)
      let table = readSnapshot().catalog.lookup(.relation, schema: name.schema, name: name.name)
      var target: LoadTarget?
      if case .table(let entry)? = table { target = loadTarget(entry, prefersNames: true) }
      let reader = try LoadReader(
        try InputFiles(try FileList.expand(request.inputs)), format: request.format,
        options: textOptions(request.options), target: target)
      return LoadPreview(
        format: reader.formatName, files: reader.inputs?.paths ?? [], settings: reader.settings,
        columns: reader.columns.map { ResultColumn(name: $0.name, type: $0.type) },
        createStatement: table == nil ? createStatement(request, name, reader) : nil,
        query: reader.query)
    } catch { throw OlapError.from(error, sql: nil) }
  }

  func loadName(_ text: String) -> ObjectName {
    ObjectName(text.split(separator: ".").map { Identifier(String($0)) })
  }

  private func textOptions(_ options: [String: String]) -> [String: (SQLType, Value)] {
    options.mapValues { (.varchar, .varchar($0)) }
  }

  private func runLoad(_ request: LoadRequest) throws -> LoadReport {
    let startedAt = wallClockMicroseconds()
    let node = loadName(request.table)
    let name = try resolve(node)
    // A pipe can be read once only, whatever is read of it then.
    let inputs = try InputFiles(try FileList.expand(request.inputs))
    return try withWriter(of: name) { writer in
      var report = LoadReport(table: request.table)
      if writer.catalog.lookup(.relation, schema: name.schema, name: name.name) == nil {
        guard request.createsTable else {
          throw OlapError(
            .catalog,
            "Table with name \(request.table) does not exist! Add --create to infer it from the input"
          )
        }
        let reader = try LoadReader(
          inputs, format: request.format, options: textOptions(request.options), target: nil)
        let create = createStatement(request, name, reader)
        _ = try dispatch(try Parser.parse(create)[0], sql: create, parameters: [])
        report.createdTable = true
      }
      let table = try existingTable(name, node, writer: writer)
      try refuseModelWrite(table, node)
      let key = try keyIndex(request, table: table)
      let required = table.columns.filter { $0.generatedSQL == nil && $0.defaultSQL == nil }
      let reader = try LoadReader(
        inputs, format: request.format, options: textOptions(request.options),
        target: loadTarget(table, prefersNames: true),
        required: required.map { ($0.name, $0.type) })
      let collector = LoadErrorCollector(request.onError, maximum: request.maximumErrors)
      let runID = Connection.newRunID()
      if table.layer == .bronze { loadRun = runID }
      defer { loadRun = nil }
      let counts = try run(
        reader, into: name, table, columns: nil, mode: key.map { .upsert(key: $0) } ?? .insert,
        collector: request.onError == .abort ? nil : collector, writer: writer)
      report.inserted = counts.inserted
      report.updated = counts.updated
      report.unchanged = counts.unchanged
      report.superseded = counts.superseded
      report.refused = counts.refused
      report.rejected = collector.count
      report.firstErrors = collector.firstErrors
      if request.onError == .quarantine, collector.count > 0 {
        report.loadID = try quarantine(
          collector, reader: reader, table: request.table, keys: request.keys)
      }
      if table.layer == .bronze {
        try recordLoad(
          request, report, runID: runID, files: inputs.paths.count, startedAt: startedAt, writer)
      }
      return report
    }
  }

  /// The columns that a load fills: all but generated ones.
  func loadTarget(_ table: TableEntry, prefersNames: Bool) -> LoadTarget {
    LoadTarget(
      columns: table.columns.filter { $0.generatedSQL == nil }.map { ($0.name, $0.type) },
      prefersNames: prefersNames)
  }

  private func createStatement(
    _ request: LoadRequest, _ name: QualifiedName, _ reader: LoadReader
  ) -> String {
    var items = reader.columns.map {
      "\(quote($0.name)) \($0.type == .null ? .varchar : $0.type)"
    }
    if !request.keys.isEmpty {
      items.append("PRIMARY KEY (\(request.keys.map { quote($0) }.joined(separator: ", ")))")
    }
    let layer = request.isBronze ? "BRONZE " : ""
    return
      "CREATE \(layer)TABLE \(quote(name.schema)).\(quote(name.name)) (\(items.joined(separator: ", ")))"
  }

  /// The table's key that the load upserts by; nil: it inserts.
  private func keyIndex(_ request: LoadRequest, table: TableEntry) throws -> Int? {
    guard !request.keys.isEmpty else { return nil }
    let positions = try request.keys.map { key -> Int in
      guard let position = table.columnIndex(key) else {
        throw OlapError(.binder, "table \"\(table.name)\" has no column \"\(key)\"")
      }
      return position
    }
    guard let index = table.keys.firstIndex(where: { Set($0.columns) == Set(positions) }) else {
      throw OlapError(
        .binder,
        "(\(request.keys.joined(separator: ", "))) is not a key of \"\(table.name)\"; ALTER TABLE "
          + "\(table.name) ADD PRIMARY KEY (…) first")
    }
    return index
  }

  // MARK: Running

  /// Runs a reader into a table. `columns`: the table's columns that it fills by position; nil: all, or
  /// by name. `collector`: takes rows that do not fit; nil: the first one raises.
  func run(
    _ reader: LoadReader, into name: QualifiedName, _ table: TableEntry, columns: [String]?,
    mode: LoadMode, collector: LoadErrorCollector?, writer: WriteTransaction
  ) throws -> LoadCounts {
    var policy = BadRowPolicy.abort
    if let collector { policy = .report { try collector.add($0) } }
    return try run(
      reader.bound(
        policy: policy, hasOrigins: collector != nil || !table.expectations.isEmpty), into: name,
      fields: reader.columns.map { $0.name }, target: columns,
      byName: reader.isByName && columns == nil, width: table.columns.count, mode: mode,
      collector: collector, writer: writer)
  }

  /// Runs any source of rows into a table. `fields`: the source's columns to take; `target`: the table's
  /// that they go to, nil: all, in order or `byName`. `width`: the table's columns.
  func run(
    _ source: TableFunction.Bound, into name: QualifiedName, fields: [String], target: [String]?,
    byName: Bool, width: Int, mode: LoadMode, collector: LoadErrorCollector?,
    writer: WriteTransaction
  ) throws -> LoadCounts {
    if !name.isTemporary,
      case .table(let table)? = writer.catalog.lookup(
        .relation, schema: name.schema, name: name.name),
      try !table.expectations.isEmpty || hasQuarantined(table, writer)
    {
      let stored = table.columns.filter { $0.generatedSQL == nil }.map { $0.name }
      let targets = target ?? (byName ? fields : stored)
      guard targets.count == fields.count else {
        throw OlapError(
          .binder,
          "table \(table.name) has \(targets.count) columns but \(fields.count) values were supplied"
        )
      }
      let guarded = LoadGuard(
        guarded: try RowGuard(table), filled: Array(zip(fields, targets)),
        hasOrigins: Connection.hasOrigins(source))
      return try withLoadSource(source) { progress in
        try runGuarded(guarded, snapshot: writer.snapshot, writer) { plan in
          try execute(
            plan, source, into: name, width: width, mode: mode, collector: collector,
            progress: progress, writer: writer)
        }
      }
    }
    return try runUnguarded(
      source, into: name, fields: fields, target: target, byName: byName, width: width, mode: mode,
      collector: collector, writer: writer)
  }

  /// The same without a look at the table's expectations.
  func runUnguarded(
    _ source: TableFunction.Bound, into name: QualifiedName, fields: [String], target: [String]?,
    byName: Bool, width: Int, mode: LoadMode, collector: LoadErrorCollector?,
    writer: WriteTransaction
  ) throws -> LoadCounts {
    let list = target.map { " (" + $0.map { quote($0) }.joined(separator: ", ") + ")" } ?? ""
    let text =
      "INSERT INTO \(quote(name.schema)).\(quote(name.name))\(list)\(byName ? " BY NAME" : "") "
      + "SELECT \(fields.map { quote($0) }.joined(separator: ", ")) "
      + "FROM '\(Connection.loadSourceName)'"
    return try withLoadSource(source) { progress in
      let plan = try planLoad(
        text, snapshot: name.isTemporary ? readSnapshot() : writer.snapshot,
        hasOrigins: Connection.hasOrigins(source))
      return try execute(
        plan, source, into: name, width: width, mode: mode, collector: collector,
        progress: progress, writer: writer)
    }
  }

  private func withLoadSource<R>(
    _ source: TableFunction.Bound, _ body: (LoadSourceProgress) throws -> R
  ) rethrows -> R {
    let progress = LoadSourceProgress()
    return try withRelation(Connection.loadSourceName, progress.watching(source)) {
      try body(progress)
    }
  }

  private static func hasOrigins(_ source: TableFunction.Bound) -> Bool {
    source.columns.contains { $0.name == FileColumn.origins[0].name }
  }

  private func execute(
    _ planned: LoadPlan, _ source: TableFunction.Bound, into name: QualifiedName, width: Int,
    mode: LoadMode, collector: LoadErrorCollector?, progress: LoadSourceProgress,
    writer: WriteTransaction
  ) throws -> LoadCounts {
    let context = ExecutionContext(
      storage: database.storage,
      snapshot: name.isTemporary ? readSnapshot() : writer.snapshot,
      transaction: name.isTemporary ? nil : writer, evaluation: planned.planning.evaluation,
      budget: database.storage.budget, threads: Int(settings["threads"]) ?? 1,
      temporaryDirectory: settings["temp_directory"], parameters: [],
      temporarySnapshot: temporarySnapshot(),
      temporaryTransaction: name.isTemporary ? writer : nil)
    track { progress.share }
    collector?.prepare(context)
    var reject: LoadRejection?
    if let collector {
      reject = { chunk, row, reason in
        try collector.add(chunk, row: row, width: width, reason: reason)
      }
    }
    return try WriteExecution(context).load(
      planned.insert, mode: mode,
      originTypes: Connection.hasOrigins(source) ? FileColumn.origins.map { $0.type } : [],
      refusals: planned.refusals?(context), reject: reject)
  }

  /// A load ready to run: its rows have the table's columns, then what `WriteExecution.load` wants.
  struct LoadPlan {
    var insert: BoundInsert
    let planning: SessionPlanning
    var refusals: ((ExecutionContext) -> LoadRefusals)?
  }

  /// The file name under which the planner finds what a load reads.
  static let loadSourceName = "\u{1}load"

  private func planLoad(
    _ text: String, snapshot: Snapshot, hasOrigins: Bool
  ) throws -> LoadPlan {
    let planning = SessionPlanning(
      connection: self, snapshot: snapshot, evaluation: evaluationContext(snapshot: snapshot))
    let allocator = ColumnIDAllocator()
    var binder = Binder(context: planning, allocator: allocator, allowsModelWrites: isRefreshing)
    guard
      case .insert(var insert) = try binder.bind(
        try Parser.parse(text)[0], parameters: Connection.inputs([]))
    else { throw OlapError(.internal, "a load was bound to something else") }
    if hasOrigins {
      let width = insert.write.table.columns.count
      guard let carried = LoadOrigins.carried(insert.source, allocator) else {
        throw OlapError(.internal, "a load's rows have lost their origins")
      }
      let kept = insert.source.columns.prefix(width).map {
        Projection($0.reference, as: allocator.column($0.name, $0.type))
      }
      let origins = carried.origins.map {
        Projection($0.reference, as: allocator.column($0.name, $0.type))
      }
      insert.source = .project(carried.plan, kept + origins)
    }
    let optimizer = Optimizer(context: planning, numbers: allocator)
    insert.source = try optimizer.optimize(insert.source)
    return LoadPlan(insert: insert, planning: planning)
  }
}
