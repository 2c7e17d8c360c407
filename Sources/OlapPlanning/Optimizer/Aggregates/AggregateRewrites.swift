internal import OlapColumns
internal import OlapFunctions

/// Cheaper forms of aggregates: DISTINCT dropped where it changes nothing, SELECT DISTINCT as grouping,
/// sole COUNT(DISTINCT x) in two levels, sums of x + constant as a sum of x.
struct AggregateRewrites {
  let state: OptimizerState

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    let node = plan.mapChildren { rewrite($0) }
    switch node {
    case .distinct(let input, nil, _): return distinct(input)
    case .aggregate(let aggregate):
      return twoLevels(droppingDistinct(aggregate))
    default: return node
    }
  }

  /// SELECT DISTINCT groups by every column.
  private func distinct(_ input: LogicalPlan) -> LogicalPlan {
    let columns = input.columns
    if columns.isEmpty || UniqueKeys.isUnique(Set(columns.map(\.id)), in: input) {
      return columns.isEmpty ? .distinct(input, on: nil, orderBy: []) : input
    }
    var seen: Set<ColumnID> = []
    let groups = columns.filter { seen.insert($0.id).inserted }.map { Projection(passing: $0) }
    return .aggregate(Aggregate(input: input, groups: groups, calls: []))
  }

  private func droppingDistinct(_ aggregate: Aggregate) -> Aggregate {
    var copy = aggregate
    for i in copy.calls.indices where copy.calls[i].isDistinct {
      let call = copy.calls[i]
      if call.function.ignoresDistinct { copy.calls[i].isDistinct = false }
    }
    return copy
  }

  /// All calls DISTINCT over the same arguments: group by them first, then aggregate plainly.
  private func twoLevels(_ aggregate: Aggregate) -> LogicalPlan {
    guard let first = aggregate.calls.first, aggregate.groupingSets == nil,
      aggregate.groupingCalls.isEmpty, first.isDistinct, !first.arguments.isEmpty,
      !first.expressions.contains(where: { $0.isVolatile }),
      // Text keys are dear to repeat beside every value: there DISTINCT goes by the numbers of groups.
      !aggregate.groups.contains(where: { $0.expression.type.physicalType == .string }),
      aggregate.calls.allSatisfy({
        $0.isDistinct && $0.arguments == first.arguments && $0.filter == nil
          && $0.orderBy.isEmpty && !$0.function.isOrderSensitive
      })
    else { return .aggregate(aggregate) }
    var inner = aggregate
    inner.calls = []
    inner.groups = aggregate.groups.map { group in
      Projection(group.expression, as: state.numbers.column(group.output.name, group.output.type))
    }
    let arguments = first.arguments.map { argument in
      Projection(argument, as: state.numbers.column("distinct", argument.type))
    }
    let keys = inner.groups
    inner.groups += arguments
    var outer = aggregate
    outer.input = .aggregate(inner)
    outer.groups = zip(aggregate.groups, keys).map {
      Projection($1.output.reference, as: $0.output)
    }
    for i in outer.calls.indices {
      outer.calls[i].isDistinct = false
      outer.calls[i].arguments = arguments.map { $0.output.reference }
    }
    return .aggregate(outer)
  }
}
