/// Exact sums of doubles for many groups: 16 bytes a group as long as the numbers of the column
/// have magnitudes within about 2^75 of one another; groups outside get a full `ExactDoubleSum`.
///
/// A group's sum is an Int128 with unit 2^`exponent`, one exponent for all groups, fixed by the
/// first rows. Whatever the exponent, `value` is the correctly rounded exact sum, so results do not
/// depend on order, threads or merges.
package final class GroupedDoubleSum {
  private var sums: UnsafeMutablePointer<Int128>
  private var capacity = 0
  package private(set) var count = 0
  /// Unit of the sums; nil before the first non-zero number.
  private var exponent: Int?
  private var wide: [UInt32: ExactDoubleSum] = [:]

  package init() { sums = .allocate(capacity: 1) }
  deinit { sums.deallocate() }

  /// Bytes held.
  package var byteCount: Int { capacity * 16 + wide.count * MemoryLayout<ExactDoubleSum>.stride }

  /// Makes room for groups 0 ..< groupCount; new ones are 0.
  package func reserve(groupCount: Int) {
    if groupCount > capacity {
      let grownCapacity: Int = Swift.max(groupCount, capacity * 2, 16)
      let grown = UnsafeMutablePointer<Int128>.allocate(capacity: grownCapacity)
      grown.update(from: sums, count: count)
      sums.deallocate()
      sums = grown
      capacity = grownCapacity
    }
    if groupCount > count {
      (sums + count).update(repeating: 0, count: groupCount - count)
      count = groupCount
    }
  }

  /// Adds row i of `v` (DOUBLE or REAL, any encoding) to group `groups[i]`; NULLs are skipped.
  package func update(groups: UnsafePointer<UInt32>, _ v: Vector, count n: Int) {
    let flat: Vector = v.flattened()
    let validity: UnsafePointer<UInt8>? = flat.validity.map { UnsafePointer($0) }
    if flat.physical == .float32 {
      let a = flat.values(Float.self)
      for i in 0..<n where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
        add(Double(a[i]), to: groups[i])
      }
      return
    }
    let a = flat.values(Double.self)
    if exponent == nil { chooseExponent(a, validity, n) }
    guard let unit = exponent else {
      for i in 0..<n where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
        add(a[i], to: groups[i])
      }
      return
    }
    // Biased exponent that makes a mantissa's lowest bit worth the unit.
    let floor: Int = unit + 1075
    for i in 0..<n where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
      let bits: UInt64 = a[i].bitPattern
      let biased = Int(truncatingIfNeeded: (bits >> 52) & 0x7ff)
      let shift: Int = biased &- floor
      // Normal numbers inside the window; everything else takes the long way.
      if biased != 0 && shift >= 0 && shift <= 70 {
        let mantissa = Int64(bitPattern: (bits & 0x000f_ffff_ffff_ffff) | 1 << 52)
        let sign: Int64 = 0 &- Int64(bitPattern: bits >> 63)
        let signed: Int64 = (mantissa ^ sign) &- sign
        let g = Int(groups[i])
        let sum = sums[g].addingReportingOverflow(Int128(signed) &<< Int128(shift))
        if !sum.overflow {
          sums[g] = sum.partialValue
          continue
        }
      }
      add(a[i], to: groups[i])
    }
  }

  /// Places the window so that the first numbers' lowest bits are well inside.
  private func chooseExponent(
    _ a: UnsafePointer<Double>, _ validity: UnsafePointer<UInt8>?, _ n: Int
  ) {
    var greatest: Double = 0
    for i in 0..<n where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
      if a[i].isFinite { greatest = Swift.max(greatest, a[i].magnitude) }
    }
    choose(greatest)
  }

  private func choose(_ greatest: Double) {
    guard exponent == nil, greatest > 0 else { return }
    // The greatest number's mantissa ends 32 bits above the unit: 42 bits remain for growth.
    exponent = Swift.min(900, Swift.max(-1074, Int(greatest.exponent) - 52 - 32))
  }

  private func add(_ value: Double, to group: UInt32) {
    if value == 0 { return }
    if value.isFinite { choose(value.magnitude) }
    let g = Int(group)
    if value.isFinite, let unit = exponent {
      // Numbers whose lowest set bit is in the window still fit.
      let lowest = Int(value.ulp.exponent)
      let mantissa = Int64(Double(sign: .plus, exponent: -lowest, significand: value))
      let spare: Int = mantissa.trailingZeroBitCount
      let shift: Int = lowest + spare - unit
      if shift >= 0 && shift <= 70 {
        let sum = sums[g].addingReportingOverflow(Int128(mantissa >> Int64(spare)) << Int128(shift))
        if !sum.overflow {
          sums[g] = sum.partialValue
          return
        }
      }
    }
    wide[group, default: ExactDoubleSum()].add(value)
  }

  /// Adds another's groups 0 ..< count: its group i to `groups[i]` here.
  package func merge(_ other: GroupedDoubleSum, groups: UnsafePointer<UInt32>, count n: Int) {
    if exponent == nil { exponent = other.exponent }
    for i in 0..<n where other.sums[i] != 0 {
      add(other.sums[i], unit: other.exponent ?? 0, to: groups[i])
    }
    for (group, sum) in other.wide where Int(group) < n {
      wide[groups[Int(group)], default: ExactDoubleSum()].merge(sum)
    }
  }

  private func add(_ integer: Int128, unit: Int, to group: UInt32) {
    let g = Int(group)
    if let own = exponent {
      let spare: Int = integer.trailingZeroBitCount
      let shift: Int = unit + spare - own
      let core: Int128 = integer >> Int128(spare)
      if shift >= 0, shift < core.magnitude.leadingZeroBitCount {
        let sum = sums[g].addingReportingOverflow(core << Int128(shift))
        if !sum.overflow {
          sums[g] = sum.partialValue
          return
        }
      }
    }
    wide[group, default: ExactDoubleSum()].add(integer, exponent: unit)
  }

  /// The exact sum of a group, rounded once.
  package func value(_ group: Int) -> Double {
    var total: ExactDoubleSum = wide[UInt32(group)] ?? ExactDoubleSum()
    total.add(sums[group], exponent: exponent ?? 0)
    return total.value
  }

  /// The sum of a group in full, for spilling.
  package func exactSum(_ group: Int) -> ExactDoubleSum {
    var total: ExactDoubleSum = wide[UInt32(group)] ?? ExactDoubleSum()
    total.add(sums[group], exponent: exponent ?? 0)
    return total
  }

  /// Adds a spilled sum to a group.
  package func merge(_ sum: ExactDoubleSum, into group: Int) {
    wide[UInt32(group), default: ExactDoubleSum()].merge(sum)
  }
}

extension ExactDoubleSum {
  /// The sum as bytes, for spilled states.
  package var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }

  /// A sum from its bytes; nil when they are not of the right number.
  package init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == MemoryLayout<ExactDoubleSum>.size, let base = bytes.baseAddress
    else { return nil }
    self = base.loadUnaligned(as: ExactDoubleSum.self)
  }
}
