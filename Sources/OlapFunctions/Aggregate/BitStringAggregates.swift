import OlapColumns

/// Aggregates over BIT, and of integers to BIT.
enum BitStringAggregates {
  /// bit_and, bit_or and bit_xor of bit strings, which must be of one length.
  static func combined(_ combination: BitString.Combination) -> AggregateOverload {
    AggregateOverload([.exact(.bit)]) { _, _ in
      AggregateFunction.collecting([.bit], to: .bit) { rows, count in
        guard count > 0 else { return .null }
        var digits: [UInt8] = BitString.digits(rows[0].value(at: 0))
        var pacer = Cancellation.Pacer()
        for i in 1..<Swift.max(1, count) {
          try pacer.tick()
          digits = try BitString.combined(
            combination, digits, BitString.digits(rows[0].value(at: i)))
        }
        return BitString.text(digits)
      }
    }
  }

  /// Longest result: what a text may reasonably be.
  private static let limit: Int128 = 1_000_000_000

  /// The constants of `bitstring_agg(x, min, max)`: the first value and the number of digits.
  static func range(_ constants: [Value?]) throws -> (first: Int128, count: Int) {
    guard let first = constants[1]?.integerPayload, let last = constants[2]?.integerPayload else {
      throw ComputeError.invalid("the bounds of bitstring_agg must be constant integers")
    }
    guard first <= last else {
      throw ComputeError.invalid(
        "Invalid explicit bitstring range: Minimum (\(first)) > maximum (\(last))")
    }
    let (distance, isOver) = last.subtractingReportingOverflow(first)
    guard !isOver, distance < limit else {
      throw ComputeError.invalid(
        "The range between min and max value (\(first) <-> \(last)) is too large for bitstring "
          + "aggregation")
    }
    return (Int128(first), Int(distance) + 1)
  }
}

extension AggregateFunction {
  static let bitStringAggregate = AggregateFunction(
    "bitstring_agg",
    summary: "A bit for each integer from a minimum to a maximum: 1 where it is among the values.",
    example: ("SELECT bitstring_agg(x, 1, 6) FROM (VALUES (2), (5)) t(x)", "010010"),
    ignoresDistinct: true,
    overloads: [
      AggregateOverload([.anyInteger, .anyInteger, .anyInteger]) { types, constants in
        let (first, length) = try BitStringAggregates.range(constants)
        return collecting(types, to: .bit) { rows, count in
          guard count > 0 else { return .null }
          var digits: [UInt8] = Array(repeating: 0x30, count: length)
          var pacer = Cancellation.Pacer()
          for i in 0..<count {
            try pacer.tick()
            guard let value = rows[0].value(at: i).integerPayload else { continue }
            let (place, isOver) = Int128(value).subtractingReportingOverflow(first)
            guard !isOver, place >= 0, place < Int128(length) else {
              throw ComputeError(
                .overflow,
                "Value \(value) is outside of provided min and max range (\(first) <-> "
                  + "\(first + Int128(length) - 1))")
            }
            digits[Int(place)] = 0x31
          }
          return BitString.text(digits)
        }
      }
    ])
}
