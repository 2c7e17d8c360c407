/// Hashes of rows for joins, grouping and partitioning.
///
/// Equal values of one SQL type hash equal in every encoding; -0.0 hashes as 0.0, every NaN alike;
/// NULL has a hash of its own. High and low bits are both good.
package enum Hash {
  /// Row hashes over all `vectors` to `out[0 ..< count]`.
  package static func hash(
    _ vectors: [Vector], count: Int, into out: UnsafeMutablePointer<UInt64>
  ) {
    guard let first = vectors.first else {
      for i in 0..<count { out[i] = 0 }
      return
    }
    if count > Cancellation.rowStride {
      let done = Cancellation.strides(count) { range in
        hash(vectors.map { $0.sliced(range) }, count: range.count, into: out + range.lowerBound)
      }
      for i in done..<count { out[i] = 0 }
      return
    }
    hashColumn(first, count, out)
    if vectors.count == 1 { return }
    let scratch = Buffer(byteCount: count * 8)
    let column = scratch.bytes.assumingMemoryBound(to: UInt64.self)
    for vector in vectors.dropFirst() {
      hashColumn(vector, count, column)
      for i in 0..<count { out[i] = combine(out[i], column[i]) }
    }
  }

  /// Hash of one boxed value of `type`, equal to what `hash` gives for a row holding it.
  package static func hash(_ value: Value, type: SQLType) -> UInt64 {
    var result: UInt64 = 0
    hash([Vector.constant(value, type: type, count: 1)], count: 1, into: &result)
    return result
  }

  static let nullHash: UInt64 = 0xbf58_476d_1ce4_e5b9

  /// Finaliser of MurmurHash3 with better constants (Stafford's mix 13): full avalanche.
  @inline(__always) static func mix(_ value: UInt64) -> UInt64 {
    var x: UInt64 = value &+ 0x9e37_79b9_7f4a_7c15
    x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
    x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
    return x ^ (x >> 31)
  }

  /// Order-sensitive combination of two column hashes.
  @inline(__always) static func combine(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let x: UInt64 = (a &* 0x9e37_79b9_7f4a_7c15) ^ b
    return (x ^ (x >> 32)) &* 0xd6e8_feb8_6659_fd93
  }

  private static func hashColumn(
    _ v: Vector, _ n: Int, _ out: UnsafeMutablePointer<UInt64>
  ) {
    switch v.encoding {
    case .constant:
      var one: UInt64 = nullHash
      if v.isValid(0) { hashFlat(v.broadcast(row: 0, count: 1).flattened(), 1, &one) }
      for i in 0..<n { out[i] = one }
      return
    case .dictionary:
      guard let dictionary = v.dictionary, dictionary.count <= n else { break }
      let memory = Buffer(byteCount: Swift.max(dictionary.count, 1) * 8)
      let entries = memory.bytes.assumingMemoryBound(to: UInt64.self)
      hashFlat(dictionary.flattened(), dictionary.count, entries)
      if dictionary.count == 0 { entries[0] = nullHash }
      switch v.codeByteCount {
      case 1: lookUp(entries, UnsafePointer(v.values(UInt8.self)), n, out)
      case 2: lookUp(entries, UnsafePointer(v.values(UInt16.self)), n, out)
      default: lookUp(entries, UnsafePointer(v.values(UInt32.self)), n, out)
      }
      maskNulls(v.validity, n, out)
      return
    case .frame:
      switch v.codeByteCount {
      case 1: hashFrame(UnsafePointer(v.values(UInt8.self)), v, n, out)
      case 2: hashFrame(UnsafePointer(v.values(UInt16.self)), v, n, out)
      default: hashFrame(UnsafePointer(v.values(UInt32.self)), v, n, out)
      }
      maskNulls(v.validity, n, out)
      return
    case .flat: break
    }
    let flat: Vector = v.flattened()
    hashFlat(flat, n, out)
  }

  private static func lookUp<Code: FixedWidthInteger>(
    _ entries: UnsafePointer<UInt64>, _ codes: UnsafePointer<Code>, _ n: Int,
    _ out: UnsafeMutablePointer<UInt64>
  ) {
    for i in 0..<n { out[i] = entries[Int(truncatingIfNeeded: codes[i])] }
  }

  private static func hashFrame<Code: FixedWidthInteger>(
    _ codes: UnsafePointer<Code>, _ v: Vector, _ n: Int, _ out: UnsafeMutablePointer<UInt64>
  ) {
    let base = UInt64(bitPattern: v.frameBase)
    let multiplier = UInt64(bitPattern: v.frameMultiplier)
    for i in 0..<n { out[i] = mix(base &+ UInt64(truncatingIfNeeded: codes[i]) &* multiplier) }
  }

  /// Replaces the hash of NULL rows, branch-free.
  private static func maskNulls(
    _ validity: UnsafePointer<UInt8>?, _ n: Int, _ out: UnsafeMutablePointer<UInt64>
  ) {
    guard let validity else { return }
    for i in 0..<n {
      let keep: UInt64 = 0 &- UInt64(validity[i])
      out[i] = (out[i] & keep) | (nullHash & ~keep)
    }
  }

  private static func hashFlat(_ v: Vector, _ n: Int, _ out: UnsafeMutablePointer<UInt64>) {
    switch v.physical {
    case .bool, .uint8: hashIntegers(v.values(UInt8.self), n, out)
    case .int8: hashIntegers(v.values(Int8.self), n, out)
    case .int16: hashIntegers(v.values(Int16.self), n, out)
    case .int32: hashIntegers(v.values(Int32.self), n, out)
    case .int64: hashIntegers(v.values(Int64.self), n, out)
    case .uint16: hashIntegers(v.values(UInt16.self), n, out)
    case .uint32: hashIntegers(v.values(UInt32.self), n, out)
    case .uint64: hashIntegers(v.values(UInt64.self), n, out)
    case .int128, .uint128:
      let words = v.values(UInt64.self)
      for i in 0..<n { out[i] = combine(mix(words[2 &* i]), words[2 &* i &+ 1]) }
    case .float32:
      let a = v.values(Float.self)
      for i in 0..<n { out[i] = mix(canonicalBits(Double(a[i]))) }
    case .float64:
      let a = v.values(Double.self)
      for i in 0..<n { out[i] = mix(canonicalBits(a[i])) }
    case .string: hashStrings(v, n, out)
    case .interval: hashIntervals(v, n, out)
    case .list: hashLists(v, n, out)
    case .structure: hash(v.children, count: n, into: out)
    }
    maskNulls(v.validity.map { UnsafePointer($0) }, n, out)
  }

  private static func hashIntegers<T: FixedWidthInteger>(
    _ a: UnsafePointer<T>, _ n: Int, _ out: UnsafeMutablePointer<UInt64>
  ) {
    // Sign extension makes a value hash alike in every width and in a frame.
    for i in 0..<n { out[i] = mix(UInt64(truncatingIfNeeded: a[i])) }
  }

  @inline(__always) static func canonicalBits(_ value: Double) -> UInt64 {
    // Adding zero turns -0.0 into 0.0.
    let bits: UInt64 = (value + 0.0).bitPattern
    return value == value ? bits : 0x7ff8_0000_0000_0000
  }

  private static func hashIntervals(
    _ v: Vector, _ n: Int, _ out: UnsafeMutablePointer<UInt64>
  ) {
    let a = v.values(Interval.self)
    for i in 0..<n {
      out[i] = mix(UInt64(truncatingIfNeeded: a[i].normalisedMicroseconds))
    }
  }

  private static func hashLists(_ v: Vector, _ n: Int, _ out: UnsafeMutablePointer<UInt64>) {
    let elements: Vector = v.children[0]
    let memory = Buffer(byteCount: Swift.max(elements.count, 1) * 8)
    let hashes = memory.bytes.assumingMemoryBound(to: UInt64.self)
    hash([elements], count: elements.count, into: hashes)
    let entries = v.values(ListEntry.self)
    for i in 0..<n where v.isValid(i) {
      let entry: ListEntry = entries[i]
      var result: UInt64 = mix(UInt64(entry.count))
      for k in 0..<Int(entry.count) { result = combine(result, hashes[Int(entry.offset) + k]) }
      out[i] = result
    }
  }
}
