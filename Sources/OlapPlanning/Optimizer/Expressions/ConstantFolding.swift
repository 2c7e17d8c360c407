internal import OlapColumns
internal import OlapFunctions

/// Computes expressions whose operands are constants, with the kernels that would run.
///
/// Volatile functions are never computed, and an error leaves the expression as it is, so that it is
/// raised at run time and only if a row is evaluated.
struct ConstantFolding {
  /// Most elements a list may have to become a constant, whose values are boxed; longer ones are computed
  /// when the statement runs.
  private static let mostElements = 1 << 16

  private let evaluation: EvaluationContext

  init(evaluation: EvaluationContext) {
    self.evaluation = EvaluationContext(planning: evaluation)
  }

  /// The node as a constant when its operands are constants.
  func fold(_ expression: BoundExpression) -> BoundExpression {
    switch expression {
    case .call(let call): return foldCall(call) ?? expression
    case .comparison(let comparison, .constant(let left, let type), .constant(let right, _)):
      return foldComparison(comparison, left, right, type) ?? expression
    case .cast(.constant(let value, let source), let target, let isTry):
      return foldCast(value, source, target, isTry) ?? expression
    case .isNull(.constant(let value, _), let negated):
      return .constant(.boolean(value.isNull != negated), .boolean)
    default: return expression
    }
  }

  private func foldCall(_ call: BoundCall) -> BoundExpression? {
    if call.function.stability == .volatile { return nil }
    let type = call.bound.returnType
    // The type of an expression does not ask for its value, which may fail.
    let isAboutType = call.function.name == "typeof"
    var arguments: [Vector] = []
    for argument in call.arguments {
      if isAboutType {
        arguments.append(.nulls(argument.type, count: 1))
        continue
      }
      guard case .constant(let value, let type) = argument else {
        return nullOfNullArgument(call)
      }
      if value.isNull && !call.function.handlesNull {
        return .constant(.null, call.bound.returnType)
      }
      arguments.append(.constant(value, type: type, count: 1))
    }
    guard let result = try? call.bound.kernel(arguments, 1, evaluation), result.count > 0,
      result.children.allSatisfy({ $0.count <= ConstantFolding.mostElements })
    else { return nil }
    return .constant(result.value(at: 0), type)
  }

  /// A constant NULL among other arguments of a strict function.
  private func nullOfNullArgument(_ call: BoundCall) -> BoundExpression? {
    if call.function.handlesNull { return nil }
    let hasNull = call.arguments.contains { $0.constantValue?.isNull == true }
    return hasNull ? .constant(.null, call.bound.returnType) : nil
  }

  private func foldComparison(
    _ comparison: ComparisonOperator, _ left: Value, _ right: Value, _ type: SQLType
  ) -> BoundExpression? {
    switch comparison {
    case .distinctFrom, .notDistinctFrom:
      if left.isNull || right.isNull {
        let isSame = left.isNull && right.isNull
        return .constant(.boolean(isSame == (comparison == .notDistinctFrom)), .boolean)
      }
    default: if left.isNull || right.isNull { return .constant(.null, .boolean) }
    }
    let a = Vector.constant(left, type: type, count: 1)
    let b = Vector.constant(right, type: type, count: 1)
    return .constant(Compare.compare(comparison, a, b, count: 1).value(at: 0), .boolean)
  }

  private func foldCast(
    _ value: Value, _ source: SQLType, _ target: SQLType, _ isTry: Bool
  ) -> BoundExpression? {
    guard
      let result = try? Cast.cast(
        value, from: source, to: target, isTry: isTry, timeZoneName: evaluation.timeZoneName)
    else { return nil }
    return .constant(result, target)
  }
}
