internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  /// `expression` as `type`: refines literals and untyped parameters in place, casts the rest.
  func coerced(_ expression: BoundExpression, to type: SQLType) -> BoundExpression {
    if expression.type == type { return expression }
    switch expression {
    case .constant(.null, let from) where !Cast.keepsNull(from: from, to: type):
      return .constant(.null, type)
    case .constant(.integer(let value), let from) where from.isInteger:
      if let constant = LiteralTyping.integer(Int128(value), as: type) {
        return .constant(constant, type)
      }
    case .constant(.hugeint(let value), let from) where from.isInteger:
      if let constant = LiteralTyping.integer(value, as: type) { return .constant(constant, type) }
    case .constant(.decimal(let unscaled, let scale), _):
      if let constant = LiteralTyping.decimal(unscaled, scale: scale, as: type) {
        return .constant(constant, type)
      }
    case .constant(.varchar(let text), .varchar) where type == .json || type == .varchar:
      if type == .varchar { return .constant(.varchar(text), type) }
    case .parameter(let position, .null):
      if parameters.indices.contains(position), parameters[position].type == .null {
        parameters[position].type = type
      }
      return .parameter(position, type)
    default:
      break
    }
    return .cast(expression, to: type, isTry: false)
  }

  /// Whether the expression is a string literal, which takes the type its place wants.
  func isStringLiteral(_ expression: BoundExpression) -> Bool {
    if case .constant(.varchar, .varchar) = expression { return true }
    return false
  }

  /// An expression without a type of its own: NULL or an untyped parameter.
  func isUntyped(_ expression: BoundExpression) -> Bool { expression.type == .null }

  /// The common type of expressions that stand for one value (CASE, set operations, lists): string
  /// literals follow the others, integer literals fit themselves into integer columns.
  func unify(
    _ expressions: [BoundExpression], _ range: SourceRange, what: String
  ) throws -> SQLType {
    var result: SQLType = .null
    var hasString = false
    var literals: [Int128] = []
    for expression in expressions {
      if isStringLiteral(expression) {
        hasString = true
        continue
      }
      if let literal = LiteralTyping.integerLiteral(expression) {
        literals.append(literal)
        continue
      }
      guard let next = TypeRules.commonType(result, expression.type) else {
        throw error(
          "Cannot combine types of \(what): \(result) and \(expression.type); an explicit cast is "
            + "needed", range)
      }
      result = next
    }
    for literal in literals {
      if result.isInteger, LiteralTyping.integer(literal, as: result) != nil { continue }
      let type = LiteralTyping.integerType(literal)
      guard let next = TypeRules.commonType(result, type) else {
        throw error(
          "Cannot combine types of \(what): \(result) and \(type); an explicit cast is needed",
          range)
      }
      result = next
    }
    if hasString && result == .null { return .varchar }
    return result
  }

  /// A comparison with both sides in one type.
  func compare(
    _ operation: ComparisonOperator, _ left: BoundExpression, _ right: BoundExpression,
    _ range: SourceRange
  ) throws -> BoundExpression {
    let type = try comparisonType(left, right, operation.symbol, range)
    return .comparison(operation, coerced(left, to: type), coerced(right, to: type))
  }

  /// The type in which two expressions are compared: a literal takes the other side's type when it
  /// has its value exactly, so that columns stay uncast.
  func comparisonType(
    _ left: BoundExpression, _ right: BoundExpression, _ symbol: String, _ range: SourceRange
  ) throws -> SQLType {
    let ordersText = ["<", "<=", ">", ">="].contains(symbol)
    if let type = literalType(left, beside: right.type, ordersText) { return type }
    if let type = literalType(right, beside: left.type, ordersText) { return type }
    guard let type = TypeRules.comparisonType(left.type, right.type) else {
      throw error(
        "Cannot compare values of type \(left.type) and type \(right.type) with \"\(symbol)\" - "
          + "an explicit cast is required", range)
    }
    return type == .null ? .integer : type
  }

  /// The type of a literal compared with a column of `type`, when `type` holds it exactly. An ENUM is
  /// ordered beside a text as text (`ordersText`), not by its labels' places.
  private func literalType(
    _ literal: BoundExpression, beside type: SQLType, _ ordersText: Bool
  ) -> SQLType? {
    switch literal {
    case .constant(.varchar(let text), .varchar):
      switch type {
      case .null, .varchar: return .varchar
      case .json: return .varchar
      case .enumeration(let labels):
        return labels.codes[text] == nil || ordersText ? .varchar : type
      default: return type
      }
    case .constant(.integer, let own) where own.isInteger,
      .constant(.hugeint, let own) where own.isInteger:
      guard let value = LiteralTyping.integerLiteral(literal) else { return nil }
      return LiteralTyping.integer(value, as: type) == nil ? nil : type
    case .constant(.decimal(let unscaled, let scale), .decimal):
      guard type.isDecimal else { return nil }
      return LiteralTyping.decimal(unscaled, scale: scale, as: type) == nil ? nil : type
    default:
      return nil
    }
  }

  /// A condition: BOOLEAN, or what converts to it.
  func condition(_ expression: BoundExpression, _ what: String, _ range: SourceRange) throws
    -> BoundExpression
  {
    if expression.type == .boolean { return expression }
    if isStringLiteral(expression) || isUntyped(expression) || expression.type.isNumeric {
      return coerced(expression, to: .boolean)
    }
    throw error("\(what) must be BOOLEAN, but it is \(expression.type)", range)
  }
}
