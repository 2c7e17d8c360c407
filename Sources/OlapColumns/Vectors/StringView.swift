/// A string or blob cell of 16 bytes: short strings inline, long ones by pointer with a prefix.
///
/// ```
///  byte 0        4              8              16
///  ┌────────────┬──────────────┬───────────────┐
///  │ length u32 │ bytes 0…3    │ bytes 4…11    │   length ≤ 12, rest zero
///  │ length u32 │ bytes 0…3    │ pointer       │   length > 12
///  └────────────┴──────────────┴───────────────┘
/// ```
/// The bytes behind a pointer are owned by the vector's `owner` and outlive the vector.
/// Unused inline bytes are zero, so equality of short strings is equality of two words.
@frozen @usableFromInline
package struct StringView: BitwiseCopyable, Sendable {
  /// Length in the low, prefix in the high 32 bits.
  @usableFromInline package var head: UInt64
  @usableFromInline package var tail: UInt64

  @inlinable package init(head: UInt64, tail: UInt64) {
    self.head = head
    self.tail = tail
  }

  /// A view of `count` bytes at `bytes`; the caller keeps them alive when `count > 12`.
  @inlinable package init(_ bytes: UnsafeRawPointer, count: Int) {
    if count > 12 {
      head =
        UInt64(UInt32(truncatingIfNeeded: count))
        | UInt64(bytes.loadUnaligned(as: UInt32.self)) << 32
      tail = UInt64(UInt(bitPattern: bytes))
    } else {
      var low: UInt64 = 0
      var high: UInt64 = 0
      // Overlapping loads instead of a byte loop: every length has one short path.
      if count >= 8 {
        let first: UInt64 = bytes.loadUnaligned(as: UInt64.self)
        let last: UInt64 = bytes.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        low = first & 0xffff_ffff
        // bytes 4…11: bytes 4…7 from `first`, bytes 8… from the top of `last`.
        high = first >> 32
        let extra: UInt64 = UInt64(truncatingIfNeeded: count &- 8)
        if extra > 0 { high |= (last >> (64 &- extra &* 8)) << 32 }
      } else if count >= 4 {
        low = UInt64(bytes.loadUnaligned(as: UInt32.self))
        let last = UInt64(bytes.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
        let extra: UInt64 = UInt64(truncatingIfNeeded: count &- 4)
        if extra > 0 { high = last >> (32 &- extra &* 8) }
      } else if count > 0 {
        let p = bytes.assumingMemoryBound(to: UInt8.self)
        low = UInt64(p[0])
        if count > 1 { low |= UInt64(p[1]) << 8 }
        if count > 2 { low |= UInt64(p[2]) << 16 }
      }
      head = UInt64(UInt32(truncatingIfNeeded: count)) | low << 32
      tail = high
    }
  }

  /// The empty string.
  @inlinable package static var empty: StringView { StringView(head: 0, tail: 0) }

  @inlinable package var count: Int { Int(truncatingIfNeeded: head & 0xffff_ffff) }
  @inlinable package var isInline: Bool { head & 0xffff_ffff <= 12 }

  /// Pointer to the bytes of a long string. Only valid when `!isInline`.
  @inlinable package var pointer: UnsafeRawPointer {
    UnsafeRawPointer(bitPattern: UInt(tail)).unsafelyUnwrapped
  }

  /// Calls `body` with the bytes, inline or not.
  @inlinable @inline(__always)
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    if isInline {
      var words = (head, tail)
      let n = count
      return try withUnsafeBytes(of: &words) {
        try body(UnsafeRawBufferPointer(rebasing: $0[4..<(4 &+ n)]))
      }
    }
    return try body(UnsafeRawBufferPointer(start: pointer, count: count))
  }

  /// Byte equality.
  @inlinable @inline(__always)
  package static func == (left: StringView, right: StringView) -> Bool {
    if left.head != right.head { return false }
    if left.isInline || left.tail == right.tail { return left.tail == right.tail }
    return memoryEqual(left.pointer, right.pointer, left.count)
  }

  /// Byte (memcmp) order, shorter first on a common prefix.
  @inlinable @inline(__always)
  package static func < (left: StringView, right: StringView) -> Bool {
    compare(left, right) < 0
  }

  /// Negative, zero or positive as memcmp order says.
  @inlinable
  package static func compare(_ left: StringView, _ right: StringView) -> Int {
    let a = UInt32(truncatingIfNeeded: left.head >> 32).byteSwapped
    let b = UInt32(truncatingIfNeeded: right.head >> 32).byteSwapped
    if a != b { return a < b ? -1 : 1 }
    let n = Swift.min(left.count, right.count)
    let order = left.withBytes { l in
      right.withBytes { r in
        n == 0
          ? 0 : memoryCompare(l.baseAddress.unsafelyUnwrapped, r.baseAddress.unsafelyUnwrapped, n)
      }
    }
    return order != 0 ? order : left.count &- right.count
  }

  /// Copies the bytes into a Swift string; invalid UTF-8 is repaired.
  package var string: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
