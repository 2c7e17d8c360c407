import OlapColumns

extension AggregateFunction {
  /// sum: exact over integers and decimals, independent of order over doubles.
  static let sum = AggregateFunction(
    "sum", aliases: ["sum_no_overflow"], summary: "The sum of the non-NULL values.",
    example: ("SELECT sum(x) FROM (VALUES (1), (2), (NULL)) t(x)", "3"),
    overloads: [
      AggregateOverload([.exact(.boolean)]) { _, _ in integerSum(.boolean, .hugeint) },
      AggregateOverload([.anyInteger]) { types, _ in
        if types[0] == .uhugeint { return doubleSum(isAverage: false) }
        return integerSum(types[0], .hugeint)
      },
      AggregateOverload([.anyDecimal]) { types, _ in
        guard case .decimal(_, let scale) = types[0] else { return doubleSum(isAverage: false) }
        return integerSum(types[0], .decimal(precision: 38, scale: scale))
      },
      AggregateOverload([.exact(.double)]) { _, _ in doubleSum(isAverage: false) },
      AggregateOverload([.exact(.interval)]) { _, _ in
        stateAggregate(IntervalSum.self, .interval, to: .interval)
      },
    ])

  /// avg: DOUBLE from the exact sum.
  static let average = AggregateFunction(
    "avg", aliases: ["mean"], summary: "The average of the non-NULL values.",
    example: ("SELECT avg(x) FROM (VALUES (1), (2), (NULL)) t(x)", "1.5"),
    overloads: MomentAverage.overloads + [
      AggregateOverload([.exact(.boolean)]) { _, _ in integerAverage(.boolean) },
      AggregateOverload([.anyInteger]) { types, _ in
        types[0] == .uhugeint ? doubleSum(isAverage: true) : integerAverage(types[0])
      },
      AggregateOverload([.anyDecimal]) { types, _ in integerAverage(types[0]) },
      AggregateOverload([.exact(.double)]) { _, _ in doubleSum(isAverage: true) },
    ])

  static func integerSum(_ type: SQLType, _ result: SQLType) -> BoundAggregate {
    BoundAggregate(argumentTypes: [type], returnType: result, stateTypes: [.hugeint, .bigint]) {
      IntegerSumAccumulator(result: result, isAverage: false, scale: 0)
    }
  }

  private static func integerAverage(_ type: SQLType) -> BoundAggregate {
    var scale = 0
    if case .decimal(_, let own) = type { scale = own }
    return BoundAggregate(
      argumentTypes: [type], returnType: .double, stateTypes: [.hugeint, .bigint]
    ) { [scale] in IntegerSumAccumulator(result: .double, isAverage: true, scale: scale) }
  }

  private static func doubleSum(isAverage: Bool) -> BoundAggregate {
    BoundAggregate(argumentTypes: [.double], returnType: .double, stateTypes: [.blob, .bigint]) {
      DoubleSumAccumulator(isAverage: isAverage)
    }
  }
}

/// sum and avg over integers and decimals.
final class IntegerSumAccumulator: AggregateAccumulator {
  private let sums: IntegerSums
  private let result: SQLType
  private let isAverage: Bool
  private let scale: Int

  init(result: SQLType, isAverage: Bool, scale: Int) {
    sums = IntegerSums(isCounting: isAverage)
    self.result = result
    self.isAverage = isAverage
    self.scale = scale
  }

  var byteCount: Int { sums.byteCount }
  func reserve(groupCount: Int) { sums.reserve(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    try sums.add(groups: groups, arguments[0], count: count)
  }

  func updateAll(arguments: [Vector], count: Int) throws {
    try sums.addAll(arguments[0], count: count)
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? IntegerSumAccumulator else { return }
    try sums.merge(other.sums, groups: groups, count: count)
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    sums.settle()
    let vector = Vector.flat(result, count: count, nullable: true)
    let total = sums.totals.pointer + first
    let counted = sums.counts.pointer + first
    for i in 0..<count where counted[i] == 0 { vector.validity?[i] = 0 }
    if isAverage {
      let out = vector.values(Double.self)
      let divisor: Double = DecimalPower.double(scale)
      for i in 0..<count {
        out[i] =
          counted[i] == 0 ? 0 : DecimalPower.ratio(total[i], Int128(counted[i])) / divisor
      }
      return vector
    }
    let out = vector.values(Int128.self)
    for i in 0..<count { out[i] = total[i] }
    if case .decimal = result { try checkRange(total, count) }
    return vector
  }

  private func checkRange(_ total: UnsafePointer<Int128>, _ count: Int) throws {
    let limit: Int128 = DecimalPower.integer(38)
    for i in 0..<count where total[i] >= limit || total[i] <= -limit {
      throw ComputeError(
        .overflow, "Overflow in sum: the result does not fit \(result); cast to DOUBLE")
    }
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    sums.settle()
    let totals = Vector.flat(.hugeint, count: count)
    let counts = Vector.flat(.bigint, count: count)
    totals.values(Int128.self).update(from: sums.totals.pointer + first, count: count)
    counts.values(Int64.self).update(from: sums.counts.pointer + first, count: count)
    return [totals, counts]
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    sums.settle()
    let flat = states.map { $0.flattened() }
    try withExtendedLifetime(flat) {
      let totals = flat[0].values(Int128.self)
      let counts = flat[1].values(Int64.self)
      for i in 0..<count {
        let g = Int(groups[i])
        sums.totals.pointer[g] = try WideSum.checked(
          sums.totals.pointer[g].addingReportingOverflow(totals[i]))
        sums.counts.pointer[g] &+= counts[i]
      }
    }
  }
}

/// Powers of ten and quotients for decimals.
enum DecimalPower {
  private static let integers: [Int128] = {
    var powers: [Int128] = [1]
    for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()

  /// 10^n, 0 ≤ n ≤ 38.
  static func integer(_ n: Int) -> Int128 { integers[Swift.min(Swift.max(n, 0), 38)] }
  static func double(_ n: Int) -> Double { Double(integer(n)) }

  /// The nearest double to numerator / denominator: whole part and rest apart, so that large sums
  /// keep their low digits.
  static func ratio(_ numerator: Int128, _ denominator: Int128) -> Double {
    if numerator.magnitude < 1 << 53 { return Double(numerator) / Double(denominator) }
    let (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
    return Double(whole) + Double(rest) / Double(denominator)
  }
}
