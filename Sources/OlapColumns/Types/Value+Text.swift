extension Value {
  /// The value as the shell shows it: `NULL`, `1.50`, `2024-01-01`, `[1, 2]`, `{'a': x}`.
  package func description(_ type: SQLType, zone: TimeZone = .utc) -> String {
    if isNull { return "NULL" }
    switch (self, type) {
    case (.varchar(let text), .varchar), (.varchar(let text), .json): return text
    case (.integer(let integer), .integer), (.integer(let integer), .bigint): return "\(integer)"
    default: break
    }
    var out = TextBuffer()
    TextWriter(zone: zone).write(Vector.constant(self, type: type, count: 1), 0, to: &out)
    return String(decoding: out.raw, as: UTF8.self)
  }

  /// The value as a SQL expression that gives it back: `'it''s'`, `DATE '2024-01-01'`, `[1, 2]`.
  package func sqlText(_ type: SQLType) -> String {
    switch (self, type) {
    case (.null, _): return "NULL"
    case (.list(let items), _):
      let element: SQLType = type.elementType ?? .null
      return "[" + items.map { $0.sqlText(element) }.joined(separator: ", ") + "]"
    case (.structure(let values), .structure(let fields)):
      let parts: [String] = zip(fields, values).map {
        "\(Value.quoted($0.name)): \($1.sqlText($0.type))"
      }
      return "{" + parts.joined(separator: ", ") + "}"
    case (.structure(let values), .union(let members)):
      guard case .integer(let tag)? = values.first, tag >= 0, tag < members.count,
        tag + 1 < values.count
      else { return "NULL" }
      let member: StructField = members[Int(tag)]
      return "union_value(\"\(member.name)\" := \(values[Int(tag) + 1].sqlText(member.type))::"
        + "\(member.type))::\(type)"
    case (.map(let pairs), .map(let key, let item)):
      let parts: [String] = pairs.map { "\($0.key.sqlText(key)): \($0.value.sqlText(item))" }
      return "MAP {" + parts.joined(separator: ", ") + "}"
    case (.double(let number), _) where !number.isFinite: return "'\(description(type))'::DOUBLE"
    case (.real(let number), _) where !number.isFinite: return "'\(description(type))'::FLOAT"
    case (_, .date), (_, .time), (_, .timestamp), (_, .timestampOf), (_, .interval):
      return "\(type) '\(description(type))'"
    case (_, .timeTZ): return "TIMETZ '\(description(type))'"
    case (_, .timestampTZ): return "TIMESTAMPTZ '\(description(type))'"
    case (_, .varchar): return Value.quoted(description(type))
    case (_, .blob), (_, .json), (_, .bit), (_, .uuid), (_, .enumeration):
      return "\(Value.quoted(description(type)))::\(type)"
    default: return description(type)
    }
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
