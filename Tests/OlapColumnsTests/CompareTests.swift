import OlapColumns
import Testing

@Suite struct CompareTests {
  @Test(
    "every operator agrees with the naive evaluator in every pair of encodings",
    arguments: Samples.types)
  func compare(type: SQLType) {
    let n = 37
    let left: [Sample] = Samples.all(type, count: n, seed: 11)
    let right: [Sample] = Samples.all(type, count: n, seed: 12)
    let selection = Selection(capacity: n)
    for l in left {
      for r in right {
        for op in Naive.operators {
          let expected: [Value] = zip(l.values, r.values).map { Naive.compare(op, $0, $1) }
          let result: Vector = Compare.compare(op, l.vector, r.vector, count: n)
          #expect(result.boxedValues == expected, "\(type) \(op): \(l.name) and \(r.name)")
          Compare.select(op, l.vector, r.vector, count: n, into: selection)
          let rows: [Int] = (0..<selection.count).map { Int(selection.indexes[$0]) }
          #expect(rows == expected.indices.filter { expected[$0] == .boolean(true) })
        }
      }
    }
  }

  @Test("frames compare in code space at every edge")
  func frameEdges() {
    let data = Buffer(byteCount: 256)
    let codes = data.bytes.assumingMemoryBound(to: UInt8.self)
    for i in 0..<256 { codes[i] = UInt8(i) }
    let frame = Vector(
      type: .bigint, encoding: .frame, count: 256, data: data.bytes, validity: nil, owner: data,
      codeByteCount: 1, frameBase: -100, frameMultiplier: 3)
    let flat: Vector = frame.flattened()
    let constants: [Int64] = [
      .min, -101, -100, -99, -98, -97, 0, 1, 2, 663, 664, 665, 666, 667, 668, 669, .max,
    ]
    for constant in constants {
      let right = Vector.constant(.integer(constant), type: .bigint, count: 256)
      for op in Naive.operators {
        #expect(
          Compare.compare(op, frame, right, count: 256).boxedValues
            == Compare.compare(op, flat, right, count: 256).boxedValues, "\(op) \(constant)")
      }
    }
  }

  @Test("equal values hash equal in every encoding, and match row by row", arguments: Samples.types)
  func hashAndMatch(type: SQLType) {
    let n = 41
    var known: [(value: Value, hash: UInt64)] = []
    let samples: [Sample] = Samples.all(type, count: n, seed: 13)
    for sample in samples {
      var hashes = [UInt64](repeating: 0, count: n)
      Hash.hash([sample.vector], count: n, into: &hashes)
      for (value, hash) in zip(sample.values, hashes) {
        if let earlier = known.first(where: { Naive.order($0.value, value) == 0 }) {
          #expect(earlier.hash == hash, "\(type) \(sample.name) \(value)")
        } else {
          known.append((value, hash))
        }
      }
    }
    #expect(Set(known.map { $0.hash }).count == known.count)
    for (l, r) in zip(samples, samples.dropFirst()) {
      let a: [UInt32] = (0..<UInt32(n)).map { $0 }
      let b: [UInt32] = a.reversed()
      var mask = [UInt8](repeating: 7, count: n)
      RowMatch.matches(
        left: [l.vector], leftIndexes: a, right: [r.vector], rightIndexes: b, count: n, into: &mask)
      for k in 0..<n {
        let same: Bool = Naive.order(l.values[k], r.values[n - 1 - k]) == 0
        #expect(mask[k] == (same ? 1 : 0), "\(type) \(l.name) and \(r.name)")
      }
    }
  }

  @Test("hash bits are spread evenly, low and high")
  func hashQuality() {
    let n = 1 << 14
    let values = Vector.flat(.bigint, count: n)
    for i in 0..<n { values.values(Int64.self)[i] = Int64(i) * 4096 }
    var hashes = [UInt64](repeating: 0, count: n)
    Hash.hash([values], count: n, into: &hashes)
    for shift in [0, 16, 32, 52] {
      var buckets = [Int](repeating: 0, count: 1 << 8)
      for hash in hashes { buckets[Int(truncatingIfNeeded: hash >> UInt64(shift)) & 255] += 1 }
      #expect(buckets.allSatisfy { $0 > 20 && $0 < 120 }, "bits from \(shift)")
    }
    #expect(Set(hashes).count == n)
  }

  @Test("three-valued logic in every encoding")
  func logic() {
    let n = 29
    let samples: [Sample] = Samples.all(.boolean, count: n, seed: 14)
    for l in samples {
      let negated: [Value] = l.values.map { $0.isNull ? .null : .boolean($0 == .boolean(false)) }
      #expect(Boolean.not(l.vector, count: n).boxedValues == negated, "NOT \(l.name)")
      #expect(
        Boolean.isNull(l.vector, count: n).boxedValues == l.values.map { .boolean($0.isNull) })
      #expect(
        Boolean.countTrue(l.vector, count: n) == l.values.filter { $0 == .boolean(true) }.count)
      for r in samples {
        let both: [Value] = zip(l.values, r.values).map { a, b in
          if a == .boolean(false) || b == .boolean(false) { return .boolean(false) }
          return a.isNull || b.isNull ? .null : .boolean(true)
        }
        let either: [Value] = zip(l.values, r.values).map { a, b in
          if a == .boolean(true) || b == .boolean(true) { return .boolean(true) }
          return a.isNull || b.isNull ? .null : .boolean(false)
        }
        #expect(
          Boolean.and(l.vector, r.vector, count: n).boxedValues == both, "\(l.name) AND \(r.name)")
        #expect(
          Boolean.or(l.vector, r.vector, count: n).boxedValues == either, "\(l.name) OR \(r.name)")
      }
    }
  }
}
