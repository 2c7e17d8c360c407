extension Cast {
  /// Types whose values are bits to look at: BOOLEAN, integers, REAL, DOUBLE and BLOB.
  static func isBitSource(_ type: SQLType) -> Bool {
    type.isInteger || type == .boolean || type.isFloatingPoint || type == .blob
  }

  /// VARCHAR to BIT: digits 0 and 1; the empty text is one 0, as in DuckDB.
  static func parseBits(_ v: Vector, _ context: CastContext) throws -> Vector {
    let builder = StringVectorBuilder(type: .bit, capacity: v.count)
    let views = v.values(StringView.self)
    for i in 0..<v.count {
      guard v.isValid(i) else {
        builder.appendNull()
        continue
      }
      if views[i].count == 0 {
        builder.append("0")
      } else if views[i].withBytes({ $0.allSatisfy { $0 == 0x30 || $0 == 0x31 } }) {
        views[i].withBytes { builder.append($0) }
      } else if context.isTry {
        builder.appendNull()
      } else {
        throw failure(v, i, .bit)
      }
    }
    return builder.finish()
  }

  /// The bits of numbers, the highest first, and of the bytes of blobs.
  static func bits(_ v: Vector) -> Vector {
    let builder = StringVectorBuilder(type: .bit, capacity: v.count)
    let width: Int = v.physical.byteCount
    var digits: [UInt8] = []
    for i in 0..<v.count {
      guard v.isValid(i) else {
        builder.appendNull()
        continue
      }
      digits.removeAll(keepingCapacity: true)
      if v.type == .blob {
        v.values(StringView.self)[i].withBytes { for byte in $0 { append(byte, to: &digits) } }
        if digits.isEmpty { digits.append(0x30) }
      } else {
        let bytes = UnsafeRawBufferPointer(start: v.data + i * width, count: width)
        for byte in bytes.reversed() { append(byte, to: &digits) }
      }
      digits.withUnsafeBytes { builder.append($0) }
    }
    return withExtendedLifetime(v) { builder.finish() }
  }

  private static func append(_ byte: UInt8, to digits: inout [UInt8]) {
    for shift in stride(from: 7, through: 0, by: -1) {
      digits.append(0x30 + byte >> UInt8(shift) & 1)
    }
  }

  /// BIT to a number of at least as many bits (zeros go in front), to BOOLEAN (whether any is set) and
  /// to BLOB (whole bytes, zeros in front).
  static func fromBits(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    let builder = VectorBuilder(type: to, capacity: v.count)
    let views = v.values(StringView.self)
    let limit: Int = to.physicalType.byteCount * 8
    for i in 0..<v.count {
      guard v.isValid(i) else {
        builder.appendNull()
        continue
      }
      let digits: [UInt8] = views[i].withBytes { bytes in bytes.map { $0 & 1 } }
      if to == .blob {
        builder.append(.blob(bytes(of: digits)))
      } else if to == .boolean {
        builder.append(.boolean(digits.contains(1)))
      } else if digits.count <= limit {
        let value: UInt128 = digits.reduce(UInt128(0)) { $0 << 1 | UInt128($1) }
        builder.append(number(value, to))
      } else if context.isTry {
        builder.appendNull()
      } else {
        throw ComputeError(
          .invalidCast, "a string of \(digits.count) bits does not fit into \(to)")
      }
    }
    return builder.finish()
  }

  private static func bytes(of digits: [UInt8]) -> [UInt8] {
    let padded: [UInt8] = Array(repeating: 0, count: (8 - digits.count % 8) % 8) + digits
    return stride(from: 0, to: padded.count, by: 8).map { start in
      padded[start..<(start + 8)].reduce(UInt8(0)) { $0 << 1 | $1 }
    }
  }

  private static func number(_ bits: UInt128, _ type: SQLType) -> Value {
    switch type {
    case .tinyint: .integer(Int64(Int8(truncatingIfNeeded: bits)))
    case .smallint: .integer(Int64(Int16(truncatingIfNeeded: bits)))
    case .integer: .integer(Int64(Int32(truncatingIfNeeded: bits)))
    case .bigint: .integer(Int64(truncatingIfNeeded: bits))
    case .hugeint: .hugeint(Int128(truncatingIfNeeded: bits))
    case .real: .real(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .double: .double(Double(bitPattern: UInt64(truncatingIfNeeded: bits)))
    case .uhugeint: .unsigned(bits)
    default: .hugeint(Int128(truncatingIfNeeded: bits))
    }
  }
}
