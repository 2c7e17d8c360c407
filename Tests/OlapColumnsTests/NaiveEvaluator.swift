import OlapColumns

/// Order of boxed values written down independently of the kernels.
enum Naive {
  static func order(_ a: Value, _ b: Value) -> Int {
    switch (a, b) {
    case (.null, .null): return 0
    case (.null, _): return 1
    case (_, .null): return -1
    case (.real(let x), .real(let y)): return floats(Double(x), Double(y))
    case (.double(let x), .double(let y)): return floats(x, y)
    case (.varchar(let x), .varchar(let y)): return sequences(Array(x.utf8), Array(y.utf8))
    case (.blob(let x), .blob(let y)): return sequences(x, y)
    case (.unsigned(let x), .unsigned(let y)): return x < y ? -1 : x == y ? 0 : 1
    case (.interval(let x), .interval(let y)): return x < y ? -1 : x == y ? 0 : 1
    case (.list(let x), .list(let y)), (.structure(let x), .structure(let y)): return lists(x, y)
    case (.map(let x), .map(let y)):
      return lists(
        x.map { .structure([$0.key, $0.value]) }, y.map { .structure([$0.key, $0.value]) })
    default:
      guard let x = a.integerPayload, let y = b.integerPayload else { return 0 }
      return x < y ? -1 : x == y ? 0 : 1
    }
  }

  private static func floats(_ x: Double, _ y: Double) -> Int {
    if x.isNaN || y.isNaN { return x.isNaN ? (y.isNaN ? 0 : 1) : -1 }
    return x < y ? -1 : x == y ? 0 : 1
  }

  private static func sequences(_ x: [UInt8], _ y: [UInt8]) -> Int {
    x.elementsEqual(y) ? 0 : x.lexicographicallyPrecedes(y) ? -1 : 1
  }

  private static func lists(_ x: [Value], _ y: [Value]) -> Int {
    for (a, b) in zip(x, y) {
      let result: Int = order(a, b)
      if result != 0 { return result }
    }
    return x.count - y.count
  }

  static func compare(_ op: ComparisonOperator, _ a: Value, _ b: Value) -> Value {
    let result: Int = order(a, b)
    switch op {
    case .distinctFrom: return .boolean(result != 0)
    case .notDistinctFrom: return .boolean(result == 0)
    default: break
    }
    if a.isNull || b.isNull { return .null }
    switch op {
    case .equal: return .boolean(result == 0)
    case .notEqual: return .boolean(result != 0)
    case .less: return .boolean(result < 0)
    case .lessOrEqual: return .boolean(result <= 0)
    case .greater: return .boolean(result > 0)
    default: return .boolean(result >= 0)
    }
  }

  static let operators: [ComparisonOperator] = [
    .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .distinctFrom,
    .notDistinctFrom,
  ]
}
