import OlapColumns

/// Where a body that makes strings puts them: a heap that lives as long as the result vector, and
/// scratch bytes that keep their capacity from row to row.
final class StringOutput {
  let heap = StringHeap()
  var bytes: [UInt8] = []
  private let limit: ResultLimit

  init(_ limit: ResultLimit) { self.limit = limit }

  /// Says how long a string will be before it is built.
  /// - Throws: when it is longer than a string may be, or memory_limit does not allow it.
  func require(_ count: Int, times size: Int = 1) throws {
    let (total, overflow) = count.multipliedReportingOverflow(by: size)
    if overflow || total > ResultLimit.longestText {
      throw ComputeError.invalid("The resulting string would be longer than 1 GiB")
    }
    try limit.check(heap.byteCount + total)
  }

  /// What has been made so far is within the limit.
  @inline(__always)
  func checkLimit() throws { try limit.check(heap.byteCount) }

  /// Copies a Swift string.
  func text(_ string: String) -> StringView { heap.add(string) }

  /// Copies bytes.
  func copy(_ source: UnsafeRawBufferPointer) -> StringView { heap.add(source) }

  func copy(_ source: [UInt8]) -> StringView { source.withUnsafeBytes { heap.add($0) } }

  /// The bytes of one cell made by appending to `bytes`.
  func built(_ build: (inout [UInt8]) throws -> Void) rethrows -> StringView {
    bytes.removeAll(keepingCapacity: true)
    try build(&bytes)
    return bytes.withUnsafeBytes { heap.add($0) }
  }
}

extension StringView {
  /// The bytes as an array, for bodies that are not hot.
  var array: [UInt8] { withBytes { Array($0) } }

  /// Bytes `range` of this cell: a view into the same memory, or inline when short.
  func slice(_ range: Range<Int>) -> StringView {
    withBytes { bytes in
      guard let base = bytes.baseAddress, !range.isEmpty else { return .empty }
      return StringView(base + range.lowerBound, count: range.count)
    }
  }

  /// Whether all bytes are ASCII.
  var isASCII: Bool {
    withBytes { bytes in
      var seen: UInt8 = 0
      for byte in bytes { seen |= byte }
      return seen < 0x80
    }
  }
}

extension Array where Element == UInt8 {
  mutating func append(_ view: StringView) { view.withBytes { append(contentsOf: $0) } }
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }
}
