internal import OlapCatalog
internal import OlapColumns
package import OlapFunctions

/// What is kept of an aggregate's groups so that changes of its input can be added to them: the number
/// of rows, and for every call its exact sum and its count of values.
///
/// Only for calls that can also be taken back: count, and sum and avg over integers and decimals.
package struct AggregateSupport: Sendable {
  /// One call of the original aggregate and where its states stand among the support columns.
  package struct Call: Sendable {
    package let bound: BoundAggregate
    package let output: PlanColumn
    package let states: [Int]
  }
  /// Computes the support rows: the groups, `rows`, then the states.
  package let aggregate: Aggregate
  package let calls: [Call]
  package var groupCount: Int { aggregate.groups.count }
  /// Outputs of the original aggregate.
  package let outputs: [PlanColumn]

  /// Nil when a call cannot be taken back.
  package init?(
    of original: Aggregate, context: any PlanningContext, numbers: ColumnIDAllocator
  ) {
    guard original.groupingSets == nil, original.groupingCalls.isEmpty, !original.calls.isEmpty
    else { return nil }
    let state = OptimizerState(context: context, numbers: numbers)
    guard let rows = try? state.countStar() else { return nil }
    var support: [BoundAggregateCall] = [rows]
    var calls: [Call] = []
    for call in original.calls {
      guard !call.isDistinct, call.orderBy.isEmpty else { return nil }
      let first = original.groups.count + support.count
      switch call.function.name {
      case "count", "count_star":
        var copy = call
        copy.output = numbers.column("count", .bigint)
        support.append(copy)
        calls.append(Call(bound: call.bound, output: call.output, states: [first]))
      case "sum", "avg":
        guard call.bound.stateTypes == [.hugeint, .bigint],
          var sum = try? state.aggregate("sum", call.arguments),
          var count = try? state.aggregate("count", call.arguments),
          sum.bound.returnType.physicalType == .int128
        else { return nil }
        sum.filter = call.filter
        count.filter = call.filter
        support += [sum, count]
        calls.append(Call(bound: call.bound, output: call.output, states: [first, first + 1]))
      default: return nil
      }
    }
    aggregate = Aggregate(input: original.input, groups: original.groups, calls: support)
    self.calls = calls
    outputs = LogicalPlan.aggregate(original).columns
  }

  /// Columns of the support rows as they are stored: sums as HUGEINT.
  package var columns: [PlanColumn] {
    aggregate.groups.map { $0.output }
      + aggregate.calls.map { call in
        PlanColumn(
          id: call.output.id, name: call.output.name,
          type: call.bound.returnType == .bigint ? .bigint : .hugeint)
      }
  }
}
