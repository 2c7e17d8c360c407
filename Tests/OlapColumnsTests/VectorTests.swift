import OlapColumns
import Testing

@Suite struct VectorTests {
  @Test("every encoding shows its values, flat or not", arguments: Samples.types)
  func flatten(type: SQLType) {
    for sample in Samples.all(type, count: 67, seed: 1) {
      #expect(sample.vector.boxedValues == sample.values, "\(type) \(sample.name)")
      let flat: Vector = sample.vector.flattened()
      #expect(flat.encoding == .flat)
      #expect(flat.boxedValues == sample.values, "\(type) \(sample.name) flattened")
      #expect(sample.vector.isAllValid() == !sample.values.contains { $0.isNull })
    }
  }

  @Test("gather, outer-join gather and slice pick rows", arguments: Samples.types)
  func pick(type: SQLType) {
    for sample in Samples.all(type, count: 67, seed: 2) {
      let picks: [UInt32] = [3, 3, 66, 0, 41, 12]
      let rows: Vector = sample.vector.gathered(picks, count: picks.count)
      #expect(
        rows.boxedValues == picks.map { sample.values[Int($0)] }, "\(type) \(sample.name) gather")
      let outer: [UInt32] = [5, .max, 66, .max, 1]
      let joined: Vector = sample.vector.gathered(outer, count: outer.count, nullWhere: .max)
      #expect(
        joined.boxedValues == outer.map { $0 == .max ? .null : sample.values[Int($0)] },
        "\(type) \(sample.name) outer gather")
      #expect(joined.flattened().boxedValues == joined.boxedValues)
      let slice: Vector = sample.vector.sliced(7..<20)
      #expect(slice.boxedValues == Array(sample.values[7..<20]), "\(type) \(sample.name) slice")
      #expect(slice.flattened().boxedValues == Array(sample.values[7..<20]))
      let again: Vector = slice.gathered([2, 0], count: 2)
      #expect(again.boxedValues == [sample.values[9], sample.values[7]])
    }
  }

  @Test("concatenation and builders copy any mix of encodings", arguments: Samples.types)
  func concatenate(type: SQLType) {
    let samples: [Sample] = Samples.all(type, count: 23, seed: 3)
    let expected: [Value] = samples.flatMap { $0.values }
    let joined: Vector = Vector.concatenated(samples.map { $0.vector }, type: type)
    #expect(joined.boxedValues == expected)
    let builder = VectorBuilder(type: type, capacity: 1)
    for sample in samples { builder.append(sample.vector, 0..<23) }
    for sample in samples { builder.append(from: sample.vector, row: 5) }
    #expect(builder.finish().boxedValues == expected + samples.map { $0.values[5] })
    for sample in samples {
      let parts: [Vector] = [sample.vector.sliced(0..<9), sample.vector.sliced(9..<23)]
      #expect(Vector.concatenated(parts, type: type).boxedValues == sample.values)
    }
    #expect(Vector.concatenated([], type: type).count == 0)
  }

  @Test("lists keep their elements through slices of slices")
  func nestedSlices() {
    let type: SQLType = .list(.list(.integer))
    let values: [Value] = (0..<10).map { i in
      .list((0..<(i % 3)).map { k in .list((0...k).map { .integer(Int64(i * 10 + $0)) }) })
    }
    let vector: Vector = Samples.flat(type, values).sliced(2..<9)
    let joined: Vector = Vector.concatenated(
      [vector.sliced(1..<4), vector.sliced(4..<7)], type: type)
    #expect(joined.boxedValues == Array(values[3..<9]))
    #expect(vector.compactedElements().boxedValues == Array(values[2..<9]))
  }
}
