import OlapColumns

/// All functions by lower-case name (aliases included). Families add themselves by one list each; a
/// kind's families are made when a function of that kind is first looked for.
package struct FunctionRegistry: Sendable {
  package var scalars: [String: ScalarFunction] { scalarsByName.value }
  package var aggregates: [String: AggregateFunction] { aggregatesByName.value }
  package var tables: [String: TableFunction] { tablesByName.value }
  /// Functions defined in SQL; found when no other function has the name.
  package var macros: [String: BuiltinMacro] { macrosByName.value }

  private let scalarsByName: Deferred<[String: ScalarFunction]>
  private let aggregatesByName: Deferred<[String: AggregateFunction]>
  private let tablesByName: Deferred<[String: TableFunction]>
  private let macrosByName: Deferred<[String: BuiltinMacro]>

  package init(
    scalars: @autoclosure @escaping @Sendable () -> [ScalarFunction],
    aggregates: @autoclosure @escaping @Sendable () -> [AggregateFunction],
    tables: @autoclosure @escaping @Sendable () -> [TableFunction],
    macros: @autoclosure @escaping @Sendable () -> [BuiltinMacro] = BuiltinFunctions.macros
  ) {
    scalarsByName = Deferred { Self.named(scalars()) { [$0.name] + $0.aliases } }
    aggregatesByName = Deferred { Self.named(aggregates()) { [$0.name] + $0.aliases } }
    tablesByName = Deferred { Self.named(tables()) { [$0.name] + $0.aliases } }
    macrosByName = Deferred { Self.named(macros()) { [$0.name] + $0.aliases } }
  }

  private static func named<Function>(
    _ functions: [Function], _ names: (Function) -> [String]
  ) -> [String: Function] {
    var byName: [String: Function] = [:]
    for function in functions {
      for name in names(function) { byName[name] = function }
    }
    return byName
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
