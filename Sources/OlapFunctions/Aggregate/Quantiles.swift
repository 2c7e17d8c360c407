import OlapColumns

/// Aggregates that need the sorted values of a group.
extension AggregateFunction {
  static let median = AggregateFunction(
    "median", summary: "The middle value; between two it is interpolated.",
    example: ("SELECT median(x) FROM (VALUES (1), (2), (4)) t(x)", "2.0"),
    overloads: [
      AggregateOverload([.any]) { types, _ in Quantile.bind(types[0], .single(0.5), true) }
    ])
  static let quantileContinuous = AggregateFunction(
    "quantile_cont", aliases: ["percentile_cont"],
    summary: "The value at a fraction (or list of them) of the sorted values, interpolated.",
    example: ("SELECT quantile_cont(x, 0.25) FROM (VALUES (1), (2), (3)) t(x)", "1.5"),
    overloads: quantileOverloads(isContinuous: true))
  static let quantileDiscrete = AggregateFunction(
    "quantile_disc", aliases: ["percentile_disc", "quantile"],
    summary: "The value at a fraction (or list of them) of the sorted values.",
    example: ("SELECT quantile_disc(x, 0.5) FROM (VALUES (1), (2), (3)) t(x)", "2"),
    overloads: quantileOverloads(isContinuous: false))
  static let approximateQuantile = AggregateFunction(
    "approx_quantile", aliases: ["approx_percentile"],
    summary: "An approximate quantile; here it is exact.",
    example: ("SELECT approx_quantile(x, 0.5) FROM (VALUES (1), (2), (3)) t(x)", "2"),
    overloads: quantileOverloads(isContinuous: false))
  static let reservoirQuantile = AggregateFunction(
    "reservoir_quantile", summary: "A quantile of a sample; here of all values.",
    example: ("SELECT reservoir_quantile(x, 0.5) FROM (VALUES (1), (2), (3)) t(x)", "2"),
    overloads: quantileOverloads(isContinuous: false)
      + [
        AggregateOverload([.any, .exact(.double), .exact(.integer)]) { types, constants in
          let bound = try Quantile.bind(types[0], .read(constants[1]), false)
          return Quantile.ignoringTail(bound, [.double, .integer])
        }
      ])
  static let medianAbsoluteDeviation = AggregateFunction(
    "mad", summary: "The median of the distances from the median.",
    example: ("SELECT mad(x) FROM (VALUES (1), (2), (9)) t(x)", "1.0"),
    overloads: [
      AggregateOverload([.exact(.double)]) { _, _ in
        collecting([.double], to: .double) { rows, count in
          let values: [Double] = Quantile.doubles(rows[0], count)
          let middle: Double = try Quantile.continuous(values, 0.5)
          let distances: [Double] = values.map { Swift.abs($0 - middle) }
          return .double(try Quantile.continuous(distances, 0.5))
        }
      }
    ])

  private static func quantileOverloads(isContinuous: Bool) -> [AggregateOverload] {
    [
      AggregateOverload([.any, .exact(.double)]) { types, constants in
        let bound = try Quantile.bind(types[0], .read(constants[1]), isContinuous)
        return Quantile.ignoringTail(bound, [.double])
      },
      AggregateOverload([.any, .exact(.list(.double))]) { types, constants in
        let bound = try Quantile.bind(types[0], .read(constants[1]), isContinuous)
        return Quantile.ignoringTail(bound, [.list(.double)])
      },
    ]
  }
}

enum Quantile {
  /// The fractions asked for; a negative one counts from the top.
  enum Fractions: Sendable {
    case single(Double)
    case several([Double])

    static func read(_ constant: Value?) throws -> Fractions {
      switch constant {
      case .list(let items)?: return .several(try items.map { try number($0) })
      case let value?: return .single(try number(value))
      case nil: throw ComputeError.invalid("QUANTILE can only take constant parameters")
      }
    }

    private static func number(_ value: Value) throws -> Double {
      let fraction: Double? =
        switch value {
        case .double(let x): x
        case .real(let x): Double(x)
        case .integer(let x): Double(x)
        case .decimal(let x, let scale): Double(x) / DecimalPower.double(scale)
        default: nil
        }
      guard let fraction, fraction >= -1, fraction <= 1 else {
        throw ComputeError.invalid("QUANTILE can only take parameters in the range [-1, 1]")
      }
      return fraction
    }
  }

  static func bind(
    _ given: SQLType, _ fractions: Fractions, _ isContinuous: Bool
  ) -> BoundAggregate {
    var type: SQLType = given == .null ? .integer : given
    // Interpolated: integers become doubles, dates timestamps; decimals stay.
    let interpolates: Bool = isContinuous && (type.isNumeric || isMoment(type))
    if interpolates {
      if type.isInteger { type = .double }
      switch type {
      case .date, .timestampOf(.seconds), .timestampOf(.milliseconds): type = .timestamp
      default: break
      }
    }
    let one: @Sendable (Vector, [Int], Double) -> Value = { rows, order, fraction in
      let q: Double = fraction < 0 ? 1 + fraction : fraction
      if !interpolates {
        let position: Double = (Double(order.count) * q).rounded(.up)
        return rows.value(at: order[Swift.min(order.count - 1, Swift.max(0, Int(position) - 1))])
      }
      let position: Double = Double(order.count - 1) * q
      let low = Int(position.rounded(.down))
      let high = Int(position.rounded(.up))
      return interpolated(
        rows.value(at: order[low]), rows.value(at: order[high]), position - Double(low))
    }
    switch fractions {
    case .single(let fraction):
      return AggregateFunction.collecting([type], to: type) { rows, count in
        one(rows[0], try RowOrder.sorted(Array(0..<count), by: rows[0]), fraction)
      }
    case .several(let list):
      return AggregateFunction.collecting([type], to: .list(type)) { rows, count in
        let order: [Int] = try RowOrder.sorted(Array(0..<count), by: rows[0])
        return .list(list.map { one(rows[0], order, $0) })
      }
    }
  }

  /// The call's further arguments are constants already read: they are accepted and not kept.
  static func ignoringTail(_ bound: BoundAggregate, _ tail: [SQLType]) -> BoundAggregate {
    BoundAggregate(
      argumentTypes: bound.argumentTypes + tail, returnType: bound.returnType,
      stateTypes: bound.stateTypes
    ) { HeadAccumulator(bound.makeAccumulator(), keeping: bound.argumentTypes.count) }
  }

  private static func isMoment(_ type: SQLType) -> Bool {
    switch type {
    case .date, .timestamp, .timestampOf, .timestampTZ, .time: true
    default: false
    }
  }

  private static func interpolated(_ low: Value, _ high: Value, _ share: Double) -> Value {
    switch (low, high) {
    case (.double(let a), .double(let b)): return .double(a == b ? a : a + (b - a) * share)
    case (.real(let a), .real(let b)): return .real(a == b ? a : a + (b - a) * Float(share))
    case (.decimal(let a, let scale), .decimal(let b, _)):
      // Wide values lie further apart than 128 bits hold.
      let (distance, overflow) = b.subtractingReportingOverflow(a)
      if overflow {
        let place: Double = Double(a) + (Double(b) - Double(a)) * share
        return .decimal(Int128(exactly: place.rounded(.towardZero)) ?? b, scale: scale)
      }
      // Digits behind the scale are cut off, as DuckDB does.
      let step: Double = Double(distance) * share
      let (place, isPast) = a.addingReportingOverflow(Int128(exactly: step.rounded(.down)) ?? 0)
      if isPast { return .decimal(b, scale: scale) }
      let isCut: Bool = step != step.rounded(.down)
      return .decimal(isCut && place < 0 ? place + 1 : place, scale: scale)
    case (.timestamp(let a), .timestamp(let b)): return .timestamp(moved(a, b, share))
    case (.timestampTZ(let a), .timestampTZ(let b)): return .timestampTZ(moved(a, b, share))
    case (.integer(let a), .integer(let b)): return .integer(moved(a, b, share))  // nanoseconds
    case (.time(let a), .time(let b)): return .time(moved(a, b, share))
    default: return low
    }
  }

  private static func moved(_ a: Int64, _ b: Int64, _ share: Double) -> Int64 {
    let (distance, overflow) = b.subtractingReportingOverflow(a)
    let span: Double = overflow ? Double(b) - Double(a) : Double(distance)
    return a &+ (Int64(exactly: (span * share).rounded()) ?? 0)
  }

  static func doubles(_ vector: Vector, _ count: Int) -> [Double] {
    let flat: Vector = vector.flattened()
    return Array(UnsafeBufferPointer(start: flat.values(Double.self), count: count))
  }

  static func continuous(_ values: [Double], _ fraction: Double) throws -> Double {
    var pacer = Cancellation.Pacer()
    let sorted: [Double] = try values.sorted {
      try pacer.tick()
      return Double.precedes($0, $1)
    }
    let position: Double = Double(sorted.count - 1) * fraction
    let low: Double = sorted[Int(position.rounded(.down))]
    let high: Double = sorted[Int(position.rounded(.up))]
    return low == high ? low : low + (high - low) * (position - position.rounded(.down))
  }
}

/// Passes only the first arguments on.
final class HeadAccumulator: AggregateAccumulator {
  private let inner: any AggregateAccumulator
  private let kept: Int
  init(_ inner: any AggregateAccumulator, keeping kept: Int) {
    self.inner = inner
    self.kept = kept
  }
  var byteCount: Int { inner.byteCount }
  func reserve(groupCount: Int) { inner.reserve(groupCount: groupCount) }
  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    try inner.update(groups: groups, arguments: Array(arguments.prefix(kept)), count: count)
  }
  func updateAll(arguments: [Vector], count: Int) throws {
    try inner.updateAll(arguments: Array(arguments.prefix(kept)), count: count)
  }
  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? HeadAccumulator else { return }
    try inner.merge(other.inner, groups: groups, count: count)
  }
  func finalize(first: Int, count: Int) throws -> Vector {
    try inner.finalize(first: first, count: count)
  }
  func exportStates(first: Int, count: Int) throws -> [Vector] {
    try inner.exportStates(first: first, count: count)
  }
  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    try inner.mergeStates(states, groups: groups, count: count)
  }
}
