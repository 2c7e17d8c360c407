import OlapColumns

/// A small seeded generator (splitmix64), so that failures repeat.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var x: UInt64 = state
    x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
    x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
    return x ^ (x >> 31)
  }
}

enum NullPattern: CaseIterable { case none, some, all }

/// One vector in a chosen encoding with the values it must show.
struct Sample {
  let vector: Vector
  let values: [Value]
  let name: String
}

enum Samples {
  static let labels = EnumLabels(name: nil, labels: ["low", "middle", "high", "top"])

  static let types: [SQLType] = [
    .boolean, .tinyint, .smallint, .integer, .bigint, .hugeint, .utinyint, .usmallint, .uinteger,
    .ubigint, .uhugeint, .real, .double, .decimal(precision: 9, scale: 2),
    .decimal(precision: 30, scale: 5), .varchar, .blob, .date, .time, .timestamp, .timestampTZ,
    .timeTZ, .bit, .timestampOf(.seconds), .timestampOf(.nanoseconds), .interval, .uuid,
    .enumeration(labels),
    .list(.integer), .list(.varchar),
    .structure([StructField(name: "a", type: .integer), StructField(name: "b", type: .varchar)]),
    .map(key: .varchar, value: .bigint), .list(.list(.smallint)), .array(.double, count: 2),
  ]

  /// A random non-NULL value; small domains, so that equal values are common.
  static func value(_ type: SQLType, _ random: inout SeededGenerator) -> Value {
    let small = Int64.random(in: -3...9, using: &random)
    let edge: Bool = Int.random(in: 0..<8, using: &random) == 0
    switch type {
    case .boolean: return .boolean(small > 2)
    case .tinyint: return .integer(edge ? (small < 2 ? -128 : 127) : small)
    case .smallint: return .integer(edge ? (small < 2 ? -32768 : 32767) : small)
    case .integer: return .integer(edge ? Int64(small < 2 ? Int32.min : Int32.max) : small)
    case .bigint: return .integer(edge ? (small < 2 ? Int64.min : Int64.max) : small)
    case .hugeint: return .hugeint(edge ? (small < 2 ? Int128.min : Int128.max) : Int128(small))
    case .utinyint: return .integer(edge ? 255 : small + 3)
    case .usmallint: return .integer(edge ? 65535 : small + 3)
    case .uinteger: return .integer(edge ? Int64(UInt32.max) : small + 3)
    case .ubigint: return .hugeint(edge ? Int128(UInt64.max) : Int128(small + 3))
    case .uhugeint, .uuid: return .unsigned(edge ? UInt128.max : UInt128(small + 3) << 90)
    case .real: return .real(edge ? (small < 2 ? .nan : -.infinity) : Float(small) / 4)
    case .double: return .double(edge ? (small < 2 ? .nan : .infinity) : Double(small) / 4)
    case .decimal(_, let scale): return .decimal(Int128(small * 37), scale: scale)
    case .varchar: return .varchar(text(small))
    case .blob: return .blob(Array(text(small).utf8) + [0, 255])
    case .date: return .date(Int32(small * 1000))
    case .time: return .time((small + 3) * 1_000_001)
    case .timestamp: return .timestamp(small * 86_400_000_001)
    case .timestampTZ: return .timestampTZ(small * 86_400_000_001)
    case .timeTZ:
      return .integer(ZonedTime.pack(local: (small + 3) * 1_000_001, offset: small * 1800))
    case .bit: return .varchar(String(UInt8(truncatingIfNeeded: small), radix: 2))
    case .timestampOf: return .integer(small * 86_400_000_001)
    case .interval:
      return .interval(
        Interval(months: Int32(small), days: Int32(-small * 30), microseconds: small % 3))
    case .enumeration: return .integer(abs(small) % 4)
    case .list(let element):
      return .list(
        (0..<abs(Int(small) % 4)).map { $0 == 2 ? .null : value(element, &random) })
    case .array(let element, let count):
      return .list((0..<count).map { _ in value(element, &random) })
    case .structure(let fields):
      return .structure(fields.map { small == 3 ? .null : value($0.type, &random) })
    case .union(let members):
      let tag = abs(Int(small)) % members.count
      return .structure(
        [.integer(Int64(tag))]
          + members.enumerated().map { $0 == tag ? value($1.type, &random) : .null })
    case .map(let key, let item):
      return .map([(key: value(key, &random), value: value(item, &random))])
    case .null, .json: return .null
    }
  }

  private static func text(_ small: Int64) -> String {
    switch small {
    case -3: ""
    case -2: "twelve bytes"
    case -1: "thirteen byte"
    case 0: "a string that is long enough to live outside of the view \(small)"
    case 1: "a string that is long enough to live outside of the view, too"
    case 2: "twelve bytet"
    case 3: "Grüße"
    default: String(repeating: "x", count: Int(small))
    }
  }

  static func flat(_ type: SQLType, _ values: [Value]) -> Vector {
    let builder = VectorBuilder(type: type)
    for value in values { builder.append(value) }
    return builder.finish()
  }

  /// The type's vectors of `count` rows in every encoding that exists for it.
  static func all(_ type: SQLType, count: Int, seed: UInt64) -> [Sample] {
    var random = SeededGenerator(seed: seed)
    var result: [Sample] = []
    for pattern in NullPattern.allCases {
      let mask: [Bool] = (0..<count).map { _ in
        pattern == .none || (pattern == .some && Int.random(in: 0..<3, using: &random) > 0)
      }
      let values: [Value] = mask.map { $0 ? value(type, &random) : .null }
      result.append(Sample(vector: flat(type, values), values: values, name: "flat \(pattern)"))
      result.append(dictionary(type, mask, &random, "dictionary \(pattern)"))
      if type.isFrameEncodable && type != .boolean {
        result.append(frame(type, mask, &random, "frame \(pattern)"))
      }
    }
    let one: Value = value(type, &random)
    result.append(
      Sample(
        vector: .constant(one, type: type, count: count),
        values: Array(repeating: one, count: count), name: "constant"))
    result.append(
      Sample(
        vector: .nulls(type, count: count), values: Array(repeating: .null, count: count),
        name: "constant NULL"))
    return result
  }

  private static func validity(_ mask: [Bool]) -> (UnsafeMutablePointer<UInt8>?, Buffer?) {
    if !mask.contains(false) { return (nil, nil) }
    let buffer = Buffer(byteCount: mask.count)
    let bytes = buffer.bytes.assumingMemoryBound(to: UInt8.self)
    for (i, valid) in mask.enumerated() { bytes[i] = valid ? 1 : 0 }
    return (bytes, buffer)
  }

  private static func codes(_ values: [Int], _ width: Int) -> Buffer {
    let buffer = Buffer(byteCount: values.count * width)
    for (i, code) in values.enumerated() {
      switch width {
      case 1: buffer.bytes.storeBytes(of: UInt8(code), toByteOffset: i, as: UInt8.self)
      case 2: buffer.bytes.storeBytes(of: UInt16(code), toByteOffset: i * 2, as: UInt16.self)
      default: buffer.bytes.storeBytes(of: UInt32(code), toByteOffset: i * 4, as: UInt32.self)
      }
    }
    return buffer
  }

  private static func dictionary(
    _ type: SQLType, _ mask: [Bool], _ random: inout SeededGenerator, _ name: String
  ) -> Sample {
    let entries: [Value] = (0..<5).map { _ in value(type, &random) }
    let picks: [Int] = mask.map { _ in Int.random(in: 0..<5, using: &random) }
    let width: Int = [1, 2, 4].randomElement(using: &random) ?? 1
    let data: Buffer = codes(picks, width)
    let (bytes, owner) = validity(mask)
    data.keep(owner)
    let vector = Vector(
      type: type, encoding: .dictionary, count: mask.count, data: data.bytes, validity: bytes,
      owner: data, codeByteCount: width, dictionary: flat(type, entries))
    return Sample(
      vector: vector, values: zip(mask, picks).map { $0 ? entries[$1] : .null },
      name: "\(name), codes of \(width)")
  }

  private static func frame(
    _ type: SQLType, _ mask: [Bool], _ random: inout SeededGenerator, _ name: String
  ) -> Sample {
    let picks: [Int] = mask.map { _ in Int.random(in: 0..<9, using: &random) }
    let width: Int = [1, 2, 4].randomElement(using: &random) ?? 1
    let isSmall: Bool = type.isUnsignedInteger || type.physicalType.byteCount <= 1 || type == .time
    let base: Int64
    let multiplier: Int64
    switch type {
    case .enumerationSample: (base, multiplier) = (0, 1)
    case .timeTZ: (base, multiplier) = (ZonedTime.pack(local: 5, offset: 3600), 13 << 17)
    default:
      base = isSmall ? 1 : [-7, 5, -300].randomElement(using: &random) ?? 0
      multiplier = isSmall ? [1, 7].randomElement(using: &random) ?? 1 : 13
    }
    let used: [Int] = type == .enumerationSample ? picks.map { $0 % 4 } : picks
    let data: Buffer = codes(used, width)
    let (bytes, owner) = validity(mask)
    data.keep(owner)
    let vector = Vector(
      type: type, encoding: .frame, count: mask.count, data: data.bytes, validity: bytes,
      owner: data, codeByteCount: width, frameBase: base, frameMultiplier: multiplier)
    return Sample(
      vector: vector,
      values: zip(mask, used).map {
        $0 ? Vector.boxed(base + Int64($1) * multiplier, type: type) : .null
      },
      name: "\(name), base \(base) × \(multiplier), codes of \(width)")
  }
}

extension SQLType {
  static let enumerationSample: SQLType = .enumeration(Samples.labels)
}
