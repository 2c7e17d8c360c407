import Glibc
import OlapColumns

/// Values with SQL's total order: NaN is above every number.
protocol SQLOrdered: BitwiseCopyable, Sendable {
  static func precedes(_ left: Self, _ right: Self) -> Bool
}
extension SQLOrdered where Self: Comparable {
  @inline(__always) static func precedes(_ left: Self, _ right: Self) -> Bool { left < right }
}
extension UInt8: SQLOrdered {}
extension Int8: SQLOrdered {}
extension Int16: SQLOrdered {}
extension UInt16: SQLOrdered {}
extension Int32: SQLOrdered {}
extension UInt32: SQLOrdered {}
extension Int64: SQLOrdered {}
extension UInt64: SQLOrdered {}
extension Int128: SQLOrdered {}
extension UInt128: SQLOrdered {}
extension Interval: SQLOrdered {}
extension Float: SQLOrdered {
  @inline(__always) static func precedes(_ left: Float, _ right: Float) -> Bool {
    left < right || (right.isNaN && !left.isNaN)
  }
}
extension Double: SQLOrdered {
  @inline(__always) static func precedes(_ left: Double, _ right: Double) -> Bool {
    left < right || (right.isNaN && !left.isNaN)
  }
}

/// min and max over values of fixed width.
final class ExtremumAccumulator<T: SQLOrdered>: AggregateAccumulator {
  private let values: GroupArray<T>
  private let seen = GroupArray<UInt8>(initial: 0)
  private let isMinimum: Bool
  private let type: SQLType

  init(type: SQLType, isMinimum: Bool, zero: T) {
    values = GroupArray(initial: zero)
    self.type = type
    self.isMinimum = isMinimum
  }

  var byteCount: Int { values.byteCount + seen.byteCount }

  func reserve(groupCount: Int) {
    values.reserve(groupCount)
    seen.reserve(groupCount)
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    let vector: Vector = arguments[0].flattened()
    let rows = UnsafePointer(vector.data.assumingMemoryBound(to: T.self))
    let validity: UnsafePointer<UInt8>? = vector.validity.map { UnsafePointer($0) }
    if isMinimum {
      for i in 0..<count where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
        let g = Int(groups[i])
        if seen.pointer[g] == 0 || T.precedes(rows[i], values.pointer[g]) {
          values.pointer[g] = rows[i]
          seen.pointer[g] = 1
        }
      }
    } else {
      for i in 0..<count where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
        let g = Int(groups[i])
        if seen.pointer[g] == 0 || T.precedes(values.pointer[g], rows[i]) {
          values.pointer[g] = rows[i]
          seen.pointer[g] = 1
        }
      }
    }
    withExtendedLifetime(vector) {}
  }

  func updateAll(arguments: [Vector], count: Int) throws {
    if count == 0 { return }
    if arguments[0].encoding == .constant {
      if arguments[0].isValid(0) { offer(arguments[0].data.assumingMemoryBound(to: T.self)[0]) }
      return
    }
    let vector: Vector = arguments[0].flattened()
    let rows = UnsafePointer(vector.data.assumingMemoryBound(to: T.self))
    if let validity = vector.validity {
      for i in 0..<count where validity[i] != 0 { offer(rows[i]) }
    } else {
      offer(isMinimum ? smallest(rows, count) : greatest(rows, count))
    }
    withExtendedLifetime(vector) {}
  }

  private func smallest(_ rows: UnsafePointer<T>, _ count: Int) -> T {
    var best: T = rows[0]
    for i in 1..<Swift.max(count, 1) { best = T.precedes(rows[i], best) ? rows[i] : best }
    return best
  }

  private func greatest(_ rows: UnsafePointer<T>, _ count: Int) -> T {
    var best: T = rows[0]
    for i in 1..<Swift.max(count, 1) { best = T.precedes(best, rows[i]) ? rows[i] : best }
    return best
  }

  private func offer(_ value: T) {
    let isBetter: Bool =
      seen.pointer[0] == 0
      || (isMinimum
        ? T.precedes(value, values.pointer[0]) : T.precedes(values.pointer[0], value))
    if isBetter {
      values.pointer[0] = value
      seen.pointer[0] = 1
    }
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? ExtremumAccumulator<T> else { return }
    try update(
      groups: groups, arguments: [other.finalize(first: 0, count: count)], count: count)
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    let vector = Vector.flat(type, count: count, nullable: true)
    vector.values(T.self).update(from: values.pointer + first, count: count)
    vector.validity?.update(from: seen.pointer + first, count: count)
    return vector
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    [try finalize(first: first, count: count)]
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    try update(groups: groups, arguments: states, count: count)
  }
}

/// min and max over strings and blobs (byte order).
final class TextExtremumAccumulator: AggregateAccumulator {
  private let values = GroupArray<StringView>(initial: .empty)
  private let seen = GroupArray<UInt8>(initial: 0)
  private var heap = StringHeap()
  private var liveBytes = 1 << 16
  private let isMinimum: Bool
  private let type: SQLType

  init(type: SQLType, isMinimum: Bool) {
    self.type = type
    self.isMinimum = isMinimum
  }

  var byteCount: Int { values.byteCount + seen.byteCount + heap.byteCount }

  func reserve(groupCount: Int) {
    values.reserve(groupCount)
    seen.reserve(groupCount)
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    run(arguments[0], count) { Int(groups[$0]) }
  }

  func updateAll(arguments: [Vector], count: Int) throws {
    let argument: Vector = arguments[0]
    if argument.encoding == .constant { return run(argument, Swift.min(count, 1)) { _ in 0 } }
    run(argument, count) { _ in 0 }
  }

  private func run(_ argument: Vector, _ count: Int, _ group: (Int) -> Int) {
    let vector: Vector = argument.flatOrConstant
    let step: Int = vector.rowStep
    let rows = vector.values(StringView.self)
    let validity: UnsafePointer<UInt8>? = vector.validity.map { UnsafePointer($0) }
    let best = values.pointer
    let known = seen.pointer
    for i in 0..<count where validity == nil || validity.unsafelyUnwrapped[i &* step] != 0 {
      let g: Int = group(i)
      let row: StringView = rows[i &* step]
      if known[g] != 0 {
        let isBetter: Bool =
          isMinimum
          ? StringView.compare(row, best[g]) < 0 : StringView.compare(row, best[g]) > 0
        if !isBetter { continue }
      }
      best[g] = heap.add(row)
      known[g] = 1
    }
    if heap.byteCount > liveBytes * 2 + 1 << 20 { compact() }
    withExtendedLifetime(vector) {}
  }

  /// Drops the bytes of strings that were best once.
  private func compact() {
    let fresh = StringHeap()
    for g in 0..<values.count where seen.pointer[g] != 0 {
      values.pointer[g] = fresh.add(values.pointer[g])
    }
    heap = fresh
    liveBytes = fresh.byteCount
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? TextExtremumAccumulator else { return }
    try update(
      groups: groups, arguments: [other.finalize(first: 0, count: count)], count: count)
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    let builder = StringVectorBuilder(type: type, capacity: count)
    for i in first..<(first + count) {
      if seen.pointer[i] == 0 {
        builder.appendNull()
      } else {
        builder.append(copying: values.pointer[i])
      }
    }
    return builder.finish()
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    [try finalize(first: first, count: count)]
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    try update(groups: groups, arguments: states, count: count)
  }
}

extension AggregateFunction {
  static let minimum = AggregateFunction(
    "min", summary: "The smallest non-NULL value, or the n smallest as a list: min(x, n).",
    example: ("SELECT min(x) FROM (VALUES (2), (1)) t(x)", "1"), ignoresDistinct: true,
    overloads: extremum(isMinimum: true))

  static let maximum = AggregateFunction(
    "max", summary: "The greatest non-NULL value, or the n greatest as a list: max(x, n).",
    example: ("SELECT max(x) FROM (VALUES (2), (1)) t(x)", "2"), ignoresDistinct: true,
    overloads: extremum(isMinimum: false))

  private static func extremum(isMinimum: Bool) -> [AggregateOverload] {
    [
      AggregateOverload([.any]) { types, _ in
        let type: SQLType = types[0] == .null ? .integer : types[0]
        return BoundAggregate(
          argumentTypes: [type], returnType: type,
          stateTypes: type.isNested ? [type, .boolean] : [type]
        ) {
          makeExtremum(type, isMinimum)
        }
      },
      AggregateOverload([.any, .exact(.bigint)]) { types, constants in
        try topAggregate(types, constants, isMinimum: isMinimum, hasKey: false)
      },
    ]
  }

  private static func makeExtremum(
    _ type: SQLType, _ isMinimum: Bool
  ) -> any AggregateAccumulator {
    switch type.physicalType {
    case .bool, .uint8: ExtremumAccumulator<UInt8>(type: type, isMinimum: isMinimum, zero: 0)
    case .int8: ExtremumAccumulator<Int8>(type: type, isMinimum: isMinimum, zero: 0)
    case .int16: ExtremumAccumulator<Int16>(type: type, isMinimum: isMinimum, zero: 0)
    case .uint16: ExtremumAccumulator<UInt16>(type: type, isMinimum: isMinimum, zero: 0)
    case .int32: ExtremumAccumulator<Int32>(type: type, isMinimum: isMinimum, zero: 0)
    case .uint32: ExtremumAccumulator<UInt32>(type: type, isMinimum: isMinimum, zero: 0)
    case .int64: ExtremumAccumulator<Int64>(type: type, isMinimum: isMinimum, zero: 0)
    case .uint64: ExtremumAccumulator<UInt64>(type: type, isMinimum: isMinimum, zero: 0)
    case .int128: ExtremumAccumulator<Int128>(type: type, isMinimum: isMinimum, zero: 0)
    case .uint128: ExtremumAccumulator<UInt128>(type: type, isMinimum: isMinimum, zero: 0)
    case .float32: ExtremumAccumulator<Float>(type: type, isMinimum: isMinimum, zero: 0)
    case .float64: ExtremumAccumulator<Double>(type: type, isMinimum: isMinimum, zero: 0)
    case .interval:
      ExtremumAccumulator<Interval>(
        type: type, isMinimum: isMinimum, zero: Interval(months: 0, days: 0, microseconds: 0))
    case .string: TextExtremumAccumulator(type: type, isMinimum: isMinimum)
    case .list, .structure:
      PickAccumulator(rule: isMinimum ? .least : .greatest, types: [type], keyColumn: 0)
    }
  }
}
