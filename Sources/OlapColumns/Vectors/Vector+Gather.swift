extension Vector {
  /// Rows `indexes[0 ..< count]` in the same encoding: narrow codes stay narrow, constants
  /// constant.
  package func gathered(_ indexes: UnsafePointer<UInt32>, count n: Int) -> Vector {
    if encoding == .constant { return broadcast(row: 0, count: n) }
    var mask: UnsafeMutablePointer<UInt8>?
    let itemBytes: Int = encoding == .flat ? physical.byteCount : codeByteCount
    let valueBytes: Int = (n * itemBytes + 63) & ~63
    let buffer = Buffer(byteCount: valueBytes + (validity == nil ? 0 : n))
    if let validity {
      let start = (buffer.bytes + valueBytes).assumingMemoryBound(to: UInt8.self)
      Vector.gatherItems(UnsafePointer(validity), indexes, start, n)
      mask = start
    }
    gatherItems(itemBytes, indexes, buffer.bytes, n)
    if physical == .string && encoding == .flat { buffer.keep(owner) }
    return Vector(
      type: type, encoding: encoding, count: n, data: buffer.bytes, validity: mask,
      owner: buffer, codeByteCount: codeByteCount, dictionary: dictionary, frameBase: frameBase,
      frameMultiplier: frameMultiplier, bounds: bounds,
      children: physical == .structure && encoding == .flat
        ? children.map { $0.gathered(indexes, count: n) } : children)
  }

  /// As `gathered`, but an index equal to `nullWhere` (UInt32.max) gives NULL: outer joins.
  package func gathered(
    _ indexes: UnsafePointer<UInt32>, count n: Int, nullWhere marker: UInt32
  ) -> Vector {
    if count == 0 { return Vector.nulls(type, count: n) }
    if !Vector.contains(indexes, n, marker) { return gathered(indexes, count: n) }
    if encoding == .constant && !isValid(0) { return broadcast(row: 0, count: n) }
    // Marked rows read row 0 and are masked afterwards, so the gather loops have no branch.
    let safe = Selection(capacity: n)
    let marks = Buffer(byteCount: n)
    let mask = marks.bytes.assumingMemoryBound(to: UInt8.self)
    Vector.splitMarked(indexes, n, marker, safe.indexes, mask)
    let source: Vector = encoding == .constant ? flattenedRow() : self
    let rows: Vector
    if encoding == .constant {
      for i in 0..<n { safe.indexes[i] = 0 }
      rows = source.gathered(safe.indexes, count: n)
    } else {
      rows = gathered(safe.indexes, count: n)
    }
    if let own = rows.validity { for i in 0..<n { mask[i] &= own[i] } }
    return rows.withValidity(mask, owner: marks)
  }

  /// A constant vector's one row as a flat vector.
  private func flattenedRow() -> Vector { broadcast(row: 0, count: 1).flattened() }

  private func gatherItems(
    _ itemBytes: Int, _ indexes: UnsafePointer<UInt32>, _ out: UnsafeMutableRawPointer, _ n: Int
  ) {
    switch itemBytes {
    case 0: break
    case 1:
      Vector.gatherItems(
        UnsafePointer(values(UInt8.self)), indexes, out.assumingMemoryBound(to: UInt8.self), n)
    case 2:
      Vector.gatherItems(
        UnsafePointer(values(UInt16.self)), indexes, out.assumingMemoryBound(to: UInt16.self), n)
    case 4:
      Vector.gatherItems(
        UnsafePointer(values(UInt32.self)), indexes, out.assumingMemoryBound(to: UInt32.self), n)
    case 8:
      Vector.gatherItems(
        UnsafePointer(values(UInt64.self)), indexes, out.assumingMemoryBound(to: UInt64.self), n)
    default:
      Vector.gatherItems(
        UnsafePointer(values(UInt128.self)), indexes, out.assumingMemoryBound(to: UInt128.self), n)
    }
  }

  private static func gatherItems<T: BitwiseCopyable>(
    _ source: UnsafePointer<T>, _ indexes: UnsafePointer<UInt32>, _ out: UnsafeMutablePointer<T>,
    _ n: Int
  ) {
    if n <= Cancellation.rowStride {
      for i in 0..<n { out[i] = source[Int(indexes[i])] }
      return
    }
    let done = Cancellation.strides(n) { range in
      for i in range { out[i] = source[Int(indexes[i])] }
    }
    if done < n {
      Buffer.blank(out, n * MemoryLayout<T>.stride, from: done * MemoryLayout<T>.stride)
    }
  }

  private static func contains(
    _ indexes: UnsafePointer<UInt32>, _ n: Int, _ marker: UInt32
  ) -> Bool {
    var found: UInt8 = 0
    for i in 0..<n { found |= unsafeBitCast(indexes[i] == marker, to: UInt8.self) }
    return found != 0
  }

  private static func splitMarked(
    _ indexes: UnsafePointer<UInt32>, _ n: Int, _ marker: UInt32,
    _ safe: UnsafeMutablePointer<UInt32>, _ mask: UnsafeMutablePointer<UInt8>
  ) {
    for i in 0..<n {
      let keep: UInt8 = unsafeBitCast(indexes[i] != marker, to: UInt8.self)
      mask[i] = keep
      safe[i] = indexes[i] & (0 &- UInt32(keep))
    }
  }
}
