internal import OlapColumns

/// Build rows sorted by one key, with the greatest second key of every stretch of 16, 256, 4096 … rows.
///
/// A bound on the first key is a binary search; a bound on the second one passes over stretches none of
/// whose rows satisfies it, so that finding k of n rows costs about k + log n steps. This does for one probe
/// row what IEJoin's permutation and bit array do for all (Khayyat et al., Lightning fast and space efficient
/// inequality joins, 2015), and pairs come in the order of the probe rows. Complete after `init`; read by
/// many threads.
///
/// SAFETY: immutable.
final class RangeIndex: @unchecked Sendable {
  /// Fewer build rows than this are as quickly compared one by one.
  static let minimumRowCount = 256
  private static let fanOut = 16
  private static let fanOutBits = 4

  /// Rows in the index: those without NULL.
  let count: Int
  /// Row numbers in order.
  private let order: Selection
  private let sortedOwner: Buffer
  private let filterOwner: Buffer?
  /// Maxima of the filter's numbers, per level.
  private let levelOwners: [Buffer]
  private var sorted: UnsafePointer<UInt64> {
    UnsafePointer(sortedOwner.bytes.assumingMemoryBound(to: UInt64.self))
  }

  /// `filter`'s comparison is left op right; rows are wanted whose number is not below the threshold.
  init(sorted key: Vector, filter: Vector?, comparison: ComparisonOperator?) throws {
    let all = RowSorter.sorted(
      [key], columns: [SortKey.Column(key.type, descending: false, nullsFirst: false)],
      count: key.count)
    try Cancellation.check()
    order = Selection(capacity: key.count)
    var n = 0
    for i in 0..<key.count {
      let row = all.indexes[i]
      order.indexes[n] = row
      let isKept = key.isValid(Int(row)) && (filter?.isValid(Int(row)) ?? true)
      n &+= Int(unsafeBitCast(isKept, to: UInt8.self))
    }
    order.count = n
    count = n
    sortedOwner = RangeIndex.numbers(key, order)
    guard let filter, let comparison else {
      filterOwner = nil
      levelOwners = []
      return
    }
    let numbers = RangeIndex.numbers(filter, order)
    if RangeIndex.isComplemented(comparison) {
      let values = numbers.bytes.assumingMemoryBound(to: UInt64.self)
      for i in 0..<n { values[i] = ~values[i] }
    }
    filterOwner = numbers
    levelOwners = RangeIndex.levels(numbers, n)
    try Cancellation.check()
  }

  private static func numbers(_ vector: Vector, _ order: Selection) -> Buffer {
    let codes = RangeCodes.encode(vector)
    let result = Buffer(byteCount: Swift.max(1, order.count) * 8)
    withExtendedLifetime(codes) {
      let from = codes.bytes.assumingMemoryBound(to: UInt64.self)
      let to = result.bytes.assumingMemoryBound(to: UInt64.self)
      for i in 0..<order.count { to[i] = from[Int(order.indexes[i])] }
    }
    return result
  }

  private static func levels(_ numbers: Buffer, _ count: Int) -> [Buffer] {
    var result: [Buffer] = []
    var below = numbers
    var n = count
    while n > fanOut {
      let width = (n + fanOut - 1) / fanOut
      let level = Buffer(byteCount: width * 8)
      withExtendedLifetime(below) {
        let from = below.bytes.assumingMemoryBound(to: UInt64.self)
        let to = level.bytes.assumingMemoryBound(to: UInt64.self)
        for node in 0..<width {
          var greatest: UInt64 = 0
          for i in (node * fanOut)..<Swift.min(n, (node + 1) * fanOut) {
            greatest = Swift.max(greatest, from[i])
          }
          to[node] = greatest
        }
      }
      result.append(level)
      below = level
      n = width
    }
    return result
  }

  /// left > right: small numbers are wanted, so all are complemented.
  private static func isComplemented(_ comparison: ComparisonOperator) -> Bool {
    comparison == .greater || comparison == .greaterOrEqual
  }

  /// The least number (of the filter's kind) of rows that satisfy `left op right`; nil for none.
  static func threshold(_ left: UInt64, _ comparison: ComparisonOperator) -> UInt64? {
    let number = isComplemented(comparison) ? ~left : left
    let isStrict = comparison == .less || comparison == .greater
    if !isStrict { return number }
    return number == .max ? nil : number + 1
  }

  // MARK: Looking up

  /// Narrows a range of places to those that satisfy `left op right` of the sorted key.
  func narrow(_ places: inout Range<Int>, _ left: UInt64, _ comparison: ComparisonOperator) {
    switch comparison {
    case .less: places = RangeIndex.from(place(left, after: true), places)
    case .lessOrEqual: places = RangeIndex.from(place(left, after: false), places)
    case .greater: places = RangeIndex.to(place(left, after: false), places)
    default: places = RangeIndex.to(place(left, after: true), places)
    }
  }

  private static func from(_ low: Int, _ places: Range<Int>) -> Range<Int> {
    Swift.min(places.upperBound, Swift.max(places.lowerBound, low))..<places.upperBound
  }
  private static func to(_ high: Int, _ places: Range<Int>) -> Range<Int> {
    places.lowerBound..<Swift.max(places.lowerBound, Swift.min(places.upperBound, high))
  }

  /// The first place whose number is not below `number`, or is above it (`after`).
  private func place(_ number: UInt64, after: Bool) -> Int {
    if after && number == .max { return count }
    let wanted = after ? number + 1 : number
    let values = sorted
    var low = 0
    var n = count
    while n > 0 {
      let half = n >> 1
      let isBelow = values[low &+ half] < wanted
      low = isBelow ? low &+ half &+ 1 : low
      n = isBelow ? n &- half &- 1 : half
    }
    return low
  }

  /// Writes up to `limit` rows at places from `place` to `end` whose number is at least `threshold`;
  /// `place` moves on. Gives how many.
  func collect(
    _ place: inout Int, to end: Int, threshold: UInt64?, limit: Int,
    into out: UnsafeMutablePointer<UInt32>
  ) -> Int {
    guard let threshold, let filterOwner else {
      let n = Swift.min(limit, end - place)
      out.update(from: order.indexes + place, count: n)
      place += n
      return n
    }
    let numbers = UnsafePointer(filterOwner.bytes.assumingMemoryBound(to: UInt64.self))
    var found = 0
    while place < end && found < limit {
      let step = skippable(place, threshold)
      if step > 0 {
        place += step
        continue
      }
      let stop = Swift.min(end, (place | (RangeIndex.fanOut - 1)) + 1)
      if limit - found >= RangeIndex.fanOut {
        while place < stop {
          out[found] = order.indexes[place]
          found &+= Int(unsafeBitCast(numbers[place] >= threshold, to: UInt8.self))
          place &+= 1
        }
      } else {
        while place < stop && found < limit {
          if numbers[place] >= threshold {
            out[found] = order.indexes[place]
            found += 1
          }
          place += 1
        }
      }
    }
    return found
  }

  /// Rows from `place` on that can be passed over at once; 0 when the next ones must be looked at.
  private func skippable(_ place: Int, _ threshold: UInt64) -> Int {
    if place & (RangeIndex.fanOut - 1) != 0 { return 0 }
    var level = Swift.min(
      place == 0 ? levelOwners.count : place.trailingZeroBitCount / RangeIndex.fanOutBits,
      levelOwners.count)
    while level > 0 {
      let maxima = levelOwners[level - 1].bytes.assumingMemoryBound(to: UInt64.self)
      let shift = level * RangeIndex.fanOutBits
      if maxima[place >> shift] < threshold { return 1 << shift }
      level -= 1
    }
    return 0
  }
}
