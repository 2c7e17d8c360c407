internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

extension StatementBinding {
  /// A STRUCT of named (or, for rows, unnamed) values.
  func structure(_ fields: [(name: String, value: BoundExpression)]) -> BoundExpression {
    // A NULL keeps its own type, which any other is combined with and cast to.
    let values = fields.map {
      isUntyped($0.value) && $0.value.constantValue == nil
        ? coerced($0.value, to: .integer) : $0.value
    }
    let types = values.map { $0.type }
    let type = SQLType.structure(
      zip(fields, types).map { StructField(name: $0.name, type: $1) })
    let bound = BoundScalar(argumentTypes: types, returnType: type) { arguments, count, _ in
      Vector.flat(
        type, count: count, nullable: false, children: arguments.map { $0.flattened() })
    }
    return .call(
      BoundCall(function: StatementBinding.structPack, bound: bound, arguments: values))
  }

  private static let structPack = ScalarFunction(
    "struct_pack", summary: "Makes a STRUCT of its arguments.", handlesNull: true, overloads: [])

  /// `union_value(member := value)`: a UNION of that one member.
  func bindUnionValue(_ call: FunctionCall, _ c: ExpressionContext) throws -> BoundExpression {
    guard call.arguments.count == 1, let name = call.arguments[0].name else {
      throw error("union_value takes exactly one named value: union_value(num := 1)", call.range)
    }
    let given = try bind(call.arguments[0].value, c)
    let value = isUntyped(given) ? coerced(given, to: .integer) : given
    let type = SQLType.union([StructField(name: name.text, type: value.type)])
    let bound = BoundScalar(argumentTypes: [value.type], returnType: type) { arguments, count, _ in
      let tag = Vector.constant(.integer(0), type: .utinyint, count: count)
      return Vector.flat(
        type, count: count, nullable: false,
        children: [tag.flattened(), arguments[0].flattened()])
    }
    return .call(
      BoundCall(function: StatementBinding.unionValue, bound: bound, arguments: [value]))
  }

  private static let unionValue = ScalarFunction(
    "union_value", summary: "Makes a UNION of one member.", handlesNull: true, overloads: [])

  /// A LIST of values brought to one type.
  func bindList(_ items: [BoundExpression], _ range: SourceRange) throws -> BoundExpression {
    let type = try unify(items, range, what: "list elements")
    return try callScalar("list_value", items.map { coerced($0, to: type) }, range)
  }

  func bindMap(_ entries: [MapEntry], _ c: ExpressionContext, _ range: SourceRange) throws
    -> BoundExpression
  {
    let keys = try bindList(entries.map { try bind($0.key, c) }, range)
    let values = try bindList(entries.map { try bind($0.value, c) }, range)
    return try callScalar("map", [keys, values], range)
  }

  /// A field of a struct (or a key of JSON) by name.
  func extractField(_ base: BoundExpression, _ name: Identifier) throws -> BoundExpression {
    switch base.type {
    case .structure(let fields):
      guard let field = fields.first(where: { sameName($0.name, name.text) }) else {
        throw error(
          "Could not find key \"\(name.text)\" in struct: it has "
            + fields.prefix(20).map { "\"\($0.name)\"" }.joined(separator: ", "), name.range,
          candidates: Similarity.closest(to: name.text, among: fields.map { $0.name }))
      }
      return try callScalar(
        "struct_extract", [base, .constant(.varchar(field.name), .varchar)], name.range)
    case .union(let members):
      guard let member = members.first(where: { sameName($0.name, name.text) }) else {
        throw error(
          "Could not find key \"\(name.text)\" in union: it has "
            + members.prefix(20).map { "\"\($0.name)\"" }.joined(separator: ", "), name.range,
          candidates: Similarity.closest(to: name.text, among: members.map { $0.name }))
      }
      return try callScalar(
        "union_extract", [base, .constant(.varchar(member.name), .varchar)], name.range)
    case .json:
      return try callScalar(
        "json_extract", [base, .constant(.varchar(name.text), .varchar)], name.range)
    case .map(let key, _) where key == .varchar:
      return try callScalar(
        "map_extract_value", [base, .constant(.varchar(name.text), .varchar)], name.range)
    default:
      throw error(
        "Cannot extract field \"\(name.text)\" from an expression of type \(base.type): it is not "
          + "a struct", name.range)
    }
  }

  func bindElement(
    _ base: Expression, _ index: Expression, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let value = try bind(base, c)
    let key = try bind(index, c)
    switch value.type {
    case .structure(let fields):
      if case .constant(.varchar(let name), _) = key {
        return try extractField(value, Identifier(name, range: index.range))
      }
      if let position = LiteralTyping.integerLiteral(key), position >= 1,
        position <= Int128(fields.count)
      {
        return try callScalar("struct_extract", [value, key], range)
      }
      throw error("a struct is indexed by the name or the position of a field", index.range)
    case .union:
      guard case .constant(.varchar(let name), _) = key else {
        throw error("a union is indexed by the name of a member", index.range)
      }
      return try extractField(value, Identifier(name, range: index.range))
    case .map: return try callScalar("map_extract_value", [value, key], range)
    case .json: return try callScalar("json_extract", [value, key], range)
    case .varchar, .blob:
      let one = BoundExpression.constant(.integer(1), .bigint)
      return try callScalar("substring", [value, coerced(key, to: .bigint), one], range)
    default: return try callScalar("list_extract", [value, key], range)
    }
  }

  func bindSlice(
    _ base: Expression, _ lower: Expression?, _ upper: Expression?, _ step: Expression?,
    _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let open = BoundExpression.constant(.integer(ListSlice.openBound), .bigint)
    var arguments = [try bind(base, c)]
    for bound in [lower, upper] {
      arguments.append(try bound.map { coerced(try bind($0, c), to: .bigint) } ?? open)
    }
    if let step { arguments.append(coerced(try bind(step, c), to: .bigint)) }
    return try callScalar("list_slice", arguments, range)
  }

  func bindInterval(
    _ value: Expression, _ unit: OlapSQL.IntervalUnit?, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let bound = try bind(value, c)
    guard let unit else {
      return bound.type == .interval ? bound : .cast(bound, to: .interval, isTry: false)
    }
    if let constant = IntervalLiteral.value(of: bound, unit) {
      return .constant(.interval(constant), .interval)
    }
    let name = IntervalLiteral.functionName(unit)
    switch unit {
    case .second, .millisecond:
      return try callScalar(name, [coerced(bound, to: .double)], range)
    case .hour, .minute, .microsecond:
      return try callScalar(name, [coerced(bound, to: .bigint)], range)
    default:
      return try callScalar(name, [coerced(bound, to: .integer)], range)
    }
  }

  // MARK: - Lambdas

  private static let lambdaFunctions: [String: BoundLambdaCall.Kind] = [
    "list_transform": .transform, "array_transform": .transform, "list_apply": .transform,
    "array_apply": .transform, "apply": .transform, "transform": .transform,
    "list_filter": .filter, "array_filter": .filter, "filter": .filter,
    "list_reduce": .reduce, "array_reduce": .reduce, "reduce": .reduce,
  ]

  /// `list_transform(l, x -> …)` and its kin; nil when the name is none of them.
  func bindLambdaFunction(_ call: FunctionCall, _ name: String, _ c: ExpressionContext) throws
    -> BoundExpression?
  {
    guard let kind = StatementBinding.lambdaFunctions[name], call.arguments.count >= 2,
      call.isPlain
    else { return nil }
    let argument = call.arguments[1].value
    guard let (names, body) = lambda(of: argument) else {
      throw error(
        "\(name) needs a lambda as its second argument, such as x -> x + 1", argument.range)
    }
    let list = try listOperand(bind(call.arguments[0].value, c), call.arguments[0].value.range)
    let initial = call.arguments.count > 2 ? try bind(call.arguments[2].value, c) : nil
    return try lambdaCall(kind, list, initial, names, body, c, call.range)
  }

  private func listOperand(_ list: BoundExpression, _ range: SourceRange) throws -> BoundExpression
  {
    switch list.type {
    case .list: return list
    case .array(let element, _): return .cast(list, to: .list(element), isTry: false)
    case .null: return coerced(list, to: .list(.integer))
    default: throw error("a list is needed here, but this is a \(list.type)", range)
    }
  }

  /// A lambda as parsed, or `x -> …` that looked like a JSON path.
  private func lambda(of expression: Expression) -> ([Identifier], Expression)? {
    switch expression.kind {
    case .lambda(let parameters, let body): return (parameters, body)
    case .binary(.jsonExtract, let parameter, let body):
      switch parameter.kind {
      case .column(let parts) where parts.count == 1: return (parts, body)
      case .row(let items):
        var names: [Identifier] = []
        for item in items {
          guard case .column(let parts) = item.kind, parts.count == 1 else { return nil }
          names.append(parts[0])
        }
        return (names, body)
      default: return nil
      }
    default: return nil
    }
  }

  private func lambdaCall(
    _ kind: BoundLambdaCall.Kind, _ list: BoundExpression, _ initial: BoundExpression?,
    _ names: [Identifier], _ body: Expression, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    guard let element = list.type.elementType else {
      throw error("a list is needed here, but this is a \(list.type)", range)
    }
    let valueCount = kind == .reduce ? 2 : 1
    guard names.count == valueCount || names.count == valueCount + 1 else {
      throw error(
        "this lambda takes \(valueCount) or \(valueCount + 1) parameters, but it has "
          + "\(names.count)", range)
    }
    var accumulator = initial?.type ?? element
    for attempt in 0..<2 {
      var types: [SQLType] = kind == .reduce ? [accumulator, element] : [element]
      if names.count > valueCount { types.append(.bigint) }
      let parameters = zip(names, types).map { newColumn($0.text, $1) }
      c.scope.lambdaColumns += parameters
      defer { c.scope.lambdaColumns.removeLast(parameters.count) }
      var bound = try bind(body, c)
      var type: SQLType
      switch kind {
      case .transform: type = .list(bound.type)
      case .filter:
        bound = try condition(bound, "the lambda of list_filter", body.range)
        type = list.type
      case .reduce:
        let common = TypeRules.commonType(accumulator, bound.type) ?? accumulator
        if common != accumulator && attempt == 0 {
          accumulator = common
          continue
        }
        bound = coerced(bound, to: accumulator)
        type = accumulator
      }
      if type == .list(.null) { type = .list(.integer) }
      let elements =
        kind == .reduce && accumulator != element && initial == nil
        ? BoundExpression.cast(list, to: .list(accumulator), isTry: false) : list
      var shown = parameters
      if elements != list { shown[1].type = accumulator }
      return .lambdaCall(
        BoundLambdaCall(
          kind: kind, list: elements, initial: initial.map { coerced($0, to: accumulator) },
          parameters: shown, body: bound, type: type))
    }
    throw error("the lambda has no type that fits its accumulator", range)
  }

  /// `[body FOR x IN source IF condition]`: a filter, then a transform.
  func bindComprehension(
    _ comprehension: ListComprehension, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let source = comprehension.source
    var list = try listOperand(bind(source, c), source.range)
    if let condition = comprehension.condition {
      if comprehension.variables.count > 1 {
        return try bindIndexedComprehension(list, comprehension, condition, c, range)
      }
      list = try lambdaCall(.filter, list, nil, comprehension.variables, condition, c, range)
    }
    return try lambdaCall(
      .transform, list, nil, comprehension.variables, comprehension.body, c, range)
  }

  /// `[body FOR x, i IN list IF condition]`: i counts the elements of the list, kept or not, so that
  /// body and condition are computed together before any element is dropped.
  private func bindIndexedComprehension(
    _ list: BoundExpression, _ comprehension: ListComprehension, _ condition: Expression,
    _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let keep = Identifier("keep", range: range)
    let value = Identifier("value", range: range)
    let pair = Expression(
      .structure([
        StructEntry(name: keep, value: condition),
        StructEntry(name: value, value: comprehension.body),
      ]), range: range)
    let pairs = try lambdaCall(.transform, list, nil, comprehension.variables, pair, c, range)
    let name = Identifier("element of the comprehension", range: range)
    let element = Expression(.column([name]), range: range)
    let kept = try lambdaCall(
      .filter, pairs, nil, [name], Expression(.field(element, keep), range: range), c, range)
    return try lambdaCall(
      .transform, kept, nil, [name], Expression(.field(element, value), range: range), c, range)
  }
}
