package import OlapColumns
package import OlapFunctions

/// The readings of the clock in a plan, taken out of it: `now()` and its like become parameters, so
/// that no rule folds them and the same plan can be run at two times.
package struct ClockReadings: Sendable {
  /// Parameters from here on stand for clock readings.
  package static let firstParameter = 1 << 40
  fileprivate static let names: Set<String> = [
    "now", "today", "get_current_time", "current_localtimestamp", "utc_timestamp",
  ]
  /// The calls taken out, by parameter number above `firstParameter`.
  private(set) var calls: [BoundCall] = []

  package var isEmpty: Bool { calls.isEmpty }

  /// The plan with its clock calls replaced, those inside subqueries included.
  mutating func extract(from plan: LogicalPlan) throws -> LogicalPlan {
    try plan.rewrittenUp { node in try node.mapExpressions { try extract(from: $0) } }
  }

  private mutating func extract(from expression: BoundExpression) throws -> BoundExpression {
    switch expression {
    case .call(let call) where ClockReadings.names.contains(call.function.name):
      let known = calls.firstIndex { $0.function.name == call.function.name }
      let index = known ?? calls.count
      if known == nil { calls.append(call) }
      return .parameter(ClockReadings.firstParameter + index, call.bound.returnType)
    case .call(let call) where call.function.name == "age" && call.arguments.count == 1:
      throw MaintenanceRefusal("age(x) reads the clock inside; write age(current_date, x)")
    case .subquery(var subquery):
      subquery.plan = try extract(from: subquery.plan)
      return .subquery(try subquery.mapOperands { try extract(from: $0) })
    default: return try expression.mapChildren { try extract(from: $0) }
    }
  }

  /// What each reading gives in a context.
  package func values(in evaluation: EvaluationContext) throws -> [Value] {
    try calls.map { call in
      let arguments = call.arguments.map {
        Vector.constant($0.constantValue ?? .null, type: $0.type, count: 1)
      }
      return try call.bound.kernel(arguments, 1, evaluation).value(at: 0)
    }
  }
}

extension BoundExpression {
  /// Whether the expression calls a function that reads the clock.
  var callsClock: Bool {
    contains {
      guard case .call(let call) = $0 else { return false }
      return ClockReadings.names.contains(call.function.name)
        || call.function.name == "age" && call.arguments.count == 1
    }
  }

  /// Whether the expression reads the clock (as a parameter that stands for it).
  package var readsClock: Bool {
    contains {
      if case .parameter(let number, _) = $0 {
        number >= ClockReadings.firstParameter
      } else {
        false
      }
    }
  }

  /// The expression at a time: its clock readings replaced by values.
  package func reading(_ clock: [Value]) -> BoundExpression {
    rewrittenUp { part in
      guard case .parameter(let number, let type) = part, number >= ClockReadings.firstParameter,
        clock.indices.contains(number - ClockReadings.firstParameter)
      else { return part }
      return .constant(clock[number - ClockReadings.firstParameter], type)
    }
  }
}
