import Glibc
import OlapColumns

/// The hot loops of grouped integer sums into 64-bit partials that cannot overflow.
enum GroupedSum {
  /// Below this many groups sums go to four lanes, so that consecutive rows of one group do not wait
  /// for each other's store.
  private static let laneGroups = 64

  static func add(
    _ vector: Vector, groups: UnsafePointer<UInt32>, count: Int,
    sums: UnsafeMutablePointer<Int64>, counts: UnsafeMutablePointer<Int64>, groupCount: Int,
    isCounting: Bool
  ) {
    if groupCount > laneGroups {
      dispatch(vector, groups, count, sums, 0)
    } else {
      withUnsafeTemporaryAllocation(of: Int64.self, capacity: 4 * laneGroups) { lanes in
        guard let base = lanes.baseAddress else { return }
        base.initialize(repeating: 0, count: 4 * laneGroups)
        dispatch(vector, groups, count, base, laneGroups)
        for g in 0..<groupCount {
          sums[g] &+=
            base[g] &+ base[g &+ laneGroups] &+ base[g &+ 2 &* laneGroups]
            &+ base[g &+ 3 &* laneGroups]
        }
      }
    }
    let validity: UnsafePointer<UInt8>? = vector.validity.map { UnsafePointer($0) }
    if isCounting {
      GroupedCount.add(groups, validity, count, counts, groupCount)
    } else {
      GroupedCount.mark(groups, validity, count, counts)
    }
  }

  private static func dispatch(
    _ vector: Vector, _ groups: UnsafePointer<UInt32>, _ count: Int,
    _ sums: UnsafeMutablePointer<Int64>, _ lane: Int
  ) {
    let validity: UnsafePointer<UInt8>? = vector.validity.map { UnsafePointer($0) }
    if vector.encoding == .frame {
      let base: Int64 = vector.frameBase
      let factor: Int64 = vector.frameMultiplier
      switch vector.codeByteCount {
      case 1: run(vector.values(UInt8.self), base, factor, validity, groups, count, sums, lane)
      case 2: run(vector.values(UInt16.self), base, factor, validity, groups, count, sums, lane)
      default: run(vector.values(UInt32.self), base, factor, validity, groups, count, sums, lane)
      }
      return
    }
    switch vector.physical {
    case .bool, .uint8: run(vector.values(UInt8.self), 0, 1, validity, groups, count, sums, lane)
    case .int8: run(vector.values(Int8.self), 0, 1, validity, groups, count, sums, lane)
    case .int16: run(vector.values(Int16.self), 0, 1, validity, groups, count, sums, lane)
    case .uint16: run(vector.values(UInt16.self), 0, 1, validity, groups, count, sums, lane)
    case .int32: run(vector.values(Int32.self), 0, 1, validity, groups, count, sums, lane)
    case .uint32: run(vector.values(UInt32.self), 0, 1, validity, groups, count, sums, lane)
    default: run(vector.values(Int64.self), 0, 1, validity, groups, count, sums, lane)
    }
  }

  private static func run<Code: FixedWidthInteger>(
    _ codes: UnsafePointer<Code>, _ base: Int64, _ factor: Int64,
    _ validity: UnsafePointer<UInt8>?, _ groups: UnsafePointer<UInt32>, _ count: Int,
    _ sums: UnsafeMutablePointer<Int64>, _ lane: Int
  ) {
    if let validity {
      for i in 0..<count {
        let value: Int64 = base &+ factor &* Int64(truncatingIfNeeded: codes[i])
        sums[Int(groups[i]) &+ (i & 3) &* lane] &+= value & (0 &- Int64(validity[i]))
      }
      return
    }
    let whole: Int = count & ~3
    var i = 0
    while i < whole {
      sums[Int(groups[i])] &+= base &+ factor &* Int64(truncatingIfNeeded: codes[i])
      sums[Int(groups[i &+ 1]) &+ lane] &+=
        base &+ factor &* Int64(truncatingIfNeeded: codes[i &+ 1])
      sums[Int(groups[i &+ 2]) &+ 2 &* lane] &+=
        base &+ factor &* Int64(truncatingIfNeeded: codes[i &+ 2])
      sums[Int(groups[i &+ 3]) &+ 3 &* lane] &+=
        base &+ factor &* Int64(truncatingIfNeeded: codes[i &+ 3])
      i &+= 4
    }
    while i < count {
      sums[Int(groups[i])] &+= base &+ factor &* Int64(truncatingIfNeeded: codes[i])
      i &+= 1
    }
  }
}

/// Grouped counting of rows.
enum GroupedCount {
  private static let laneGroups = 64

  /// counts[groups[i]] += validity[i] (1 without validity).
  static func add(
    _ groups: UnsafePointer<UInt32>, _ validity: UnsafePointer<UInt8>?, _ count: Int,
    _ counts: UnsafeMutablePointer<Int64>, _ groupCount: Int
  ) {
    if let validity {
      for i in 0..<count { counts[Int(groups[i])] &+= Int64(validity[i]) }
      return
    }
    if groupCount > laneGroups || count < 64 {
      for i in 0..<count { counts[Int(groups[i])] &+= 1 }
      return
    }
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: 4 * laneGroups) { lanes in
      guard let base = lanes.baseAddress else { return }
      base.initialize(repeating: 0, count: 4 * laneGroups)
      let whole: Int = count & ~3
      var i = 0
      while i < whole {
        base[Int(groups[i])] &+= 1
        base[Int(groups[i &+ 1]) &+ laneGroups] &+= 1
        base[Int(groups[i &+ 2]) &+ 2 &* laneGroups] &+= 1
        base[Int(groups[i &+ 3]) &+ 3 &* laneGroups] &+= 1
        i &+= 4
      }
      while i < count {
        base[Int(groups[i])] &+= 1
        i &+= 1
      }
      for g in 0..<groupCount {
        counts[g] &+=
          base[g] &+ base[g &+ laneGroups] &+ base[g &+ 2 &* laneGroups]
          &+ base[g &+ 3 &* laneGroups]
      }
    }
  }

  /// Marks groups with a non-NULL row as seen: a store without a read where nothing is NULL.
  static func mark(
    _ groups: UnsafePointer<UInt32>, _ validity: UnsafePointer<UInt8>?, _ count: Int,
    _ counts: UnsafeMutablePointer<Int64>
  ) {
    if let validity {
      for i in 0..<count { counts[Int(groups[i])] |= Int64(validity[i]) }
    } else {
      for i in 0..<count { counts[Int(groups[i])] = 1 }
    }
  }
}

/// Sums of whole vectors without groups.
enum WholeSum {
  /// Sum of a frame's codes under valid rows; at most 2^32 × rows, so it fits.
  static func codes(_ vector: Vector, count: Int) -> Int64 {
    let validity: UnsafePointer<UInt8>? = vector.validity.map { UnsafePointer($0) }
    return switch vector.codeByteCount {
    case 1: sum(UnsafePointer(vector.values(UInt8.self)), validity, count)
    case 2: sum(UnsafePointer(vector.values(UInt16.self)), validity, count)
    default: sum(UnsafePointer(vector.values(UInt32.self)), validity, count)
    }
  }

  /// Sum of flat integers whose bound proves that 64 bits suffice.
  static func narrow(_ vector: Vector, count: Int) -> Int64 {
    let validity: UnsafePointer<UInt8>? = vector.validity.map { UnsafePointer($0) }
    return switch vector.physical {
    case .bool, .uint8: sum(UnsafePointer(vector.values(UInt8.self)), validity, count)
    case .int8: sum(UnsafePointer(vector.values(Int8.self)), validity, count)
    case .int16: sum(UnsafePointer(vector.values(Int16.self)), validity, count)
    case .uint16: sum(UnsafePointer(vector.values(UInt16.self)), validity, count)
    case .int32: sum(UnsafePointer(vector.values(Int32.self)), validity, count)
    case .uint32: sum(UnsafePointer(vector.values(UInt32.self)), validity, count)
    default: sum(UnsafePointer(vector.values(Int64.self)), validity, count)
    }
  }

  private static func sum<Code: FixedWidthInteger>(
    _ codes: UnsafePointer<Code>, _ validity: UnsafePointer<UInt8>?, _ count: Int
  ) -> Int64 {
    var total: Int64 = 0
    if let validity {
      for i in 0..<count {
        total &+= Int64(truncatingIfNeeded: codes[i]) & (0 &- Int64(validity[i]))
      }
    } else {
      for i in 0..<count { total &+= Int64(truncatingIfNeeded: codes[i]) }
    }
    return total
  }
}
