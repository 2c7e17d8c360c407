import OlapColumns
import Testing

@Suite struct ArithmeticTests {
  private func limits(_ type: SQLType) -> ClosedRange<Int128> {
    switch type {
    case .tinyint: Int128(Int8.min)...Int128(Int8.max)
    case .smallint: Int128(Int16.min)...Int128(Int16.max)
    case .integer: Int128(Int32.min)...Int128(Int32.max)
    case .bigint: Int128(Int64.min)...Int128(Int64.max)
    case .utinyint: 0...255
    case .usmallint: 0...65535
    case .uinteger: 0...Int128(UInt32.max)
    case .ubigint: 0...Int128(UInt64.max)
    default: Int128.min...Int128.max
    }
  }

  /// nil when the operation raises.
  private func expected(_ op: ArithmeticOperator, _ a: Value, _ b: Value, _ type: SQLType) -> Value?
  {
    guard let x = a.integerPayload, let y = b.integerPayload else { return .null }
    if y == 0 && (op == .integerDivide || op == .modulo) { return .null }
    let result: (partialValue: Int128, overflow: Bool)
    switch op {
    case .add: result = x.addingReportingOverflow(y)
    case .subtract: result = x.subtractingReportingOverflow(y)
    case .multiply: result = x.multipliedReportingOverflow(by: y)
    case .integerDivide: result = x.dividedReportingOverflow(by: y)
    default: result = y == -1 ? (0, false) : x.remainderReportingOverflow(dividingBy: y)
    }
    if result.overflow || !limits(type).contains(result.partialValue) { return nil }
    if case .decimal(_, let scale) = type { return .decimal(result.partialValue, scale: scale) }
    return type == .ubigint || type == .hugeint
      ? .hugeint(result.partialValue) : .integer(Int64(result.partialValue))
  }

  @Test(
    "integers of every width agree with wide arithmetic, or raise",
    arguments: [
      SQLType.tinyint, .smallint, .integer, .bigint, .hugeint, .utinyint, .usmallint, .uinteger,
      .ubigint,
    ])
  func integers(type: SQLType) throws {
    let n = 21
    for seed in [21, 22] as [UInt64] {
      for l in Samples.all(type, count: n, seed: seed) {
        for r in Samples.all(type, count: n, seed: seed + 50) {
          for op in [.add, .subtract, .multiply, .integerDivide, .modulo] as [ArithmeticOperator] {
            let wanted: [Value?] = zip(l.values, r.values).map { expected(op, $0, $1, type) }
            let name = "\(type) \(op): \(l.name) and \(r.name)"
            let result: Vector?
            do {
              result = try Arithmetic.evaluate(op, l.vector, r.vector, count: n, type: type)
            } catch let error as ComputeError {
              #expect(error.kind == .overflow)
              result = nil
            }
            if wanted.contains(where: { $0 == nil }) {
              #expect(result == nil, "\(name) must raise")
            } else {
              let flat: [Value] = wanted.compactMap { $0 }
              #expect(result?.boxedValues == flat, "\(name)")
              check(bounds: result?.bounds, flat, name)
            }
          }
        }
      }
    }
  }

  private func check(bounds: ClosedRange<Int64>?, _ values: [Value], _ name: String) {
    guard let bounds else { return }
    for value in values {
      if let payload = value.integerPayload, let integer = Int64(exactly: payload) {
        #expect(bounds.contains(integer), "\(name) bounds")
      }
    }
  }

  @Test("decimals align scales and check their precision")
  func decimals() throws {
    let a: SQLType = .decimal(precision: 15, scale: 2)
    let types = try #require(Arithmetic.operandTypes(.multiply, a, a))
    #expect(types.result == .decimal(precision: 18, scale: 4))
    let l = Vector.constant(.decimal(12345, scale: 2), type: a, count: 3)
    let r = Vector.constant(.decimal(-50, scale: 2), type: a, count: 3)
    let product: Vector = try Arithmetic.multiply(l, r, count: 3, type: types.result)
    #expect(product.value(at: 2) == .decimal(-617250, scale: 4))
    let sum: Vector = try Arithmetic.add(l, r, count: 3, type: .decimal(precision: 20, scale: 4))
    #expect(sum.value(at: 0) == .decimal(1_229_500, scale: 4))
    let big: SQLType = .decimal(precision: 18, scale: 0)
    let most = Vector.constant(.decimal(999_999_999_999_999_999, scale: 0), type: big, count: 1)
    #expect(throws: ComputeError.self) { try Arithmetic.add(most, most, count: 1, type: big) }
  }

  @Test("doubles: NULL for a zero divisor, NaN and infinity otherwise")
  func doubles() throws {
    let l: Vector = Samples.flat(.double, [.double(1), .double(-7.5), .null, .double(0)])
    let r: Vector = Samples.flat(.double, [.double(0), .double(2), .double(1), .double(-0.0)])
    #expect(
      try Arithmetic.divide(l, r, count: 4).boxedValues == [.null, .double(-3.75), .null, .null])
    #expect(
      try Arithmetic.modulo(l, r, count: 4, type: .double).boxedValues
        == [.null, .double(-1.5), .null, .null])
    #expect(try Arithmetic.negate(l, count: 4).value(at: 1) == .double(7.5))
  }

  @Test("sums and extremes of every encoding", arguments: Samples.types)
  func reductions(type: SQLType) {
    let n = 53
    for sample in Samples.all(type, count: n, seed: 31) {
      let valid: [Value] = sample.values.filter { !$0.isNull }
      #expect(Reduce.countValid(sample.vector, count: n) == valid.count)
      if (type.isInteger || type.isDecimal) && type != .uhugeint {
        let result = Reduce.sum(sample.vector, count: n)
        let sum: Int128 = valid.reduce(0) { $0 &+ ($1.integerPayload ?? 0) }
        #expect(result.sum == sum && result.validCount == valid.count, "\(type) \(sample.name)")
      }
      let extremes = Reduce.extremes(sample.vector, count: n)
      let sorted: [Value] = valid.sorted { Naive.order($0, $1) < 0 }
      if let first = sorted.first, let last = sorted.last {
        #expect(Naive.order(extremes?.minimum ?? .null, first) == 0, "\(type) \(sample.name)")
        #expect(Naive.order(extremes?.maximum ?? .null, last) == 0, "\(type) \(sample.name)")
      } else {
        #expect(extremes == nil)
      }
    }
  }

  @Test("sort keys order rows as the columns do")
  func sortKeys() {
    let n = 22
    for type in Samples.types {
      for (descending, nullsFirst) in [(false, false), (true, false), (false, true), (true, true)] {
        for sample in Samples.all(type, count: n, seed: 41).prefix(4) {
          let tie = Vector.flat(.integer, count: n)
          for i in 0..<n { tie.values(Int32.self)[i] = Int32(i * 7 % 5) }
          let layout = SortKey.Layout(columns: [
            (type, descending, nullsFirst), (.integer, false, false),
          ])
          let keys = Buffer(byteCount: n * layout.byteCount)
          let columns: [Vector] = [sample.vector, tie]
          let isExact: Bool = layout.encode(columns, count: n, into: keys.bytes)
          for i in 0..<n {
            for j in 0..<n {
              var wanted: Int = Naive.order(sample.values[i], sample.values[j])
              let a: Bool = sample.values[i].isNull
              let b: Bool = sample.values[j].isNull
              if a != b {
                wanted = a == nullsFirst ? -1 : 1
              } else if descending {
                wanted = -wanted
              }
              if wanted == 0 { wanted = i * 7 % 5 - j * 7 % 5 }
              let x = keys.bytes + i * layout.byteCount
              let y = keys.bytes + j * layout.byteCount
              let order: Int = layout.compare(x, columns, i, y, columns, j)
              #expect(
                order.signum() == wanted.signum(), "\(type) \(sample.name) rows \(i) and \(j)")
              if isExact {
                let plain: Int = SortKey.compare(x, y, byteCount: layout.byteCount)
                #expect(plain.signum() == wanted.signum())
              }
            }
          }
        }
      }
    }
  }
}
