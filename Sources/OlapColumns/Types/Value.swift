/// One boxed SQL value: constants in plans, statistics, row-wise API. Never used in hot loops.
///
/// The value does not carry its SQLType; whoever holds it knows it (a DECIMAL's unscaled integer is
/// `.decimal`, and its scale is the type's). Integers of every width up to 64 bits are `.integer`.
public indirect enum Value: Sendable, Hashable {
  case null
  case boolean(Bool)
  /// TINYINT … BIGINT, UTINYINT … UINTEGER, ENUM codes.
  case integer(Int64)
  /// HUGEINT and UBIGINT.
  case hugeint(Int128)
  /// UHUGEINT and UUID.
  case unsigned(UInt128)
  case real(Float)
  case double(Double)
  /// Unscaled integer of a DECIMAL and its scale.
  case decimal(Int128, scale: Int)
  /// VARCHAR and JSON.
  case varchar(String)
  case blob([UInt8])
  case date(Int32)
  case time(Int64)
  case timestamp(Int64)
  case timestampTZ(Int64)
  case interval(Interval)
  /// LIST and ARRAY.
  case list([Value])
  case structure([Value])
  /// MAP: pairs in insertion order.
  case map([(key: Value, value: Value)])

  public var isNull: Bool { if case .null = self { true } else { false } }
}

extension Value {
  /// Whether both are the same value in every respect. Values that SQL calls equal may differ: a month and
  /// 30 days, 0.0 and -0.0.
  public static func == (left: Value, right: Value) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.hugeint(let a), .hugeint(let b)): a == b
    case (.unsigned(let a), .unsigned(let b)): a == b
    case (.real(let a), .real(let b)): a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
    case (.double(let a), .double(let b)): a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
    case (.decimal(let a, let s), .decimal(let b, let t)): a == b && s == t
    case (.varchar(let a), .varchar(let b)): a.utf8.elementsEqual(b.utf8)
    case (.blob(let a), .blob(let b)): a == b
    case (.date(let a), .date(let b)): a == b
    case (.time(let a), .time(let b)): a == b
    case (.timestamp(let a), .timestamp(let b)): a == b
    case (.timestampTZ(let a), .timestampTZ(let b)): a == b
    case (.interval(let a), .interval(let b)):
      a.months == b.months && a.days == b.days && a.microseconds == b.microseconds
    case (.list(let a), .list(let b)): a == b
    case (.structure(let a), .structure(let b)): a == b
    case (.map(let a), .map(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value == $1.value }
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .boolean(let a): hasher.combine(a)
    case .integer(let a): hasher.combine(a)
    case .hugeint(let a): hasher.combine(a)
    case .unsigned(let a): hasher.combine(a)
    case .real(let a): hasher.combine(a)
    case .double(let a): hasher.combine(a)
    case .decimal(let a, let scale):
      hasher.combine(a)
      hasher.combine(scale)
    case .varchar(let a): for byte in a.utf8 { hasher.combine(byte) }
    case .blob(let a): hasher.combine(a)
    case .date(let a): hasher.combine(a)
    case .time(let a), .timestamp(let a), .timestampTZ(let a): hasher.combine(a)
    case .interval(let a): hasher.combine(a)
    case .list(let a), .structure(let a): hasher.combine(a)
    case .map(let a): hasher.combine(a.count)
    }
  }
}
