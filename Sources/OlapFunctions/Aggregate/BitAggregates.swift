import OlapColumns

enum BitAnd<T: FixedWidthInteger & BitwiseCopyable & Sendable>: AggregateRule {
  static var initial: Seen<T> { Seen(isSeen: false, value: ~0) }
  static func add(_ state: inout Seen<T>, _ value: T) {
    state = Seen(isSeen: true, value: state.value & value)
  }
  static func merge(_ state: inout Seen<T>, _ other: Seen<T>) {
    if other.isSeen { add(&state, other.value) }
  }
  static func result(_ state: Seen<T>) -> T? { state.isSeen ? state.value : nil }
}

enum BitOr<T: FixedWidthInteger & BitwiseCopyable & Sendable>: AggregateRule {
  static var initial: Seen<T> { Seen(isSeen: false, value: 0) }
  static func add(_ state: inout Seen<T>, _ value: T) {
    state = Seen(isSeen: true, value: state.value | value)
  }
  static func merge(_ state: inout Seen<T>, _ other: Seen<T>) {
    if other.isSeen { add(&state, other.value) }
  }
  static func result(_ state: Seen<T>) -> T? { state.isSeen ? state.value : nil }
}

enum BitXor<T: FixedWidthInteger & BitwiseCopyable & Sendable>: AggregateRule {
  static var initial: Seen<T> { Seen(isSeen: false, value: 0) }
  static func add(_ state: inout Seen<T>, _ value: T) {
    state = Seen(isSeen: true, value: state.value ^ value)
  }
  static func merge(_ state: inout Seen<T>, _ other: Seen<T>) {
    if other.isSeen { add(&state, other.value) }
  }
  static func result(_ state: Seen<T>) -> T? { state.isSeen ? state.value : nil }
}

extension AggregateFunction {
  private static func bits(_ kind: BitString.Combination) -> [AggregateOverload] {
    [
      AggregateOverload([.anyInteger]) { types, _ in
        let type: SQLType = types[0]
        func bound<T: FixedWidthInteger & BitwiseCopyable & Sendable>(_: T.Type) -> BoundAggregate {
          switch kind {
          case .and: stateAggregate(BitAnd<T>.self, type, to: type)
          case .or: stateAggregate(BitOr<T>.self, type, to: type)
          case .xor: stateAggregate(BitXor<T>.self, type, to: type)
          }
        }
        switch type.physicalType {
        case .int8: return bound(Int8.self)
        case .int16: return bound(Int16.self)
        case .int32: return bound(Int32.self)
        case .int64: return bound(Int64.self)
        case .uint8: return bound(UInt8.self)
        case .uint16: return bound(UInt16.self)
        case .uint32: return bound(UInt32.self)
        case .uint64: return bound(UInt64.self)
        case .uint128: return bound(UInt128.self)
        default: return bound(Int128.self)
        }
      },
      BitStringAggregates.combined(kind),
    ]
  }

  static let bitAnd = AggregateFunction(
    "bit_and", aliases: ["bitand_agg"], summary: "The bitwise AND of all values.",
    example: ("SELECT bit_and(x) FROM (VALUES (6), (3)) t(x)", "2"), ignoresDistinct: true,
    overloads: bits(.and))
  static let bitOr = AggregateFunction(
    "bit_or", aliases: ["bitor_agg"], summary: "The bitwise OR of all values.",
    example: ("SELECT bit_or(x) FROM (VALUES (6), (3)) t(x)", "7"), ignoresDistinct: true,
    overloads: bits(.or))
  static let bitXor = AggregateFunction(
    "bit_xor", aliases: ["bitxor_agg"], summary: "The bitwise exclusive OR of all values.",
    example: ("SELECT bit_xor(x) FROM (VALUES (6), (3)) t(x)", "5"), overloads: bits(.xor))

  /// Multiplication of doubles depends on their order: the values are multiplied in sorted order.
  static let product = AggregateFunction(
    "product", summary: "The product of all values.",
    example: ("SELECT product(x) FROM (VALUES (2), (3)) t(x)", "6.0"),
    overloads: [
      AggregateOverload([.exact(.double)]) { _, _ in
        collecting([.double], to: .double) { rows, count in
          var pacer = Cancellation.Pacer()
          let values: [Double] = try Quantile.doubles(rows[0], count).sorted {
            try pacer.tick()
            return $0 < $1
          }
          return .double(values.reduce(1, *))
        }
      }
    ])

  /// sum is exact already: fsum and its aliases are the same.
  static let exactSum = AggregateFunction(
    "fsum", aliases: ["sumkahan", "kahan_sum"],
    summary: "The sum of doubles without rounding errors.",
    example: ("SELECT fsum(x) FROM (VALUES (0.5), (0.25)) t(x)", "0.75"),
    overloads: sum.overloads.suffix(2).dropLast())
  static let exactAverage = AggregateFunction(
    "favg", summary: "The average of doubles without rounding errors.",
    example: ("SELECT favg(x) FROM (VALUES (1.0), (2.0)) t(x)", "1.5"),
    overloads: average.overloads.suffix(1))
}
