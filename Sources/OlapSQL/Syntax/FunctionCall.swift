/// A call of a scalar, aggregate, window or table function.
///
/// `x.f(y)` on a dotted name arrives as the name `x.f`: when `x` is no schema, the binder reads it as
/// `f(x, y)`. On any other operand the parser has put the operand first already.
package struct FunctionCall: Hashable, Sendable {
  package var name: ObjectName
  package var arguments: [FunctionArgument]
  /// `f(*)`, as in `count(*)`; then `arguments` is empty.
  package var isStar: Bool
  /// `f(DISTINCT x)`.
  package var isDistinct: Bool
  /// `f(x ORDER BY y)`.
  package var orderBy: [OrderByItem]
  /// `WITHIN GROUP (ORDER BY y)`.
  package var withinGroup: [OrderByItem]
  package var filter: Expression?
  package var nullTreatment: NullTreatment?
  package var over: WindowReference?
  package var range: SourceRange

  package init(
    name: ObjectName, arguments: [FunctionArgument], isStar: Bool = false,
    isDistinct: Bool = false, orderBy: [OrderByItem] = [], withinGroup: [OrderByItem] = [],
    filter: Expression? = nil, nullTreatment: NullTreatment? = nil, over: WindowReference? = nil,
    range: SourceRange = .none
  ) {
    self.name = name
    self.arguments = arguments
    self.isStar = isStar
    self.isDistinct = isDistinct
    self.orderBy = orderBy
    self.withinGroup = withinGroup
    self.filter = filter
    self.nullTreatment = nullTreatment
    self.over = over
    self.range = range
  }

  /// Whether the call is nothing but a name and plain arguments.
  package var isPlain: Bool {
    !isStar && !isDistinct && orderBy.isEmpty && withinGroup.isEmpty && filter == nil
      && nullTreatment == nil && over == nil
  }
}

/// A positional argument, or a named one: `name := value`, `name => value`, `name = value` in table
/// functions (there the binder sees a comparison with an unknown column and may read it so).
package struct FunctionArgument: Hashable, Sendable {
  package var name: Identifier?
  package var value: Expression

  package init(name: Identifier? = nil, value: Expression) {
    self.name = name
    self.value = value
  }
}

/// What window functions do with null values.
package enum NullTreatment: Hashable, Sendable {
  case ignoreNulls
  case respectNulls
}

/// What stands after OVER.
package indirect enum WindowReference: Hashable, Sendable {
  case named(Identifier)
  case inline(WindowSpecification)
}

/// `(base PARTITION BY … ORDER BY … frame)`.
package struct WindowSpecification: Hashable, Sendable {
  package var base: Identifier?
  package var partitionBy: [Expression]
  package var orderBy: [OrderByItem]
  package var frame: WindowFrame?
  package var range: SourceRange

  package init(
    base: Identifier? = nil, partitionBy: [Expression] = [], orderBy: [OrderByItem] = [],
    frame: WindowFrame? = nil, range: SourceRange = .none
  ) {
    self.base = base
    self.partitionBy = partitionBy
    self.orderBy = orderBy
    self.frame = frame
    self.range = range
  }
}

/// `ROWS BETWEEN start AND end EXCLUDE …`; a lone bound is `start` with `end` the current row.
package struct WindowFrame: Hashable, Sendable {
  package var unit: Unit
  package var start: Bound
  package var end: Bound
  package var exclusion: Exclusion
  package var range: SourceRange

  package enum Unit: String, Hashable, Sendable {
    case rows = "ROWS"
    case range = "RANGE"
    case groups = "GROUPS"
  }

  package indirect enum Bound: Hashable, Sendable {
    case unboundedPreceding
    case preceding(Expression)
    case currentRow
    case following(Expression)
    case unboundedFollowing
  }

  package enum Exclusion: String, Hashable, Sendable {
    case noOthers = "NO OTHERS"
    case currentRow = "CURRENT ROW"
    case group = "GROUP"
    case ties = "TIES"
  }

  package init(
    unit: Unit, start: Bound, end: Bound, exclusion: Exclusion = .noOthers,
    range: SourceRange = .none
  ) {
    self.unit = unit
    self.start = start
    self.end = end
    self.exclusion = exclusion
    self.range = range
  }
}
