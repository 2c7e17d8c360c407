import OlapColumns
import Testing

@Suite struct ExactDoubleSumTests {
  private func sum(_ values: [Double]) -> Double {
    var total = ExactDoubleSum()
    total.add(vector(values), count: values.count)
    return total.value
  }

  private func vector(_ values: [Double]) -> Vector {
    let result = Vector.flat(.double, count: values.count)
    for (i, value) in values.enumerated() { result.values(Double.self)[i] = value }
    return result
  }

  @Test("the sum is the exact one, rounded once")
  func exact() {
    #expect(sum([1e100, 1, -1e100]) == 1)
    #expect(sum([0.1, 0.2, 0.3]) == 0.6)
    #expect(sum(Array(repeating: 0.1, count: 10)) == 1.0)
    #expect(sum([1e308, 1e308, -1e308]) == 1e308)
    #expect(sum([1e308, 1e308]) == .infinity)
    #expect(sum([0x1p-1074, 0x1p-1074]) == 0x1p-1073)
    #expect(sum([0x1p-1023, -0x1p-1024, 0x1p-1074]) == 0x1p-1024 + 0x1p-1074)
    #expect(sum([1, 0x1p-53, 0x1p-80]) == 1.0000000000000002)
    #expect(sum([1, 0x1p-53]) == 1)
    #expect(sum([-3.5, 1.25]) == -2.25)
    #expect(sum([.infinity, 1]) == .infinity)
    #expect(sum([-.infinity, 1]) == -.infinity)
    #expect(sum([.infinity, -.infinity]).isNaN)
    #expect(sum([.nan, 1]).isNaN)
    #expect(sum([]) == 0)
  }

  private func numbers(_ kind: Int, _ random: inout SeededGenerator) -> Double {
    switch kind {
    case 0: return Double(Int.random(in: -1_000_000...1_000_000, using: &random)) / 100
    case 1:
      return Double(
        sign: .plus, exponent: Int.random(in: -300...300, using: &random),
        significand: Double.random(in: -2...2, using: &random))
    case 2:
      return Double(
        sign: .plus, exponent: Int.random(in: -1074 ... -1000, using: &random),
        significand: Double.random(in: -2...2, using: &random))
    default: return Double.random(in: -1e9...1e9, using: &random)
    }
  }

  @Test("order, batches, groups and merges change nothing", arguments: 0..<4)
  func orderIndependent(kind: Int) throws {
    var random = SeededGenerator(seed: UInt64(kind) + 91)
    let values: [Double] = (0..<5000).map { _ in numbers(kind, &random) }
    let reference: Double = sum(values)
    #expect(sum(values.shuffled(using: &random)) == reference)
    #expect(sum(values.sorted()) == reference)
    var single = ExactDoubleSum()
    for value in values { single.add(value) }
    #expect(single.value == reference)
    var merged = ExactDoubleSum()
    for start in stride(from: 0, to: 5000, by: 700) {
      var part = ExactDoubleSum()
      let slice = Array(values[start..<min(start + 700, 5000)])
      part.add(vector(slice), count: slice.count)
      merged.merge(part)
    }
    #expect(merged.value == reference)
    let copy = try #require(merged.bytes.withUnsafeBytes { ExactDoubleSum(bytes: $0) })
    #expect(copy.value == reference)
    try grouped(values, &random)
  }

  private func grouped(_ values: [Double], _ random: inout SeededGenerator) throws {
    let groups: [UInt32] = values.indices.map { UInt32($0 % 7) }
    let wanted: [Double] = (0..<7).map { g in
      sum(values.indices.filter { $0 % 7 == g }.map { values[$0] })
    }
    let whole = GroupedDoubleSum()
    whole.reserve(groupCount: 7)
    whole.update(groups: groups, vector(values), count: values.count)
    #expect((0..<7).map { whole.value($0) } == wanted)
    let order: [Int] = Array(values.indices).shuffled(using: &random)
    let first = GroupedDoubleSum()
    let second = GroupedDoubleSum()
    first.reserve(groupCount: 7)
    second.reserve(groupCount: 7)
    for (part, rows) in [(first, order[..<1000]), (second, order[1000...])] {
      part.update(
        groups: rows.map { groups[$0] }, vector(rows.map { values[$0] }), count: rows.count)
    }
    first.merge(second, groups: [0, 1, 2, 3, 4, 5, 6], count: 7)
    #expect((0..<7).map { first.value($0) } == wanted)
    let spilled = GroupedDoubleSum()
    spilled.reserve(groupCount: 7)
    for g in 0..<7 { spilled.merge(first.exactSum(g), into: g) }
    #expect((0..<7).map { spilled.value($0) } == wanted)
  }

  @Test("every encoding of DOUBLE and REAL sums alike", arguments: [SQLType.double, .real])
  func encodings(type: SQLType) {
    for sample in Samples.all(type, count: 100, seed: 17) {
      var total = ExactDoubleSum()
      let valid: Int = total.add(sample.vector, count: 100)
      var naive = ExactDoubleSum()
      var expected = 0
      for value in sample.values {
        switch value {
        case .double(let number): naive.add(number)
        case .real(let number): naive.add(Double(number))
        default: continue
        }
        expected += 1
      }
      #expect(valid == expected, "\(sample.name)")
      #expect(
        total.value == naive.value || (total.value.isNaN && naive.value.isNaN), "\(sample.name)")
    }
  }
}
