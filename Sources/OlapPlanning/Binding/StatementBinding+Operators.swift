internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

extension StatementBinding {
  func bindBinary(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ c: ExpressionContext,
    _ range: SourceRange
  ) throws -> BoundExpression {
    if let comparison = StatementBinding.comparison(of: operation) {
      return try bindComparison(comparison, left, right, c, range)
    }
    if operation == .startsWith {
      return try callScalar("starts_with", bindCompared([left, right], c), range)
    }
    let a = try bind(left, c)
    let b = try bind(right, c)
    switch operation {
    case .jsonExtract: return try callScalar("json_extract", [a, b], range)
    case .jsonExtractText: return try callScalar("json_extract_string", [a, b], range)
    case .contains where a.type.elementType != nil:
      return try callScalar("list_has_all", [a, b], range)
    case .containedBy: return try callScalar("list_has_all", [b, a], range)
    case .overlaps: return try callScalar("list_has_any", [a, b], range)
    default: return try callScalar(operation.rawValue, [a, b], range)
    }
  }

  static func comparison(of operation: BinaryOperator) -> ComparisonOperator? {
    switch operation {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    default: nil
    }
  }

  /// A comparison of two expressions; rows compare field by field.
  func bindComparison(
    _ operation: ComparisonOperator, _ left: Expression, _ right: Expression,
    _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    if case .row(let a) = left.kind {
      if case .row(let b) = right.kind {
        return try bindRowComparison(operation, a, b, c, range)
      }
      if case .subquery(let query) = right.kind {
        return try bindRowSubquery(operation, a, query, c, range)
      }
    }
    let sides = try bindCompared([left, right], c)
    return try compare(operation, sides[0], sides[1], range)
  }

  private func bindRowComparison(
    _ operation: ComparisonOperator, _ left: [Expression], _ right: [Expression],
    _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    guard left.count == right.count else {
      throw error(
        "cannot compare rows of \(left.count) and \(right.count) values", range)
    }
    let a = try left.map { try bind($0, c) }
    let b = try right.map { try bind($0, c) }
    return try compareRowValues(operation, a, b, range)
  }

  /// Rows that are values compare as structs: fields that are NULL equal one another and come last.
  private func compareRowValues(
    _ operation: ComparisonOperator, _ left: [BoundExpression], _ right: [BoundExpression],
    _ range: SourceRange
  ) throws -> BoundExpression {
    switch operation {
    case .equal, .notDistinctFrom: return try compareRows(.notDistinctFrom, left, right, range)
    case .notEqual, .distinctFrom: return try compareRows(.distinctFrom, left, right, range)
    default:
      var a: [(name: String, value: BoundExpression)] = []
      var b: [(name: String, value: BoundExpression)] = []
      for (position, (x, y)) in zip(left, right).enumerated() {
        let type = try comparisonType(x, y, operation.symbol, range)
        a.append((name: "f\(position + 1)", value: coerced(x, to: type)))
        b.append((name: "f\(position + 1)", value: coerced(y, to: type)))
      }
      return .comparison(operation, structure(a), structure(b))
    }
  }

  /// Rows in order of their fields: the first difference decides.
  func compareRows(
    _ operation: ComparisonOperator, _ left: [BoundExpression], _ right: [BoundExpression],
    _ range: SourceRange
  ) throws -> BoundExpression {
    var pairs: [BoundExpression] = []
    switch operation {
    case .equal, .notDistinctFrom:
      for (a, b) in zip(left, right) { pairs.append(try compare(operation, a, b, range)) }
      return pairs.count == 1 ? pairs[0] : .and(pairs)
    case .notEqual, .distinctFrom:
      for (a, b) in zip(left, right) { pairs.append(try compare(operation, a, b, range)) }
      return pairs.count == 1 ? pairs[0] : .or(pairs)
    default:
      let strict: ComparisonOperator =
        operation == .less || operation == .lessOrEqual ? .less : .greater
      for position in left.indices {
        var terms: [BoundExpression] = []
        for earlier in 0..<position {
          terms.append(try compare(.equal, left[earlier], right[earlier], range))
        }
        let isLast = position == left.count - 1
        terms.append(
          try compare(isLast ? operation : strict, left[position], right[position], range))
        pairs.append(terms.count == 1 ? terms[0] : .and(terms))
      }
      return pairs.count == 1 ? pairs[0] : .or(pairs)
    }
  }

  func bindInList(
    _ operand: Expression, _ items: [Expression], _ negated: Bool, _ c: ExpressionContext,
    _ range: SourceRange
  ) throws -> BoundExpression {
    if case .row(let fields) = operand.kind {
      return try bindRowInList(fields, items, negated, c, range)
    }
    var subject = try bindUncollated(operand, c)
    var bound: [BoundExpression] = []
    bound.reserveCapacity(items.count)
    for item in try unpacked(items, c) { bound.append(try bind(item, c)) }
    if let collation = try collation(of: operand) {
      subject = try collated(subject, collation, operand.range)
      bound = try bound.map { try collated($0, collation, range) }
    }
    if bound.count == 1, subject.type.elementType == nil, bound[0].type.elementType != nil {
      let found = try bindContains(bound[0], subject, range)
      return negated ? .not(found) : found
    }
    var type = subject.type
    for item in bound {
      type = try comparisonType(
        type == subject.type ? subject : .constant(.null, type), item, "IN", range)
    }
    if type.isFloatingPoint, subject.type.isInteger, bound.allSatisfy({ $0.type.isInteger }) {
      // UHUGEINT and signed integers meet in DOUBLE only: each pair by itself is exact.
      let pairs = try bound.map { try compare(negated ? .notEqual : .equal, subject, $0, range) }
      return negated ? .and(pairs) : .or(pairs)
    }
    subject = coerced(subject, to: type)
    bound = bound.map { coerced($0, to: type) }
    if bound.count == 1 {
      return .comparison(negated ? .notEqual : .equal, subject, bound[0])
    }
    return .inList(subject, bound, negated: negated)
  }

  private func bindRowInList(
    _ fields: [Expression], _ items: [Expression], _ negated: Bool, _ c: ExpressionContext,
    _ range: SourceRange
  ) throws -> BoundExpression {
    let subject = try fields.map { try bind($0, c) }
    var alternatives: [BoundExpression] = []
    for item in items {
      guard case .row(let values) = item.kind, values.count == fields.count else {
        throw error("each item of this IN list must be a row of \(fields.count) values", item.range)
      }
      let row = try values.map { try bind($0, c) }
      alternatives.append(try compareRowValues(.equal, subject, row, item.range))
    }
    let any = alternatives.count == 1 ? alternatives[0] : BoundExpression.or(alternatives)
    return negated ? .not(any) : any
  }

  /// Whether a list has an element equal to `value`.
  func bindContains(
    _ collection: BoundExpression, _ value: BoundExpression, _ range: SourceRange
  ) throws -> BoundExpression {
    if collection.type == .varchar {
      return try callScalar("contains", [collection, value], range)
    }
    return try callScalar("list_contains", [collection, value], range)
  }

  func bindPattern(
    _ operand: Expression, _ kind: PatternKind, _ pattern: Expression, _ escape: Expression?,
    _ negated: Bool, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let sides = try bindCompared([operand, pattern], c)
    var (subject, bound) = (sides[0], sides[1])
    if !subject.type.isString { subject = coerced(subject, to: .varchar) }
    if isUntyped(bound) { bound = coerced(bound, to: .varchar) }
    var arguments = [subject, bound]
    let name: String
    switch kind {
    case .like: name = escape == nil ? OperatorNames.like : OperatorNames.likeEscape
    case .ilike: name = escape == nil ? OperatorNames.ilike : OperatorNames.ilikeEscape
    case .glob: name = OperatorNames.glob
    case .similarTo: name = "regexp_full_match"
    case .regex: name = "regexp_matches"
    case .regexIgnoringCase:
      name = "regexp_matches"
      arguments.append(.constant(.varchar("i"), .varchar))
    }
    if let escape, kind == .like || kind == .ilike { arguments.append(try bind(escape, c)) }
    let found = try callScalar(name, arguments, range)
    return negated ? .not(found) : found
  }

  func bindConcatenation(
    _ operands: [Expression], _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    var level = try operands.map { try bind($0, c) }
    // Long chains become a balanced tree, so that later walks stay shallow.
    if level.count > 32 {
      while level.count > 1 {
        var next: [BoundExpression] = []
        for start in stride(from: 0, to: level.count - 1, by: 2) {
          next.append(try callScalar("||", [level[start], level[start + 1]], range))
        }
        if level.count % 2 == 1 { next.append(level[level.count - 1]) }
        level = next
      }
      return level[0]
    }
    var result = level[0]
    for operand in level.dropFirst() { result = try callScalar("||", [result, operand], range) }
    return result
  }
}

/// Names of the functions behind pattern operators.
enum OperatorNames {
  static let like = "~~"
  static let likeEscape = "like_escape"
  static let ilike = "~~*"
  static let ilikeEscape = "ilike_escape"
  static let glob = "~~~"
}
