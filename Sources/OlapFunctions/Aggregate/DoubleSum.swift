import OlapColumns

/// sum and avg over doubles: exact until read, so independent of the order of rows.
final class DoubleSumAccumulator: AggregateAccumulator {
  private let sums = GroupedDoubleSum()
  private let counts = GroupArray<Int64>(initial: 0)
  /// Rows added without groups; part of group 0.
  private var whole = ExactDoubleSum()
  private var hasWhole = false
  private let isAverage: Bool

  init(isAverage: Bool) { self.isAverage = isAverage }

  var byteCount: Int { sums.byteCount + counts.byteCount }

  func reserve(groupCount: Int) {
    sums.reserve(groupCount: groupCount)
    counts.reserve(groupCount)
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    let vector: Vector = arguments[0]
    sums.update(groups: groups, vector, count: count)
    if vector.encoding == .constant && !vector.isValid(0) { return }
    let validity = vector.encoding == .constant ? nil : vector.validity.map { UnsafePointer($0) }
    GroupedCount.add(groups, validity, count, counts.pointer, counts.count)
  }

  func updateAll(arguments: [Vector], count: Int) throws {
    counts.pointer[0] &+= Int64(whole.add(arguments[0], count: count))
    hasWhole = true
  }

  private func settle() {
    if !hasWhole { return }
    sums.merge(whole, into: 0)
    whole = ExactDoubleSum()
    hasWhole = false
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? DoubleSumAccumulator else { return }
    other.settle()
    sums.merge(other.sums, groups: groups, count: count)
    for i in 0..<count { counts.pointer[Int(groups[i])] &+= other.counts.pointer[i] }
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    settle()
    return try StateResult.vector(.double, count: count) { i -> Double? in
      let rows: Int64 = self.counts.pointer[first + i]
      if rows == 0 { return nil }
      let sum: Double = self.sums.value(first + i)
      return self.isAverage ? sum / Double(rows) : sum
    }
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    settle()
    let rows = Vector.flat(.bigint, count: count)
    rows.values(Int64.self).update(from: counts.pointer + first, count: count)
    return [ExactSumStates.export(sums, first: first, count: count), rows]
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    ExactSumStates.merge(states[0], into: sums, groups: groups, count: count)
    let rows: Vector = states[1].flattened()
    for i in 0..<count { counts.pointer[Int(groups[i])] &+= rows.values(Int64.self)[i] }
    withExtendedLifetime(rows) {}
  }
}

/// Exact sums as BLOBs, for spilling.
enum ExactSumStates {
  static func export(_ sums: GroupedDoubleSum, first: Int, count: Int) -> Vector {
    let builder = StringVectorBuilder(type: .blob, capacity: count)
    for i in 0..<count {
      sums.exactSum(first + i).bytes.withUnsafeBytes { builder.append($0) }
    }
    return builder.finish()
  }

  static func merge(
    _ state: Vector, into sums: GroupedDoubleSum, groups: UnsafePointer<UInt32>, count: Int
  ) {
    let vector: Vector = state.flattened()
    let views = vector.values(StringView.self)
    for i in 0..<count {
      if let sum = views[i].withBytes({ ExactDoubleSum(bytes: $0) }) {
        sums.merge(sum, into: Int(groups[i]))
      }
    }
    withExtendedLifetime(vector) {}
  }
}
