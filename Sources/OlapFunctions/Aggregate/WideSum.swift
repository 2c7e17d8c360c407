import OlapColumns

/// Checked 128-bit sums: HUGEINT, UBIGINT, wide decimals, and 64-bit values near their limits.
enum WideSum {
  static func checked(_ result: (partialValue: Int128, overflow: Bool)) throws -> Int128 {
    if result.overflow {
      throw ComputeError(
        .overflow, "Overflow in sum: the result does not fit 128 bits; cast the argument to DOUBLE")
    }
    return result.partialValue
  }

  static func product(_ value: Int128, _ count: Int) throws -> Int128 {
    try checked(value.multipliedReportingOverflow(by: Int128(count)))
  }

  /// Row `i` of a flat or constant integer vector.
  static func integer(_ vector: Vector, _ i: Int) -> Int128 {
    switch vector.physical {
    case .bool, .uint8: Int128(vector.values(UInt8.self)[i])
    case .int8: Int128(vector.values(Int8.self)[i])
    case .int16: Int128(vector.values(Int16.self)[i])
    case .uint16: Int128(vector.values(UInt16.self)[i])
    case .int32: Int128(vector.values(Int32.self)[i])
    case .uint32: Int128(vector.values(UInt32.self)[i])
    case .uint64: Int128(vector.values(UInt64.self)[i])
    case .int128: vector.values(Int128.self)[i]
    default: Int128(vector.values(Int64.self)[i])
    }
  }

  static func add(
    _ vector: Vector, groups: UnsafePointer<UInt32>, count: Int,
    totals: UnsafeMutablePointer<Int128>, counts: UnsafeMutablePointer<Int64>
  ) throws {
    let overflowed: Bool =
      switch vector.physical {
      case .int128:
        run(vector.values(Int128.self), vector.validity, groups, count, totals, counts)
      case .uint64:
        run(vector.values(UInt64.self), vector.validity, groups, count, totals, counts)
      case .int64:
        run(vector.values(Int64.self), vector.validity, groups, count, totals, counts)
      default: slow(vector, groups, count, totals, counts)
      }
    if overflowed { _ = try checked((0, true)) }
  }

  private static func run<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ validity: UnsafePointer<UInt8>?,
    _ groups: UnsafePointer<UInt32>, _ count: Int, _ totals: UnsafeMutablePointer<Int128>,
    _ counts: UnsafeMutablePointer<Int64>
  ) -> Bool {
    var overflowed = false
    for i in 0..<count where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
      let g = Int(groups[i])
      let (sum, overflow) = totals[g].addingReportingOverflow(Int128(truncatingIfNeeded: values[i]))
      totals[g] = sum
      counts[g] &+= 1
      overflowed = overflowed || overflow
    }
    return overflowed
  }

  private static func slow(
    _ vector: Vector, _ groups: UnsafePointer<UInt32>, _ count: Int,
    _ totals: UnsafeMutablePointer<Int128>, _ counts: UnsafeMutablePointer<Int64>
  ) -> Bool {
    var overflowed = false
    for i in 0..<count where vector.isValid(i) {
      let g = Int(groups[i])
      let (sum, overflow) = totals[g].addingReportingOverflow(integer(vector, i))
      totals[g] = sum
      counts[g] &+= 1
      overflowed = overflowed || overflow
    }
    return overflowed
  }

  /// Sum of a flat vector's valid rows.
  static func whole(_ vector: Vector, count: Int) throws -> Int128 {
    var total: Int128 = 0
    var overflowed = false
    for i in 0..<count where vector.isValid(i) {
      let (sum, overflow) = total.addingReportingOverflow(integer(vector, i))
      total = sum
      overflowed = overflowed || overflow
    }
    return try checked((total, overflowed))
  }
}
