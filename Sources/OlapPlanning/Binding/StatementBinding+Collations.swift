internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

/// COLLATE: an expression's text is compared, sorted, grouped and searched by what functions make of it.
///
/// A collation belongs to the expression it is written at. Wherever it would have to be kept by a value,
/// it is refused: a comparison must never silently forget it.
extension StatementBinding {
  /// The functions applied before comparing under the collation an expression asks for; nil without
  /// COLLATE, empty for BINARY.
  func collation(of expression: Expression) throws -> [String]? {
    guard case .collate(_, let name) = expression.kind else { return nil }
    var functions: [String] = []
    for part in name.parts {
      for word in part.text.lowercased().split(separator: ".") {
        switch word {
        case "nocase": functions.append("lower")
        case "noaccent": functions.append("strip_accents")
        case "nfc": functions.append("nfc_normalize")
        case "binary", "c", "posix": break
        default:
          throw error(
            "collation \"\(word)\" does not exist; there are BINARY, NOCASE, NOACCENT and NFC",
            part.range)
        }
      }
    }
    return functions
  }

  func collated(_ expression: BoundExpression, _ functions: [String], _ range: SourceRange) throws
    -> BoundExpression
  {
    var result = expression
    for function in functions { result = try callScalar(function, [result], range) }
    return result
  }

  /// What stands under COLLATE, bound: for places that look after the collation themselves.
  func bindUncollated(_ expression: Expression, _ c: ExpressionContext) throws -> BoundExpression {
    var inner = expression
    while case .collate(let operand, _) = inner.kind {
      _ = try collation(of: inner)
      inner = operand
    }
    return try bind(inner, c)
  }

  /// An expression as it is compared.
  func bindCollated(_ expression: Expression, _ c: ExpressionContext) throws -> BoundExpression {
    let bound = try bindUncollated(expression, c)
    guard let functions = try collation(of: expression) else { return bound }
    return try collated(bound, functions, expression.range)
  }

  /// Expressions that are compared with each other: the first collation among them is that of all.
  func bindCompared(_ expressions: [Expression], _ c: ExpressionContext) throws
    -> [BoundExpression]
  {
    var functions: [String]?
    for expression in expressions where functions == nil {
      functions = try collation(of: expression)
    }
    guard let functions else { return try expressions.map { try bind($0, c) } }
    return try expressions.map { try collated(bindUncollated($0, c), functions, $0.range) }
  }

  /// COLLATE where nothing compares: BINARY changes nothing, others would be forgotten.
  func bindStrayCollation(_ expression: Expression, _ operand: Expression, _ c: ExpressionContext)
    throws -> BoundExpression
  {
    guard let functions = try collation(of: expression), !functions.isEmpty else {
      return try bind(operand, c)
    }
    throw collationError(
      "COLLATE stands at what is compared, sorted, grouped or searched; here its result would "
        + "forget it", expression.range)
  }

  func collationError(_ message: String, _ range: SourceRange) -> BindError {
    error(message, range)
  }

  /// Functions that search under the collation of their arguments.
  static let collatedSearches: Set<String> = [
    "contains", "starts_with", "instr", "strpos", "position",
  ]

  /// The one argument of MIN, MAX or COUNT(DISTINCT …) that has a collation; nil for other calls.
  func bindCollatedAggregate(_ call: FunctionCall, _ name: String, _ c: ExpressionContext) throws
    -> (name: String, arguments: [BoundExpression])?
  {
    guard call.arguments.count == 1, let functions = try collation(of: call.arguments[0].value),
      !functions.isEmpty
    else { return nil }
    let value = try bindUncollated(call.arguments[0].value, c)
    let key = try collated(value, functions, call.range)
    switch name {
    case "min": return ("arg_min", [value, key])
    case "max": return ("arg_max", [value, key])
    case "count": return (name, [key])
    default: return nil
    }
  }
}
