internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning

/// Rows that several rows of the result are made of: those of windows, subtotals and recursions.
extension RowProvenance {
  // MARK: Windows

  /// Whether a window node only numbers rows, and its numbers are not among the values but choose rows: then
  /// each row is made of itself alone.
  func hasOwnRows(_ calls: [BoundWindowCall]) -> Bool {
    calls.allSatisfy { call in
      guard case .window(let function) = call.function else { return false }
      switch function {
      case .rowNumber, .rank, .denseRank: return !valueColumns.contains(call.output.id)
      default: return false
      }
    }
  }

  /// A window's own row. Its values are unknown where its input was taken apart.
  mutating func ownRow(
    _ input: LogicalPlan, _ calls: [BoundWindowCall], isExact: Bool
  ) -> Traced {
    let before = unknown
    let traced = trace(input, isExact: isExact)
    if unknown == before, !traced.isMultiplied {
      return Traced(plan: .window(traced.plan, calls), origins: traced.origins)
    }
    if isExact { return joined(.window(input, calls), withRowsOf: input) }
    for call in calls { unknown.insert(call.output.id) }
    let nulls = calls.map { Projection(.constant(.null, $0.output.type), as: $0.output) }
    let columns = input.columns.map { Projection(.column($0.id, $0.type), as: $0) }
    return project(traced, columns + nulls)
  }

  /// A window's rows joined with those of their partitions; of frames that end at the row itself, with the
  /// rows up to it.
  mutating func frame(_ input: LogicalPlan, _ calls: [BoundWindowCall]) -> Traced {
    let copy = input.cloned(with: numbers)
    let types = Dictionary(
      input.columns.map { ($0.id, $0.type) }, uniquingKeysWith: { first, _ in first })
    var references: [ColumnID: BoundExpression] = [:]
    for (old, new) in copy.columns {
      if let type = types[old] { references[old] = .column(new, type) }
    }
    let members = trace(copy.plan, isExact: true)
    var alternatives: [BoundExpression] = []
    var kind = JoinKind.inner
    var conditions: [BoundExpression] = []
    var seen: Set<Set<BoundExpression>> = []
    for call in calls where seen.insert(Set(call.partitionBy)).inserted {
      let partition = Set(call.partitionBy)
      let others = calls.filter { Set($0.partitionBy) == partition }
      conditions = partition.map {
        .comparison(.notDistinctFrom, $0, $0.substituting(references))
      }
      if let bound = RowProvenance.commonBound(others) {
        conditions.append(RowProvenance.upTo(bound, references))
      }
      alternatives.append(.conjunction(conditions))
    }
    if alternatives.count > 1 { conditions = [.disjunction(alternatives)] }
    if conditions.isEmpty {
      conditions = [.constant(.boolean(true), .boolean)]
      kind = .left
    }
    return Traced(
      plan: .join(
        Join(kind: kind, left: .window(input, calls), right: members.plan, conditions: conditions)),
      origins: members.origins, isMultiplied: true)
  }

  /// What all calls order their rows by, when none of them looks behind the row.
  private static func commonBound(_ calls: [BoundWindowCall]) -> SortItem? {
    guard let first = calls.first?.orderBy.first else { return nil }
    let areBackward = calls.allSatisfy { call in
      guard call.orderBy.first == first else { return false }
      switch call.function {
      case .window(.rowNumber), .window(.rank), .window(.denseRank): return true
      case .window(.lag): return call.arguments.count < 2
      case .aggregate: return call.frame.end == .currentRow
      case .window: return false
      }
    }
    return areBackward ? first : nil
  }

  /// That the copy's row comes before or with the other one; NULLs count as both.
  private static func upTo(
    _ item: SortItem, _ references: [ColumnID: BoundExpression]
  ) -> BoundExpression {
    let own = item.expression
    let other = own.substituting(references)
    let null = BoundExpression.constant(.null, own.type)
    return .disjunction([
      .comparison(item.descending ? .greaterOrEqual : .lessOrEqual, other, own),
      .comparison(.notDistinctFrom, own, null), .comparison(.notDistinctFrom, other, null),
    ])
  }

  // MARK: Subtotals

  /// The rows of each set's groups: a column that the set leaves out is NULL whatever its rows have there.
  func members(of node: Aggregate, _ sets: [[Int]]) -> SetOperation {
    let types = Dictionary(
      node.input.columns.map { ($0.id, $0.type) }, uniquingKeysWith: { first, _ in first })
    let inputs = sets.map { set -> LogicalPlan in
      let copy = node.input.cloned(with: numbers)
      var references: [ColumnID: BoundExpression] = [:]
      for (old, new) in copy.columns {
        if let type = types[old] { references[old] = .column(new, type) }
      }
      var items = node.groups.enumerated().map { position, group -> Projection in
        let output = numbers.column(group.output.name, group.output.type)
        return set.contains(position)
          ? Projection(group.expression.substituting(references), as: output)
          : Projection(.constant(.null, output.type), as: output)
      }
      for call in node.groupingCalls {
        let mask = call.positions.reduce(0) { $0 << 1 | (set.contains($1) ? 0 : 1) }
        items.append(
          Projection(
            .constant(.integer(Int64(mask)), call.output.type),
            as: numbers.column(call.output.name, call.output.type)))
      }
      return .project(copy.plan, items)
    }
    return SetOperation(
      kind: .union, isAll: true, inputs: inputs,
      columns: node.groups.map { $0.output } + node.groupingCalls.map { $0.output })
  }

  /// Rows with NULL for what was aggregated.
  mutating func withoutValues(of calls: [BoundAggregateCall], _ rows: Traced) -> Traced {
    let origins = Set(rows.origins.map { $0.column.id })
    let columns = rows.plan.columns.filter { !origins.contains($0.id) }
    return project(
      rows,
      columns.map { Projection(.column($0.id, $0.type), as: $0) }
        + calls.map { Projection(.constant(.null, $0.output.type), as: $0.output) })
  }

  // MARK: Recursion

  /// A recursion's rows, each made of all rows of the tables that the recursion reads.
  mutating func everyRow(under recursion: RecursiveCTE) -> Traced {
    var scans: [TableScan] = []
    for part in [recursion.initial, recursion.step] {
      part.forEachNode { node in
        guard case .scan(let scan) = node, scan.changes == nil,
          !scans.contains(where: { $0.table.id == scan.table.id })
        else { return }
        scans.append(scan)
      }
    }
    let plan = LogicalPlan.recursiveCTE(recursion)
    if scans.isEmpty { return Traced(plan: plan, origins: []) }
    let inputs = scans.map { scan -> LogicalPlan in
      .project(
        LogicalPlan.scan(scan).cloned(with: numbers).plan,
        [Projection(.constant(.null, .bigint), as: numbers.column("none", .bigint))])
    }
    let none = numbers.column("none", .bigint)
    let members = traceSet(
      SetOperation(kind: .union, isAll: true, inputs: inputs, columns: [none]), isExact: true)
    return joined(plan, [], members, [])
  }

  // MARK: Values

  /// The columns that the plan's outputs are computed from, the outputs included. What a condition, an order
  /// or a limit looks at is none of them.
  static func valueColumns(of plan: LogicalPlan) -> Set<ColumnID> {
    var sources: [ColumnID: Set<ColumnID>] = [:]
    var relations: [Int: LogicalPlan] = [:]
    func note(_ output: PlanColumn, _ expressions: [BoundExpression]) {
      for expression in expressions {
        expression.collectColumns(into: &sources[output.id, default: []])
      }
    }
    plan.forEachNode { node in
      switch node {
      case .project(_, let items): for item in items { note(item.output, [item.expression]) }
      case .unnest(let unnest): for item in unnest.lists { note(item.output, [item.expression]) }
      case .aggregate(let aggregate):
        for item in aggregate.groups { note(item.output, [item.expression]) }
        for call in aggregate.calls {
          _ = call.mapExpressions {
            note(call.output, [$0])
            return $0
          }
        }
      case .window(_, let calls):
        for call in calls {
          _ = call.mapExpressions {
            note(call.output, [$0])
            return $0
          }
        }
      case .setOperation(let operation):
        for input in operation.inputs {
          for (column, output) in zip(input.columns, operation.columns) {
            sources[output.id, default: []].insert(column.id)
          }
        }
      case .materialize(let index, let definition, _): relations[index] = definition
      default: break
      }
    }
    plan.forEachNode { node in
      guard case .cteScan(let index, let columns) = node, let definition = relations[index] else {
        return
      }
      for (column, output) in zip(definition.columns, columns) {
        sources[output.id, default: []].insert(column.id)
      }
    }
    var result = Set(plan.columns.map { $0.id })
    var pending = Array(result)
    while let next = pending.popLast() {
      for source in sources[next] ?? [] where result.insert(source).inserted {
        pending.append(source)
      }
    }
    return result
  }
}
