internal import OlapColumns
internal import OlapFunctions

/// What every rule may ask: the session's planning context and fresh numbers.
package struct OptimizerState {
  package let context: any PlanningContext
  package let numbers: ColumnIDAllocator

  package init(context: any PlanningContext, numbers: ColumnIDAllocator) {
    self.context = context
    self.numbers = numbers
  }

  /// A call of a built-in aggregate over arguments of exactly its types.
  func aggregate(
    _ name: String, _ arguments: [BoundExpression], orderBy: [SortItem] = []
  ) throws -> BoundAggregateCall {
    let types: [SQLType] = arguments.map { $0.type }
    guard let function = context.functions.aggregates[name] else {
      throw BindError("the plan needs the aggregate function \(name), which is not available")
    }
    let constants: [Value?] = arguments.map { $0.constantValue }
    for overload in function.overloads
    where overload.parameters.count == types.count
      && zip(overload.parameters, types).allSatisfy({ $0.accepts($1) })
    {
      let bound = try overload.bind(types, constants)
      guard bound.argumentTypes == types else { continue }
      return BoundAggregateCall(
        function: function, bound: bound, arguments: arguments, orderBy: orderBy,
        output: numbers.column(name, bound.returnType))
    }
    throw BindError("the aggregate function \(name) does not take these types")
  }

  /// count(*).
  func countStar() throws -> BoundAggregateCall {
    if context.functions.aggregates["count_star"] != nil { return try aggregate("count_star", []) }
    return try aggregate("count", [])
  }

  /// row_number() over the given partition and order.
  func rowNumber(partitionBy: [BoundExpression], orderBy: [SortItem]) -> BoundWindowCall {
    BoundWindowCall(
      function: .window(.rowNumber), arguments: [], partitionBy: partitionBy, orderBy: orderBy,
      frame: WindowFrame(
        unit: .rows, start: .unboundedPreceding, end: .currentRow, exclusion: .noOthers),
      ignoreNulls: false, isDistinct: false, filter: nil, argumentOrderBy: [],
      output: numbers.column("row_number", .bigint))
  }
}

extension Parameter {
  /// Whether an argument of the type fits without a cast.
  func accepts(_ type: SQLType) -> Bool {
    switch self {
    case .exact(let exact): exact == type
    case .any, .anyCommon: true
    case .anyDecimal: type.isDecimal
    case .anyInteger: type.isInteger
    case .anyNumeric: type.isNumeric
    case .anyList: if case .list = type { true } else { false }
    case .anyStruct: if case .structure = type { true } else { false }
    case .anyMap: if case .map = type { true } else { false }
    case .anyEnum: if case .enumeration = type { true } else { false }
    case .lambda: false
    }
  }
}
