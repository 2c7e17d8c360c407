import OlapColumns

/// State of an optional value: whether any row was seen, and the value so far.
struct Seen<T: BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
  var isSeen: Bool
  var value: T
}

enum BooleanAnd: AggregateRule {
  static var initial: Seen<UInt8> { Seen(isSeen: false, value: 1) }
  static func add(_ state: inout Seen<UInt8>, _ value: UInt8) {
    state = Seen(isSeen: true, value: state.value & value)
  }
  static func merge(_ state: inout Seen<UInt8>, _ other: Seen<UInt8>) {
    state = Seen(isSeen: state.isSeen || other.isSeen, value: state.value & other.value)
  }
  static func result(_ state: Seen<UInt8>) -> UInt8? { state.isSeen ? state.value : nil }
}

enum BooleanOr: AggregateRule {
  static var initial: Seen<UInt8> { Seen(isSeen: false, value: 0) }
  static func add(_ state: inout Seen<UInt8>, _ value: UInt8) {
    state = Seen(isSeen: true, value: state.value | value)
  }
  static func merge(_ state: inout Seen<UInt8>, _ other: Seen<UInt8>) {
    state = Seen(isSeen: state.isSeen || other.isSeen, value: state.value | other.value)
  }
  static func result(_ state: Seen<UInt8>) -> UInt8? { state.isSeen ? state.value : nil }
}

/// Sum of intervals, field by field; overflow is reported at the end.
enum IntervalSum: AggregateRule {
  struct State: BitwiseCopyable, Sendable {
    var isSeen: Bool
    var months: Int64
    var days: Int64
    var microseconds: Int128
  }
  static var initial: State { State(isSeen: false, months: 0, days: 0, microseconds: 0) }
  static func add(_ state: inout State, _ value: Interval) {
    state.isSeen = true
    state.months &+= Int64(value.months)
    state.days &+= Int64(value.days)
    state.microseconds &+= Int128(value.microseconds)
  }
  static func merge(_ state: inout State, _ other: State) {
    state.isSeen = state.isSeen || other.isSeen
    state.months &+= other.months
    state.days &+= other.days
    state.microseconds &+= other.microseconds
  }
  static func result(_ state: State) throws -> Interval? {
    guard state.isSeen else { return nil }
    guard let months = Int32(exactly: state.months), let days = Int32(exactly: state.days),
      let microseconds = Int64(exactly: state.microseconds)
    else { throw ComputeError.overflow("Overflow in sum of INTERVAL") }
    return Interval(months: months, days: days, microseconds: microseconds)
  }
}

extension AggregateFunction {
  static let booleanAnd = AggregateFunction(
    "bool_and", aliases: ["every", "logical_and", "booland_agg"],
    summary: "Whether every non-NULL value is true.",
    example: ("SELECT bool_and(x) FROM (VALUES (true), (false)) t(x)", "false"),
    ignoresDistinct: true,
    overloads: [
      AggregateOverload([.exact(.boolean)]) { _, _ in
        stateAggregate(BooleanAnd.self, .boolean, to: .boolean)
      }
    ])

  static let booleanOr = AggregateFunction(
    "bool_or", aliases: ["logical_or", "boolor_agg"],
    summary: "Whether any value is true.",
    example: ("SELECT bool_or(x) FROM (VALUES (true), (false)) t(x)", "true"),
    ignoresDistinct: true,
    overloads: [
      AggregateOverload([.exact(.boolean)]) { _, _ in
        stateAggregate(BooleanOr.self, .boolean, to: .boolean)
      }
    ])
}
