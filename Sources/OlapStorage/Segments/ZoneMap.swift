package import OlapColumns

/// Bounds of one column over some rows. `minimum` and `maximum` are values that occur, or nil when all
/// rows are NULL or the bounds are unknown (`areBoundsKnown`).
package struct ZoneMap: Sendable {
  package var rowCount: Int
  package var nullCount: Int
  package var minimum: Value?
  package var maximum: Value?
  package var areBoundsKnown: Bool
  /// Sum of the non-null values of an integer or decimal column (unscaled); nil when unknown.
  package var sum: Int128?
  /// Whether the values never decrease from row to row (no NULLs).
  package var isSorted: Bool

  /// The map of `rowCount` equal values.
  static func constant(_ value: Value, rowCount: Int) -> ZoneMap {
    let isNull: Bool = value.isNull
    let product = value.integerPayload?.multipliedReportingOverflow(by: Int128(rowCount))
    return ZoneMap(
      rowCount: rowCount, nullCount: isNull ? rowCount : 0, minimum: isNull ? nil : value,
      maximum: isNull ? nil : value, areBoundsKnown: true,
      sum: product.flatMap { $0.overflow ? nil : $0.partialValue }, isSorted: true)
  }
}

/// Maps values of every type to Int64 so that a ≤ b implies key(a) ≤ key(b): what zone bounds are
/// compared in. Integers, dates and times up to 64 bits map to themselves; strings by their first
/// eight bytes, doubles by their order-preserving bits, wider integers saturate.
enum OrderKey {
  /// The key of a constant; nil for types without an order here.
  static func of(_ value: Value) -> Int64? {
    switch value {
    case .real(let number): return of(Double(number))
    case .double(let number): return of(number)
    case .varchar(let text):
      var copy: String = text
      return copy.withUTF8 { of(UnsafeRawBufferPointer($0)) }
    case .blob(let bytes): return bytes.withUnsafeBytes { of($0) }
    case .unsigned(let integer): return of(UInt64(truncatingIfNeeded: integer >> 64))
    case .interval(let span): return saturated(span.normalisedMicroseconds)
    case .null, .list, .structure, .map: return nil
    default: return value.integerPayload.map { saturated($0) }
    }
  }

  @inline(__always) static func saturated(_ integer: Int128) -> Int64 {
    Int64(clamping: integer)
  }
  @inline(__always) static func of(_ integer: UInt64) -> Int64 {
    Int64(bitPattern: integer ^ (1 << 63))
  }
  /// NaN above everything, -0 = 0.
  @inline(__always) static func of(_ number: Double) -> Int64 {
    if number.isNaN { return .max }
    let bits = Int64(bitPattern: (number + 0).bitPattern)
    return bits < 0 ? (bits ^ .max) &+ 1 : bits
  }
  static func of(_ bytes: UnsafeRawBufferPointer) -> Int64 {
    var word: UInt64 = 0
    for i in 0..<Swift.min(8, bytes.count) { word |= UInt64(bytes[i]) << UInt64(56 - 8 * i) }
    return of(word)
  }
  @inline(__always) static func of(_ view: StringView) -> Int64 {
    if view.isInline {
      // The prefix and the four bytes behind it stand in memory order in the two words.
      let low: UInt64 = view.head >> 32 | view.tail << 32
      return of(low.byteSwapped)
    }
    return of(view.pointer.loadUnaligned(as: UInt64.self).byteSwapped)
  }
}

/// Minimum and maximum order key and NULL count of each zone of a segment.
///
/// A zone is `ZoneTable.zoneRowCount` rows. A zone without values has minimum > maximum.
struct ZoneTable: Sendable {
  static let zoneRowCount = 2048
  var minimums: [Int64] = []
  var maximums: [Int64] = []
  var nullCounts: [UInt32] = []
  var rowCount = 0

  var count: Int { minimums.count }

  func rows(of zone: Int) -> Int {
    Swift.min(ZoneTable.zoneRowCount, rowCount - zone * ZoneTable.zoneRowCount)
  }
}

/// Whether rows with order keys in minimum…maximum and some NULLs can satisfy a predicate.
enum ZonePruning {
  static func mayPass(
    _ condition: ScanPredicate.Condition, minimum: Int64, maximum: Int64, nullCount: Int,
    rowCount: Int
  ) -> Bool {
    switch condition {
    case .isNull: return nullCount > 0
    case .isNotNull: return nullCount < rowCount
    case .compare(.distinctFrom, _): return true
    case .compare(.notDistinctFrom, let value), .compare(.equal, let value):
      guard let key = OrderKey.of(value) else { return true }
      return minimum <= key && key <= maximum
    case .compare(let op, let value):
      if nullCount == rowCount { return false }
      guard let key = OrderKey.of(value) else { return true }
      switch op {
      case .less, .lessOrEqual: return minimum <= key
      case .greater, .greaterOrEqual: return maximum >= key
      default: return true
      }
    case .isIn(let values):
      return values.contains { value in
        guard let key = OrderKey.of(value) else { return true }
        return minimum <= key && key <= maximum
      }
    case .runtime(let filter):
      if let known = filter.mayPass(minimum: minimum, maximum: maximum) { return known }
      guard let bounds = filter.bounds, let low = OrderKey.of(bounds.minimum),
        let high = OrderKey.of(bounds.maximum)
      else { return true }
      return minimum <= high && low <= maximum
    }
  }
}
