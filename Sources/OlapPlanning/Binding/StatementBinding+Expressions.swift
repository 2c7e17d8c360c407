internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

extension StatementBinding {
  /// Binds a scalar expression; aggregates, windows and unnests of the SELECT block become columns.
  func bind(_ expression: Expression, _ c: ExpressionContext) throws -> BoundExpression {
    depth += 1
    defer { depth -= 1 }
    if depth > StatementBinding.depthMax {
      throw error("the expression is nested too deeply; split it up", expression.range)
    }
    // Deep trees continue on a stack that fits them.
    if depth == StatementBinding.shallowDepth {
      return try DeepRecursion.run(depth: StatementBinding.depthMax) {
        try bindKind(expression, c)
      }
    }
    return try bindKind(expression, c)
  }

  private func bindKind(_ expression: Expression, _ c: ExpressionContext) throws
    -> BoundExpression
  {
    let range = expression.range
    switch expression.kind {
    case .literal(let literal): return bindLiteral(literal)
    case .column(let parts): return try bindColumn(parts, c, range)
    case .parameter(let parameter): return bindParameter(parameter)
    case .function(let call): return try bindFunction(call, c)
    case .binary(let operation, let left, let right):
      return try bindBinary(operation, left, right, c, range)
    case .conjunction(let terms): return try bindConnective(terms, c, isAnd: true)
    case .disjunction(let terms): return try bindConnective(terms, c, isAnd: false)
    case .unary(let operation, let operand): return try bindUnary(operation, operand, c, range)
    case .cast(let operand, let type, let isTry): return try bindCast(operand, type, isTry, c)
    case .caseWhen(let operand, let branches, let otherwise):
      return try bindCase(operand, branches, otherwise, c, range)
    case .isNull(let operand, let negated): return .isNull(try bind(operand, c), negated: negated)
    case .inList(let operand, let items, let negated):
      return try bindInList(operand, items, negated, c, range)
    case .between(let operand, let lower, let upper, let symmetric, let negated):
      return try bindBetween(operand, lower, upper, symmetric, negated, c, range)
    default: return try bindRare(expression, c)
    }
  }

  /// The kinds of expression that are rarely deep, kept apart to keep the frame above small.
  private func bindRare(_ expression: Expression, _ c: ExpressionContext) throws -> BoundExpression
  {
    let range = expression.range
    switch expression.kind {
    case .interval(let value, let unit): return try bindInterval(value, unit, c, range)
    case .postfix(.factorial, let operand):
      return try callScalar("factorial", [bind(operand, c)], range)
    case .concatenation(let operands): return try bindConcatenation(operands, c, range)
    case .isBoolean(let operand, let value, let negated):
      return try bindIsBoolean(operand, value, negated, c)
    case .isDistinct(let left, let right, let negated):
      return try bindComparison(
        negated ? .notDistinctFrom : .distinctFrom, left, right, c, range)
    case .inSubquery(let operand, let query, let negated):
      return try bindInSubquery(operand, query, negated, c, range)
    case .inCollection(let operand, let collection, let negated):
      let found = try bindContains(bind(collection, c), bind(operand, c), range)
      return negated ? .not(found) : found
    case .pattern(let operand, let kind, let pattern, let escape, let negated):
      return try bindPattern(operand, kind, pattern, escape, negated, c, range)
    case .quantified(let operand, let operation, let quantifier, let over):
      return try bindQuantified(operand, operation, quantifier, over, c, range)
    case .exists(let query): return try bindExists(query, c)
    case .subquery(let query): return try bindScalarSubquery(query, c, range)
    case .arraySubquery(let query): return try bindArraySubquery(query, c, range)
    case .collate(let operand, _): return try bindStrayCollation(expression, operand, c)
    default: return try bindNested(expression, c)
    }
  }

  private func bindNested(_ expression: Expression, _ c: ExpressionContext) throws
    -> BoundExpression
  {
    let range = expression.range
    switch expression.kind {
    case .row(let items):
      return structure(try unpacked(items, c).map { ("", try bind($0, c)) })
    case .list(let items):
      return try bindList(unpacked(items, c).map { try bind($0, c) }, range)
    case .structure(let entries):
      return structure(try entries.map { ($0.name.text, try bind($0.value, c)) })
    case .map(let entries): return try bindMap(entries, c, range)
    case .listComprehension(let comprehension):
      return try bindComprehension(comprehension, c, range)
    case .element(let base, let index): return try bindElement(base, index, c, range)
    case .slice(let base, let lower, let upper, let step):
      return try bindSlice(base, lower, upper, step, c, range)
    case .field(let base, let name): return try extractField(bind(base, c), name)
    case .positional(let position): return try bindPositional(position, c, range)
    case .star, .columns:
      throw error("STAR expression is not supported here", range)
    case .lambda:
      throw error("a lambda may only be an argument of a list function", range)
    case .defaultValue:
      throw error("DEFAULT is only allowed as a value of INSERT, UPDATE or MERGE", range)
    default:
      throw error("this expression is not supported here", range)
    }
  }

  func bindLiteral(_ literal: Literal) -> BoundExpression {
    switch literal {
    case .null: return .constant(.null, .null)
    case .boolean(let value): return .constant(.boolean(value), .boolean)
    case .integer(let text):
      let (value, type) = LiteralTyping.integer(text)
      return .constant(value, type)
    case .decimal(let text):
      let (value, type) = LiteralTyping.decimal(text)
      return .constant(value, type)
    case .double(let text): return .constant(.double(Double(text) ?? .infinity), .double)
    case .string(let text): return .constant(.varchar(text), .varchar)
    case .blob(let bytes): return .constant(.blob(bytes), .blob)
    }
  }

  /// A parameter: a constant when its value is known, otherwise a slot of a known or inferred type.
  func bindParameter(_ parameter: OlapSQL.Parameter) -> BoundExpression {
    let position: Int
    switch parameter {
    case .number(let number):
      position = max(0, number - 1)
      while parameters.count <= position {
        let type = parameterInputs.types[parameters.count] ?? .null
        parameters.append(BoundParameter(name: nil, type: type))
      }
      if let (type, value) = parameterInputs.values[position] {
        parameters[position].type = type
        return .constant(value, type)
      }
    case .name(let name):
      let folded = name.lowercased()
      if let known = parameterNames[folded] {
        position = known
      } else {
        position = parameters.count
        parameterNames[folded] = position
        let type = parameterInputs.namedTypes[folded] ?? .null
        parameters.append(BoundParameter(name: name, type: type))
      }
      if let (type, value) = parameterInputs.namedValues[folded] {
        parameters[position].type = type
        return .constant(value, type)
      }
    }
    return .parameter(position, parameters[position].type)
  }

  private func bindConnective(_ terms: [Expression], _ c: ExpressionContext, isAnd: Bool) throws
    -> BoundExpression
  {
    var bound: [BoundExpression] = []
    bound.reserveCapacity(terms.count)
    for term in terms {
      let next = try condition(
        bind(term, c), isAnd ? "an operand of AND" : "an operand of OR",
        term.range)
      switch next {
      case .and(let inner) where isAnd: bound += inner
      case .or(let inner) where !isAnd: bound += inner
      default: bound.append(next)
      }
    }
    return isAnd ? .and(bound) : .or(bound)
  }

  private func bindUnary(
    _ operation: UnaryOperator, _ operand: Expression, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let bound = try bind(operand, c)
    switch operation {
    case .not:
      let truth = try condition(bound, "the operand of NOT", operand.range)
      return .not(truth)
    case .plus: return bound
    case .bitwiseNot: return try callScalar("~", [bound], range)
    case .negate:
      if let negative = negated(bound) { return negative }
      return try callScalar("-", [bound], range)
    }
  }

  /// A negative number literal.
  private func negated(_ literal: BoundExpression) -> BoundExpression? {
    switch literal {
    case .constant(.decimal(let unscaled, let scale), let type):
      return .constant(.decimal(-unscaled, scale: scale), type)
    case .constant(.double(let value), .double): return .constant(.double(-value), .double)
    case .constant(.unsigned(let value), .uhugeint) where value == UInt128(1) << 127:
      return .constant(.hugeint(.min), .hugeint)
    default:
      guard let value = LiteralTyping.integerLiteral(literal), value != .min else { return nil }
      let type = LiteralTyping.integerType(-value)
      return LiteralTyping.integer(-value, as: type).map { .constant($0, type) }
    }
  }

  private func bindCast(
    _ operand: Expression, _ typeName: TypeName, _ isTry: Bool, _ c: ExpressionContext
  ) throws -> BoundExpression {
    let type = try resolveType(typeName)
    let bound = try bind(operand, c)
    if isUntyped(bound) { return coerced(bound, to: type) }
    // A literal that was cast has the type for good: it no longer follows what it meets.
    if bound.type == type && LiteralTyping.integerLiteral(bound) == nil { return bound }
    guard Cast.canCast(from: bound.type, to: type) else {
      var message = "Unimplemented type for cast (\(bound.type) -> \(type))"
      if case .structure = bound.type, case .structure = type {
        message += ": a struct is cast by the names of its fields"
      }
      throw error(message, operand.range)
    }
    return .cast(bound, to: type, isTry: isTry)
  }

  private func bindCase(
    _ operand: Expression?, _ branches: [OlapSQL.CaseBranch], _ otherwise: Expression?,
    _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let functions = try operand.flatMap { try collation(of: $0) } ?? []
    let subject = try operand.map { try bindCollated($0, c) }
    var conditions: [BoundExpression] = []
    var results: [BoundExpression] = []
    for branch in branches {
      let bound = try bind(branch.condition, c)
      if let subject {
        let value = try collated(bound, functions, branch.condition.range)
        conditions.append(try compare(.equal, subject, value, branch.condition.range))
      } else {
        conditions.append(try condition(bound, "a WHEN condition", branch.condition.range))
      }
      results.append(try bind(branch.result, c))
    }
    let last = try otherwise.map { try bind($0, c) } ?? .constant(.null, .null)
    let type = try unify(results + [last], range, what: "CASE")
    var bound: [CaseBranch] = []
    for (position, condition) in conditions.enumerated() {
      bound.append(
        CaseBranch(condition: condition, result: coerced(results[position], to: type)))
    }
    return .caseWhen(branches: bound, otherwise: coerced(last, to: type), type: type)
  }

  private func bindIsBoolean(
    _ operand: Expression, _ value: Bool?, _ negated: Bool, _ c: ExpressionContext
  ) throws -> BoundExpression {
    let bound = try condition(bind(operand, c), "the operand of IS TRUE", operand.range)
    guard let value else { return .isNull(bound, negated: negated) }
    return .comparison(
      negated ? .distinctFrom : .notDistinctFrom, bound, .constant(.boolean(value), .boolean))
  }

  private func bindBetween(
    _ operand: Expression, _ lower: Expression, _ upper: Expression, _ symmetric: Bool,
    _ negated: Bool, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let low = try bindComparison(.greaterOrEqual, operand, lower, c, range)
    let high = try bindComparison(.lessOrEqual, operand, upper, c, range)
    var result = BoundExpression.and([low, high])
    if symmetric {
      let other = try bindComparison(.greaterOrEqual, operand, upper, c, range)
      let another = try bindComparison(.lessOrEqual, operand, lower, c, range)
      result = .or([result, .and([other, another])])
    }
    return negated ? .not(result) : result
  }

  func bindPositional(_ position: Int, _ c: ExpressionContext, _ range: SourceRange) throws
    -> BoundExpression
  {
    let columns = c.scope.fragment.tables.flatMap { $0.columns.filter { !$0.isHidden } }
    guard position >= 1, position <= columns.count else {
      throw error(
        "Positional reference \(position) out of range (total \(columns.count) columns)", range)
    }
    let column = columns[position - 1].column
    return mention(column, c, range)
  }
}
