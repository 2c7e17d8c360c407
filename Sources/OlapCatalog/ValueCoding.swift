package import OlapColumns

extension ByteWriter {
  /// A type: one tag byte, then its parameters. Tags are stable.
  package mutating func write(_ type: SQLType) {
    switch type {
    case .null: write(UInt8(0))
    case .boolean: write(UInt8(1))
    case .tinyint: write(UInt8(2))
    case .smallint: write(UInt8(3))
    case .integer: write(UInt8(4))
    case .bigint: write(UInt8(5))
    case .hugeint: write(UInt8(6))
    case .utinyint: write(UInt8(7))
    case .usmallint: write(UInt8(8))
    case .uinteger: write(UInt8(9))
    case .ubigint: write(UInt8(10))
    case .uhugeint: write(UInt8(11))
    case .real: write(UInt8(12))
    case .double: write(UInt8(13))
    case .decimal(let precision, let scale):
      write(UInt8(14))
      write(UInt8(clamping: precision))
      write(UInt8(clamping: scale))
    case .varchar: write(UInt8(15))
    case .blob: write(UInt8(16))
    case .json: write(UInt8(17))
    case .bit: write(UInt8(31))
    case .timeTZ: write(UInt8(32))
    case .date: write(UInt8(18))
    case .time: write(UInt8(19))
    case .timestamp: write(UInt8(20))
    case .timestampTZ: write(UInt8(21))
    case .timestampOf(let unit):
      write(UInt8(29))
      write(unit.rawValue)
    case .interval: write(UInt8(22))
    case .uuid: write(UInt8(23))
    case .enumeration(let labels):
      write(UInt8(24))
      write(labels.name)
      write(labels.labels) { $0.write($1) }
    case .list(let element):
      write(UInt8(25))
      write(element)
    case .array(let element, let count):
      write(UInt8(26))
      write(element)
      write(count: Swift.max(0, count))
    case .structure(let fields):
      write(UInt8(27))
      write(fields) { writer, field in
        writer.write(field.name)
        writer.write(field.type)
      }
    case .map(let key, let value):
      write(UInt8(28))
      write(key)
      write(value)
    case .union(let members):
      write(UInt8(30))
      write(members) { writer, member in
        writer.write(member.name)
        writer.write(member.type)
      }
    }
  }

  /// A value with a tag of its own. Tags are stable.
  package mutating func write(_ value: Value) {
    switch value {
    case .null: write(UInt8(0))
    case .boolean(let flag):
      write(UInt8(1))
      write(flag)
    case .integer(let integer):
      write(UInt8(2))
      write(signed: integer)
    case .hugeint(let integer):
      write(UInt8(3))
      write(integer)
    case .unsigned(let integer):
      write(UInt8(4))
      write(integer)
    case .real(let number):
      write(UInt8(5))
      write(number.bitPattern)
    case .double(let number):
      write(UInt8(6))
      write(number.bitPattern)
    case .decimal(let integer, let scale):
      write(UInt8(7))
      write(integer)
      write(UInt8(clamping: scale))
    case .varchar(let text):
      write(UInt8(8))
      write(text)
    case .blob(let bytes):
      write(UInt8(9))
      write(block: bytes)
    case .date(let days):
      write(UInt8(10))
      write(signed: Int64(days))
    case .time(let ticks):
      write(UInt8(11))
      write(signed: ticks)
    case .timestamp(let ticks):
      write(UInt8(12))
      write(signed: ticks)
    case .timestampTZ(let ticks):
      write(UInt8(13))
      write(signed: ticks)
    case .interval(let span):
      write(UInt8(14))
      write(span.months)
      write(span.days)
      write(span.microseconds)
    case .list(let items):
      write(UInt8(15))
      write(items) { $0.write($1) }
    case .structure(let items):
      write(UInt8(16))
      write(items) { $0.write($1) }
    case .map(let pairs):
      write(UInt8(17))
      write(count: pairs.count)
      for pair in pairs {
        write(pair.key)
        write(pair.value)
      }
    }
  }
}

extension ByteReader {
  /// Nesting beyond this is damage.
  private static let depthMax = 64

  package mutating func type(depth: Int = 0) throws(CodingError) -> SQLType {
    guard depth < ByteReader.depthMax else { throw CodingError("a type is nested too deep") }
    let tag: UInt8 = try byte()
    switch tag {
    case 0: return .null
    case 1: return .boolean
    case 2: return .tinyint
    case 3: return .smallint
    case 4: return .integer
    case 5: return .bigint
    case 6: return .hugeint
    case 7: return .utinyint
    case 8: return .usmallint
    case 9: return .uinteger
    case 10: return .ubigint
    case 11: return .uhugeint
    case 12: return .real
    case 13: return .double
    case 14:
      let precision = Int(try byte())
      let scale = Int(try byte())
      guard precision >= 1, precision <= 38, scale <= precision else {
        throw CodingError("a decimal type is out of range")
      }
      return .decimal(precision: precision, scale: scale)
    case 15: return .varchar
    case 16: return .blob
    case 17: return .json
    case 18: return .date
    case 19: return .time
    case 20: return .timestamp
    case 21: return .timestampTZ
    case 22: return .interval
    case 23: return .uuid
    case 24:
      let name: String? = try optionalString()
      return .enumeration(
        EnumLabels(
          name: name,
          labels: try array { (r: inout ByteReader) throws(CodingError) in try r.string() }))
    case 25: return .list(try type(depth: depth + 1))
    case 26: return .array(try type(depth: depth + 1), count: try count())
    case 27:
      return .structure(
        try array { (r: inout ByteReader) throws(CodingError) in
          StructField(name: try r.string(), type: try r.type(depth: depth + 1))
        })
    case 28: return .map(key: try type(depth: depth + 1), value: try type(depth: depth + 1))
    case 31: return .bit
    case 32: return .timeTZ
    case 30:
      let members: [StructField] = try array { (r: inout ByteReader) throws(CodingError) in
        StructField(name: try r.string(), type: try r.type(depth: depth + 1))
      }
      guard (1...255).contains(members.count) else {
        throw CodingError("a union has 1 to 255 members")
      }
      return .union(members)
    case 29:
      guard let unit = TimestampUnit(rawValue: try byte()) else {
        throw CodingError("a unit of a timestamp is unknown")
      }
      return .timestampOf(unit)
    default: throw CodingError("type tag \(tag) is unknown")
    }
  }

  package mutating func value(depth: Int = 0) throws(CodingError) -> Value {
    guard depth < ByteReader.depthMax else { throw CodingError("a value is nested too deep") }
    let tag: UInt8 = try byte()
    switch tag {
    case 0: return .null
    case 1: return .boolean(try flag())
    case 2: return .integer(try signed())
    case 3: return .hugeint(try int128())
    case 4: return .unsigned(try uint128())
    case 5: return .real(Float(bitPattern: try uint32()))
    case 6: return .double(Double(bitPattern: try uint64()))
    case 7: return .decimal(try int128(), scale: Int(try byte()))
    case 8: return .varchar(try string())
    case 9: return .blob(try block())
    case 10: return .date(Int32(truncatingIfNeeded: try signed()))
    case 11: return .time(try signed())
    case 12: return .timestamp(try signed())
    case 13: return .timestampTZ(try signed())
    case 14:
      return .interval(Interval(months: try int32(), days: try int32(), microseconds: try int64()))
    case 15, 16:
      let items: [Value] = try array { (r: inout ByteReader) throws(CodingError) in
        try r.value(depth: depth + 1)
      }
      return tag == 15 ? .list(items) : .structure(items)
    case 17:
      var pairs: [(key: Value, value: Value)] = []
      for _ in 0..<(try count(limit: remaining)) {
        pairs.append((key: try value(depth: depth + 1), value: try value(depth: depth + 1)))
      }
      return .map(pairs)
    default: throw CodingError("value tag \(tag) is unknown")
    }
  }
}
