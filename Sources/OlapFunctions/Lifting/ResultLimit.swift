import OlapColumns

/// How much memory the values that one kernel call makes may take: functions such as `repeat` make long
/// values out of short ones, before any operator can account for them.
package struct ResultLimit: Sendable {
  /// A call may always have this much, so that statements run under any `memory_limit`.
  private static let floor = 16 << 20
  /// Longest single string; lengths are kept in 32 bits.
  static let longestText = 1 << 30
  /// Most elements of the lists of one vector; their places are kept in 32 bits.
  static let mostElements = Int(UInt32.max)

  package let byteCount: Int
  private let memoryLimit: Int

  package init(memoryLimit: Int) {
    self.memoryLimit = memoryLimit
    byteCount = Swift.max(memoryLimit, ResultLimit.floor)
  }

  /// What a call may have while a statement is planned: more is left to its run, where it is computed once,
  /// row by row and in encoded form.
  package static let planning = ResultLimit(planned: 1 << 16)

  private init(planned: Int) {
    memoryLimit = planned
    byteCount = planned
  }

  /// Refuses values that take `total` bytes.
  /// - Throws: `.outOfMemory`, naming `memory_limit`.
  @inline(__always)
  func check(_ total: Int) throws {
    if total > byteCount { throw refusal(total) }
  }

  private func refusal(_ total: Int) -> ComputeError {
    ComputeError(
      .outOfMemory,
      "out of memory: the results of one function call need \(total) bytes, more than memory_limit"
        + " (\(memoryLimit) bytes); SET memory_limit to more, or ask for shorter values")
  }

  /// `count` × `size`, refused when it does not fit.
  func check(_ count: Int, times size: Int) throws {
    let (total, overflow) = count.multipliedReportingOverflow(by: size)
    try check(overflow ? .max : total)
  }
}
