internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

extension StatementBinding {
  /// Binds a call: window, aggregate, scalar, macro, or one of the forms that are syntax in disguise.
  func bindFunction(_ call: FunctionCall, _ c: ExpressionContext) throws -> BoundExpression {
    if call.arguments.contains(where: { $0.value.isUnpackedColumns }) {
      var expanded = call
      expanded.arguments = try call.arguments.flatMap { argument -> [FunctionArgument] in
        guard argument.value.isUnpackedColumns else { return [argument] }
        guard sameName(call.name.base.text, "struct_pack"),
          case .columns(let columns) = argument.value.kind
        else { return try unpacked([argument.value], c).map { FunctionArgument(value: $0) } }
        return try expandColumns(columns, c, argument.value.range).map {
          FunctionArgument(name: Identifier($0.name), value: $0.expression)
        }
      }
      return try bindFunction(expanded, c)
    }
    let name = call.name.base.text.lowercased()
    let qualifier = call.name.qualifier
    if !qualifier.isEmpty, !isSchemaQualifier(qualifier) {
      return try bindMethod(call, c)
    }
    if call.over != nil { return try bindWindow(call, name, c) }
    if let macro = findMacro(call.name, isTable: false) {
      return try bindMacro(macro, call, c)
    }
    if name == "count", call.isStar || call.arguments.isEmpty {
      if call.isDistinct { throw error("DISTINCT requires at least one argument", call.range) }
      return try bindAggregate(call, "count_star", c)
    }
    if context.functions.aggregates[name] != nil {
      if !(call.isPlain && context.functions.scalars[name] != nil && prefersScalar(name)) {
        return try bindAggregate(call, name, c)
      }
    }
    if let special = try bindSpecialForm(call, name, c) { return special }
    guard context.functions.scalars[name] != nil else { throw unknownFunction(call, name) }
    guard call.isPlain else {
      throw error(
        "\"\(name)\" is a scalar function: DISTINCT, FILTER, ORDER BY and WITHIN GROUP are only for "
          + "aggregates", call.range)
    }
    let arguments =
      StatementBinding.collatedSearches.contains(name) && call.arguments.count == 2
      ? try bindCompared(call.arguments.map { $0.value }, c) : try bindArguments(call, c)
    let bound = try callScalar(name, arguments, call.range)
    return keepsClock && name == "age" && arguments.count == 1
      ? try ageUntilToday(bound, call.range, c) : bound
  }

  /// `age(x)`, which looks at the clock inside, as an age between the day it looks at and `x`.
  private func ageUntilToday(
    _ age: BoundExpression, _ range: SourceRange, _ c: ExpressionContext
  ) throws -> BoundExpression {
    guard case .call(let call) = age, let value = call.arguments.first else { return age }
    let now = value.type == .timestampTZ ? "now()" : "now() AT TIME ZONE 'UTC'"
    let today = try bind(try Parser.parseExpression("date_trunc('day', \(now))"), c)
    return try callScalar("age", [today, value], range)
  }

  /// Names that are both: `list_…` style scalars never clash, but `first`, `any_value` do not matter.
  private func prefersScalar(_ name: String) -> Bool { false }

  /// `x.f(y)` where `x` is no schema: `f(x, y)`.
  private func bindMethod(_ call: FunctionCall, _ c: ExpressionContext) throws -> BoundExpression {
    let qualifier = call.name.qualifier
    let start = qualifier[0].range
    let end = qualifier[qualifier.count - 1].range
    var plain = call
    plain.name = ObjectName([call.name.base], range: call.name.range)
    let operand = Expression(.column(qualifier), range: start.union(end))
    plain.arguments.insert(FunctionArgument(value: operand), at: 0)
    return try bindFunction(plain, c)
  }

  private func isSchemaQualifier(_ parts: [Identifier]) -> Bool {
    let first = parts[0].text
    let builtin = ["main", "pg_catalog", "information_schema", "system", "temp", "olap"]
    return builtin.contains(first.lowercased()) || context.catalog.hasSchema(first)
      || sameName(first, context.databaseName)
  }

  /// Arguments by position; names are not taken by scalar functions, except to label struct fields.
  func bindArguments(_ call: FunctionCall, _ c: ExpressionContext) throws -> [BoundExpression] {
    var arguments: [BoundExpression] = []
    for argument in call.arguments {
      if case .star(let star) = argument.value.kind {
        for item in try expandStar(star, c, argument.value.range) {
          arguments.append(try item.bound ?? bind(item.expression!, c))
        }
        continue
      }
      arguments.append(try bind(argument.value, c))
    }
    return arguments
  }

  /// Forms that are not functions of values: lazily evaluated, or bound in a way of their own.
  private func bindSpecialForm(_ call: FunctionCall, _ name: String, _ c: ExpressionContext) throws
    -> BoundExpression?
  {
    let range = call.range
    switch name {
    case "coalesce", "ifnull", "nvl":
      guard !call.arguments.isEmpty else { throw error("\(name) needs arguments", range) }
      let items = try bindArguments(call, c)
      let type = try unify(items, range, what: name.uppercased())
      return .coalesce(items.map { coerced($0, to: type) }, type: type)
    case "nullif" where call.arguments.count == 2:
      let a = try bindUncollated(call.arguments[0].value, c)
      let same = try bindComparison(
        .equal, call.arguments[0].value, call.arguments[1].value, c, range)
      return .caseWhen(
        branches: [CaseBranch(condition: same, result: .constant(.null, a.type))], otherwise: a,
        type: a.type)
    case "if", "iff":
      guard call.arguments.count == 3 || call.arguments.count == 2 else { return nil }
      let last: Expression =
        call.arguments.count == 3 ? call.arguments[2].value : Expression(.literal(.null))
      let branch = OlapSQL.CaseBranch(
        condition: call.arguments[0].value, result: call.arguments[1].value)
      return try bind(
        Expression(.caseWhen(operand: nil, branches: [branch], otherwise: last), range: range), c)
    case "unnest", "explode": return try bindUnnest(call, c)
    case "grouping", "grouping_id": return try bindGrouping(call, c)
    case "struct_pack", "row":
      let hasNames = call.arguments.contains { $0.name != nil }
      guard name == "row" || hasNames || call.arguments.isEmpty else {
        return structure(
          try call.arguments.map { (outputName(of: $0.value), try bind($0.value, c)) })
      }
      if call.arguments.contains(where: { $0.value.isUnpackedColumns }) && !hasNames {
        return structure(
          try unpacked(call.arguments.map { $0.value }, c).map { ("", try bind($0, c)) })
      }
      return structure(
        try call.arguments.map { ($0.name?.text ?? "", try bind($0.value, c)) })
    case "union_value": return try bindUnionValue(call, c)
    case "array_value" where !call.arguments.isEmpty:
      // An integer that is written out is an INTEGER here, not whatever the others are.
      let items = try bindArguments(call, c).map { item -> BoundExpression in
        LiteralTyping.integerLiteral(item) == nil
          ? item : .cast(item, to: item.type, isTry: false)
      }
      let type = try unify(items, range, what: "array_value")
      return .cast(
        try bindList(items, range), to: .array(type, count: items.count), isTry: false)
    case "alias" where call.arguments.count == 1:
      return .constant(.varchar(outputName(of: call.arguments[0].value)), .varchar)
    case "isnull" where call.arguments.count == 1:
      return .isNull(try bind(call.arguments[0].value, c), negated: false)
    case "getvariable" where call.arguments.count == 1:
      variablesRead.append(outputName(of: call.arguments[0].value))
      // The variable's own type and value, when its name is a constant.
      if case .literal(.string(let variable)) = call.arguments[0].value.kind,
        let (type, value) = context.evaluation.variables[variable.lowercased()]
      {
        return .constant(value, type)
      }
    case "date_part", "datepart":
      if let parts = try bindDateParts(call, c) { return parts }
    case "struct_insert", "struct_update": return try bindStructChange(call, name, c)
    case "try" where call.arguments.count == 1:
      return try bindTry(call.arguments[0].value, c)
    default: break
    }
    return try bindLambdaFunction(call, name, c)
  }

  /// `date_part(['year', 'month'], x)`: a struct of the parts; nil for the form with one part.
  private func bindDateParts(_ call: FunctionCall, _ c: ExpressionContext) throws
    -> BoundExpression?
  {
    guard call.arguments.count == 2, case .list(let parts) = call.arguments[0].value.kind else {
      return nil
    }
    let moment = try bind(call.arguments[1].value, c)
    return structure(
      try parts.map { part in
        guard case .literal(.string(let name)) = part.kind else {
          throw error("date_part takes a list of constant names", part.range)
        }
        let value = try callScalar(
          "date_part", [.constant(.varchar(name), .varchar), moment], part.range)
        return (name, value)
      })
  }

  /// `TRY(expression)`: what fails inside for a row's values gives NULL there.
  private func bindTry(_ operand: Expression, _ c: ExpressionContext) throws -> BoundExpression {
    try bind(operand, c).rewrittenUp { node in
      switch node {
      case .cast(let inner, let type, _): return .cast(inner, to: type, isTry: true)
      case .call(var call):
        call.bound = TryKernel.guarded(call.bound)
        call.function = TryKernel.renamed(call.function)
        return .call(call)
      default: return node
      }
    }
  }

  /// `struct_insert(s, a := 1)` adds fields, `struct_update` also replaces them.
  private func bindStructChange(
    _ call: FunctionCall, _ name: String, _ c: ExpressionContext
  ) throws -> BoundExpression {
    guard let first = call.arguments.first, first.name == nil else {
      throw error("\(name) needs a STRUCT and named values", call.range)
    }
    let base = try bind(first.value, c)
    guard case .structure(let fields) = base.type else {
      throw error("\(name) needs a STRUCT, not \(base.type)", first.value.range)
    }
    var result: [(String, BoundExpression)] = try fields.map {
      ($0.name, try extractField(base, Identifier($0.name, range: call.range)))
    }
    for argument in call.arguments.dropFirst() {
      guard let label = argument.name else {
        throw error("\(name) takes named values: \(name)(s, field := value)", argument.value.range)
      }
      let value = try bind(argument.value, c)
      if let at = result.firstIndex(where: { sameName($0.0, label.text) }) {
        guard name == "struct_update" else {
          throw error("the struct already has a field \"\(label.text)\"", label.range)
        }
        result[at].1 = value
      } else {
        result.append((label.text, value))
      }
    }
    return structure(result)
  }

  /// Calls a scalar function on bound arguments; casts them to the overload's types.
  func callScalar(_ name: String, _ arguments: [BoundExpression], _ range: SourceRange) throws
    -> BoundExpression
  {
    guard let function = context.functions.scalars[name] else {
      throw error("Scalar Function with name \(name) does not exist!", range)
    }
    let constants = arguments.map { argument in
      argument.type.elementType == nil ? constantArgument(argument) : foldedArgument(argument)
    }
    let bound: BoundScalar
    do {
      bound = try FunctionResolver.resolve(
        function, types: arguments.map { $0.type }, constants: constants)
    } catch {
      throw placed(error, range)
    }
    return .call(
      BoundCall(
        function: function, bound: bound,
        arguments: zip(arguments, bound.argumentTypes).map { coerced($0, to: $1) }))
  }

  /// The value of an argument that is known now; explicit casts of literals count as typed values.
  func constantArgument(_ expression: BoundExpression) -> Value? {
    switch expression {
    case .constant(let value, _): value
    default: nil
    }
  }

  /// The value of an aggregate's argument that is made of constants, such as a list of fractions.
  func foldedArgument(_ expression: BoundExpression) -> Value? {
    if let value = constantArgument(expression) { return value }
    guard expression.type.isNumeric || expression.type.elementType != nil,
      !expression.contains(where: { node in
        switch node {
        case .column, .parameter, .subquery: true
        case .call(let call): call.function.stability != .immutable
        default: false
        }
      })
    else { return nil }
    return try? constantValue(expression, .none)
  }

  /// `current_date`, `user`, `localtimestamp`: functions that may be written without parentheses.
  func bindBareFunction(_ name: Identifier, _ c: ExpressionContext) throws -> BoundExpression? {
    let folded = name.text.lowercased()
    let known: Set<String> = [
      "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
      "current_user", "current_role", "session_user", "user", "current_schema", "current_catalog",
      "current_database", "today", "systimestamp", "sysdate",
    ]
    guard known.contains(folded), context.functions.scalars[folded] != nil else { return nil }
    return try callScalar(folded, [], name.range)
  }

  func unknownFunction(_ call: FunctionCall, _ name: String) -> BindError {
    if StatementBinding.windowFunctions[name] != nil {
      return error("\"\(name)\" is a window function: it needs an OVER clause", call.range)
    }
    if context.functions.tables[name] != nil {
      return error(
        "\"\(name)\" is a table function: write it in FROM", call.name.range)
    }
    let names =
      Array(context.functions.scalars.keys) + Array(context.functions.aggregates.keys)
      + Array(context.functions.macros.keys)
    let words = names.filter { $0.utf8.first.map { $0 >= 97 } ?? false }.sorted()
    return error(
      "Scalar Function with name \(name) does not exist!", call.name.range,
      candidates: Similarity.closest(to: name, among: words))
  }
}
