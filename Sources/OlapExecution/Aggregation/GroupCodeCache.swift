internal import OlapColumns

/// Finds groups by array lookup when keys are small codes: dictionary codes, narrow frames, booleans.
///
/// The codes of all key columns are combined into one number (mixed radix) that indexes an array of group
/// numbers. Codes mean something else in the next row group, so the array is a cache in front of the
/// `GroupTable`: it is emptied when a dictionary or frame changes, and a missing entry is looked up in
/// the table once. At most 2^16 combinations; wider keys go to the table directly.
final class GroupCodeCache {
  /// How one key column is coded, and what identifies the coding.
  private struct Coding {
    var encoding: VectorEncoding = .flat
    var codeByteCount = 0
    var base: Int64 = 0
    var multiplier: Int64 = 1
    var dictionary: Vector?
    var hasNulls = false
    /// Number of codes, one more for NULL.
    var domain = 0

    func isSame(as other: Coding) -> Bool {
      encoding == other.encoding && codeByteCount == other.codeByteCount && base == other.base
        && multiplier == other.multiplier && dictionary === other.dictionary
        && domain == other.domain
    }
  }

  static let maximumSlots = 1 << 16
  private var codings: [Coding] = []
  private var slots: [UInt32] = []
  private var combined = Selection(capacity: VectorSize.current)
  private let missing = Selection(capacity: VectorSize.current)

  /// Groups of `n` key rows, or false when the keys are not small codes.
  func groups(
    _ keys: [Vector], count n: Int, table: GroupTable, into groups: UnsafeMutablePointer<UInt32>
  ) throws -> Bool {
    if n > VectorSize.current || keys.isEmpty { return false }
    guard let now = codings(of: keys, n) else { return false }
    if now.count != codings.count || !zip(now, codings).allSatisfy({ $0.isSame(as: $1) }) {
      codings = now
      let size = now.reduce(1) { $0 * $1.domain }
      slots = Array(repeating: .max, count: size)
    }
    combine(keys, n)
    let codes = combined.indexes
    let missed = slots.withUnsafeBufferPointer {
      GroupCodeCache.lookUp($0.baseAddress.unsafelyUnwrapped, codes, n, groups)
    }
    if missed { try fillMissing(keys, n, table, groups) }
    return true
  }

  private func codings(of keys: [Vector], _ n: Int) -> [Coding]? {
    var result: [Coding] = []
    result.reserveCapacity(keys.count)
    var size = 1
    for key in keys {
      guard var coding = GroupCodeCache.coding(of: key) else { return nil }
      // One more code for NULL, always there, so chunks with and without NULLs share the array.
      coding.domain += 1
      size *= coding.domain
      // Clearing the array must stay cheap against the rows that use it.
      if size > GroupCodeCache.maximumSlots { return nil }
      result.append(coding)
    }
    return result
  }

  private static func coding(of key: Vector) -> Coding? {
    var coding = Coding(encoding: key.encoding)
    switch key.encoding {
    case .dictionary:
      guard let dictionary = key.dictionary else { return nil }
      coding.dictionary = dictionary
      coding.codeByteCount = key.codeByteCount
      coding.domain = dictionary.count
    case .frame:
      coding.codeByteCount = key.codeByteCount
      coding.base = key.frameBase
      coding.multiplier = key.frameMultiplier
      if let domain = frameDomain(key) {
        coding.domain = domain
      } else if key.codeByteCount == 1 {
        coding.domain = 256
      } else {
        return nil
      }
    case .flat:
      guard key.physical == .bool else { return nil }
      coding.domain = 2
    case .constant:
      // One code; the vector itself identifies the value.
      coding.dictionary = key
      coding.domain = 1
    }
    return coding
  }

  /// Number of codes that the proven bounds allow, when they are few.
  private static func frameDomain(_ key: Vector) -> Int? {
    guard let bounds = key.bounds, key.frameMultiplier > 0 else { return nil }
    let (span, overflow) = bounds.upperBound.subtractingReportingOverflow(key.frameBase)
    if overflow || span < 0 || bounds.lowerBound < key.frameBase { return nil }
    let codes = span / key.frameMultiplier + 1
    return codes <= maximumSlots ? Int(codes) : nil
  }

  /// Combined codes of all rows to `combined`.
  private func combine(_ keys: [Vector], _ n: Int) {
    let out = combined.indexes
    var factor: UInt32 = 1
    for (index, key) in keys.enumerated() {
      let isFirst = index == 0
      let null = UInt32(truncatingIfNeeded: codings[index].domain - 1)
      switch key.encoding {
      case .constant:
        let code: UInt32 = key.isValid(0) ? 0 : null
        GroupCodeCache.addConstant(code &* factor, out, n, isFirst)
      case .flat:
        GroupCodeCache.add(key.values(UInt8.self), key.validity, null, factor, out, n, isFirst)
      case .dictionary, .frame:
        switch key.codeByteCount {
        case 1:
          GroupCodeCache.add(key.values(UInt8.self), key.validity, null, factor, out, n, isFirst)
        case 2:
          GroupCodeCache.add(key.values(UInt16.self), key.validity, null, factor, out, n, isFirst)
        default:
          GroupCodeCache.add(key.values(UInt32.self), key.validity, null, factor, out, n, isFirst)
        }
      }
      factor &*= UInt32(truncatingIfNeeded: codings[index].domain)
    }
  }

  private static func addConstant(
    _ value: UInt32, _ out: UnsafeMutablePointer<UInt32>, _ n: Int, _ isFirst: Bool
  ) {
    if isFirst {
      for i in 0..<n { out[i] = value }
    } else {
      for i in 0..<n { out[i] &+= value }
    }
  }

  private static func add<Code: FixedWidthInteger>(
    _ codes: UnsafePointer<Code>, _ validity: UnsafePointer<UInt8>?, _ null: UInt32,
    _ factor: UInt32, _ out: UnsafeMutablePointer<UInt32>, _ n: Int, _ isFirst: Bool
  ) {
    if isFirst { for i in 0..<n { out[i] = 0 } }
    guard let validity else {
      for i in 0..<n { out[i] &+= UInt32(truncatingIfNeeded: codes[i]) &* factor }
      return
    }
    for i in 0..<n {
      let keep: UInt32 = 0 &- UInt32(validity[i])
      let code = (UInt32(truncatingIfNeeded: codes[i]) & keep) | (null & ~keep)
      out[i] &+= code &* factor
    }
  }

  /// Looks all rows up; true when some have no group yet.
  private static func lookUp(
    _ slots: UnsafePointer<UInt32>, _ codes: UnsafePointer<UInt32>, _ n: Int,
    _ groups: UnsafeMutablePointer<UInt32>
  ) -> Bool {
    var highest: UInt32 = 0
    for i in 0..<n {
      let group = slots[Int(codes[i])]
      groups[i] = group
      highest = Swift.max(highest, group)
    }
    return highest == .max
  }

  /// Asks the table for one row of each combination that is new.
  private func fillMissing(
    _ keys: [Vector], _ n: Int, _ table: GroupTable, _ groups: UnsafeMutablePointer<UInt32>
  ) throws {
    let codes = combined.indexes
    missing.count = 0
    for i in 0..<n where slots[Int(codes[i])] == .max {
      missing.indexes[missing.count] = UInt32(truncatingIfNeeded: i)
      missing.count += 1
      // Marks the combination as asked for; replaced below.
      slots[Int(codes[i])] = .max - 1
    }
    let count = missing.count
    let found = Selection(capacity: count)
    try table.findOrInsert(
      keys.map { $0.gathered(missing.indexes, count: count) }, count: count, groups: found.indexes)
    for k in 0..<count { slots[Int(codes[Int(missing.indexes[k])])] = found.indexes[k] }
    for i in 0..<n { groups[i] = slots[Int(codes[i])] }
  }
}
