import OlapColumns

/// A parsed JSON document. Numbers keep their text; objects keep order and duplicate keys.
indirect enum JSONValue {
  case null
  case boolean(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])

  /// The type's name as json_type prints it.
  var typeName: String {
    switch self {
    case .null: "NULL"
    case .boolean: "BOOLEAN"
    case .number(let text):
      Int64(text) != nil
        ? (text.hasPrefix("-") ? "BIGINT" : "UBIGINT")
        : UInt64(text) != nil ? "UBIGINT" : "DOUBLE"
    case .string: "VARCHAR"
    case .array: "ARRAY"
    case .object: "OBJECT"
    }
  }

  /// Compact text.
  var text: String {
    var out: [UInt8] = []
    write(to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  func write(to out: inout [UInt8]) {
    switch self {
    case .null: out.append("null")
    case .boolean(let flag): out.append(flag ? "true" : "false")
    case .number(let text): out.append(text)
    case .string(let string): JSONValue.quote(string, into: &out)
    case .array(let elements):
      out.append(0x5b)
      for (i, element) in elements.enumerated() {
        if i > 0 { out.append(0x2c) }
        element.write(to: &out)
      }
      out.append(0x5d)
    case .object(let members):
      out.append(0x7b)
      for (i, member) in members.enumerated() {
        if i > 0 { out.append(0x2c) }
        JSONValue.quote(member.key, into: &out)
        out.append(0x3a)
        member.value.write(to: &out)
      }
      out.append(0x7d)
    }
  }

  /// Indented text.
  func pretty(_ indent: String = "") -> String {
    let inner: String = indent + "    "
    switch self {
    case .array(let elements) where !elements.isEmpty:
      return "[\n" + elements.map { inner + $0.pretty(inner) }.joined(separator: ",\n")
        + "\n\(indent)]"
    case .object(let members) where !members.isEmpty:
      return "{\n"
        + members.map {
          inner + JSONValue.string($0.key).text + ": " + $0.value.pretty(inner)
        }.joined(separator: ",\n") + "\n\(indent)}"
    default: return text
    }
  }

  static func quote(_ string: String, into out: inout [UInt8]) {
    out.append(0x22)
    for byte in string.utf8 {
      switch byte {
      case 0x22: out.append("\\\"")
      case 0x5c: out.append("\\\\")
      case 0x08: out.append("\\b")
      case 0x0c: out.append("\\f")
      case 0x0a: out.append("\\n")
      case 0x0d: out.append("\\r")
      case 0x09: out.append("\\t")
      case 0..<0x20:
        out.append("\\u00")
        Hexadecimal.append([byte], to: &out, isUpper: true)
      default: out.append(byte)
      }
    }
    out.append(0x22)
  }

  /// The value as text for `->>`: strings without quotes; nil for null.
  var plainText: String? {
    switch self {
    case .null: nil
    case .string(let string): string
    default: text
    }
  }

  var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }
}

extension JSONValue: Equatable {
  static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.number(let a), .number(let b)): a == b || Double(a) == Double(b)
    case (.string(let a), .string(let b)): a == b
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)):
      a.count == b.count
        && a.allSatisfy { member in
          b.contains { $0.key == member.key && $0.value == member.value }
        }
    default: false
    }
  }
}
