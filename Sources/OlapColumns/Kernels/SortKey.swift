import Glibc

/// ORDER BY rows as byte strings that sort by memcmp.
///
/// ```
/// ┌────────┬───────────────┬────────┬──────────────────────┬────────┬─────────┐
/// │ null 1B│ column 1 value│ null 1B│ string prefix  P B   │ len 1B │ 0-fill  │  multiple of 8
/// └────────┴───────────────┴────────┴──────────────────────┴────────┴─────────┘
/// ```
/// Values are big-endian with the sign flipped, inverted when descending. The null byte exists only
/// for nullable columns. A string longer than its prefix has length byte P + 1 ("cut"); nested
/// values have no bytes of their own. Keys with cut columns need `Layout.compare`, all others
/// `SortKey.compare`.
package enum SortKey {
  /// One ORDER BY column.
  package struct Column: Sendable {
    package let type: SQLType
    package let descending: Bool
    package let nullsFirst: Bool
    /// False when the caller knows that there is no NULL: saves the null byte.
    package let nullable: Bool
    package init(_ type: SQLType, descending: Bool, nullsFirst: Bool, nullable: Bool = true) {
      self.type = type
      self.descending = descending
      self.nullsFirst = nullsFirst
      self.nullable = nullable
    }
  }

  /// Where each column's bytes are.
  package struct Layout: Sendable {
    package let columns: [Column]
    /// Bytes of one key: 8, 16, 24, 32 or a larger multiple of 8.
    package let byteCount: Int
    /// False when every key decides alone (no strings, no nested values).
    package let canBeCut: Bool
    /// First byte (null byte included) and value bytes of each column.
    let offsets: [Int]
    let widths: [Int]

    package init(columns: [Column]) {
      self.columns = columns
      var widths: [Int] = columns.map { SortKey.fixedWidth($0.type) ?? 0 }
      let strings: [Int] = columns.indices.filter { columns[$0].type.physicalType == .string }
      for i in strings { widths[i] = SortKey.prefixMinimum + 1 }
      let used: Int =
        widths.reduce(0, +) + columns.reduce(0) { $0 + ($1.nullable ? 1 : 0) }
      let total: Int = Swift.max(8, (used + 7) & ~7)
      // Bytes that padding would waste lengthen the first string's prefix.
      if let first = strings.first { widths[first] += total - used }
      var offsets: [Int] = []
      var next = 0
      for (column, width) in zip(columns, widths) {
        offsets.append(next)
        next += width + (column.nullable ? 1 : 0)
      }
      self.offsets = offsets
      self.widths = widths
      byteCount = total
      canBeCut = columns.contains { SortKey.fixedWidth($0.type) == nil }
    }

    /// Leading bytes that decide between keys that differ in them, whether cut or not: all up to the end
    /// of the first column that may be cut.
    package var decidingByteCount: Int {
      for (k, column) in columns.enumerated() where SortKey.fixedWidth(column.type) == nil {
        return offsets[k] + widths[k] + (column.nullable ? 1 : 0)
      }
      return byteCount
    }

    /// Short form: (type, descending, nullsFirst), all nullable.
    package init(columns: [(SQLType, Bool, Bool)]) {
      self.init(columns: columns.map { Column($0.0, descending: $0.1, nullsFirst: $0.2) })
    }

    /// Writes `count` keys of `byteCount` bytes to `out` (not all when the statement is cancelled). True
    /// when no key was cut, so that memcmp decides between all of them.
    @discardableResult
    package func encode(
      _ vectors: [Vector], count: Int, into out: UnsafeMutableRawPointer
    ) -> Bool {
      if count <= Cancellation.rowStride { return encodePart(vectors, count: count, into: out) }
      var isExact = true
      Cancellation.strides(count) { range in
        let part = vectors.map { $0.sliced(range) }
        let start = out + range.lowerBound * byteCount
        if !encodePart(part, count: range.count, into: start) { isExact = false }
      }
      return isExact
    }

    private func encodePart(
      _ vectors: [Vector], count: Int, into out: UnsafeMutableRawPointer
    ) -> Bool {
      memset(out, 0, count * byteCount)
      var isExact = true
      for (i, column) in columns.enumerated() {
        let target = KeyTarget(
          start: out + offsets[i], stride: byteCount, width: widths[i], column: column)
        if !target.encode(vectors[i].flattened(), count) { isExact = false }
      }
      return isExact
    }

    /// Order of two rows whose keys may be cut: negative, zero or positive. `left` and `right` are
    /// the ORDER BY vectors the keys were made from, `i` and `j` the rows in them.
    package func compare(
      _ a: UnsafeRawPointer, _ left: [Vector], _ i: Int,
      _ b: UnsafeRawPointer, _ right: [Vector], _ j: Int
    ) -> Int {
      var start = 0
      for (k, column) in columns.enumerated() where SortKey.fixedWidth(column.type) == nil {
        let end: Int = offsets[k] + widths[k] + (column.nullable ? 1 : 0)
        let order: Int = Int(memcmp(a + start, b + start, end - start))
        if order != 0 { return order }
        start = end
        if !isCut(a, k) { continue }
        let rest: Int = Compare.order(left[k], i, right[k], j)
        if rest != 0 { return column.descending ? -rest : rest }
      }
      return Int(memcmp(a + start, b + start, byteCount - start))
    }

    /// Whether column `k` of this key does not decide alone (a long string or a nested value).
    private func isCut(_ key: UnsafeRawPointer, _ k: Int) -> Bool {
      let column: Column = columns[k]
      let start: Int = offsets[k] + (column.nullable ? 1 : 0)
      if column.nullable {
        let mark: UInt8 = (key + offsets[k]).loadUnaligned(as: UInt8.self)
        if mark == SortKey.nullByte(column) { return false }
      }
      guard column.type.physicalType == .string else { return true }
      let length: UInt8 = (key + start + widths[k] - 1).loadUnaligned(as: UInt8.self)
      return (column.descending ? ~length : length) == UInt8(widths[k])
    }
  }

  /// Order of two whole keys of `byteCount` bytes (a multiple of 8): negative, zero or positive.
  @inlinable
  package static func compare(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, byteCount: Int) -> Int {
    var offset = 0
    while offset < byteCount {
      let x: UInt64 = a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let y: UInt64 = b.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      if x != y { return x.byteSwapped < y.byteSwapped ? -1 : 1 }
      offset &+= 8
    }
    return 0
  }

  /// Least bytes of a string in a key.
  static let prefixMinimum = 12

  static func nullByte(_ column: Column) -> UInt8 { column.nullsFirst ? 0 : 1 }

  /// Value bytes of types whose keys are never cut; nil for strings and nested types.
  static func fixedWidth(_ type: SQLType) -> Int? {
    switch type.physicalType {
    case .string, .list, .structure: nil
    default: type.physicalType.byteCount
    }
  }
}

/// Where one column of a batch of keys is written.
private struct KeyTarget {
  let start: UnsafeMutableRawPointer
  let stride: Int
  let width: Int
  let column: SortKey.Column

  private var valueStart: UnsafeMutableRawPointer { start + (column.nullable ? 1 : 0) }

  /// Writes null and value bytes of all rows; false when a row was cut.
  func encode(_ v: Vector, _ n: Int) -> Bool {
    let isExact: Bool = encodeValues(v, n)
    if column.nullable { maskNulls(v.validity, n) }
    return isExact
  }

  private func maskNulls(_ validity: UnsafePointer<UInt8>?, _ n: Int) {
    let null: UInt8 = SortKey.nullByte(column)
    for i in 0..<n {
      let row: UnsafeMutableRawPointer = start + i &* stride
      let isValid: UInt8 = validity?[i] ?? 1
      row.storeBytes(of: isValid != 0 ? null ^ 1 : null, as: UInt8.self)
      if isValid == 0 { memset(row + 1, 0, width) }
    }
  }

  private func encodeValues(_ v: Vector, _ n: Int) -> Bool {
    switch v.physical {
    case .bool, .uint8: integers(v.values(UInt8.self), n, 0)
    case .uint16: integers(v.values(UInt16.self), n, 0)
    case .uint32: integers(v.values(UInt32.self), n, 0)
    case .uint64: integers(v.values(UInt64.self), n, 0)
    case .uint128: integers(v.values(UInt128.self), n, 0)
    case .int8: integers(v.values(UInt8.self), n, 1 << 7)
    case .int16: integers(v.values(UInt16.self), n, 1 << 15)
    case .int32: integers(v.values(UInt32.self), n, 1 << 31)
    case .int64: integers(v.values(UInt64.self), n, 1 << 63)
    case .int128: integers(v.values(UInt128.self), n, 1 << 127)
    case .float32: floats(v.values(Float.self), n)
    case .float64: doubles(v.values(Double.self), n)
    case .interval: intervals(v.values(Interval.self), n)
    case .string: return strings(v, n)
    case .list, .structure: return v.isAllNull()
    }
    return true
  }

  private func integers<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ a: UnsafePointer<T>, _ n: Int, _ sign: T
  ) {
    let flip: T = column.descending ? ~sign : sign
    let out: UnsafeMutableRawPointer = valueStart
    for i in 0..<n {
      out.storeBytes(of: (a[i] ^ flip).bigEndian, toByteOffset: i &* stride, as: T.self)
    }
  }

  private func doubles(_ a: UnsafePointer<Double>, _ n: Int) {
    let flip: UInt64 = column.descending ? ~0 : 0
    let out: UnsafeMutableRawPointer = valueStart
    for i in 0..<n {
      let bits: UInt64 = Hash.canonicalBits(a[i])
      let ordered: UInt64 = bits >> 63 != 0 ? ~bits : bits | 1 << 63
      out.storeBytes(of: (ordered ^ flip).bigEndian, toByteOffset: i &* stride, as: UInt64.self)
    }
  }

  private func floats(_ a: UnsafePointer<Float>, _ n: Int) {
    let flip: UInt32 = column.descending ? ~0 : 0
    let out: UnsafeMutableRawPointer = valueStart
    for i in 0..<n {
      let bits: UInt32 = a[i] == a[i] ? (a[i] + 0).bitPattern : 0x7fc0_0000
      let ordered: UInt32 = bits >> 31 != 0 ? ~bits : bits | 1 << 31
      out.storeBytes(of: (ordered ^ flip).bigEndian, toByteOffset: i &* stride, as: UInt32.self)
    }
  }

  private func intervals(_ a: UnsafePointer<Interval>, _ n: Int) {
    let flip: UInt128 = column.descending ? ~(1 << 127) : 1 << 127
    let out: UnsafeMutableRawPointer = valueStart
    for i in 0..<n {
      let bits = UInt128(truncatingIfNeeded: a[i].normalisedMicroseconds) ^ flip
      out.storeBytes(of: bits.bigEndian, toByteOffset: i &* stride, as: UInt128.self)
    }
  }

  private func strings(_ v: Vector, _ n: Int) -> Bool {
    let views = v.values(StringView.self)
    let prefix: Int = width - 1
    let flip: UInt8 = column.descending ? 0xff : 0
    var isExact = true
    for i in 0..<n where v.isValid(i) {
      let row = (valueStart + i &* stride).assumingMemoryBound(to: UInt8.self)
      let length: Int = views[i].count
      views[i].withBytes { bytes in
        if let base = bytes.baseAddress { memcpy(row, base, Swift.min(length, prefix)) }
      }
      row[prefix] = UInt8(Swift.min(length, prefix + 1))
      if length > prefix { isExact = false }
      if flip != 0 { for k in 0..<width { row[k] ^= flip } }
    }
    return isExact
  }
}
