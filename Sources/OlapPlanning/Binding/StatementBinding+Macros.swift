internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  /// The macro a call names, if there is one of that kind.
  func findMacro(_ name: ObjectName, isTable: Bool) -> MacroEntry? {
    if case .macro(let macro)? = lookup(.macro, name.parts.map { $0.text })?.entry {
      noteRead(definition: "macro \(macro.schema).\(macro.name) \(macro.sql)")
      return macro.isTable == isTable ? macro : nil
    }
    return builtinMacro(name.base.text.lowercased(), isTable: isTable)
  }

  /// A macro of the engine's own, unless another function has the name.
  private func builtinMacro(_ name: String, isTable: Bool) -> MacroEntry? {
    let functions = context.functions
    guard let macro = functions.macros[name], (macro.kind == .table) == isTable,
      isTable
        ? functions.tables[name] == nil
        : functions.scalars[name] == nil && functions.aggregates[name] == nil
    else { return nil }
    return MacroEntry(id: 0, schema: "system", name: name, isTable: isTable, sql: macro.sql)
  }

  /// The overload that takes the call's arguments, and the argument of each parameter.
  private func overload(_ macro: MacroEntry, _ call: FunctionCall) throws -> (
    CreateMacroStatement.Overload, [String: Expression]
  ) {
    let statements = try Parser.parse(macro.sql)
    guard case .createMacro(let definition)? = statements.first?.kind else {
      throw error("macro \"\(macro.name)\" has no usable definition", call.range)
    }
    for candidate in definition.overloads {
      if let arguments = assign(call.arguments, candidate.parameters) {
        return (candidate, arguments)
      }
    }
    let shapes = definition.overloads.map { overload in
      "\(macro.name)(\(overload.parameters.map { $0.name.text }.joined(separator: ", ")))"
    }
    throw error(
      "Macro \"\(macro.name)\" does not support the supplied arguments. Candidate macros: "
        + shapes.joined(separator: ", "), call.range)
  }

  private func assign(_ arguments: [FunctionArgument], _ parameters: [MacroParameter])
    -> [String: Expression]?
  {
    var values: [String: Expression] = [:]
    var position = 0
    for argument in arguments {
      if let name = argument.name {
        guard parameters.contains(where: { sameName($0.name.text, name.text) }) else { return nil }
        values[name.text.lowercased()] = argument.value
      } else {
        guard position < parameters.count else { return nil }
        values[parameters[position].name.text.lowercased()] = argument.value
        position += 1
      }
    }
    for parameter in parameters where values[parameter.name.text.lowercased()] == nil {
      guard let standard = parameter.defaultValue else { return nil }
      values[parameter.name.text.lowercased()] = standard
    }
    return values
  }

  /// Arguments bound where the call stands, cast to declared parameter types.
  private func bindMacroArguments(
    _ arguments: [String: Expression], _ parameters: [MacroParameter], _ c: ExpressionContext
  ) throws -> [String: BoundExpression] {
    var bound: [String: BoundExpression] = [:]
    for parameter in parameters {
      let key = parameter.name.text.lowercased()
      guard let argument = arguments[key] else { continue }
      var value = try bind(argument, c)
      if let type = parameter.type { value = coerced(value, to: try resolveType(type)) }
      bound[key] = value
    }
    return bound
  }

  /// A scalar macro: its body bound where the call stands, with parameters standing for arguments.
  func bindMacro(_ macro: MacroEntry, _ call: FunctionCall, _ c: ExpressionContext) throws
    -> BoundExpression
  {
    let (overload, arguments) = try overload(macro, call)
    guard case .scalar(let body) = overload.body else {
      throw error("\"\(macro.name)\" is a table macro: write it in FROM", call.range)
    }
    let bound = try bindMacroArguments(arguments, overload.parameters, c)
    return try expanding(
      "macro \(macro.schema).\(macro.name)", "macro \"\(macro.name)\"",
      call.range
    ) {
      let saved = c.scope.macroArguments
      c.scope.macroArguments = bound
      defer { c.scope.macroArguments = saved }
      return try bind(body, c)
    }
  }

  /// A table macro: its query bound with parameters standing for arguments.
  func bindTableMacro(
    _ macro: MacroEntry, _ call: FunctionCall, _ alias: TableAlias?, _ scope: Scope,
    _ visible: Fragment
  ) throws -> BoundRelation {
    let (overload, arguments) = try overload(macro, call)
    guard case .table(let query) = overload.body else {
      throw error("\"\(macro.name)\" is a scalar macro", call.range)
    }
    let bound = try bindMacroArguments(
      arguments, overload.parameters, ExpressionContext(scope, .tableFunction))
    return try expanding(
      "macro \(macro.schema).\(macro.name)", "macro \"\(macro.name)\"",
      call.range
    ) {
      let outer = Scope(parent: scope, commonTables: scope.commonTables)
      outer.macroArguments = bound
      let result = try bindQuery(query, outer)
      try checkAlias(alias, result.columns.count)
      let entry = ScopeTable(name: alias?.name.text ?? macro.name, columns: result.columns)
      return BoundRelation(
        plan: result.plan, fragment: Fragment(tables: [renamed(entry, alias)]),
        correlated: outer.correlated.intersection(visible.columnIDs))
    }
  }
}
