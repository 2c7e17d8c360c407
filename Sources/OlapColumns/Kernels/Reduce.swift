/// Reductions of whole vectors for aggregates without groups, in any encoding, NULLs skipped.
package enum Reduce {
  /// Number of ones among `count` bytes of 0 or 1.
  static func countOnes(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int {
    var total = 0
    var start = 0
    // Blocks keep the partial sums in 32 bits, which vectorises without widening to 64.
    while start < count {
      let end: Int = Swift.min(count, start &+ (1 << 16))
      var partial: UInt32 = 0
      for i in start..<end { partial &+= UInt32(bytes[i]) }
      total &+= Int(partial)
      start = end
    }
    return total
  }

  /// Number of rows where both bytes are one.
  static func countOnes(
    _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, count: Int
  ) -> Int {
    var total = 0
    var start = 0
    while start < count {
      let end: Int = Swift.min(count, start &+ (1 << 16))
      var partial: UInt32 = 0
      for i in start..<end { partial &+= UInt32(left[i] & right[i]) }
      total &+= Int(partial)
      start = end
    }
    return total
  }

  /// Rows that are not NULL.
  package static func countValid(_ v: Vector, count: Int) -> Int {
    guard let validity = v.validity else { return count }
    if v.encoding == .constant { return validity[0] != 0 ? count : 0 }
    return countOnes(validity, count: count)
  }
}
