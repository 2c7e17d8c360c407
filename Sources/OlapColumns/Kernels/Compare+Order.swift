extension Compare {
  /// Total order of row `i` of `l` and row `j` of `r` (one SQL type, any encoding): negative, zero
  /// or positive. NULL is equal to NULL and above every value. Slow path: one row at a time.
  package static func order(_ l: Vector, _ i: Int, _ r: Vector, _ j: Int) -> Int {
    let leftValid: Bool = l.isValid(i)
    let rightValid: Bool = r.isValid(j)
    if !leftValid || !rightValid { return (leftValid ? 0 : 1) - (rightValid ? 0 : 1) }
    if l.encoding == .dictionary, let dictionary = l.dictionary {
      return order(dictionary, l.code(at: i), r, j)
    }
    if r.encoding == .dictionary, let dictionary = r.dictionary {
      return order(l, i, dictionary, r.code(at: j))
    }
    if l.encoding == .frame || r.encoding == .frame {
      return three(l.integer(at: i), r.integer(at: j))
    }
    return flatOrder(
      l, l.encoding == .constant && l.physical != .structure ? 0 : i,
      r, r.encoding == .constant && r.physical != .structure ? 0 : j)
  }

  private static func three<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : (a == b ? 0 : 1) }

  private static func flatOrder(_ l: Vector, _ i: Int, _ r: Vector, _ j: Int) -> Int {
    switch l.physical {
    case .bool, .uint8: three(l.values(UInt8.self)[i], r.values(UInt8.self)[j])
    case .int8: three(l.values(Int8.self)[i], r.values(Int8.self)[j])
    case .int16: three(l.values(Int16.self)[i], r.values(Int16.self)[j])
    case .int32: three(l.values(Int32.self)[i], r.values(Int32.self)[j])
    case .int64: three(l.values(Int64.self)[i], r.values(Int64.self)[j])
    case .int128: three(l.values(Int128.self)[i], r.values(Int128.self)[j])
    case .uint16: three(l.values(UInt16.self)[i], r.values(UInt16.self)[j])
    case .uint32: three(l.values(UInt32.self)[i], r.values(UInt32.self)[j])
    case .uint64: three(l.values(UInt64.self)[i], r.values(UInt64.self)[j])
    case .uint128: three(l.values(UInt128.self)[i], r.values(UInt128.self)[j])
    case .float32: floatOrder(Double(l.values(Float.self)[i]), Double(r.values(Float.self)[j]))
    case .float64: floatOrder(l.values(Double.self)[i], r.values(Double.self)[j])
    case .string: StringView.compare(l.values()[i], r.values()[j])
    case .interval: three(l.values(Interval.self)[i], r.values(Interval.self)[j])
    case .list: listOrder(l, l.values(ListEntry.self)[i], r, r.values(ListEntry.self)[j])
    case .structure: structureOrder(l, i, r, j)
    }
  }

  /// Order of doubles with NaN equal to itself and greatest.
  static func floatOrder(_ a: Double, _ b: Double) -> Int {
    if a.isNaN || b.isNaN { return (a.isNaN ? 1 : 0) - (b.isNaN ? 1 : 0) }
    return three(a, b)
  }

  private static func listOrder(
    _ l: Vector, _ a: ListEntry, _ r: Vector, _ b: ListEntry
  ) -> Int {
    let left: Vector = l.children[0]
    let right: Vector = r.children[0]
    for k in 0..<Int(Swift.min(a.count, b.count)) {
      let result: Int = order(left, Int(a.offset) + k, right, Int(b.offset) + k)
      if result != 0 { return result }
    }
    return three(a.count, b.count)
  }

  private static func structureOrder(_ l: Vector, _ i: Int, _ r: Vector, _ j: Int) -> Int {
    for (left, right) in zip(l.children, r.children) {
      let result: Int = order(left, i, right, j)
      if result != 0 { return result }
    }
    return 0
  }
}

extension Vector {
  /// Row `i` of a vector of at most 64-bit signed integers as Int64, in any encoding.
  func integer(at i: Int) -> Int64 {
    switch encoding {
    case .frame: return frameBase &+ Int64(code(at: i)) &* frameMultiplier
    case .dictionary: return dictionary?.integer(at: code(at: i)) ?? 0
    case .flat, .constant: break
    }
    let row: Int = encoding == .constant ? 0 : i
    switch physical {
    case .bool, .uint8: return Int64(values(UInt8.self)[row])
    case .int8: return Int64(values(Int8.self)[row])
    case .int16: return Int64(values(Int16.self)[row])
    case .uint16: return Int64(values(UInt16.self)[row])
    case .int32: return Int64(values(Int32.self)[row])
    case .uint32: return Int64(values(UInt32.self)[row])
    default: return values(Int64.self)[row]
    }
  }
}
