import OlapColumns

/// sum and avg over doubles.
final class DoubleSumAccumulator: AggregateAccumulator {
  private let sums = GroupArray<DoubleSum>(initial: DoubleSum())
  private let counts = GroupArray<Int64>(initial: 0)
  private let isAverage: Bool

  init(isAverage: Bool) { self.isAverage = isAverage }

  var byteCount: Int { sums.byteCount + counts.byteCount }

  func reserve(groupCount: Int) {
    sums.reserve(groupCount)
    counts.reserve(groupCount)
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    let vector: Vector = arguments[0].flattened()
    let values = vector.values(Double.self)
    let sum = sums.pointer
    let counted = counts.pointer
    if let validity = vector.validity {
      for i in 0..<count where validity[i] != 0 {
        let g = Int(groups[i])
        sum[g].add(values[i])
        counted[g] &+= 1
      }
    } else {
      for i in 0..<count {
        let g = Int(groups[i])
        sum[g].add(values[i])
        counted[g] &+= 1
      }
    }
    withExtendedLifetime(vector) {}
  }

  func updateAll(arguments: [Vector], count: Int) throws {
    let vector: Vector = arguments[0].flattened()
    let values = vector.values(Double.self)
    var sum: DoubleSum = sums.pointer[0]
    for i in 0..<count where vector.validity == nil || vector.validity.unsafelyUnwrapped[i] != 0 {
      sum.add(values[i])
    }
    sums.pointer[0] = sum
    counts.pointer[0] &+= Int64(Reduce.countValid(vector, count: count))
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? DoubleSumAccumulator else { return }
    for i in 0..<count {
      sums.pointer[Int(groups[i])].merge(other.sums.pointer[i])
      counts.pointer[Int(groups[i])] &+= other.counts.pointer[i]
    }
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    try StateResult.vector(.double, count: count) { i -> Double? in
      let rows: Int64 = self.counts.pointer[first + i]
      if rows == 0 { return nil }
      let sum: Double = self.sums.pointer[first + i].value
      return self.isAverage ? sum / Double(rows) : sum
    }
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    let rows = Vector.flat(.bigint, count: count)
    rows.values(Int64.self).update(from: counts.pointer + first, count: count)
    return [StateBytes.export(sums.pointer + first, count: count), rows]
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    let exported: Vector = states[0].flattened()
    let rows: Vector = states[1].flattened()
    for i in 0..<count {
      let g = Int(groups[i])
      if let sum = StateBytes.read(exported.values(StringView.self), i, DoubleSum.self) {
        sums.pointer[g].merge(sum)
      }
      counts.pointer[g] &+= rows.values(Int64.self)[i]
    }
    withExtendedLifetime((exported, rows)) {}
  }
}
