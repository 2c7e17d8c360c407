import Glibc
internal import OlapColumns

/// Sorts rows by encoded keys: windows of eight key bytes by radix, rows that tie by the next bytes that
/// vary, strings longer than their place in the key by windows of their own bytes.
struct KeySort {
  /// A row with eight bytes of its key as a number.
  struct Row: BitwiseCopyable {
    var prefix: UInt64
    var index: UInt32
  }

  private let keys: UnsafeRawPointer
  private let stride: Int
  private let layout: SortKey.Layout
  /// Flat key vectors when keys are cut, else none.
  private let vectors: [Vector]
  private let isExact: Bool
  /// Bytes that decide before any column is cut.
  private let decided: Int
  /// The first column that may be cut, if it holds strings.
  private let cutColumn: Int?

  private static let radixMinimum = 512
  private static let comparisonMaximum = 16
  /// Windows of one row after which comparing is as good.
  private static let maximumDepth = 100

  /// `keys` were encoded by `layout`; `vectors` are given when some are cut.
  init(
    _ keys: UnsafeRawPointer, layout: SortKey.Layout, vectors: [Vector], isExact: Bool
  ) {
    self.keys = keys
    self.layout = layout
    self.vectors = vectors
    self.isExact = isExact
    stride = layout.byteCount
    decided = isExact ? layout.byteCount : layout.decidingByteCount
    let first = layout.columns.firstIndex { KeySort.canBeCut($0) }
    cutColumn = isExact ? nil : first.flatMap { vectors[$0].physical == .string ? $0 : nil }
  }

  private static func canBeCut(_ column: SortKey.Column) -> Bool {
    switch column.type.physicalType {
    case .string, .list, .structure: true
    default: false
    }
  }

  /// Brings rows (numbered upwards) in order; equal rows keep theirs. Ends early, with the rows in no
  /// particular order, when the statement is cancelled.
  func sort(_ rows: UnsafeMutableBufferPointer<Row>) { settle(rows, from: 0, .head, 0) }

  /// Which key bytes are being looked at.
  private enum Part {
    /// Those up to the end of the first column that may be cut: of all columns when none is.
    case head
    /// Those after it, which decide alone.
    case tail
  }

  /// Rows equal in all key bytes before `start`, to be ordered by those after.
  private func settle(
    _ rows: UnsafeMutableBufferPointer<Row>, from start: Int, _ part: Part, _ depth: Int
  ) {
    if rows.count < 2 { return }
    if rows.count <= KeySort.comparisonMaximum || depth > KeySort.maximumDepth {
      return compare(rows)
    }
    let end = part == .head ? decided : stride
    let first = firstVaryingByte(rows, from: start, to: end)
    if first >= end {
      if part == .head && !isExact { settleCut(rows, depth) }
      return
    }
    let used = Swift.min(8, end - first)
    fill(rows, at: first, keeping: used)
    sortByPrefix(rows)
    forEachTie(rows) { settle($0, from: first + used, part, depth + 1) }
  }

  /// Rows equal up to the end of the first column that may be cut.
  private func settleCut(_ rows: UnsafeMutableBufferPointer<Row>, _ depth: Int) {
    guard let column = cutColumn, depth <= KeySort.maximumDepth else { return compare(rows) }
    let vector = vectors[column]
    let views = vector.values(StringView.self)
    let place = Int(rows[0].index)
    // Equal key bytes: all are NULL, or all are cut or none is.
    if !vector.isValid(place) || views[place].count <= 12 { return settleRest(rows, depth) }
    settleStrings(rows, views, layout.columns[column].descending, from: 12, depth)
  }

  /// Rows whose strings agree in their first `start` bytes.
  private func settleStrings(
    _ rows: UnsafeMutableBufferPointer<Row>, _ views: UnsafePointer<StringView>,
    _ descending: Bool, from start: Int, _ depth: Int
  ) {
    if rows.count < 2 { return }
    if rows.count <= KeySort.comparisonMaximum || depth > KeySort.maximumDepth {
      return compare(rows)
    }
    if rows.count > Cancellation.rowStride && Cancellation.isRequested { return }
    let (common, shortest, longest) = KeySort.commonLength(rows, views, from: start)
    if common == longest { return settleRest(rows, depth + 1) }
    // A string that ends here sorts first, like one that goes on with zeros: leave these to comparing.
    if shortest < common + 8 && shortest != longest {
      KeySort.fill(rows, views, at: common, descending)
      sortByPrefix(rows)
      return forEachTie(rows) { compare($0) }
    }
    KeySort.fill(rows, views, at: common, descending)
    sortByPrefix(rows)
    forEachTie(rows) { tie in
      settleStrings(
        tie, views, descending, from: Swift.min(common + 8, shortest), depth + 1)
    }
  }

  /// Rows whose first column that may be cut is equal: the columns after it decide.
  private func settleRest(_ rows: UnsafeMutableBufferPointer<Row>, _ depth: Int) {
    guard let column = cutColumn else { return compare(rows) }
    let rest = layout.columns[(column + 1)...]
    if rest.contains(where: { KeySort.canBeCut($0) }) { return compare(rows) }
    settle(rows, from: decided, .tail, depth + 1)
  }

  // MARK: Windows

  private func firstVaryingByte(
    _ rows: UnsafeMutableBufferPointer<Row>, from start: Int, to end: Int
  ) -> Int {
    var byte = start
    while byte < end {
      let reference = (keys + Int(rows[0].index) &* stride + byte).loadUnaligned(as: UInt64.self)
      var varying: UInt64 = 0
      Cancellation.strides(rows.count) { range in
        for i in range {
          varying |=
            (keys + Int(rows[i].index) &* stride + byte).loadUnaligned(as: UInt64.self) ^ reference
        }
      }
      if varying != 0 { return Swift.min(end, byte + varying.trailingZeroBitCount / 8) }
      byte += 8
    }
    return end
  }

  private func fill(
    _ rows: UnsafeMutableBufferPointer<Row>, at byte: Int, keeping used: Int
  ) {
    let mask: UInt64 = used >= 8 ? .max : ~(UInt64.max >> UInt64(used * 8))
    Cancellation.strides(rows.count) { range in
      for i in range {
        let bytes = (keys + Int(rows[i].index) &* stride + byte).loadUnaligned(as: UInt64.self)
        rows[i].prefix = bytes.byteSwapped & mask
      }
    }
  }

  /// Bytes from `start` on that all strings share, and the least and greatest length.
  private static func commonLength(
    _ rows: UnsafeMutableBufferPointer<Row>, _ views: UnsafePointer<StringView>, from start: Int
  ) -> (common: Int, shortest: Int, longest: Int) {
    let reference = views[Int(rows[0].index)]
    var shortest = reference.count
    var longest = reference.count
    var common = reference.count
    let bytes = reference.pointer.assumingMemoryBound(to: UInt8.self)
    for i in 1..<rows.count {
      let view = views[Int(rows[i].index)]
      shortest = Swift.min(shortest, view.count)
      longest = Swift.max(longest, view.count)
      common = Swift.min(common, view.count)
      let other = view.pointer.assumingMemoryBound(to: UInt8.self)
      var k = start
      while k < common && bytes[k] == other[k] { k &+= 1 }
      common = k
    }
    return (common, shortest, longest)
  }

  /// Eight bytes of each string, zeros behind its end.
  private static func fill(
    _ rows: UnsafeMutableBufferPointer<Row>, _ views: UnsafePointer<StringView>, at offset: Int,
    _ descending: Bool
  ) {
    let flip: UInt64 = descending ? .max : 0
    for i in 0..<rows.count {
      let view = views[Int(rows[i].index)]
      let left = view.count - offset
      var bytes: UInt64 = 0
      if left >= 8 {
        bytes = (view.pointer + offset).loadUnaligned(as: UInt64.self)
      } else if left > 0 {
        memcpy(&bytes, view.pointer + offset, left)
      }
      rows[i].prefix = bytes.byteSwapped ^ flip
    }
  }

  private func forEachTie(
    _ rows: UnsafeMutableBufferPointer<Row>, _ body: (UnsafeMutableBufferPointer<Row>) -> Void
  ) {
    var start = 0
    var nextCheck = Cancellation.rowStride
    while start < rows.count {
      if start >= nextCheck {
        if Cancellation.isRequested { return }
        nextCheck = start + Cancellation.rowStride
      }
      let prefix = rows[start].prefix
      var end = start + 1
      while end < rows.count && rows[end].prefix == prefix { end += 1 }
      if end - start > 1 { body(UnsafeMutableBufferPointer(rebasing: rows[start..<end])) }
      start = end
    }
  }

  // MARK: Sorting

  /// Orders rows by comparing whole keys.
  private func compare(_ rows: UnsafeMutableBufferPointer<Row>) {
    var sorting = rows
    if isExact {
      sorting.sort { a, b in
        let order = SortKey.compare(
          keys + Int(a.index) * stride, keys + Int(b.index) * stride, byteCount: stride)
        return order != 0 ? order < 0 : a.index < b.index
      }
      return
    }
    sorting.sort { a, b in
      let order = layout.compare(
        keys + Int(a.index) * stride, vectors, Int(a.index), keys + Int(b.index) * stride,
        vectors, Int(b.index))
      return order != 0 ? order < 0 : a.index < b.index
    }
  }

  private func sortByPrefix(_ rows: UnsafeMutableBufferPointer<Row>) {
    if rows.count >= KeySort.radixMinimum { return radixSort(rows) }
    var sorting = rows
    sorting.sort { a, b in a.prefix != b.prefix ? a.prefix < b.prefix : a.index < b.index }
  }

  /// Stable byte-wise sort from the last byte; bytes that are equal everywhere cost nothing.
  private func radixSort(_ rows: UnsafeMutableBufferPointer<Row>) {
    let n = rows.count
    guard var from = rows.baseAddress else { return }
    var varying: UInt64 = 0
    for i in 0..<n { varying |= from[i].prefix ^ from[0].prefix }
    let scratch = Buffer(byteCount: n * MemoryLayout<Row>.stride)
    defer { withExtendedLifetime(scratch) {} }
    var to = scratch.bytes.assumingMemoryBound(to: Row.self)
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 257) { counts in
      for byte in 0..<8 {
        let shift = UInt64(byte * 8)
        if (varying >> shift) & 0xff == 0 { continue }
        for k in 0...256 { counts[k] = 0 }
        let counted = Cancellation.strides(n) { range in
          for i in range { counts[Int((from[i].prefix >> shift) & 0xff) &+ 1] &+= 1 }
        }
        for k in 0..<256 { counts[k &+ 1] &+= counts[k] }
        // Rows half moved are of no use: those not yet moved this time stay as they were.
        if counted < n { break }
        let moved = Cancellation.strides(n) { range in
          for i in range {
            let digit = Int((from[i].prefix >> shift) & 0xff)
            to[counts[digit]] = from[i]
            counts[digit] &+= 1
          }
        }
        if moved < n { break }
        swap(&from, &to)
      }
    }
    if let base = rows.baseAddress, from != base {
      Cancellation.strides(n) { range in
        (base + range.lowerBound).update(from: from + range.lowerBound, count: range.count)
      }
    }
  }
}
