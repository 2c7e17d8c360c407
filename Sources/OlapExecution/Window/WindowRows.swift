internal import OlapColumns

/// Whole partitions in the order of one window, with the places where partitions and peers begin and end.
///
/// A place is a row's position in `rows`. Peers are rows of a partition that are equal in ORDER BY.
final class WindowRows {
  let rows: Chunk
  let count: Int
  let partitionStart: Selection
  let partitionEnd: Selection
  let peerStart: Selection
  let peerEnd: Selection
  /// ORDER BY values, flat.
  let orderKeys: [Vector]
  private var numbering: (groupOf: Selection, starts: [UInt32])?

  /// Memory per row that the places of one window take.
  static let placeByteCount = 16

  init(_ rows: Chunk, partitionKeys: [Vector], orderKeys: [Vector]) {
    self.rows = rows
    count = rows.count
    self.orderKeys = orderKeys.map { $0.flattened() }
    let breaks = Buffer(byteCount: rows.count)
    let marks = breaks.bytes.assumingMemoryBound(to: UInt8.self)
    WindowRows.markBreaks(partitionKeys, rows.count, into: marks, keeping: false)
    (partitionStart, partitionEnd) = WindowRows.bounds(marks, rows.count)
    WindowRows.markBreaks(self.orderKeys, rows.count, into: marks, keeping: true)
    (peerStart, peerEnd) = WindowRows.bounds(marks, rows.count)
  }

  /// Sets a mark at each place whose keys differ from those of the place before, and at the first.
  static func markBreaks(
    _ keys: [Vector], _ n: Int, into marks: UnsafeMutablePointer<UInt8>, keeping: Bool
  ) {
    if n == 0 { return }
    if !keeping { marks.update(repeating: 0, count: n) }
    marks[0] = 1
    if n == 1 || keys.isEmpty { return }
    let places = Selection(capacity: n)
    for i in 0..<n { places.indexes[i] = UInt32(truncatingIfNeeded: i) }
    let same = Buffer(byteCount: n)
    let equal = same.bytes.assumingMemoryBound(to: UInt8.self)
    RowMatch.matches(
      left: keys, leftIndexes: places.indexes, right: keys, rightIndexes: places.indexes + 1,
      count: n - 1, into: equal)
    for i in 1..<n { marks[i] |= equal[i - 1] ^ 1 }
  }

  private static func bounds(
    _ breaks: UnsafePointer<UInt8>, _ n: Int
  ) -> (starts: Selection, ends: Selection) {
    let starts = Selection(capacity: n)
    let ends = Selection(capacity: n)
    var start: UInt32 = 0
    for i in 0..<n {
      if breaks[i] != 0 { start = UInt32(truncatingIfNeeded: i) }
      starts.indexes[i] = start
    }
    var end = UInt32(truncatingIfNeeded: n)
    for i in stride(from: n - 1, through: 0, by: -1) {
      ends.indexes[i] = end
      if breaks[i] != 0 { end = UInt32(truncatingIfNeeded: i) }
    }
    return (starts, ends)
  }

  func partition(of place: Int) -> Range<Int> {
    Int(partitionStart.indexes[place])..<Int(partitionEnd.indexes[place])
  }

  func peers(of place: Int) -> Range<Int> {
    Int(peerStart.indexes[place])..<Int(peerEnd.indexes[place])
  }

  /// Peer groups numbered through: the number of each place, and the first place of each number.
  func peerGroups() -> (groupOf: Selection, starts: [UInt32]) {
    if let numbering { return numbering }
    let groups = Selection(capacity: count)
    var starts: [UInt32] = []
    for i in 0..<count {
      let place = UInt32(truncatingIfNeeded: i)
      if peerStart.indexes[i] == place { starts.append(place) }
      groups.indexes[i] = UInt32(truncatingIfNeeded: starts.count - 1)
    }
    numbering = (groups, starts)
    return (groups, starts)
  }
}
