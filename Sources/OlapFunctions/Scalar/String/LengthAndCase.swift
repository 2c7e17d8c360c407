import OlapColumns

extension ScalarFunction {
  static let length = ScalarFunction(
    "length", aliases: ["len", "char_length", "character_length"],
    summary: "Number of characters of a string, bytes of a blob or elements of a list.",
    example: ("length('Hello🦆')", "6"),
    overloads: [
      .unary(.varchar, to: .bigint) { (text: StringView) in Int64(Characters.count(text)) },
      .unary(.blob, to: .bigint) { (text: StringView) in Int64(text.count) },
      BitString.length,
      ScalarOverload([.anyList]) { types, _ in
        BoundScalar(
          argumentTypes: types, returnType: .bigint,
          kernel: ScalarLift.unary(.bigint) { (entry: ListEntry) in Int64(entry.count) })
      },
    ])
  static let lengthGrapheme = ScalarFunction(
    "length_grapheme", summary: "Number of grapheme clusters.",
    example: ("length_grapheme('🤦🏼‍♂️')", "1"),
    overloads: [.unary(.varchar, to: .bigint) { (text: StringView) in Int64(text.string.count) }])
  static let byteLength = ScalarFunction(
    "strlen", aliases: ["octet_length", "byte_length"], summary: "Number of bytes.",
    example: ("strlen('🦆')", "4"),
    overloads: [
      .unary(.varchar, to: .bigint) { (text: StringView) in Int64(text.count) },
      .unary(.blob, to: .bigint) { (text: StringView) in Int64(text.count) },
      .unary(.bit, to: .bigint) { (text: StringView) in Int64((text.count + 7) / 8) },
    ])
  static let bitLength = ScalarFunction(
    "bit_length", summary: "Number of bits.", example: ("bit_length('abc')", "24"),
    overloads: [
      .unary(.varchar, to: .bigint) { (text: StringView) in Int64(text.count) * 8 },
      BitString.length,
    ])
  static let upper = ScalarFunction(
    "upper", aliases: ["ucase"], summary: "The string in upper case.",
    example: ("upper('Hello')", "HELLO"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        output.built { out in text.withBytes { CaseMapping.upper($0, into: &out) } }
      }
    ])
  static let lower = ScalarFunction(
    "lower", aliases: ["lcase"], summary: "The string in lower case.",
    example: ("lower('Hello')", "hello"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        output.built { out in text.withBytes { CaseMapping.lower($0, into: &out) } }
      }
    ])
  static let initialCapital = ScalarFunction(
    "initcap", summary: "Every word with a capital first letter, the rest in lower case.",
    example: ("initcap('hELLO world')", "Hello World"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        var isStart = true
        var result = ""
        for scalar in text.string.unicodeScalars {
          let isWord: Bool = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
          result +=
            isStart ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
          isStart = !isWord
        }
        return output.text(result)
      }
    ])
  static let reverse = ScalarFunction(
    "reverse", summary: "The string backwards, grapheme clusters kept whole.",
    example: ("reverse('hello')", "olleh"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        if text.isASCII {
          return output.built { out in text.withBytes { out.append(contentsOf: $0.reversed()) } }
        }
        return output.text(String(text.string.reversed()))
      }
    ])
  static let ascii = ScalarFunction(
    "ascii", summary: "Code point of the first character; 0 for an empty string.",
    example: ("ascii('Ω')", "937"),
    overloads: [
      .unary(.varchar, to: .integer) { (text: StringView) -> Int32? in
        text.string.unicodeScalars.first.map { Int32($0.value) } ?? 0
      }
    ])
  static let unicode = ScalarFunction(
    "unicode", aliases: ["ord"],
    summary: "Code point of the first character; -1 for an empty string.",
    example: ("unicode('ü')", "252"),
    overloads: [
      .unary(.varchar, to: .integer) { (text: StringView) -> Int32? in
        text.string.unicodeScalars.first.map { Int32($0.value) } ?? -1
      }
    ])
  static let character = ScalarFunction(
    "chr", aliases: ["char"], summary: "The character of a code point.", example: ("chr(65)", "A"),
    overloads: [
      .unaryText(.integer) { (code: Int32, output: StringOutput) in
        guard code >= 0, let scalar = Unicode.Scalar(UInt32(code)) else {
          throw ComputeError.invalid("Invalid UTF8 Codepoint \(code)")
        }
        return output.text(String(Character(scalar)))
      }
    ])
}
