internal import OlapColumns

/// Distinct (group, arguments) pairs of a DISTINCT call, by the numbers of groups instead of their keys.
///
/// One argument of at most 32 bits is packed with its group into one word, whose hash is exact; others
/// are compared. Used by one thread at a time.
final class DistinctPairs {
  private let types: [SQLType]
  /// Pairs without NULL as one word, group in the high half; nil when arguments do not pack.
  private let packed: GroupTable?
  /// Groups with a NULL argument, for packed pairs.
  private let nullGroups: GroupTable?
  /// Pairs as columns, group first, for arguments that do not pack.
  private let unpacked: GroupTable?
  private var found = Selection(capacity: VectorSize.current)

  init(types: [SQLType]) {
    self.types = types
    if types.count == 1, DistinctPairs.packs(types[0].physicalType) {
      packed = GroupTable(types: [.ubigint])
      nullGroups = GroupTable(types: [.uinteger])
      unpacked = nil
    } else {
      packed = nil
      nullGroups = nil
      unpacked = GroupTable(types: [.uinteger] + types)
    }
  }

  private static func packs(_ physical: PhysicalType) -> Bool {
    switch physical {
    case .bool, .int8, .int16, .int32, .uint8, .uint16, .uint32: true
    default: false
    }
  }

  var byteCount: Int {
    (packed?.byteCount ?? 0) + (nullGroups?.byteCount ?? 0) + (unpacked?.byteCount ?? 0)
  }

  /// Adds `count` rows.
  func append(_ groups: Selection, _ arguments: [Vector], count: Int) throws {
    if count == 0 { return }
    if found.capacity < count { found = Selection(capacity: count) }
    guard let packed, let nullGroups else {
      try unpacked?.findOrInsert(
        [DistinctPairs.column(groups, count)] + arguments, count: count, groups: found.indexes)
      return
    }
    var argument = arguments[0].flattened()
    var owners = groups
    var n = count
    if !argument.isAllValid() {
      let absent = Selection(capacity: count)
      let present = Selection(capacity: count)
      for i in 0..<count {
        let target = argument.isValid(i) ? present : absent
        target.indexes[target.count] = UInt32(truncatingIfNeeded: i)
        target.count += 1
      }
      try nullGroups.findOrInsert(
        [DistinctPairs.column(DistinctPairs.picked(groups, absent), absent.count)],
        count: absent.count, groups: found.indexes)
      owners = DistinctPairs.picked(groups, present)
      argument = argument.gathered(present.indexes, count: present.count).flattened()
      n = present.count
    }
    let words = Vector.flat(.ubigint, count: n)
    withExtendedLifetime((words, argument, owners)) {
      DistinctPairs.pack(owners.indexes, argument, n, into: words.values(UInt64.self))
    }
    try packed.findOrInsert([words], count: n, groups: found.indexes)
  }

  private static func picked(_ groups: Selection, _ rows: Selection) -> Selection {
    let result = Selection(capacity: rows.count)
    for k in 0..<rows.count { result.indexes[k] = groups.indexes[Int(rows.indexes[k])] }
    result.count = rows.count
    return result
  }

  /// Group numbers as a vector over the selection's memory.
  private static func column(_ groups: Selection, _ count: Int) -> Vector {
    Vector(
      type: .uinteger, encoding: .flat, count: count,
      data: UnsafeMutableRawPointer(groups.indexes), validity: nil, owner: groups)
  }

  private static func pack(
    _ groups: UnsafePointer<UInt32>, _ argument: Vector, _ n: Int,
    into out: UnsafeMutablePointer<UInt64>
  ) {
    switch argument.physical {
    case .int8: pack(groups, argument.values(Int8.self), n, into: out)
    case .int16: pack(groups, argument.values(Int16.self), n, into: out)
    case .int32: pack(groups, argument.values(Int32.self), n, into: out)
    case .uint16: pack(groups, argument.values(UInt16.self), n, into: out)
    case .uint32: pack(groups, argument.values(UInt32.self), n, into: out)
    default: pack(groups, argument.values(UInt8.self), n, into: out)
    }
  }

  private static func pack<T: FixedWidthInteger & BitwiseCopyable>(
    _ groups: UnsafePointer<UInt32>, _ values: UnsafeMutablePointer<T>, _ n: Int,
    into out: UnsafeMutablePointer<UInt64>
  ) {
    for i in 0..<n {
      out[i] = UInt64(groups[i]) << 32 | UInt64(UInt32(truncatingIfNeeded: values[i]))
    }
  }

  /// Calls `body` with the pairs in pieces of at most a vector: groups, arguments, their number.
  func visit(_ body: (Selection, [Vector], Int) throws -> Void) throws {
    if let unpacked {
      let columns = unpacked.keys()
      try DistinctPairs.pieces(unpacked.count) { range in
        let groups = Selection(capacity: range.count)
        let numbers = columns[0].sliced(range)
        withExtendedLifetime(numbers) {
          groups.indexes.update(from: numbers.values(UInt32.self), count: range.count)
        }
        try body(groups, columns.dropFirst().map { $0.sliced(range) }, range.count)
      }
    }
    guard let packed, let nullGroups else { return }
    let words = packed.keys()[0]
    try DistinctPairs.pieces(packed.count) { range in
      let groups = Selection(capacity: range.count)
      let argument = Vector.flat(types[0], count: range.count)
      withExtendedLifetime((words, argument)) {
        DistinctPairs.unpack(
          words.values(UInt64.self) + range.lowerBound, range.count, groups.indexes, argument)
      }
      try body(groups, [argument], range.count)
    }
    let absent = nullGroups.keys()[0]
    try DistinctPairs.pieces(nullGroups.count) { range in
      let groups = Selection(capacity: range.count)
      withExtendedLifetime(absent) {
        groups.indexes.update(
          from: absent.values(UInt32.self) + range.lowerBound, count: range.count)
      }
      try body(groups, [Vector.nulls(types[0], count: range.count)], range.count)
    }
  }

  private static func pieces(_ count: Int, _ body: (Range<Int>) throws -> Void) throws {
    var start = 0
    while start < count {
      let end = Swift.min(count, start + VectorSize.current)
      try Cancellation.check()
      try body(start..<end)
      start = end
    }
  }

  private static func unpack(
    _ words: UnsafePointer<UInt64>, _ n: Int, _ groups: UnsafeMutablePointer<UInt32>,
    _ argument: Vector
  ) {
    for i in 0..<n { groups[i] = UInt32(truncatingIfNeeded: words[i] >> 32) }
    switch argument.physical {
    case .int16, .uint16:
      let out = argument.values(UInt16.self)
      for i in 0..<n { out[i] = UInt16(truncatingIfNeeded: words[i]) }
    case .int32, .uint32:
      let out = argument.values(UInt32.self)
      for i in 0..<n { out[i] = UInt32(truncatingIfNeeded: words[i]) }
    default:
      let out = argument.values(UInt8.self)
      for i in 0..<n { out[i] = UInt8(truncatingIfNeeded: words[i]) }
    }
  }
}
