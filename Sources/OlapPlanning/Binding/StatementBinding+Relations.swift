internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

/// A bound piece of FROM.
struct BoundRelation {
  var plan: LogicalPlan
  var fragment: Fragment
  /// Columns of relations to its left that it mentions: it is evaluated per row of theirs.
  var correlated: Set<ColumnID> = []
  /// Set for UNNEST, which becomes an operator over the relation to its left.
  var unnest: Unnest?
}

extension StatementBinding {
  /// The relations of a FROM clause, separated by commas; nil without FROM.
  func bindFrom(_ references: [TableReference], _ scope: Scope) throws -> BoundRelation? {
    var result: BoundRelation?
    for reference in references {
      let visible = result?.fragment ?? Fragment()
      let next = try bindRelation(reference, scope, visible)
      guard let left = result else {
        result = next
        continue
      }
      result = try combine(left, next, .cross, [], reference.range)
      result?.fragment = left.fragment + next.fragment
    }
    return result
  }

  /// One relation; `visible` are the relations to its left, for LATERAL.
  func bindRelation(_ reference: TableReference, _ scope: Scope, _ visible: Fragment) throws
    -> BoundRelation
  {
    try nested(reference.range) {
      var relation = try bindUnsampled(reference, scope, visible)
      if let sample = reference.sample {
        relation.plan = .sample(relation.plan, bindSample(sample))
        relation.unnest = nil
      }
      scope.own(relation.fragment)
      return relation
    }
  }

  private func bindUnsampled(_ reference: TableReference, _ scope: Scope, _ visible: Fragment)
    throws -> BoundRelation
  {
    let range = reference.range
    switch reference.kind {
    case .table(let name, let version):
      if let version { throw versionError(version, range) }
      return try bindTable(name, reference.alias, scope)
    case .file(let path):
      let reader: TableFunction.Bound?
      do { reader = try context.fileTable(path) } catch { throw placed(error, range) }
      guard let bound = reader else {
        if path.lowercased().hasSuffix(".parquet") {
          throw error("Parquet files are not supported; CSV and JSON files are", range)
        }
        throw error(
          "no file reader knows the name \"\(path)\": .csv, .tsv, .txt, .json, .jsonl and .ndjson are "
            + "read, with .gz or .zst; read_csv('\(path)') reads any name as CSV", range)
      }
      return tableFunction(fileStem(path), bound, reference.alias, range)
    case .subquery(let query, _):
      return try bindDerived(query, reference.alias, scope, visible)
    case .function(let call, _, let ordinality):
      return try bindTableFunction(call, reference.alias, ordinality, scope, visible)
    case .join(let join): return try bindJoin(join, reference.alias, scope, visible)
    case .pivot(let pivot):
      return try bindDerived(pivotQuery(pivot, scope, visible), reference.alias, scope, visible)
    case .unpivot(let unpivot):
      return try bindUnpivot(unpivot, reference.alias, scope, visible)
    }
  }

  private func versionError(_ version: TableVersion, _ range: SourceRange) -> BindError {
    error(
      "reading an earlier version of a table is not supported here; use CHANGES(table, from, to)",
      range)
  }

  private func fileStem(_ path: String) -> String {
    let file = path.split(separator: "/").last.map { String($0) } ?? path
    return file.split(separator: ".").first.map { String($0) } ?? file
  }

  func bindSample(_ clause: SampleClause) -> Sample {
    let size: Sample.Size
    let standard: Sample.Method
    switch clause.size {
    case .rows(let count): (size, standard) = (.rows(count), .reservoir)
    case .percent(let percent): (size, standard) = (.percent(percent), .system)
    }
    let method: Sample.Method =
      switch clause.method {
      case .reservoir: .reservoir
      case .bernoulli: .bernoulli
      case .system: .system
      case nil: standard
      }
    return Sample(
      size: size, method: method, seed: clause.seed.map { UInt64(bitPattern: Int64($0)) })
  }

  // MARK: - Tables

  private func bindTable(_ name: ObjectName, _ alias: TableAlias?, _ scope: Scope) throws
    -> BoundRelation
  {
    if name.parts.count == 1, let table = scope.commonTables[name.parts[0].text] {
      return try bindCommonTable(table, name.parts[0], alias, scope)
    }
    switch try findRelation(name) {
    case .table(let table, let database): return scan(table, database, alias)
    case .view(let view, let database): return try bindView(view, database, alias, name.range)
    case .function(let bound): return tableFunction(name.base.text, bound, alias, name.range)
    }
  }

  /// A scan of every column of a table.
  func scan(_ table: TableEntry, _ database: String?, _ alias: TableAlias?) -> BoundRelation {
    if database == nil { noteRead(table.id) }
    let columns = table.columns.map { newColumn($0.name, $0.type) }
    let name = alias?.name.text ?? table.name
    let plan = LogicalPlan.scan(
      TableScan(
        table: table, columns: columns.enumerated().map { ($0.offset, $0.element) }, alias: name))
    var rowID: PlanColumn?
    if let first = columns.first, table.columnIndex("rowid") == nil {
      let column = newColumn("rowid", .bigint)
      rowIDsByScan[first.id] = column
      rowID = column
    }
    let entry = ScopeTable(
      name: name, schema: alias == nil ? table.schema : nil,
      database: alias == nil ? database ?? context.databaseName : nil, columns: columns,
      rowID: rowID)
    return BoundRelation(
      plan: plan, fragment: Fragment(tables: [renamed(entry, alias)]))
  }

  /// The relation with the column names its alias gives.
  func renamed(_ table: ScopeTable, _ alias: TableAlias?) -> ScopeTable {
    guard let alias, !alias.columns.isEmpty else { return table }
    var result = table
    for (position, name) in alias.columns.enumerated() where position < result.columns.count {
      var column = result.columns[position].column
      column.name = name.text
      result.columns[position] = ScopeColumn(column)
    }
    return result
  }

  func checkAlias(_ alias: TableAlias?, _ count: Int) throws {
    guard let alias, alias.columns.count > count else { return }
    throw error(
      "table \"\(alias.name.text)\" has \(count) columns available but \(alias.columns.count) "
        + "columns specified", alias.name.range)
  }

  /// A view: its query bound in a clean scope.
  private func bindView(
    _ view: ViewEntry, _ database: String?, _ alias: TableAlias?, _ range: SourceRange
  ) throws -> BoundRelation {
    let (savedDatabase, savedSchema) = (homeDatabase, homeSchema)
    (homeDatabase, homeSchema) = (database, view.schema)
    defer { (homeDatabase, homeSchema) = (savedDatabase, savedSchema) }
    let savedView = viewSchema
    viewSchema = database == nil && !view.isTemporary ? view.schema : nil
    defer { viewSchema = savedView }
    let key = "view \(database ?? "").\(view.schema).\(view.name)"
    noteRead(definition: "\(key) (\(view.columnNames.joined(separator: ", "))) \(view.sql)")
    let bound = try expanding(key, "view \"\(view.name)\"", range) {
      let query = try Parser.parseQuery(view.sql)
      return try bindQuery(query, Scope(parent: nil, commonTables: CommonTables()))
    }
    try checkAlias(alias, bound.columns.count)
    var columns = unique(bound.columns)
    for (position, name) in view.columnNames.enumerated() where position < columns.count {
      columns[position].name = name
    }
    let entry = ScopeTable(
      name: alias?.name.text ?? view.name, schema: alias == nil ? view.schema : nil,
      database: nil, columns: columns)
    return BoundRelation(plan: bound.plan, fragment: Fragment(tables: [renamed(entry, alias)]))
  }

  /// Runs the binding of a stored text; its errors point at the use, and cycles end.
  func expanding<Result>(
    _ key: String, _ what: String, _ range: SourceRange, _ body: () throws -> Result
  ) throws -> Result {
    if expansions.contains(key) {
      throw error("\(what) is defined by itself: infinite recursion detected", range)
    }
    guard expansions.count < StatementBinding.expansionMax else {
      throw error("views and macros are nested too deeply", range)
    }
    expansions.append(key)
    defer { expansions.removeLast() }
    do {
      return try body()
    } catch let problem as BindError {
      throw error("in \(what): \(problem.message)", range, candidates: problem.candidates)
    } catch let problem as ParseError {
      throw error("in \(what): \(problem.message)", range)
    }
  }

  /// A derived table. It may mention relations to its left, LATERAL or not.
  private func bindDerived(
    _ query: SelectStatement, _ alias: TableAlias?, _ scope: Scope, _ visible: Fragment
  ) throws -> BoundRelation {
    let saved = scope.fragment
    scope.fragment = visible
    defer { scope.fragment = saved }
    let inner = Scope(parent: scope, commonTables: scope.commonTables)
    let bound = try bindQuery(query, inner)
    try checkAlias(alias, bound.columns.count)
    let entry = ScopeTable(
      name: alias?.name.text ?? "unnamed_subquery", columns: unique(bound.columns))
    return BoundRelation(
      plan: bound.plan, fragment: Fragment(tables: [renamed(entry, alias)]),
      correlated: inner.correlated.intersection(visible.columnIDs))
  }

  // MARK: - Joins

  private func bindJoin(
    _ join: OlapSQL.Join, _ alias: TableAlias?, _ scope: Scope, _ visible: Fragment
  ) throws -> BoundRelation {
    let left = try bindRelation(join.left, scope, visible)
    let right = try bindRelation(join.right, scope, visible + left.fragment)
    let kind = try joinKind(join)
    var conditions: [BoundExpression] = []
    var fragment = left.fragment + right.fragment
    switch join.condition {
    case .on(let expression):
      conditions = try joinCondition(expression, fragment, scope)
    case .using(let names):
      (conditions, fragment) = try usingCondition(names, left.fragment, right.fragment, join)
    case .none:
      if join.isNatural {
        let names = commonNames(left.fragment, right.fragment)
        guard !names.isEmpty else {
          throw error(
            "No columns found to join on in NATURAL JOIN. Use CROSS JOIN if you intended for this "
              + "to be a cross-product.", join.range)
        }
        (conditions, fragment) = try usingCondition(names, left.fragment, right.fragment, join)
      }
    }
    if kind == .semi || kind == .anti { fragment = left.fragment }
    if join.isAsOf { try checkAsOf(conditions, join.range) }
    var result = try combine(left, right, kind, conditions, join.range)
    result.fragment = fragment
    if let alias {
      let columns = starColumns(fragment).compactMap { item -> PlanColumn? in
        guard case .column(let id, let type) = item.expression else { return nil }
        return PlanColumn(id: id, name: item.name, type: type)
      }
      result.fragment = Fragment(
        tables: [renamed(ScopeTable(name: alias.name.text, columns: columns), alias)])
    }
    return result
  }

  private func joinKind(_ join: OlapSQL.Join) throws -> JoinKind {
    if join.isAsOf {
      switch join.kind {
      case .inner: return .asof
      case .left: return .asofLeft
      default: throw error("ASOF joins are INNER or LEFT", join.range)
      }
    }
    switch join.kind {
    case .inner: return .inner
    case .left: return .left
    case .right: return .right
    case .full: return .full
    case .cross: return .cross
    case .semi: return .semi
    case .anti: return .anti
    case .positional: return .positional
    }
  }

  /// An ON condition as conjuncts over both sides.
  func joinCondition(_ expression: Expression, _ fragment: Fragment, _ scope: Scope) throws
    -> [BoundExpression]
  {
    let saved = scope.fragment
    scope.fragment = fragment
    defer { scope.fragment = saved }
    let bound = try condition(
      bind(expression, ExpressionContext(scope, .join)), "the JOIN condition", expression.range)
    return bound.conjuncts
  }

  private func checkAsOf(_ conditions: [BoundExpression], _ range: SourceRange) throws {
    let inequalities = conditions.filter {
      guard case .comparison(let operation, _, _) = $0 else { return false }
      switch operation {
      case .less, .lessOrEqual, .greater, .greaterOrEqual: return true
      default: return false
      }
    }
    guard inequalities.count == 1 else {
      throw error(
        inequalities.isEmpty
          ? "Missing ASOF JOIN inequality" : "Multiple ASOF JOIN inequalities", range)
    }
  }

  private func commonNames(_ left: Fragment, _ right: Fragment) -> [Identifier] {
    var seen: Set<String> = []
    var names: [Identifier] = []
    let other = Set(starColumns(right).map { $0.name.lowercased() })
    for column in starColumns(left) where other.contains(column.name.lowercased()) {
      if seen.insert(column.name.lowercased()).inserted { names.append(Identifier(column.name)) }
    }
    return names
  }

  /// Equality of the named columns of both sides, and the fragment in which each shows once.
  func usingCondition(
    _ names: [Identifier], _ left: Fragment, _ right: Fragment, _ join: OlapSQL.Join
  ) throws -> ([BoundExpression], Fragment) {
    var conditions: [BoundExpression] = []
    var fragment = left + right
    for (position, name) in names.enumerated() {
      let a = try usingColumn(name, left, "left")
      let b = try usingColumn(name, right, "right")
      let isLast = position == names.count - 1
      let operation: ComparisonOperator = join.isAsOf && isLast ? .greaterOrEqual : .equal
      conditions.append(try compare(operation, a, b, name.range))
      let expression: BoundExpression
      switch join.kind {
      case .right: expression = b
      case .full:
        let type = try unify([a, b], name.range, what: "the USING column")
        expression = .coalesce([coerced(a, to: type), coerced(b, to: type)], type: type)
      default: expression = a
      }
      fragment.merged.append(
        MergedColumn(
          name: name.text, folded: name.text.lowercased(), expression: expression,
          sources: (left.merged + right.merged).filter { $0.folded == name.text.lowercased() }
            .reduce(a.columns.union(b.columns)) { $0.union($1.sources) }))
    }
    return (conditions, fragment)
  }

  private func usingColumn(_ name: Identifier, _ fragment: Fragment, _ side: String) throws
    -> BoundExpression
  {
    let hits = unqualified(name.text.lowercased(), fragment)
    if hits.count == 1 { return hits[0].expression }
    if hits.isEmpty {
      throw error(
        "Column \"\(name.text)\" does not exist on \(side) side of join!", name.range,
        candidates: Similarity.closest(
          to: name.text, among: fragment.tables.flatMap { $0.columns.map { $0.column.name } }))
    }
    throw error(
      "Column name \"\(name.text)\" is ambiguous: it exists more than once on \(side) side of join",
      name.range)
  }

  /// Joins two bound relations; the right one may depend on the left.
  func combine(
    _ left: BoundRelation, _ right: BoundRelation, _ kind: JoinKind,
    _ conditions: [BoundExpression], _ range: SourceRange
  ) throws -> BoundRelation {
    let leftIDs = left.fragment.columnIDs
    let dependent = right.correlated.intersection(leftIDs)
    let rest = left.correlated.union(right.correlated.subtracting(leftIDs))
    if dependent.isEmpty {
      let join = Join(kind: kind, left: left.plan, right: right.plan, conditions: conditions)
      return BoundRelation(plan: .join(join), fragment: Fragment(), correlated: rest)
    }
    switch kind {
    case .right, .full, .asof, .asofLeft, .positional:
      throw error(
        "the right side of a \(kind.rawValue.uppercased()) JOIN cannot refer to its left side",
        range)
    default: break
    }
    let isPlain = conditions.allSatisfy { $0 == .constant(.boolean(true), .boolean) }
    if var unnest = right.unnest, kind == .cross || kind == .inner || (kind == .left && isPlain) {
      unnest.input = left.plan
      unnest.keepsEmpty = kind == .left
      var plan = LogicalPlan.unnest(unnest)
      if !isPlain { plan = .filter(plan, conditions) }
      return BoundRelation(plan: plan, fragment: Fragment(), correlated: rest)
    }
    let join = Join(kind: kind, left: left.plan, right: right.plan, conditions: conditions)
    return BoundRelation(
      plan: .dependentJoin(join, correlated: dependent), fragment: Fragment(), correlated: rest)
  }
}
