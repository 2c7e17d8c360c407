internal import OlapColumns

extension Value {
  /// Negative, zero or positive as SQL orders two values of one type; nil for NULLs and values that
  /// planning does not order (nested ones).
  func order(_ other: Value) -> Int? {
    switch (self, other) {
    case (.boolean(let a), .boolean(let b)): return sign(a ? 1 : 0, b ? 1 : 0)
    case (.integer(let a), .integer(let b)): return sign(a, b)
    case (.hugeint(let a), .hugeint(let b)): return sign(a, b)
    case (.integer(let a), .hugeint(let b)): return sign(Int128(a), b)
    case (.hugeint(let a), .integer(let b)): return sign(a, Int128(b))
    case (.unsigned(let a), .unsigned(let b)): return sign(a, b)
    case (.real(let a), .real(let b)): return orderNumbers(Double(a), Double(b))
    case (.double(let a), .double(let b)): return orderNumbers(a, b)
    case (.decimal(let a, let s), .decimal(let b, let t)) where s == t: return sign(a, b)
    case (.varchar(let a), .varchar(let b)): return orderBytes(a.utf8, b.utf8)
    case (.blob(let a), .blob(let b)): return orderBytes(a, b)
    case (.date(let a), .date(let b)): return sign(a, b)
    case (.time(let a), .time(let b)), (.timestamp(let a), .timestamp(let b)),
      (.timestampTZ(let a), .timestampTZ(let b)):
      return sign(a, b)
    case (.interval(let a), .interval(let b)): return sign(a, b)
    default: return nil
    }
  }

  private func sign<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : (a == b ? 0 : 1) }

  /// NaN is equal to itself and above everything.
  private func orderNumbers(_ a: Double, _ b: Double) -> Int {
    if a.isNaN || b.isNaN { return sign(a.isNaN ? 1 : 0, b.isNaN ? 1 : 0) }
    return sign(a, b)
  }

  private func orderBytes<C: Sequence<UInt8>>(_ a: C, _ b: C) -> Int {
    if a.lexicographicallyPrecedes(b) { return -1 }
    return b.lexicographicallyPrecedes(a) ? 1 : 0
  }

  /// The value on a number line, for selectivity; strings by their first bytes. nil when none.
  var position: Double? {
    switch self {
    case .boolean(let a): return a ? 1 : 0
    case .integer(let a): return Double(a)
    case .hugeint(let a): return Double(a)
    case .unsigned(let a): return Double(a)
    case .real(let a): return a.isFinite ? Double(a) : nil
    case .double(let a): return a.isFinite ? a : nil
    case .decimal(let a, let scale): return Double(a) / powerOfTen(scale)
    case .date(let a): return Double(a)
    case .time(let a), .timestamp(let a), .timestampTZ(let a): return Double(a)
    case .varchar(let text):
      var result: Double = 0
      var weight: Double = 1
      for byte in text.utf8.prefix(6) {
        weight /= 256
        result += Double(byte) * weight
      }
      return result
    case .null, .blob, .interval, .list, .structure, .map: return nil
    }
  }

  private func powerOfTen(_ exponent: Int) -> Double {
    var result: Double = 1
    for _ in 0..<max(exponent, 0) { result *= 10 }
    return result
  }
}

extension ComparisonOperator {
  /// Whether an order (negative, zero, positive) satisfies the operator.
  func holds(forOrder order: Int) -> Bool {
    switch self {
    case .equal, .notDistinctFrom: order == 0
    case .notEqual, .distinctFrom: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }
}
