import OlapColumns

extension ScalarFunction {
  static let contains = ScalarFunction(
    "contains", summary: "Whether a string, list or map contains the second argument.",
    example: ("contains('abc', 'bc')", "true"),
    overloads: [
      .binary(.varchar, .varchar, to: .boolean) { (text: StringView, piece: StringView) in
        TextSearch.find(piece, in: text) != nil
      },
      ListSearch.contains, MapFunction.containsOverload,
    ])
  static let startsWith = ScalarFunction(
    "starts_with", aliases: ["prefix", "^@", "startswith"],
    summary: "Whether the string begins with the other.",
    example: ("starts_with('abc', 'a')", "true"),
    overloads: [
      .binary(.varchar, .varchar, to: .boolean) { (text: StringView, piece: StringView) in
        TextSearch.hasPrefix(text, piece)
      }
    ])
  static let endsWith = ScalarFunction(
    "ends_with", aliases: ["suffix", "endswith"],
    summary: "Whether the string ends with the other.",
    example: ("ends_with('abc', 'bc')", "true"),
    overloads: [
      .binary(.varchar, .varchar, to: .boolean) { (text: StringView, piece: StringView) in
        TextSearch.hasSuffix(text, piece)
      }
    ])
  static let instr = ScalarFunction(
    "instr", aliases: ["strpos"],
    summary: "Position of the first occurrence of the second string, from 1; 0 when there is none.",
    example: ("instr('test test', 'es')", "2"),
    overloads: [
      .binary(.varchar, .varchar, to: .bigint) { (text: StringView, piece: StringView) in
        position(piece, text, from: 1)
      }
    ])
  /// position('es' IN 'test') arrives with the needle first.
  static let position = ScalarFunction(
    "position", summary: "position(needle IN text): as instr, needle first.",
    example: ("position('es' IN 'test')", "2"),
    overloads: [
      .binary(.varchar, .varchar, to: .bigint) { (piece: StringView, text: StringView) in
        position(piece, text, from: 1)
      }
    ])
  static let charIndex = ScalarFunction(
    "charindex", aliases: ["locate"],
    summary: "Position of the first string in the second, searched from an optional position.",
    example: ("charindex('b', 'abcb', 3)", "4"),
    overloads: [
      .binary(.varchar, .varchar, to: .bigint) { (piece: StringView, text: StringView) in
        position(piece, text, from: 1)
      },
      .ternary(.varchar, .varchar, .bigint, to: .bigint) {
        (piece: StringView, text: StringView, from: Int64) in position(piece, text, from: from)
      },
    ])

  private static func position(_ piece: StringView, _ text: StringView, from: Int64) -> Int64 {
    let start: Int = text.withBytes {
      Characters.offset(of: Int(Swift.min(Swift.max(from - 1, 0), 1 << 40)), in: $0)
    }
    guard let hit = TextSearch.find(piece, in: text, from: start) else { return 0 }
    return Int64(Characters.count(text.slice(0..<hit))) + 1
  }
}
