extension SQLPrinter {
  mutating func query(_ query: SelectStatement) {
    if let with = query.with {
      self.with(with)
      write(" ")
    }
    body(query.body)
    switch query.orderBy {
    case .items(let items):
      write(" ORDER BY ")
      list(items) { $0.orderByItem($1) }
    case .all(let direction, let nulls):
      write(" ORDER BY ALL")
      sort(direction, nulls)
    case nil: break
    }
    if let limit = query.limit { self.limit(limit) }
  }

  mutating func with(_ with: WithClause) {
    write(with.isRecursive ? "WITH RECURSIVE " : "WITH ")
    list(with.tables) { $0.commonTable($1) }
  }

  private mutating func commonTable(_ table: CommonTableExpression) {
    identifier(table.name)
    if !table.columns.isEmpty { identifiers(table.columns) }
    if !table.usingKey.isEmpty {
      write(" USING KEY ")
      identifiers(table.usingKey)
    }
    write(" AS ")
    if let isMaterialized = table.isMaterialized {
      write(isMaterialized ? "MATERIALIZED " : "NOT MATERIALIZED ")
    }
    parenthesized {
      switch table.body {
      case .query(let query): $0.query(query)
      case .modification(let statement): $0.modification(statement)
      }
    }
  }

  private mutating func body(_ body: QueryBody) {
    switch body {
    case .select(let core): select(core)
    case .values(let rows):
      write("VALUES ")
      list(rows) { printer, row in printer.parenthesized { $0.expressions(row) } }
    case .setOperation(let operation): setOperation(operation)
    case .nested(let query): parenthesized { $0.query(query) }
    case .pivot(let pivot): self.pivot(pivot)
    case .unpivot(let unpivot): self.unpivot(unpivot)
    case .describe(let describe): self.describe(describe)
    }
  }

  private mutating func setOperation(_ operation: SetOperation) {
    var word = " " + operation.kind.rawValue
    if operation.isAll { word += " ALL" }
    if operation.isByName { word += " BY NAME" }
    for (i, operand) in operation.operands.enumerated() {
      if i > 0 { write(word + " ") }
      switch operand {
      case .select, .values, .nested: body(operand)
      default: parenthesized { $0.body(operand) }
      }
    }
  }

  // MARK: SELECT

  private mutating func select(_ core: SelectCore) {
    write("SELECT ")
    switch core.distinct {
    case .all: break
    case .distinct: write("DISTINCT ")
    case .on(let expressions):
      write("DISTINCT ON ")
      parenthesized { $0.expressions(expressions) }
      write(" ")
    }
    items(core.items)
    if !core.from.isEmpty {
      write(" FROM ")
      list(core.from) { $0.table($1) }
    }
    clause(" WHERE ", core.filter)
    if let groupBy = core.groupBy { self.groupBy(groupBy) }
    clause(" HAVING ", core.having)
    if !core.windows.isEmpty {
      write(" WINDOW ")
      list(core.windows) {
        $0.identifier($1.name)
        $0.write(" AS ")
        $0.window($1.specification)
      }
    }
    clause(" QUALIFY ", core.qualify)
    if let sample = core.sample {
      write(" USING SAMPLE ")
      self.sample(sample)
    }
  }

  mutating func clause(_ word: String, _ expression: Expression?) {
    guard let expression else { return }
    write(word)
    self.expression(expression)
  }

  mutating func items(_ items: [SelectItem]) {
    list(items) {
      $0.expression($1.expression)
      if let alias = $1.alias {
        $0.write(" AS ")
        $0.identifier(alias)
      }
    }
  }

  private mutating func groupBy(_ groupBy: GroupByClause) {
    write(" GROUP BY ")
    switch groupBy {
    case .all: write("ALL")
    case .elements(let elements): list(elements) { $0.groupingElement($1) }
    }
  }

  private mutating func groupingElement(_ element: GroupingElement) {
    switch element {
    case .expression(let expression): self.expression(expression)
    case .empty: write("()")
    case .rollup(let sets): groupingLists("ROLLUP ", sets)
    case .cube(let sets): groupingLists("CUBE ", sets)
    case .groupingSets(let elements):
      write("GROUPING SETS ")
      parenthesized { $0.list(elements) { $0.groupingElement($1) } }
    case .set(let items): expression(Expression(.row(items)))
    }
  }

  private mutating func groupingLists(_ word: String, _ sets: [[Expression]]) {
    write(word)
    parenthesized {
      $0.list(sets) {
        if $1.count == 1 {
          $0.expression($1[0])
        } else {
          $0.expression(Expression(.row($1)))
        }
      }
    }
  }

  // MARK: Order, limit, sample, window

  mutating func orderByItem(_ item: OrderByItem) {
    expression(item.expression)
    sort(item.direction, item.nulls)
  }

  private mutating func sort(_ direction: SortDirection?, _ nulls: NullOrder?) {
    if let direction { write(" " + direction.rawValue) }
    if let nulls { write(" " + nulls.rawValue) }
  }

  private mutating func limit(_ limit: LimitClause) {
    switch limit.count {
    case .all: if limit.offset == nil || limit.withTies { write(" LIMIT ALL") }
    case .rows(let count):
      write(" LIMIT ")
      expression(count, Precedence.sign)
    case .percent(let count):
      write(" LIMIT ")
      expression(count, Precedence.sign)
      write(" PERCENT")
    }
    if limit.withTies { write(" WITH TIES") }
    clause(" OFFSET ", limit.offset)
  }

  private mutating func sample(_ sample: SampleClause) {
    let size =
      switch sample.size {
      case .rows(let count): "\(count) ROWS"
      case .percent(let percent): "\(percent)%"
      }
    write(sample.method.map { "\($0.rawValue)(\(size))" } ?? size)
    if let seed = sample.seed { write(" REPEATABLE (\(seed))") }
  }

  mutating func window(_ window: WindowSpecification) {
    parenthesized { printer in
      var parts = 0
      func separate() {
        if parts > 0 { printer.write(" ") }
        parts += 1
      }
      if let base = window.base {
        separate()
        printer.identifier(base)
      }
      if !window.partitionBy.isEmpty {
        separate()
        printer.write("PARTITION BY ")
        printer.expressions(window.partitionBy)
      }
      if !window.orderBy.isEmpty {
        separate()
        printer.write("ORDER BY ")
        printer.list(window.orderBy) { $0.orderByItem($1) }
      }
      if let frame = window.frame {
        separate()
        printer.frame(frame)
      }
    }
  }

  private mutating func frame(_ frame: WindowFrame) {
    write(frame.unit.rawValue + " BETWEEN ")
    bound(frame.start)
    write(" AND ")
    bound(frame.end)
    if frame.exclusion != .noOthers { write(" EXCLUDE " + frame.exclusion.rawValue) }
  }

  private mutating func bound(_ bound: WindowFrame.Bound) {
    switch bound {
    case .unboundedPreceding: write("UNBOUNDED PRECEDING")
    case .currentRow: write("CURRENT ROW")
    case .unboundedFollowing: write("UNBOUNDED FOLLOWING")
    case .preceding(let offset):
      expression(offset, Precedence.not)
      write(" PRECEDING")
    case .following(let offset):
      expression(offset, Precedence.not)
      write(" FOLLOWING")
    }
  }

  // MARK: Tables

  mutating func table(_ table: TableReference) {
    switch table.kind {
    case .table(let name, let version):
      self.name(name)
      if let version { self.version(version) }
    case .file(let path): string(path)
    case .subquery(let query, let isLateral):
      if isLateral { write("LATERAL ") }
      parenthesized { $0.query(query) }
    case .function(let call, let isLateral, let withOrdinality):
      if isLateral { write("LATERAL ") }
      function(call)
      if withOrdinality { write(" WITH ORDINALITY") }
    case .join(let join):
      if table.alias != nil || table.sample != nil {
        parenthesized { $0.join(join) }
      } else {
        self.join(join)
      }
    case .pivot(let pivot): standardPivot(pivot)
    case .unpivot(let unpivot): standardUnpivot(unpivot)
    }
    if let sample = table.sample {
      write(" TABLESAMPLE ")
      self.sample(sample)
    }
    if let alias = table.alias { self.alias(alias) }
  }

  private mutating func alias(_ alias: TableAlias) {
    write(" AS ")
    identifier(alias.name)
    if !alias.columns.isEmpty { identifiers(alias.columns) }
  }

  private mutating func version(_ version: TableVersion) {
    let (word, value) =
      switch version {
      case .run(let value): ("RUN", value)
      case .version(let value): ("VERSION", value)
      case .timestamp(let value): ("TIMESTAMP", value)
      }
    write(" AT (\(word) => ")
    expression(value, Precedence.additive)
    write(")")
  }

  private mutating func join(_ join: Join) {
    table(join.left)
    if join.isNatural { write(" NATURAL") }
    if join.isAsOf { write(" ASOF") }
    if join.kind != .inner { write(" " + join.kind.rawValue) }
    write(" JOIN ")
    operand(join.right)
    condition(join.condition)
  }

  mutating func condition(_ condition: Join.Condition) {
    switch condition {
    case .none: break
    case .on(let expression): clause(" ON ", expression)
    case .using(let columns):
      write(" USING ")
      identifiers(columns)
    }
  }

  /// A relation where a join needs parentheses.
  private mutating func operand(_ table: TableReference) {
    if table.isJoin, table.alias == nil, table.sample == nil {
      parenthesized { $0.table(table) }
    } else {
      self.table(table)
    }
  }

  // MARK: Pivot

  private mutating func pivot(_ pivot: Pivot) {
    write("PIVOT ")
    operand(pivot.source)
    if !pivot.columns.isEmpty {
      write(" ON ")
      list(pivot.columns) { $0.pivotColumn($1) }
    }
    if !pivot.aggregates.isEmpty {
      write(" USING ")
      items(pivot.aggregates)
    }
    pivotGroups(pivot)
  }

  private mutating func pivotGroups(_ pivot: Pivot) {
    guard let groupBy = pivot.groupBy else { return }
    write(" GROUP BY ")
    expressions(groupBy)
  }

  private mutating func standardPivot(_ pivot: Pivot) {
    operand(pivot.source)
    write(" PIVOT (")
    items(pivot.aggregates)
    write(" FOR ")
    for (i, column) in pivot.columns.enumerated() {
      if i > 0 { write(" ") }
      pivotColumn(column)
    }
    pivotGroups(pivot)
    write(")")
  }

  private mutating func pivotColumn(_ column: PivotColumn) {
    if column.expressions.count == 1 {
      expression(column.expressions[0], Precedence.other)
    } else {
      expression(Expression(.row(column.expressions)))
    }
    if let values = column.values {
      write(" IN (")
      items(values)
      write(")")
    } else if let query = column.query {
      write(" IN (")
      self.query(query)
      write(")")
    }
  }

  private mutating func unpivot(_ unpivot: Unpivot) {
    write("UNPIVOT ")
    operand(unpivot.source)
    if unpivot.includeNulls { write(" INCLUDE NULLS") }
    write(" ON ")
    unpivotEntries(unpivot.columns)
    write(" INTO NAME ")
    identifier(unpivot.nameColumn)
    write(" VALUE ")
    list(unpivot.valueColumns) { $0.identifier($1) }
  }

  private mutating func unpivotEntries(_ entries: [UnpivotEntry]) {
    list(entries) {
      if $1.expressions.count == 1 {
        $0.expression($1.expressions[0])
      } else {
        $0.expression(Expression(.row($1.expressions)))
      }
      if let label = $1.label {
        $0.write(" AS ")
        $0.identifier(label)
      }
    }
  }

  private mutating func standardUnpivot(_ unpivot: Unpivot) {
    operand(unpivot.source)
    write(unpivot.includeNulls ? " UNPIVOT INCLUDE NULLS (" : " UNPIVOT (")
    if unpivot.valueColumns.count == 1 {
      identifier(unpivot.valueColumns[0])
    } else {
      identifiers(unpivot.valueColumns)
    }
    write(" FOR ")
    identifier(unpivot.nameColumn)
    write(" IN (")
    unpivotEntries(unpivot.columns)
    write("))")
  }
}
