internal import OlapColumns
internal import OlapFunctions

extension DomainPushdown {
  func pushProject(_ input: LogicalPlan, _ projections: [Projection]) throws -> Result {
    var result = materialisingMapping(try push(input))
    let rewritten = projections.map { projection in
      projection.mapExpression { $0.substituting(result.mapping) }
    }
    let present = Set(rewritten.map { $0.output.id })
    let carried = domainColumns(result).filter { !present.contains($0.id) }
    result.plan = .project(result.plan, rewritten + carried.map { Projection(passing: $0) })
    return result
  }

  func pushAggregate(_ aggregate: Aggregate) throws -> Result {
    var input = materialisingMapping(try push(aggregate.input))
    var grouped = aggregate
    grouped.input = input.plan
    grouped.groups = aggregate.groups.map { group in
      group.mapExpression { $0.substituting(input.mapping) }
    }
    grouped.calls = aggregate.calls.map { call in
      call.mapExpressions { $0.substituting(input.mapping) }
    }
    let keys = domainColumns(input)
    let positions = keys.indices.map { aggregate.groups.count + $0 }
    // A key gets a fresh id: the same column may be a group of its own already.
    let outputs = keys.map { state.numbers.column($0.name, $0.type) }
    grouped.groups += zip(keys, outputs).map { Projection($0.reference, as: $1) }
    grouped.groupingSets = aggregate.groupingSets?.map { $0 + positions }
    input.mapping = mapping(to: outputs)
    if aggregate.groups.isEmpty && aggregate.groupingSets == nil {
      return try completingEmptyGroups(grouped, input)
    }
    if aggregate.groupingSets?.contains([]) == true {
      throw BindError(
        "a correlated subquery with an empty grouping set is not supported; "
          + "compute the grand total in a subquery of its own")
    }
    input.plan = .aggregate(grouped)
    return input
  }

  /// An aggregate without GROUP BY has a row for every outer value, even without input rows.
  private func completingEmptyGroups(_ aggregate: Aggregate, _ keys: Result) throws -> Result {
    var grouped = aggregate
    var values: [Projection] = []
    for i in grouped.calls.indices {
      let output = grouped.calls[i].output
      let fresh = state.numbers.column(output.name, output.type)
      if let empty = try grouped.calls[i].valueOfNoRows() {
        values.append(
          Projection(.coalesce([fresh.reference, empty], type: output.type), as: output))
      } else {
        values.append(Projection(fresh.reference, as: output))
      }
      grouped.calls[i].output = fresh
    }
    for call in grouped.groupingCalls {
      values.append(Projection(.constant(.integer(0), call.output.type), as: call.output))
    }
    grouped.groupingCalls = []
    var all = try cross(.singleRow)
    let join = Join(
      kind: .left, left: all.plan, right: .aggregate(grouped),
      conditions: domainEqualities(all, keys))
    let carried = domainColumns(all).map { Projection(passing: $0) }
    all.plan = .project(.join(join), values + carried)
    return all
  }

  func pushWindow(_ input: LogicalPlan, _ calls: [BoundWindowCall]) throws -> Result {
    var result = materialisingMapping(try push(input))
    let keys = domainColumns(result).map { $0.reference }
    let mapping = result.mapping
    let partitioned: [BoundWindowCall] = calls.map { call in
      var copy = call.mapExpressions { $0.substituting(mapping) }
      copy.partitionBy += keys
      return copy
    }
    result.plan = .window(result.plan, partitioned)
    return result
  }

  func pushLimit(_ input: LogicalPlan, _ items: [SortItem], _ limit: Limit) throws -> Result {
    if limit.isPercent {
      throw BindError("LIMIT with a percentage is not supported in a correlated subquery")
    }
    let columns = input.columns
    var result = materialisingMapping(try push(input))
    let order = (limit.tieOrder ?? items).map { item in
      item.mapExpression { $0.substituting(result.mapping) }
    }
    let keys = domainColumns(result)
    let numbered = RowNumberLimit(state: state).apply(
      to: result.plan, orderBy: order, partitionBy: keys.map { $0.reference }, limit: limit)
    let present = Set(columns.map(\.id))
    result.plan = numbered.projected(to: columns + keys.filter { !present.contains($0.id) })
    return result
  }

  func pushDistinct(
    _ input: LogicalPlan, _ keys: [BoundExpression]?, _ order: [SortItem]
  ) throws -> Result {
    var result = materialisingMapping(try push(input))
    let mapping = result.mapping
    let carried = domainColumns(result).map { $0.reference }
    let on: [BoundExpression]? = keys.map { keys in
      keys.map { $0.substituting(mapping) } + carried
    }
    let orderBy = order.map { item in item.mapExpression { $0.substituting(mapping) } }
    // Without keys all columns count: only the subquery's own and the domain's may remain.
    let present = Set(input.columns.map(\.id))
    let exact = result.plan.projected(
      to: input.columns + domainColumns(result).filter { !present.contains($0.id) })
    result.plan = .distinct(exact, on: on, orderBy: orderBy)
    return result
  }

  func pushSetOperation(_ operation: SetOperation) throws -> Result {
    var copy = operation
    copy.inputs = try operation.inputs.map { input in
      let result = materialisingMapping(try push(input))
      return result.plan.projected(to: input.columns + domainColumns(result))
    }
    let outputs = domain.map { state.numbers.column($0.name, $0.type) }
    copy.columns += outputs
    return Result(plan: .setOperation(copy), mapping: mapping(to: outputs))
  }

  func pushUnnest(_ unnest: Unnest) throws -> Result {
    var result = try push(unnest.input)
    var copy = unnest
    copy.input = result.plan
    copy.lists = unnest.lists.map { list in
      list.mapExpression { $0.substituting(result.mapping) }
    }
    result.plan = .unnest(copy)
    return result
  }

  /// Rows that read outer columns: each row is a projection of the domain.
  func pushValues(_ rows: [[BoundExpression]], _ columns: [PlanColumn]) throws -> Result {
    let inputs: [LogicalPlan] = rows.map { row in
      let outputs = columns.map { state.numbers.column($0.name, $0.type) }
      return .project(.singleRow, zip(row, outputs).map { Projection($0, as: $1) })
    }
    if inputs.count == 1, let row = rows.first {
      return try pushProject(.singleRow, zip(row, columns).map { Projection($0, as: $1) })
    }
    return try pushSetOperation(
      SetOperation(kind: .union, isAll: true, inputs: inputs, columns: columns))
  }
}
