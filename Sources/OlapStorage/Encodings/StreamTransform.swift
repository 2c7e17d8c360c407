import Glibc
internal import OlapColumns

/// What is done to a stream's bytes before zstd, and undone after.
///
/// `planes` puts byte k of all items together (plane 0 first); `deltaPlanes` stores each unsigned item
/// less the one before it, then planes; `bits` packs validity bytes eight to a byte, low bit first;
/// `runs` stores run values then UInt32 run lengths.
enum StreamTransform {
  static func apply(_ stream: RawStream) -> Buffer {
    let n: Int = stream.byteCount / Swift.max(1, stream.itemByteCount)
    switch stream.transform {
    case .none: return stream.buffer
    case .bits: return packBits(stream.buffer.bytes, n)
    case .planes:
      let out = Buffer(byteCount: stream.byteCount)
      split(UnsafeRawPointer(stream.buffer.bytes), n, stream.itemByteCount, out.bytes)
      return out
    case .deltaPlanes:
      let differences = Buffer(byteCount: stream.byteCount)
      switch stream.itemByteCount {
      case 1: subtract(stream.buffer.bytes, n, differences.bytes, UInt8.self)
      case 2: subtract(stream.buffer.bytes, n, differences.bytes, UInt16.self)
      case 4: subtract(stream.buffer.bytes, n, differences.bytes, UInt32.self)
      default: subtract(stream.buffer.bytes, n, differences.bytes, UInt64.self)
      }
      let out = Buffer(byteCount: stream.byteCount)
      split(UnsafeRawPointer(differences.bytes), n, stream.itemByteCount, out.bytes)
      return out
    case .runs:
      switch stream.itemByteCount {
      case 1: return packRuns(stream.buffer.bytes, n, UInt8.self)
      case 2: return packRuns(stream.buffer.bytes, n, UInt16.self)
      default: return packRuns(stream.buffer.bytes, n, UInt32.self)
      }
    }
  }

  /// Bytes `apply` gives.
  static func transformedByteCount(_ stream: RawStream) -> Int {
    switch stream.transform {
    case .bits: (stream.byteCount + 7) / 8
    case .runs: runCount(stream) * (stream.itemByteCount + 4)
    default: stream.byteCount
    }
  }

  /// Undoes `apply`: fills `out` (`descriptor.rawByteCount` bytes). False: the bytes make no sense.
  static func undo(
    _ descriptor: StreamDescriptor, _ bytes: UnsafeRawPointer, into out: UnsafeMutableRawPointer
  ) -> Bool {
    let size: Int = descriptor.itemByteCount
    guard size > 0, descriptor.rawByteCount % size == 0 else { return false }
    let n: Int = descriptor.rawByteCount / size
    switch descriptor.transform {
    case .none, .planes, .deltaPlanes:
      guard descriptor.transformedByteCount == descriptor.rawByteCount else { return false }
    case .bits:
      guard size == 1, descriptor.transformedByteCount == (n + 7) / 8 else { return false }
    case .runs:
      guard descriptor.transformedByteCount % (size + 4) == 0 else { return false }
    }
    switch descriptor.transform {
    case .none: memcpy(out, bytes, descriptor.rawByteCount)
    case .bits: unpackBits(bytes, n, out)
    case .planes: return join(bytes, n, size, out)
    case .deltaPlanes:
      guard join(bytes, n, size, out) else { return false }
      switch size {
      case 1: sum(out, n, UInt8.self)
      case 2: sum(out, n, UInt16.self)
      case 4: sum(out, n, UInt32.self)
      case 8: sum(out, n, UInt64.self)
      default: return false
      }
    case .runs:
      let runs: Int = descriptor.transformedByteCount / (size + 4)
      switch size {
      case 1: return unpackRuns(bytes, runs, n, out, UInt8.self)
      case 2: return unpackRuns(bytes, runs, n, out, UInt16.self)
      case 4: return unpackRuns(bytes, runs, n, out, UInt32.self)
      default: return false
      }
    }
    return true
  }

  // MARK: Planes

  private static func split(
    _ source: UnsafeRawPointer, _ n: Int, _ size: Int, _ out: UnsafeMutableRawPointer
  ) {
    let bytes = source.assumingMemoryBound(to: UInt8.self)
    let target = out.assumingMemoryBound(to: UInt8.self)
    switch size {
    case 1: memcpy(out, source, n)
    case 2:
      let items = source.assumingMemoryBound(to: UInt16.self)
      for i in 0..<n { target[i] = UInt8(truncatingIfNeeded: items[i]) }
      for i in 0..<n { target[n &+ i] = UInt8(truncatingIfNeeded: items[i] >> 8) }
    case 4:
      let items = source.assumingMemoryBound(to: UInt32.self)
      for plane in 0..<4 {
        let shift = UInt32(plane * 8)
        let row: UnsafeMutablePointer<UInt8> = target + plane * n
        for i in 0..<n { row[i] = UInt8(truncatingIfNeeded: items[i] >> shift) }
      }
    case 8:
      let items = source.assumingMemoryBound(to: UInt64.self)
      for plane in 0..<8 {
        let shift = UInt64(plane * 8)
        let row: UnsafeMutablePointer<UInt8> = target + plane * n
        for i in 0..<n { row[i] = UInt8(truncatingIfNeeded: items[i] >> shift) }
      }
    default:
      for plane in 0..<size {
        let row: UnsafeMutablePointer<UInt8> = target + plane * n
        for i in 0..<n { row[i] = bytes[i &* size &+ plane] }
      }
    }
  }

  private static func join(
    _ source: UnsafeRawPointer, _ n: Int, _ size: Int, _ out: UnsafeMutableRawPointer
  ) -> Bool {
    let p = source.assumingMemoryBound(to: UInt8.self)
    switch size {
    case 1: memcpy(out, source, n)
    case 2:
      let items = out.assumingMemoryBound(to: UInt16.self)
      for i in 0..<n { items[i] = UInt16(p[i]) | UInt16(p[n &+ i]) << 8 }
    case 4:
      let items = out.assumingMemoryBound(to: UInt32.self)
      let (b, c, d) = (p + n, p + 2 * n, p + 3 * n)
      for i in 0..<n {
        items[i] = UInt32(p[i]) | UInt32(b[i]) << 8 | UInt32(c[i]) << 16 | UInt32(d[i]) << 24
      }
    case 8:
      let items = out.assumingMemoryBound(to: UInt64.self)
      for i in 0..<n { items[i] = UInt64(p[i]) }
      for plane in 1..<8 {
        let shift = UInt64(plane * 8)
        let row: UnsafePointer<UInt8> = p + plane * n
        for i in 0..<n { items[i] |= UInt64(row[i]) << shift }
      }
    default:
      let target = out.assumingMemoryBound(to: UInt8.self)
      for plane in 0..<size {
        let row: UnsafePointer<UInt8> = p + plane * n
        for i in 0..<n { target[i &* size &+ plane] = row[i] }
      }
    }
    return true
  }

  // MARK: Deltas

  private static func subtract<T: FixedWidthInteger>(
    _ source: UnsafeMutableRawPointer, _ n: Int, _ out: UnsafeMutableRawPointer, _: T.Type
  ) {
    let a = source.assumingMemoryBound(to: T.self)
    let b = out.assumingMemoryBound(to: T.self)
    if n > 0 { b[0] = a[0] }
    if n > 1 { for i in 1..<n { b[i] = a[i] &- a[i &- 1] } }
  }

  private static func sum<T: FixedWidthInteger>(
    _ items: UnsafeMutableRawPointer, _ n: Int, _: T.Type
  ) {
    let a = items.assumingMemoryBound(to: T.self)
    var total: T = 0
    for i in 0..<n {
      total &+= a[i]
      a[i] = total
    }
  }

  // MARK: Bits

  private static func packBits(_ source: UnsafeMutableRawPointer, _ n: Int) -> Buffer {
    let out = Buffer(byteCount: (n + 7) / 8)
    let bytes = source.assumingMemoryBound(to: UInt8.self)
    let bits = out.bytes.assumingMemoryBound(to: UInt8.self)
    memset(bits, 0, out.byteCount)
    for i in 0..<n { bits[i >> 3] |= (bytes[i] & 1) << UInt8(i & 7) }
    return out
  }

  private static func unpackBits(
    _ source: UnsafeRawPointer, _ n: Int, _ out: UnsafeMutableRawPointer
  ) {
    let bits = source.assumingMemoryBound(to: UInt8.self)
    let bytes = out.assumingMemoryBound(to: UInt8.self)
    for i in 0..<n { bytes[i] = (bits[i >> 3] >> UInt8(i & 7)) & 1 }
  }

  // MARK: Runs

  private static func runCount(_ stream: RawStream) -> Int {
    let n: Int = stream.byteCount / Swift.max(1, stream.itemByteCount)
    switch stream.itemByteCount {
    case 1: return countRuns(stream.buffer.bytes.assumingMemoryBound(to: UInt8.self), n)
    case 2: return countRuns(stream.buffer.bytes.assumingMemoryBound(to: UInt16.self), n)
    default: return countRuns(stream.buffer.bytes.assumingMemoryBound(to: UInt32.self), n)
    }
  }

  /// Runs of equal neighbours.
  static func countRuns<T: FixedWidthInteger>(_ items: UnsafePointer<T>, _ n: Int) -> Int {
    if n == 0 { return 0 }
    var changes = 1
    for i in 1..<Swift.max(1, n) {
      changes &+= Int(unsafeBitCast(items[i] != items[i &- 1], to: UInt8.self))
    }
    return changes
  }

  private static func packRuns<T: FixedWidthInteger>(
    _ source: UnsafeMutableRawPointer, _ n: Int, _: T.Type
  ) -> Buffer {
    let items = source.assumingMemoryBound(to: T.self)
    let runs: Int = countRuns(UnsafePointer(items), n)
    let size: Int = MemoryLayout<T>.size
    let out = Buffer(byteCount: runs * (size + 4))
    var run = 0
    var start = 0
    while start < n {
      var end: Int = start + 1
      while end < n && items[end] == items[start] { end += 1 }
      out.bytes.storeBytes(of: items[start], toByteOffset: run * size, as: T.self)
      out.bytes.storeBytes(
        of: UInt32(end - start), toByteOffset: runs * size + run * 4, as: UInt32.self)
      run += 1
      start = end
    }
    return out
  }

  private static func unpackRuns<T: FixedWidthInteger & BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ runs: Int, _ n: Int, _ out: UnsafeMutableRawPointer, _: T.Type
  ) -> Bool {
    let size: Int = MemoryLayout<T>.size
    let items = out.assumingMemoryBound(to: T.self)
    var row = 0
    for run in 0..<runs {
      let value: T = source.loadUnaligned(fromByteOffset: run * size, as: T.self)
      let length = Int(
        source.loadUnaligned(fromByteOffset: runs * size + run * 4, as: UInt32.self))
      guard length <= n - row else { return false }
      for i in row..<(row + length) { items[i] = value }
      row += length
    }
    return row == n
  }
}
