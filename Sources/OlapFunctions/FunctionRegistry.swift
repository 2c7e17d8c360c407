import OlapColumns

/// All functions by lower-case name (aliases included). Families add themselves by one list each.
package struct FunctionRegistry: Sendable {
  package let scalars: [String: ScalarFunction]
  package let aggregates: [String: AggregateFunction]
  package let tables: [String: TableFunction]
  /// Functions defined in SQL; found when no other function has the name.
  package let macros: [String: BuiltinMacro]

  package init(
    scalars: [ScalarFunction], aggregates: [AggregateFunction], tables: [TableFunction],
    macros: [BuiltinMacro] = BuiltinFunctions.macros
  ) {
    var scalarsByName: [String: ScalarFunction] = [:]
    for function in scalars {
      for name in [function.name] + function.aliases { scalarsByName[name] = function }
    }
    var aggregatesByName: [String: AggregateFunction] = [:]
    for function in aggregates {
      for name in [function.name] + function.aliases { aggregatesByName[name] = function }
    }
    var tablesByName: [String: TableFunction] = [:]
    for function in tables {
      for name in [function.name] + function.aliases { tablesByName[name] = function }
    }
    var macrosByName: [String: BuiltinMacro] = [:]
    for macro in macros {
      for name in [macro.name] + macro.aliases { macrosByName[name] = macro }
    }
    self.macros = macrosByName
    self.scalars = scalarsByName
    self.aggregates = aggregatesByName
    self.tables = tablesByName
  }

  /// The functions built in.
  package static let builtin = FunctionRegistry(
    scalars: BuiltinFunctions.scalars, aggregates: BuiltinFunctions.aggregates,
    tables: BuiltinFunctions.tables)
}

/// The families, one line each.
package enum BuiltinFunctions {
  package static let scalars: [ScalarFunction] = [
    OperatorFunctions.all, NumericFunctions.all, StringFunctions.all, DateTimeFunctions.all,
    ConditionalFunctions.all, SystemFunctions.all, NestedFunctions.all,
    JSONFunctions.all, PointFunctions.all, JSONLateral.scalars,
  ]
  .flatMap { $0 }
  package static let aggregates: [AggregateFunction] =
    AggregateFunctions.basic + AggregateFunctions.distribution + AggregateFunctions.gathering
  package static let tables: [TableFunction] = TableFunctions.all
  package static let macros: [BuiltinMacro] = BuiltinMacros.all
}
