import Glibc
internal import OlapColumns

/// One scan predicate, evaluated on slices in code space where the encoding allows.
final class ScanFilter {
  let predicate: ScanPredicate
  private let type: SQLType
  /// Per-entry results of the dictionary seen last.
  private var entryDictionary: Vector?
  private var entryPasses: [UInt8] = []
  private var constant: Vector?
  /// A long IN list, for types whose equal values are equal as `Value`.
  private var members: Set<Value>?
  private static let longestComparedList = 16

  init(_ predicate: ScanPredicate, type: SQLType) {
    self.predicate = predicate
    self.type = type
  }

  /// Whether the filter is another operator's: it works on selections, after the masks.
  var isRuntime: Bool { if case .runtime = predicate.condition { true } else { false } }

  /// `mask[i] &= 1` where row i of `vector` passes, else 0.
  func apply(_ vector: Vector, count: Int, mask: UnsafeMutablePointer<UInt8>) {
    switch predicate.condition {
    case .runtime: return
    case .isNull: applyNull(vector, count, mask, wantNull: true)
    case .isNotNull: applyNull(vector, count, mask, wantNull: false)
    case .compare(let op, let value):
      if op == .distinctFrom || op == .notDistinctFrom {
        applyCompare(op, value, vector, count, mask)
      } else if vector.encoding == .frame {
        applyFrame(op, value, vector, count, mask)
      } else if vector.encoding == .dictionary {
        applyDictionary(vector, count, mask)
      } else {
        applyCompare(op, value, vector, count, mask)
      }
    case .isIn(let values):
      if vector.encoding == .dictionary {
        applyDictionary(vector, count, mask)
      } else {
        applyList(values, vector, count, mask)
      }
    }
  }

  private func applyNull(
    _ vector: Vector, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>, wantNull: Bool
  ) {
    guard let validity = vector.validity else {
      if wantNull { memset(mask, 0, count) }
      return
    }
    let flip: UInt8 = wantNull ? 1 : 0
    if vector.encoding == .constant {
      if validity[0] ^ flip == 0 { memset(mask, 0, count) }
      return
    }
    for i in 0..<count { mask[i] &= validity[i] ^ flip }
  }

  private func andValidity(
    _ vector: Vector, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>
  ) {
    guard let validity = vector.validity else { return }
    if vector.encoding == .constant {
      if validity[0] == 0 { memset(mask, 0, count) }
      return
    }
    for i in 0..<count { mask[i] &= validity[i] }
  }

  private func applyCompare(
    _ op: ComparisonOperator, _ value: Value, _ vector: Vector, _ count: Int,
    _ mask: UnsafeMutablePointer<UInt8>
  ) {
    let one: Vector
    if let constant {
      one = constant.broadcast(row: 0, count: count)
    } else {
      one = Vector.constant(value, type: type, count: count)
      constant = one
    }
    let result: Vector = Compare.compare(op, vector, one, count: count).flattened()
    let passes = result.values(UInt8.self)
    for i in 0..<count { mask[i] &= passes[i] }
    andValidity(result, count, mask)
  }

  private func applyList(
    _ values: [Value], _ vector: Vector, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>
  ) {
    if values.count > ScanFilter.longestComparedList,
      [.string, .int128, .uint128, .uint64].contains(type.physicalType)
    {
      return applyMembers(values, vector, count, mask)
    }
    let any = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    defer { any.deallocate() }
    memset(any, 0, count)
    for value in values {
      let one: Vector = Vector.constant(value, type: type, count: count)
      let result: Vector = Compare.compare(.equal, vector, one, count: count).flattened()
      let passes = result.values(UInt8.self)
      for i in 0..<count { any[i] |= passes[i] }
    }
    for i in 0..<count { mask[i] &= any[i] }
    andValidity(vector, count, mask)
  }

  private func applyMembers(
    _ values: [Value], _ vector: Vector, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>
  ) {
    let set: Set<Value> = members ?? Set(values)
    members = set
    let flat: Vector = vector.flattened()
    for i in 0..<count where mask[i] != 0 {
      if !flat.isValid(i) || !set.contains(flat.value(at: i)) { mask[i] = 0 }
    }
  }

  // MARK: Dictionary codes: one result per entry

  private func applyDictionary(
    _ vector: Vector, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>
  ) {
    guard let dictionary = vector.dictionary else { return }
    if entryDictionary !== dictionary {
      let n: Int = dictionary.count
      entryPasses = [UInt8](repeating: 1, count: Swift.max(n, 1))
      entryPasses.withUnsafeMutableBufferPointer { entries in
        guard let entries = entries.baseAddress else { return }
        switch predicate.condition {
        case .compare(let op, let value): applyCompare(op, value, dictionary, n, entries)
        case .isIn(let values): applyList(values, dictionary, n, entries)
        default: break
        }
      }
      entryDictionary = dictionary
    }
    entryPasses.withUnsafeBufferPointer { entries in
      guard let entries = entries.baseAddress else { return }
      switch vector.codeByteCount {
      case 1: ScanFilter.lookUp(vector.values(UInt8.self), entries, mask, count)
      case 2: ScanFilter.lookUp(vector.values(UInt16.self), entries, mask, count)
      default: ScanFilter.lookUp(vector.values(UInt32.self), entries, mask, count)
      }
    }
    andValidity(vector, count, mask)
  }

  private static func lookUp<Code: FixedWidthInteger>(
    _ codes: UnsafePointer<Code>, _ entries: UnsafePointer<UInt8>,
    _ mask: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    for i in 0..<count { mask[i] &= entries[Int(truncatingIfNeeded: codes[i])] }
  }

  // MARK: Frame codes: the condition becomes an interval of codes

  private func applyFrame(
    _ op: ComparisonOperator, _ value: Value, _ vector: Vector, _ count: Int,
    _ mask: UnsafeMutablePointer<UInt8>
  ) {
    guard let integer = value.integerPayload else {
      return applyCompare(op, value, vector, count, mask)
    }
    let distance: Int128 = integer - Int128(vector.frameBase)
    let step = Int128(vector.frameMultiplier)
    let quotient: Int128 = distance / step
    let floor: Int128 = distance % step < 0 ? quotient - 1 : quotient
    let isExact: Bool = floor * step == distance
    let last: Int128 = (Int128(1) << Int128(vector.codeByteCount * 8)) - 1
    var low: Int128 = 0
    var high: Int128 = last
    switch op {
    case .equal, .notDistinctFrom, .notEqual, .distinctFrom:
      low = isExact ? floor : 1
      high = isExact ? floor : 0
    case .less: high = isExact ? floor - 1 : floor
    case .lessOrEqual: high = floor
    case .greater: low = floor + 1
    case .greaterOrEqual: low = isExact ? floor : floor + 1
    }
    low = Swift.max(low, 0)
    high = Swift.min(high, last)
    let isNegated: Bool = op == .notEqual || op == .distinctFrom
    if low > high {
      if !isNegated { memset(mask, 0, count) }
    } else if low > 0 || high < last || isNegated {
      let first = UInt32(low)
      let span = UInt32(high - low)
      switch vector.codeByteCount {
      case 1:
        ScanFilter.between(
          vector.values(UInt8.self), UInt8(first), UInt8(span), isNegated, mask, count)
      case 2:
        ScanFilter.between(
          vector.values(UInt16.self), UInt16(first), UInt16(span), isNegated, mask, count)
      default: ScanFilter.between(vector.values(UInt32.self), first, span, isNegated, mask, count)
      }
    }
    andValidity(vector, count, mask)
  }

  private static func between<Code: FixedWidthInteger & UnsignedInteger>(
    _ codes: UnsafePointer<Code>, _ first: Code, _ span: Code, _ isNegated: Bool,
    _ mask: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    if isNegated {
      for i in 0..<count { mask[i] &= unsafeBitCast((codes[i] &- first) > span, to: UInt8.self) }
    } else {
      for i in 0..<count { mask[i] &= unsafeBitCast((codes[i] &- first) <= span, to: UInt8.self) }
    }
  }
}
