internal import OlapColumns

/// Rewrites operators into shapes whose changes have simple rules: full joins become a left join and
/// what it lacks, windows get one partition per node, expressions that partition or read the clock
/// become columns of a projection below.
struct MaintenanceShape {
  let state: OptimizerState

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    plan.rewrittenUp { node in
      switch node {
      case .join(let join) where join.kind == .inner: return liftClock(join)
      case .join(let join):
        let fixed = withClockInInputs(join)
        return (join.kind == .full ? splitFullJoin(fixed) : .join(fixed))
          .projected(to: node.columns)
      case .window(let input, let calls): return separate(input, calls)
      case .aggregate(let aggregate): return liftClock(aggregate)
      case .distinct(let input, .some(let keys), let order):
        return keyColumns(input, keys, order)
      case .unnest(let unnest): return liftClock(unnest)
      default: return node
      }
    }
  }

  // MARK: Joins

  /// L FULL JOIN R = L LEFT JOIN R, and the rows of R without a match.
  private func splitFullJoin(_ join: Join) -> LogicalPlan {
    var matched = join
    matched.kind = .left
    let left = join.left.cloned(with: state.numbers)
    let right = join.right.cloned(with: state.numbers)
    let names = left.columns.merging(right.columns) { first, _ in first }
    let conditions = join.conditions.map { condition in
      condition.substituting(
        Dictionary(
          uniqueKeysWithValues: (join.left.columns + join.right.columns).compactMap { column in
            names[column.id].map { (column.id, BoundExpression.column($0, column.type)) }
          }))
    }
    let unmatched = LogicalPlan.join(
      Join(kind: .anti, left: right.plan, right: left.plan, conditions: conditions))
    let padding = join.left.columns.map { column in
      Projection(
        .constant(.null, column.type), as: state.numbers.column(column.name, column.type))
    }
    let padded = LogicalPlan.project(
      unmatched, padding + right.plan.columns.map { Projection(passing: $0) })
    return .setOperation(
      SetOperation(
        kind: .union, isAll: true, inputs: [freshened(.join(matched)), padded],
        columns: join.left.columns + join.right.columns))
  }

  /// The same rows under new column ids, so that the old ones can name a union's output.
  private func freshened(_ plan: LogicalPlan) -> LogicalPlan {
    let copy = plan.cloned(with: state.numbers)
    return copy.plan
  }

  private func liftClock(_ join: Join) -> LogicalPlan {
    let moving = join.conditions.filter { $0.readsClock }
    if moving.isEmpty { return .join(join) }
    let fixed = join.conditions.filter { !$0.readsClock }
    return LogicalPlan.join(join.with(conditions: fixed)).filtered(by: moving)
  }

  /// The join with what its conditions read of the clock as columns of its inputs, behind their own.
  private func withClockInInputs(_ join: Join) -> Join {
    if !join.conditions.contains(where: { $0.readsClock }) { return join }
    let left = Columns(state)
    let right = Columns(state)
    let leftIDs = Set(join.left.columns.map { $0.id })
    let rightIDs = Set(join.right.columns.map { $0.id })
    func lifted(_ expression: BoundExpression) -> BoundExpression {
      if !expression.readsClock { return expression }
      if expression.columns.isSubset(of: leftIDs) { return left.column(for: expression) }
      if expression.columns.isSubset(of: rightIDs) { return right.column(for: expression) }
      return expression.mapChildren(lifted)
    }
    let conditions = join.conditions.map(lifted)
    return join.with(
      left: left.over(join.left), right: right.over(join.right), conditions: conditions)
  }

  // MARK: Expressions as columns

  /// A projection of the input's columns plus those that expressions needed.
  private final class Columns {
    private let state: OptimizerState
    private(set) var added: [Projection] = []
    init(_ state: OptimizerState) { self.state = state }

    func column(for expression: BoundExpression) -> BoundExpression {
      if let known = added.first(where: { $0.expression == expression }) {
        return known.output.reference
      }
      let output = state.numbers.column("value", expression.type)
      added.append(Projection(expression, as: output))
      return output.reference
    }

    func over(_ input: LogicalPlan) -> LogicalPlan {
      if added.isEmpty { return input }
      return .project(input, input.columns.map { Projection(passing: $0) } + added)
    }
  }

  private func liftClock(_ aggregate: Aggregate) -> LogicalPlan {
    let columns = Columns(state)
    let lift: (BoundExpression) -> BoundExpression = {
      $0.readsClock ? columns.column(for: $0) : $0
    }
    var result = aggregate
    result.groups = aggregate.groups.map { $0.mapExpression(lift) }
    result.calls = aggregate.calls.map { $0.mapExpressions(lift) }
    result.input = columns.over(aggregate.input)
    return .aggregate(result)
  }

  private func liftClock(_ unnest: Unnest) -> LogicalPlan {
    if !unnest.lists.contains(where: { $0.expression.readsClock }) { return .unnest(unnest) }
    let columns = Columns(state)
    var result = unnest
    result.lists = unnest.lists.map { list in
      list.expression.readsClock
        ? Projection(columns.column(for: list.expression), as: list.output) : list
    }
    result.input = columns.over(unnest.input)
    return LogicalPlan.unnest(result).projected(to: LogicalPlan.unnest(unnest).columns)
  }

  private func separate(_ input: LogicalPlan, _ calls: [BoundWindowCall]) -> LogicalPlan {
    let columns = Columns(state)
    let lifted = calls.map { call in
      var copy = call.mapExpressions { $0.readsClock ? columns.column(for: $0) : $0 }
      copy.partitionBy = copy.partitionBy.map {
        $0.columnID == nil && $0.constantValue == nil ? columns.column(for: $0) : $0
      }
      return copy
    }
    var sets: [(partition: Set<BoundExpression>, calls: [BoundWindowCall])] = []
    for call in lifted {
      let partition = Set(call.partitionBy)
      if let index = sets.firstIndex(where: { $0.partition == partition }) {
        sets[index].calls.append(call)
      } else {
        sets.append((partition, [call]))
      }
    }
    let result = sets.reduce(columns.over(input)) { LogicalPlan.window($0, $1.calls) }
    return result.projected(to: LogicalPlan.window(input, calls).columns)
  }

  private func keyColumns(
    _ input: LogicalPlan, _ keys: [BoundExpression], _ order: [SortItem]
  ) -> LogicalPlan {
    if keys.allSatisfy({ $0.columnID != nil }) {
      return .distinct(input, on: keys, orderBy: order)
    }
    let columns = Columns(state)
    let lifted = keys.map { $0.columnID == nil ? columns.column(for: $0) : $0 }
    return LogicalPlan.distinct(columns.over(input), on: lifted, orderBy: order)
      .projected(to: input.columns)
  }
}
