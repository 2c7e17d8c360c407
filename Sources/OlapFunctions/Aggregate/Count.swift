import OlapColumns

extension AggregateFunction {
  static let count = AggregateFunction(
    "count", summary: "The number of non-NULL values; count(*) counts all rows.",
    example: ("SELECT count(x) FROM (VALUES (1), (NULL)) t(x)", "1"),
    overloads: [
      AggregateOverload([]) { _, _ in countRows },
      AggregateOverload([.any]) { types, _ in
        BoundAggregate(argumentTypes: types, returnType: .bigint, stateTypes: [.bigint]) {
          CountAccumulator()
        }
      },
    ])

  static let countStar = AggregateFunction(
    "count_star", summary: "The number of rows.",
    example: ("SELECT count(*) FROM (VALUES (1), (NULL)) t(x)", "2"),
    overloads: [AggregateOverload([]) { _, _ in countRows }])

  /// count_if: the sum of the flags, so NULL where there is none.
  static let countIf = AggregateFunction(
    "count_if", aliases: ["countif"],
    summary: "The number of rows where the condition is true; NULL when it is never known.",
    example: ("SELECT count_if(x > 1) FROM (VALUES (1), (2), (3)) t(x)", "2"),
    overloads: [AggregateOverload([.exact(.boolean)]) { _, _ in integerSum(.boolean, .hugeint) }])

  private static var countRows: BoundAggregate {
    BoundAggregate(argumentTypes: [], returnType: .bigint, stateTypes: [.bigint]) {
      CountAccumulator()
    }
  }
}

/// count(*) without arguments, count(x) with one.
final class CountAccumulator: AggregateAccumulator {
  private let counts = GroupArray<Int64>(initial: 0)

  var byteCount: Int { counts.byteCount }
  func reserve(groupCount: Int) { counts.reserve(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    var validity: UnsafePointer<UInt8>?
    if let argument = arguments.first {
      if argument.encoding == .constant && !argument.isValid(0) { return }
      validity = argument.encoding == .constant ? nil : argument.validity.map { UnsafePointer($0) }
    }
    GroupedCount.add(groups, validity, count, counts.pointer, counts.count)
  }

  func updateAll(arguments: [Vector], count: Int) throws {
    let rows: Int = arguments.first.map { Reduce.countValid($0, count: count) } ?? count
    counts.pointer[0] &+= Int64(rows)
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? CountAccumulator else { return }
    for i in 0..<count { counts.pointer[Int(groups[i])] &+= other.counts.pointer[i] }
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    let vector = Vector.flat(.bigint, count: count)
    vector.values(Int64.self).update(from: counts.pointer + first, count: count)
    return vector
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    [try finalize(first: first, count: count)]
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    let flat: Vector = states[0].flattened()
    let more = flat.values(Int64.self)
    for i in 0..<count { counts.pointer[Int(groups[i])] &+= more[i] }
    withExtendedLifetime(flat) {}
  }
}
