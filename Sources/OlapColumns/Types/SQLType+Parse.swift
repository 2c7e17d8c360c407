extension SQLType {
  /// The type of a name as SQL knows it, with the aliases of Postgres, MySQL, Snowflake and Spark;
  /// case does not matter. `arguments` are the numbers in parentheses: DECIMAL(15, 2), CHAR(3).
  /// nil for unknown names and for arguments out of range.
  package static func parse(name: String, arguments: [Int] = []) -> SQLType? {
    let key: String = name.lowercased()
    switch key {
    case "decimal", "numeric", "dec", "number", "fixed":
      return decimalNamed(arguments)
    case "float":
      guard let bits = arguments.first else { return .real }
      return bits >= 1 && bits <= 24 ? .real : bits <= 53 && bits > 24 ? .double : nil
    case "timestamp", "datetime", "timestamp_ntz", "timestampntz":
      return arguments.count <= 1 ? timestamp(digits: arguments.first ?? 6) : nil
    default: return arguments.count <= 1 ? simpleNames[key] : nil
    }
  }

  /// The timestamp that holds so many digits of a second; nil beyond nanoseconds.
  private static func timestamp(digits: Int) -> SQLType? {
    switch digits {
    case 0: .timestampOf(.seconds)
    case 1...3: .timestampOf(.milliseconds)
    case 4...6: .timestamp
    case 7...9: .timestampOf(.nanoseconds)
    default: nil
    }
  }

  private static func decimalNamed(_ arguments: [Int]) -> SQLType? {
    switch arguments.count {
    case 0: return .decimal(precision: 18, scale: 3)
    case 1, 2:
      let precision: Int = arguments[0]
      let scale: Int = arguments.count == 2 ? arguments[1] : 0
      guard precision >= 1, precision <= 38, scale >= 0, scale <= precision else { return nil }
      return .decimal(precision: precision, scale: scale)
    default: return nil
    }
  }

  private static let simpleNames: [String: SQLType] = {
    let families: [(SQLType, String)] = [
      (.boolean, "boolean bool logical"),
      (.tinyint, "tinyint int1 byteint byte"),
      (.smallint, "smallint int2 short int16"),
      (.integer, "integer int int4 signed int32 mediumint serial"),
      (.bigint, "bigint int8 long oid int64 bigserial"),
      (.hugeint, "hugeint int128"),
      (.utinyint, "utinyint uint8"),
      (.usmallint, "usmallint uint16"),
      (.uinteger, "uinteger uint32 unsigned"),
      (.ubigint, "ubigint uint64"),
      (.uhugeint, "uhugeint uint128"),
      (.real, "real float4 float32"),
      (.double, "double float8 float64"),
      (
        .varchar,
        "varchar text string char bpchar nvarchar character nchar varchar2 nvarchar2 clob name"
          + " tinytext mediumtext longtext citext"
      ),
      (.blob, "blob bytea binary varbinary raw tinyblob mediumblob longblob"),
      (.json, "json jsonb variant"),
      (.date, "date"),
      (.time, "time"),
      (.timeTZ, "timetz"),
      (.bit, "bit bitstring"),
      (.timestamp, "timestamp_us smalldatetime datetime2"),
      (.timestampOf(.seconds), "timestamp_s"),
      (.timestampOf(.milliseconds), "timestamp_ms"),
      (.timestampOf(.nanoseconds), "timestamp_ns"),
      (.timestampTZ, "timestamptz timestamp_tz timestamp_ltz datetimeoffset"),
      (.interval, "interval"),
      (.uuid, "uuid guid uniqueidentifier"),
      (.null, "null"),
    ]
    var result: [String: SQLType] = [:]
    for (type, names) in families {
      for name in names.split(separator: " ") { result[String(name)] = type }
    }
    for spelling in ["double precision", "character varying", "char varying", "national char"] {
      result[spelling] = spelling.hasPrefix("double") ? .double : .varchar
    }
    result["timestamp with time zone"] = .timestampTZ
    result["timestamp without time zone"] = .timestamp
    result["time without time zone"] = .time
    result["time with time zone"] = .timeTZ
    return result
  }()

  /// The type a whole text spells, as `description` prints it: `DECIMAL(15,2)`, `INTEGER[]`,
  /// `STRUCT(a INTEGER, b VARCHAR[])`, `MAP(VARCHAR, DOUBLE)`, `ENUM('a', 'b')`. nil when it does
  /// not.
  package static func parse(text: String) -> SQLType? {
    var parser = TypeTextParser(Array(text.utf8))
    guard let type = parser.type(depth: 0), parser.isAtEnd() else { return nil }
    return type
  }
}

/// Recursive descent over the text of a type.
private struct TypeTextParser {
  private let bytes: [UInt8]
  private var i = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func isAtEnd() -> Bool {
    skipBlanks()
    return i == bytes.count
  }

  mutating func type(depth: Int) -> SQLType? {
    guard depth < 64, var result = base(depth: depth) else { return nil }
    while accept("[") {
      if accept("]") {
        result = .list(result)
      } else {
        guard let count = number(), accept("]"), count > 0 else { return nil }
        result = .array(result, count: count)
      }
    }
    return result
  }

  private mutating func base(depth: Int) -> SQLType? {
    guard let name = word() else { return nil }
    switch name.lowercased() {
    case "tuple":
      guard accept("(") else { return nil }
      var fields: [StructField] = []
      repeat {
        guard let type = type(depth: depth + 1) else { return nil }
        fields.append(StructField(name: "", type: type))
      } while accept(",")
      return accept(")") ? .structure(fields) : nil
    case "struct", "row", "union":
      guard accept("(") else { return nil }
      var fields: [StructField] = []
      repeat {
        guard let field = word(), let type = type(depth: depth + 1) else { return nil }
        fields.append(StructField(name: field, type: type))
      } while accept(",")
      guard accept(")") else { return nil }
      return name.lowercased() == "union" ? .union(fields) : .structure(fields)
    case "map":
      guard accept("("), let key = type(depth: depth + 1), accept(","),
        let value = type(depth: depth + 1), accept(")")
      else { return nil }
      return .map(key: key, value: value)
    case "enum":
      guard accept("(") else { return nil }
      var labels: [String] = []
      repeat {
        guard let label = quoted(by: 0x27) else { return nil }
        labels.append(label)
      } while accept(",")
      return accept(")") ? .enumeration(EnumLabels(name: nil, labels: labels)) : nil
    default: return simple(name)
    }
  }

  private mutating func simple(_ first: String) -> SQLType? {
    var name: String = first
    // Words that belong to one name: DOUBLE PRECISION, TIMESTAMP WITH TIME ZONE.
    while true {
      let mark: Int = i
      guard let next = word() else { break }
      if ["precision", "varying", "with", "without", "time", "zone"].contains(next.lowercased()) {
        name += " " + next
      } else {
        i = mark
        break
      }
    }
    var arguments: [Int] = []
    if accept("(") {
      repeat {
        guard let argument = number() else { return nil }
        arguments.append(argument)
      } while accept(",")
      guard accept(")") else { return nil }
    }
    return SQLType.parse(name: name, arguments: arguments)
  }

  private mutating func skipBlanks() {
    while i < bytes.count && isBlank(bytes[i]) { i += 1 }
  }

  private mutating func accept(_ character: Character) -> Bool {
    skipBlanks()
    guard i < bytes.count, bytes[i] == character.asciiValue else { return false }
    i += 1
    return true
  }

  private mutating func number() -> Int? {
    skipBlanks()
    let start: Int = i
    while i < bytes.count && bytes[i] >= 0x30 && bytes[i] <= 0x39 { i += 1 }
    return Int(String(decoding: bytes[start..<i], as: UTF8.self))
  }

  private mutating func word() -> String? {
    skipBlanks()
    if i < bytes.count && bytes[i] == 0x22 { return quoted(by: 0x22) }
    let start: Int = i
    while i < bytes.count {
      let byte: UInt8 = bytes[i]
      let isLetter: Bool = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
      let isDigit: Bool = byte >= 0x30 && byte <= 0x39
      guard isLetter || isDigit || byte == 0x5f || byte >= 0x80 else { break }
      i += 1
    }
    return i > start ? String(decoding: bytes[start..<i], as: UTF8.self) : nil
  }

  /// A quoted name or label; the doubled quote stands for itself.
  private mutating func quoted(by quote: UInt8) -> String? {
    skipBlanks()
    guard i < bytes.count, bytes[i] == quote else { return nil }
    i += 1
    var content: [UInt8] = []
    while i < bytes.count {
      if bytes[i] == quote {
        guard i + 1 < bytes.count, bytes[i + 1] == quote else {
          i += 1
          return String(decoding: content, as: UTF8.self)
        }
        i += 1
      }
      content.append(bytes[i])
      i += 1
    }
    return nil
  }
}
