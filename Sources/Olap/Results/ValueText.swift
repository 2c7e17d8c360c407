public import OlapColumns

extension Value {
  /// The value as SQL prints it; "NULL" for NULL.
  public func text(_ type: SQLType) -> String { description(type) }

  /// The same with TIMESTAMPTZ shown in a time zone (UTC when the zone is unknown).
  public func text(_ type: SQLType, timeZone: String) -> String {
    guard type == .timestampTZ || type.isNested, timeZone != "UTC" else { return description(type) }
    return description(type, zone: TimeZone.named(timeZone) ?? .utc)
  }
}

extension SQLType {
  /// Type of a list's elements; for a MAP its STRUCT(key, value). Nil for other types.
  public var listElementType: SQLType? { elementType }

  /// Fields of a STRUCT; empty for other types.
  public var fields: [StructField] {
    if case .structure(let fields) = self { fields } else { [] }
  }
}
