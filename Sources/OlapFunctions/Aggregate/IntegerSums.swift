import Glibc
import OlapColumns

/// Exact sums of integers (decimals unscaled) for all groups.
///
/// Rows are added to 64-bit partial sums as long as a bound on the values proves that no partial can
/// overflow; then partials move to the 128-bit totals. Frame vectors are summed from their codes.
final class IntegerSums {
  let totals = GroupArray<Int128>(initial: 0)
  /// Non-NULL rows of each group; only kept exact when `isCounting`, else any non-zero means seen.
  let counts = GroupArray<Int64>(initial: 0)
  private let partials = GroupArray<Int64>(initial: 0)
  /// No partial is above this in magnitude.
  private var pending: UInt64 = 0
  private let isCounting: Bool

  init(isCounting: Bool) { self.isCounting = isCounting }

  var byteCount: Int { totals.byteCount + counts.byteCount + partials.byteCount }

  func reserve(_ groupCount: Int) {
    totals.reserve(groupCount)
    counts.reserve(groupCount)
    partials.reserve(groupCount)
  }

  /// Moves all partial sums to the totals. Call before reading `totals`.
  func settle() {
    if pending == 0 { return }
    let total = totals.pointer
    let partial = partials.pointer
    for i in 0..<totals.count {
      total[i] += Int128(partial[i])
      partial[i] = 0
    }
    pending = 0
  }

  func add(groups: UnsafePointer<UInt32>, _ argument: Vector, count: Int) throws {
    if count == 0 { return }
    let vector: Vector = argument.encoding == .frame ? argument : argument.flattened()
    if let magnitude = SumBounds.magnitude(vector, count: count), magnitude < 1 << 44,
      makeRoom(magnitude, count)
    {
      GroupedSum.add(
        vector, groups: groups, count: count, sums: partials.pointer, counts: counts.pointer,
        groupCount: totals.count, isCounting: isCounting)
      return
    }
    try WideSum.add(
      vector.flattened(), groups: groups, count: count, totals: totals.pointer,
      counts: counts.pointer)
  }

  func addAll(_ argument: Vector, count: Int) throws {
    if count == 0 { return }
    let valid: Int = Reduce.countValid(argument, count: count)
    if valid == 0 { return }
    counts.pointer[0] += Int64(valid)
    if argument.encoding == .constant {
      let one: Int128 = WideSum.integer(argument, 0)
      totals.pointer[0] = try WideSum.checked(
        totals.pointer[0].addingReportingOverflow(try WideSum.product(one, valid)))
      return
    }
    let vector: Vector = argument.encoding == .frame ? argument : argument.flattened()
    let sum: Int128
    if vector.encoding == .frame {
      sum =
        Int128(vector.frameBase) * Int128(valid)
        + Int128(vector.frameMultiplier) * Int128(WholeSum.codes(vector, count: count))
    } else if let magnitude = SumBounds.magnitude(vector, count: count),
      !magnitude.multipliedReportingOverflow(by: UInt64(count)).overflow,
      magnitude &* UInt64(count) < 1 << 63
    {
      sum = Int128(WholeSum.narrow(vector, count: count))
    } else {
      sum = try WideSum.whole(vector, count: count)
    }
    totals.pointer[0] = try WideSum.checked(totals.pointer[0].addingReportingOverflow(sum))
  }

  func merge(_ other: IntegerSums, groups: UnsafePointer<UInt32>, count: Int) throws {
    settle()
    other.settle()
    let total = totals.pointer
    let counted = counts.pointer
    for i in 0..<count {
      let g = Int(groups[i])
      total[g] = try WideSum.checked(total[g].addingReportingOverflow(other.totals.pointer[i]))
      counted[g] &+= other.counts.pointer[i]
    }
  }

  /// Raises the bound on the partials for `count` more rows; settles first when it would not hold.
  private func makeRoom(_ magnitude: UInt64, _ count: Int) -> Bool {
    let (growth, overflow) = magnitude.multipliedReportingOverflow(by: UInt64(count))
    if overflow || growth >= 1 << 62 { return false }
    if pending + growth >= 1 << 63 { settle() }
    pending += Swift.max(growth, 1)
    return true
  }
}

/// What is known about how large the values of a vector can be.
enum SumBounds {
  /// A bound on |value| of the non-NULL rows, or nil when it is beyond 62 bits or costly to know.
  static func magnitude(_ vector: Vector, count: Int) -> UInt64? {
    if let bounds = vector.bounds {
      return Swift.max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude)
    }
    if vector.encoding == .frame {
      let codeMax = Int128(1) << Int128(vector.codeByteCount * 8)
      let last: Int128 = Int128(vector.frameBase) + Int128(vector.frameMultiplier) * codeMax
      let first: UInt64 = vector.frameBase.magnitude
      guard last.magnitude < UInt128(1) << 62 else { return nil }
      return Swift.max(first, UInt64(last.magnitude))
    }
    switch vector.physical {
    case .bool: return 1
    case .int8, .uint8: return 256
    case .int16, .uint16: return 65_536
    case .int32, .uint32: return 1 << 32
    case .int64: return scan(UnsafePointer(vector.values(Int64.self)), count)
    default: return nil
    }
  }

  /// A power of two above every |value|, from the OR of the magnitudes; vectorises.
  private static func scan(_ values: UnsafePointer<Int64>, _ count: Int) -> UInt64 {
    var seen: Int64 = 0
    for i in 0..<count { seen |= values[i] ^ (values[i] &>> 63) }
    let bits: Int = 64 - UInt64(bitPattern: seen).leadingZeroBitCount
    return bits >= 63 ? UInt64(1) << 63 : UInt64(1) << UInt64(bits)
  }
}
