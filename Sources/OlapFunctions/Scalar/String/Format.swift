import Glibc
import OlapColumns

extension ScalarFunction {
  static let format = ScalarFunction(
    "format", summary: "The text with each {} replaced by an argument, in the style of fmt.",
    example: ("format('{} is {:.1f}', 'pi', 3.14159)", "pi is 3.1"),
    overloads: [formatting { try FormatText.braces($0, $1) }])
  static let printf = ScalarFunction(
    "printf", summary: "The text with each % directive replaced by an argument, as in C.",
    example: ("printf('%05d %s', 42, 'x')", "00042 x"),
    overloads: [formatting { try FormatText.percents($0, $1) }])

  private static func formatting(
    _ body: @escaping @Sendable ([UInt8], [Value]) throws -> String
  ) -> ScalarOverload {
    ScalarOverload([.exact(.varchar)], variadic: .any) { types, _ in
      let arguments: [SQLType] = types.map { type in
        if type.isInteger && type != .uhugeint { return .hugeint }
        if type.isNumeric { return .double }
        return type == .boolean ? .boolean : .varchar
      }
      return BoundScalar(
        argumentTypes: arguments, returnType: .varchar,
        kernel: ScalarLift.boxed(.varchar) { row in
          guard case .varchar(let template) = row[0] else { return .null }
          return .varchar(try body(Array(template.utf8), Array(row.dropFirst())))
        })
    }
  }

  static let quoteIdentifier = ScalarFunction(
    "quote_ident", summary: "A name in double quotes where SQL needs them.",
    example: ("quote_ident('my table')", "\"my table\""),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        let name: String = text.string
        let isPlain: Bool =
          name.utf8.first.map { (0x61...0x7a).contains($0) || $0 == 0x5f } ?? false
          && name.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
          }
        if isPlain { return text }
        let escaped: String = name.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
        return output.text("\"\(escaped)\"")
      }
    ])
  static let quoteLiteral = ScalarFunction(
    "quote_literal", summary: "A string as a SQL literal.",
    example: ("quote_literal('it''s')", "'it''s'"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        let escaped: String = text.string.map { $0 == "'" ? "''" : String($0) }.joined()
        return output.text("'\(escaped)'")
      }
    ])
}

/// One directive: flags, width, precision, kind.
struct FormatDirective {
  var isLeft = false
  var isCentered = false
  var isRight = false
  var fill: UInt8 = 0x20
  var sign: UInt8 = 0
  var isAlternate = false
  var separator: UInt8?
  var width = 0
  var precision: Int?
  var kind: UInt8 = 0

  /// Reads digits; at most 10,000 so that no template asks for gigabytes.
  static func number(_ text: [UInt8], _ i: inout Int) throws -> Int? {
    var value: Int?
    while i < text.count, (0x30...0x39).contains(text[i]) {
      value = (value ?? 0) * 10 + Int(text[i] - 0x30)
      if value ?? 0 > 10_000 {
        throw ComputeError.invalid("Format width or precision is too large")
      }
      i += 1
    }
    return value
  }

  func apply(_ value: Value) throws -> String {
    switch value {
    case .hugeint(let integer): return try padded(integerText(integer), isNumber: true)
    case .double(let number): return padded(realText(number), isNumber: true)
    case .boolean(let flag): return padded(flag ? "true" : "false", isNumber: false)
    case .varchar(let text):
      if "dxXobfFeEgG".utf8.contains(kind) {
        throw ComputeError.invalid(
          "Invalid type specifier \"\(Character(Unicode.Scalar(kind)))\" for a string")
      }
      return padded(
        precision.map { String(text.unicodeScalars.prefix($0)) } ?? text, isNumber: false)
    default: return ""
    }
  }

  private func integerText(_ integer: Int128) throws -> String {
    switch kind {
    case UInt8(ascii: "x"): return (isAlternate ? "0x" : "") + String(integer, radix: 16)
    case UInt8(ascii: "X"):
      return (isAlternate ? "0X" : "") + String(integer, radix: 16, uppercase: true)
    case UInt8(ascii: "o"): return (isAlternate ? "0" : "") + String(integer, radix: 8)
    case UInt8(ascii: "b"): return (isAlternate ? "0b" : "") + String(integer, radix: 2)
    case UInt8(ascii: "c"):
      guard let code = UInt32(exactly: integer), let scalar = Unicode.Scalar(code) else {
        throw ComputeError.invalid("\(integer) is no character code")
      }
      return String(Character(scalar))
    case UInt8(ascii: "f"), UInt8(ascii: "e"), UInt8(ascii: "g"), UInt8(ascii: "E"),
      UInt8(ascii: "G"), UInt8(ascii: "F"):
      return realText(Double(integer))
    default:
      let digits: String = grouped(String(integer.magnitude))
      return (integer < 0 ? "-" : signText) + digits
    }
  }

  private var signText: String { sign == 0 ? "" : String(Character(Unicode.Scalar(sign))) }

  private func grouped(_ digits: String) -> String {
    guard let separator else { return digits }
    var out: [UInt8] = []
    let bytes: [UInt8] = Array(digits.utf8)
    for (i, byte) in bytes.enumerated() {
      if i > 0 && (bytes.count - i) % 3 == 0 { out.append(separator) }
      out.append(byte)
    }
    return String(decoding: out, as: UTF8.self)
  }

  private func realText(_ number: Double) -> String {
    var pattern = "%"
    let letter: UInt8 = "fFeEgG".utf8.contains(kind) ? kind : 0
    if letter == 0 && precision == nil {
      if let separator, number.isFinite, number.magnitude < 1e15 {
        _ = separator
        pattern += "f"
      } else {
        let plain: String = FloatText.text(number)
        return number.sign == .minus ? plain : signText + plain
      }
    } else {
      pattern +=
        ".\(precision ?? 6)\(Character(Unicode.Scalar(letter == 0 ? UInt8(ascii: "g") : letter)))"
    }
    let text: String = FormatText.print(pattern, number.magnitude)
    let parts = text.split(separator: ".", maxSplits: 1)
    let whole: String = grouped(String(parts.first ?? ""))
    let body: String = parts.count > 1 ? whole + "." + parts[1] : whole
    return (number.sign == .minus && !number.isNaN ? "-" : signText) + body
  }

  private func padded(_ text: String, isNumber: Bool) -> String {
    let missing: Int = width - text.unicodeScalars.count
    if missing <= 0 { return text }
    let filler = String(
      repeating: String(Character(Unicode.Scalar(fill))), count: missing)
    if fill == 0x30 && isNumber && !isLeft && !isCentered {
      let head: String = text.first == "-" || text.first == "+" ? String(text.prefix(1)) : ""
      return head + filler + text.dropFirst(head.count)
    }
    if isCentered {
      return String(filler.prefix(missing / 2)) + text + String(filler.dropFirst(missing / 2))
    }
    return isLeft || (!isNumber && !isRight) ? text + filler : filler + text
  }
}

enum FormatText {
  /// snprintf of one double.
  static func print(_ pattern: String, _ number: Double) -> String {
    withVaList([number]) { arguments in
      var buffer = [CChar](repeating: 0, count: 10_500)
      let n = Int(vsnprintf(&buffer, buffer.count, pattern, arguments))
      return String(
        decoding: buffer.prefix(Swift.max(0, n)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// `{}`, `{0}`, `{:spec}`, `{{`, `}}`.
  static func braces(_ text: [UInt8], _ arguments: [Value]) throws -> String {
    var out: [UInt8] = []
    var i = 0
    var next = 0
    while i < text.count {
      let byte: UInt8 = text[i]
      if (byte == 0x7b || byte == 0x7d) && i + 1 < text.count && text[i + 1] == byte {
        out.append(byte)
        i += 2
      } else if byte == 0x7b {
        i += 1
        var index: Int = next
        if let given = try FormatDirective.number(text, &i) { index = given } else { next += 1 }
        var directive = FormatDirective()
        if i < text.count, text[i] == 0x3a {
          i += 1
          try readSpecification(text, &i, &directive)
        }
        guard i < text.count, text[i] == 0x7d else {
          throw ComputeError.invalid("Invalid format string: '}' expected")
        }
        i += 1
        out.append(try argument(arguments, index, directive))
      } else {
        out.append(byte)
        i += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func argument(
    _ arguments: [Value], _ index: Int, _ directive: FormatDirective
  ) throws -> String {
    guard index < arguments.count else {
      throw ComputeError.invalid("Argument index \"\(index)\" out of range")
    }
    return try directive.apply(arguments[index])
  }

  /// `[[fill]align][sign][#][0][width][,][.precision][type]` and DuckDB's `t` + separator.
  private static func readSpecification(
    _ text: [UInt8], _ i: inout Int, _ directive: inout FormatDirective
  ) throws {
    let alignments: [UInt8] = Array("<>^".utf8)
    if i + 1 < text.count, alignments.contains(text[i + 1]) {
      directive.fill = text[i]
      i += 1
    }
    if i < text.count, alignments.contains(text[i]) {
      directive.isLeft = text[i] == 0x3c
      directive.isRight = text[i] == 0x3e
      directive.isCentered = text[i] == 0x5e
      i += 1
    }
    if i < text.count, text[i] == 0x2b || text[i] == 0x20 {
      directive.sign = text[i]
      i += 1
    }
    if i < text.count, text[i] == 0x23 {
      directive.isAlternate = true
      i += 1
    }
    if i < text.count, text[i] == 0x30 {
      directive.fill = 0x30
      i += 1
    }
    directive.width = try FormatDirective.number(text, &i) ?? 0
    if i < text.count, text[i] == 0x2c || text[i] == 0x5f || text[i] == 0x27 {
      directive.separator = text[i]
      i += 1
    } else if i + 1 < text.count, text[i] == UInt8(ascii: "t") {
      directive.separator = text[i + 1]
      i += 2
    }
    if i < text.count, text[i] == 0x2e {
      i += 1
      directive.precision = try FormatDirective.number(text, &i) ?? 0
    }
    if i < text.count, text[i] != 0x7d {
      directive.kind = text[i]
      i += 1
    }
  }

  /// `%[-+ #0,'][width][.precision]kind`, `%%`.
  static func percents(_ text: [UInt8], _ arguments: [Value]) throws -> String {
    var out: [UInt8] = []
    var i = 0
    var next = 0
    while i < text.count {
      guard text[i] == 0x25 else {
        out.append(text[i])
        i += 1
        continue
      }
      i += 1
      if i < text.count, text[i] == 0x25 {
        out.append(0x25)
        i += 1
        continue
      }
      var directive = FormatDirective()
      directive.isRight = true
      readFlags(text, &i, &directive)
      directive.width = try FormatDirective.number(text, &i) ?? 0
      if i < text.count, text[i] == 0x2e {
        i += 1
        directive.precision = try FormatDirective.number(text, &i) ?? 0
      }
      while i < text.count, text[i] == UInt8(ascii: "l") || text[i] == UInt8(ascii: "h") { i += 1 }
      guard i < text.count else {
        throw ComputeError.invalid("Invalid format string: it ends in %")
      }
      directive.kind = text[i] == UInt8(ascii: "i") ? UInt8(ascii: "d") : text[i]
      if directive.kind == UInt8(ascii: "s") { directive.kind = 0 }
      i += 1
      out.append(try argument(arguments, next, directive))
      next += 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func readFlags(
    _ text: [UInt8], _ i: inout Int, _ directive: inout FormatDirective
  ) {
    while i < text.count {
      switch text[i] {
      case 0x2d:
        directive.isLeft = true
        directive.isRight = false
      case 0x2b, 0x20: directive.sign = text[i]
      case 0x23: directive.isAlternate = true
      case 0x30: directive.fill = 0x30
      case 0x2c, 0x27, 0x5f: directive.separator = text[i]
      default: return
      }
      i += 1
    }
  }
}
