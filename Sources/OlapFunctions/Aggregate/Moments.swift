import OlapColumns

/// A sum read with twice the precision of a double.
struct WideDouble {
  let high: Double
  let low: Double

  init(_ sums: GroupedDoubleSum, _ group: Int) {
    var exact: ExactDoubleSum = sums.exactSum(group)
    high = exact.value
    if high.isFinite { exact.add(-high) }
    low = high.isFinite ? exact.value : 0
  }

  var value: Double { high + low }

  /// n × a − b × c without cancellation: products carry their rounding errors along.
  static func centred(_ n: Double, _ a: WideDouble, _ b: WideDouble, _ c: WideDouble) -> Double {
    let p: Double = n * a.high
    let pError: Double = (-p).addingProduct(n, a.high)
    let q: Double = b.high * c.high
    let qError: Double = (-q).addingProduct(b.high, c.high)
    return (p - q) + ((pError - qError) + (n * a.low - (b.high * c.low + b.low * c.high)))
  }
}

/// Variance, covariance, correlation, regression, skewness, kurtosis: sums of powers and products,
/// kept exactly, so that results depend neither on order nor on how rows were partitioned.
final class MomentAccumulator: AggregateAccumulator {
  /// From the number of rows and the sums (x, x², … or x, y, x², xy, y²) to the result.
  typealias Finish = @Sendable (_ n: Double, _ sums: [WideDouble]) throws -> Double?

  private let counts = GroupArray<Int64>(initial: 0)
  private let sums: [GroupedDoubleSum]
  private let isPair: Bool
  private let result: SQLType
  private let finish: Finish

  /// `degree`: highest power of x; pairs have five sums.
  init(isPair: Bool, degree: Int, result: SQLType, finish: @escaping Finish) {
    self.isPair = isPair
    self.result = result
    self.finish = finish
    sums = (0..<(isPair ? 5 : degree)).map { _ in GroupedDoubleSum() }
  }

  var byteCount: Int { counts.byteCount + sums.reduce(0) { $0 + $1.byteCount } }

  func reserve(groupCount: Int) {
    counts.reserve(groupCount)
    for sum in sums { sum.reserve(groupCount: groupCount) }
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    if count == 0 || arguments.contains(where: { $0.isAllNull() }) { return }
    let vectors: [Vector] = arguments.map { $0.flattened() }
    let mask = RowMask(vectors, count: count)
    GroupedCount.add(
      groups, mask.bytes.map { UnsafePointer($0) }, count, counts.pointer, counts.count)
    func add(_ vector: Vector, _ term: Int) {
      sums[term].update(
        groups: groups,
        mask.bytes == nil ? vector : vector.withValidity(mask.bytes, owner: mask.owner),
        count: count)
    }
    let x: Vector = vectors[0]
    add(x, 0)
    if isPair {
      let y: Vector = vectors[1]
      add(y, 1)
      for (term, (a, b)) in [(x, x), (x, y), (y, y)].enumerated() {
        let (product, error) = multiplied(a, b, count)
        add(product, 2 + term)
        add(error, 2 + term)
      }
      return
    }
    var power: Vector = x
    for term in 1..<Swift.max(sums.count, 1) {
      let (product, error) = multiplied(power, x, count)
      add(product, term)
      if term == 1 { add(error, term) }
      power = product
    }
  }

  /// Products and their rounding errors.
  private func multiplied(_ a: Vector, _ b: Vector, _ count: Int) -> (Vector, Vector) {
    let product = Vector.flat(.double, count: count)
    let error = Vector.flat(.double, count: count)
    let x = a.values(Double.self)
    let y = b.values(Double.self)
    let p = product.values(Double.self)
    let e = error.values(Double.self)
    for i in 0..<count {
      let value: Double = x[i] * y[i]
      p[i] = value
      e[i] = value.isFinite ? (-value).addingProduct(x[i], y[i]) : 0
    }
    withExtendedLifetime((a, b)) {}
    return (product, error)
  }

  func updateAll(arguments: [Vector], count: Int) throws {
    let zeros = Selection(capacity: count)
    for i in 0..<count { zeros.indexes[i] = 0 }
    try update(groups: zeros.indexes, arguments: arguments, count: count)
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? MomentAccumulator else { return }
    for (mine, its) in zip(sums, other.sums) { mine.merge(its, groups: groups, count: count) }
    for i in 0..<count { counts.pointer[Int(groups[i])] &+= other.counts.pointer[i] }
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    let builder = VectorBuilder(type: result, capacity: Swift.max(count, 1))
    for g in first..<(first + count) {
      let n: Int64 = counts.pointer[g]
      let value: Double? = try finish(Double(n), sums.map { WideDouble($0, g) })
      switch value {
      case nil: builder.appendNull()
      case let value?: builder.append(result == .double ? .double(value) : .integer(Int64(value)))
      }
    }
    return builder.finish()
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    let rows = Vector.flat(.bigint, count: count)
    rows.values(Int64.self).update(from: counts.pointer + first, count: count)
    return [rows] + sums.map { ExactSumStates.export($0, first: first, count: count) }
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    let rows: Vector = states[0].flattened()
    for i in 0..<count { counts.pointer[Int(groups[i])] &+= rows.values(Int64.self)[i] }
    for (sum, state) in zip(sums, states.dropFirst()) {
      ExactSumStates.merge(state, into: sum, groups: groups, count: count)
    }
    withExtendedLifetime(rows) {}
  }
}
