/// A SQL type as the binder, functions and storage see it.
///
/// Every type maps to one `PhysicalType`, the layout of its flat vectors. Names follow DuckDB.
public indirect enum SQLType: Hashable, Sendable {
  /// The type of an untyped NULL; casts implicitly to every type. Flat layout: int8.
  case null
  case boolean
  case tinyint, smallint, integer, bigint, hugeint
  case utinyint, usmallint, uinteger, ubigint, uhugeint
  case real, double
  /// Exact decimal: value = stored integer / 10^scale. precision 1…38, scale ≤ precision.
  /// Stored as int64 up to precision 18, as int128 above.
  case decimal(precision: Int, scale: Int)
  case varchar, blob
  /// Validated JSON text; same layout as varchar.
  case json
  /// A string of bits, as text of the digits 0 and 1, which orders it; same layout as varchar.
  case bit
  /// Days since 1970-01-01 (int32, proleptic Gregorian). Int32.min / max = -infinity / infinity.
  case date
  /// Microseconds since midnight (int64).
  case time
  /// A time of day with its offset from UTC (int64, see `ZonedTime`); boxed as `Value.integer`.
  case timeTZ
  /// Microseconds since 1970-01-01 00:00:00, no zone (int64). Int64.min+1 / max = ∓infinity.
  case timestamp
  /// A timestamp without zone counted in another unit (int64): TIMESTAMP_S, _MS, _NS. Infinities as
  /// for `timestamp`; boxed as `Value.integer`.
  case timestampOf(TimestampUnit)
  /// Microseconds since 1970-01-01 00:00:00 UTC (int64).
  case timestampTZ
  case interval
  /// 128 bits, big-endian value with the top bit flipped is not used: plain UInt128 order.
  case uuid
  /// A position in `labels`, stored as uint32 (order of the labels is the sort order).
  case enumeration(EnumLabels)
  case list(SQLType)
  /// Fixed-length list.
  case array(SQLType, count: Int)
  case structure([StructField])
  case map(key: SQLType, value: SQLType)
  /// One of several named members: laid out as a STRUCT of the tag (the member's position, UTINYINT)
  /// and all members, of which only the tag's is not NULL. 1…255 members.
  case union([StructField])
}

/// One named field of a STRUCT type.
public struct StructField: Hashable, Sendable {
  public let name: String
  public let type: SQLType
  public init(name: String, type: SQLType) {
    self.name = name
    self.type = type
  }
}

/// The ordered labels of an ENUM type, shared by reference.
public final class EnumLabels: Hashable, Sendable {
  public let name: String?
  public let labels: [String]
  public let codes: [String: Int]
  public init(name: String?, labels: [String]) {
    self.name = name
    self.labels = labels
    self.codes = Dictionary(
      labels.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }
  public static func == (left: EnumLabels, right: EnumLabels) -> Bool {
    left.labels == right.labels
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(labels) }
}

/// The layout of one value in a flat vector.
package enum PhysicalType: UInt8, Sendable {
  /// One byte, 0 or 1.
  case bool = 0
  case int8, int16, int32, int64, int128
  case uint8, uint16, uint32, uint64, uint128
  case float32, float64
  /// `StringView`, 16 bytes.
  case string
  /// `Interval`, 16 bytes.
  case interval
  /// `ListEntry`, 8 bytes; elements in `Vector.children[0]`.
  case list
  /// No data of its own; fields in `Vector.children`, aligned with the parent's rows.
  case structure

  /// Bytes of one value (0 for `structure`).
  package var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64, .list: 8
    case .int128, .uint128, .string, .interval: 16
    case .structure: 0
    }
  }
}

extension SQLType {
  /// The flat layout of the type.
  package var physicalType: PhysicalType {
    switch self {
    case .null: .int8
    case .boolean: .bool
    case .tinyint: .int8
    case .smallint: .int16
    case .integer, .date: .int32
    case .bigint, .time, .timeTZ, .timestamp, .timestampOf, .timestampTZ: .int64
    case .hugeint: .int128
    case .utinyint: .uint8
    case .usmallint: .uint16
    case .uinteger, .enumeration: .uint32
    case .ubigint: .uint64
    case .uhugeint, .uuid: .uint128
    case .real: .float32
    case .double: .float64
    case .decimal(let precision, _): precision <= 18 ? .int64 : .int128
    case .varchar, .blob, .json, .bit: .string
    case .interval: .interval
    case .list, .map, .array: .list
    case .structure, .union: .structure
    }
  }

  /// What the children of a vector of physical type `structure` hold: the fields of a STRUCT; the tag
  /// and the members of a UNION.
  package var childFields: [StructField]? {
    switch self {
    case .structure(let fields): fields
    case .union(let members): [StructField(name: "", type: .utinyint)] + members
    default: nil
    }
  }

  /// Elements of a list-like type: the element type; for MAP a STRUCT(key, value).
  package var elementType: SQLType? {
    switch self {
    case .list(let element), .array(let element, _): element
    case .map(let key, let value):
      .structure([StructField(name: "key", type: key), StructField(name: "value", type: value)])
    default: nil
    }
  }

  package var isInteger: Bool { isSignedInteger || isUnsignedInteger }
  package var isSignedInteger: Bool {
    switch self {
    case .tinyint, .smallint, .integer, .bigint, .hugeint: true
    default: false
    }
  }
  package var isUnsignedInteger: Bool {
    switch self {
    case .utinyint, .usmallint, .uinteger, .ubigint, .uhugeint: true
    default: false
    }
  }
  package var isDecimal: Bool { if case .decimal = self { true } else { false } }
  package var isFloatingPoint: Bool { self == .real || self == .double }
  package var isNumeric: Bool { isInteger || isDecimal || isFloatingPoint }
  package var isNested: Bool {
    switch self {
    case .list, .array, .structure, .map, .union: true
    default: false
    }
  }
  package var isString: Bool { physicalType == .string }
  /// Types whose flat values are integers of at most 64 bits, so frame encoding applies.
  package var isFrameEncodable: Bool {
    switch physicalType {
    case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32: true
    default: false
    }
  }
}

extension SQLType: CustomStringConvertible {
  /// The type as SQL spells it, for example `DECIMAL(15,2)` or `STRUCT(a INTEGER)[]`.
  public var description: String {
    switch self {
    case .null: "\"NULL\""
    case .boolean: "BOOLEAN"
    case .tinyint: "TINYINT"
    case .smallint: "SMALLINT"
    case .integer: "INTEGER"
    case .bigint: "BIGINT"
    case .hugeint: "HUGEINT"
    case .utinyint: "UTINYINT"
    case .usmallint: "USMALLINT"
    case .uinteger: "UINTEGER"
    case .ubigint: "UBIGINT"
    case .uhugeint: "UHUGEINT"
    case .real: "FLOAT"
    case .double: "DOUBLE"
    case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
    case .varchar: "VARCHAR"
    case .blob: "BLOB"
    case .json: "JSON"
    case .bit: "BIT"
    case .date: "DATE"
    case .time: "TIME"
    case .timeTZ: "TIME WITH TIME ZONE"
    case .timestamp: "TIMESTAMP"
    case .timestampOf(let unit): unit.typeName
    case .timestampTZ: "TIMESTAMP WITH TIME ZONE"
    case .interval: "INTERVAL"
    case .uuid: "UUID"
    case .enumeration(let labels):
      "ENUM(" + labels.labels.map { "'\($0)'" }.joined(separator: ", ") + ")"
    case .list(let element): "\(element)[]"
    case .array(let element, let count): "\(element)[\(count)]"
    case .structure(let fields) where !fields.isEmpty && fields.allSatisfy { $0.name.isEmpty }:
      "TUPLE(" + fields.map { "\($0.type)" }.joined(separator: ", ") + ")"
    case .structure(let fields): "STRUCT(" + SQLType.list(fields) + ")"
    case .union(let members): "UNION(" + SQLType.list(members) + ")"
    case .map(let key, let value): "MAP(\(key), \(value))"
    }
  }

  private static func list(_ fields: [StructField]) -> String {
    fields.map { "\(written($0.name)) \($0.type)" }.joined(separator: ", ")
  }

  /// A field's name, in quotes unless it is a plain word in lower case that SQL does not reserve.
  private static func written(_ name: String) -> String {
    let isPlain: Bool =
      name.utf8.first.map { $0 == 0x5f || (0x61...0x7a).contains($0) } == true
      && name.utf8.allSatisfy {
        $0 == 0x5f || (0x61...0x7a).contains($0) || (0x30...0x39).contains($0)
      }
    if isPlain && !reserved.contains(name) { return name }
    return "\""
      + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  /// Words that are no names without quotes.
  private static let reserved: Set<String> = [
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "both", "case", "cast",
    "check",
    "collate", "column", "constraint", "create", "default", "deferrable", "desc", "describe",
    "distinct", "do", "else", "end", "except", "false", "fetch", "for", "foreign", "from", "grant",
    "group", "having", "in", "initially", "intersect", "into", "lambda", "lateral", "leading",
    "limit", "not", "null", "offset", "on", "only", "or", "order", "pivot", "pivot_longer",
    "pivot_wider", "placing", "primary", "qualify", "references", "returning", "select", "show",
    "some", "summarize", "symmetric", "table", "then", "to", "trailing", "true", "union", "unique",
    "unpivot", "using", "variadic", "when", "where", "window", "with",
  ]
}
