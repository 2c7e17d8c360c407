import OlapColumns

/// The states of one aggregate for all groups of one hash table, kept as columns inside the object.
///
/// One call per vector; loops inside run over typed arrays. Rows with NULL arguments are skipped by
/// the accumulator itself (except those that count them). `groups[i]` is the group of row i and is
/// always below the last `reserve`d count. Group states start as "no rows seen".
/// An accumulator is used by one thread at a time.
package protocol AggregateAccumulator: AnyObject {
  /// Makes room for groups 0 ..< groupCount, new ones in the initial state.
  func reserve(groupCount: Int)
  /// Adds `count` rows; arguments in any encoding.
  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws
  /// Adds `count` rows, all of group 0 (aggregation without GROUP BY): the fast path.
  func updateAll(arguments: [Vector], count: Int) throws
  /// Adds `other`'s groups 0 ..< count to this one's: other's group i goes to `groups[i]`.
  /// `other` has the same concrete type.
  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws
  /// Results of groups first ..< first + count as a vector of the aggregate's return type.
  func finalize(first: Int, count: Int) throws -> Vector
  /// States of the groups as vectors (types: BoundAggregate.stateTypes), for spilling.
  func exportStates(first: Int, count: Int) throws -> [Vector]
  /// Merges exported states into groups.
  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws
  /// Memory held, for accounting.
  var byteCount: Int { get }
}

/// An aggregate call resolved to types.
package struct BoundAggregate: Sendable {
  package let argumentTypes: [SQLType]
  package let returnType: SQLType
  /// Types of the vectors that `exportStates` gives.
  package let stateTypes: [SQLType]
  package let makeAccumulator: @Sendable () -> any AggregateAccumulator
  package init(
    argumentTypes: [SQLType], returnType: SQLType, stateTypes: [SQLType],
    makeAccumulator: @escaping @Sendable () -> any AggregateAccumulator
  ) {
    self.argumentTypes = argumentTypes
    self.returnType = returnType
    self.stateTypes = stateTypes
    self.makeAccumulator = makeAccumulator
  }
}

/// One signature of an aggregate function.
package struct AggregateOverload: Sendable, Overload {
  package let parameters: [Parameter]
  package let variadic: Parameter?
  package let bind: @Sendable (_ types: [SQLType], _ constants: [Value?]) throws -> BoundAggregate
  package init(
    _ parameters: [Parameter], variadic: Parameter? = nil,
    bind: @escaping @Sendable ([SQLType], [Value?]) throws -> BoundAggregate
  ) {
    self.parameters = parameters
    self.variadic = variadic
    self.bind = bind
  }
}

/// An aggregate function: one file, one list line. DISTINCT, FILTER and ORDER BY inside the call are
/// the executor's work: the accumulator sees the rows that remain, in the order asked for.
package struct AggregateFunction: Sendable {
  package let name: String
  package let aliases: [String]
  package let summary: String
  package let example: (sql: String, result: String)?
  /// Whether the order of the input rows changes the result (string_agg, list, first).
  package let isOrderSensitive: Bool
  /// Whether DISTINCT changes nothing (min, max, bool_and, …), so the executor may drop it.
  package let ignoresDistinct: Bool
  package let overloads: [AggregateOverload]
  package init(
    _ name: String, aliases: [String] = [], summary: String,
    example: (sql: String, result: String)? = nil, isOrderSensitive: Bool = false,
    ignoresDistinct: Bool = false, overloads: [AggregateOverload]
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.example = example
    self.isOrderSensitive = isOrderSensitive
    self.ignoresDistinct = ignoresDistinct
    self.overloads = overloads
  }
}
