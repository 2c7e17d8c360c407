import OlapColumns

extension ScalarFunction {
  static let substring = ScalarFunction(
    "substring", aliases: ["substr", "mid"],
    summary: "Characters from a 1-based position (negative from the end), at most n of them.",
    example: ("substring('Hello', 2, 3)", "ell"),
    overloads: [
      .binaryText(.varchar, .bigint) { (text: StringView, start: Int64, _: StringOutput) in
        Characters.substring(text, start, nil)
      },
      .ternaryText(.varchar, .bigint, .bigint) {
        (text: StringView, start: Int64, length: Int64, _: StringOutput) in
        Characters.substring(text, start, length)
      },
    ])
  static let substringGrapheme = ScalarFunction(
    "substring_grapheme", summary: "As substring, counting grapheme clusters.",
    example: ("substring_grapheme('🦆🤦🏼‍♂️x', 2, 1)", "🤦🏼‍♂️"),
    overloads: [
      .binaryText(.varchar, .bigint) { (text: StringView, start: Int64, output: StringOutput) in
        output.text(graphemes(text, start, nil))
      },
      .ternaryText(.varchar, .bigint, .bigint) {
        (text: StringView, start: Int64, length: Int64, output: StringOutput) in
        output.text(graphemes(text, start, length))
      },
    ])

  private static func graphemes(_ text: StringView, _ start: Int64, _ length: Int64?) -> String {
    let string: [Character] = Array(text.string)
    let (first, last) = Characters.range(count: string.count, start: start, length: length)
    return String(string[first..<last])
  }

  /// left(s, -n): all but the last n characters.
  static let left = ScalarFunction(
    "left", summary: "The first n characters; with negative n all but the last.",
    example: ("left('Hello', 2)", "He"),
    overloads: [
      .binaryText(.varchar, .bigint) { (text: StringView, n: Int64, _: StringOutput) in
        let end: Int = n >= 0 ? clamp(n) : Characters.count(text) + clamp(n)
        return Characters.slice(text, 0, end)
      }
    ])
  static let right = ScalarFunction(
    "right", summary: "The last n characters; with negative n all but the first.",
    example: ("right('Hello', 3)", "llo"),
    overloads: [
      .binaryText(.varchar, .bigint) { (text: StringView, n: Int64, _: StringOutput) in
        let count: Int = Characters.count(text)
        return Characters.slice(text, n >= 0 ? count - clamp(n) : -clamp(n), count)
      }
    ])
  static let leftGrapheme = ScalarFunction(
    "left_grapheme", summary: "The first n grapheme clusters.",
    example: ("left_grapheme('🤦🏼‍♂️x', 1)", "🤦🏼‍♂️"),
    overloads: [
      .binaryText(.varchar, .bigint) { (text: StringView, n: Int64, output: StringOutput) in
        let string: String = text.string
        return output.text(
          String(n >= 0 ? string.prefix(clamp(n)) : string.dropLast(-clamp(n))))
      }
    ])
  static let rightGrapheme = ScalarFunction(
    "right_grapheme", summary: "The last n grapheme clusters.",
    example: ("right_grapheme('x🤦🏼‍♂️', 1)", "🤦🏼‍♂️"),
    overloads: [
      .binaryText(.varchar, .bigint) { (text: StringView, n: Int64, output: StringOutput) in
        let string: String = text.string
        return output.text(
          String(n >= 0 ? string.suffix(clamp(n)) : string.dropFirst(-clamp(n))))
      }
    ])

  private static func clamp(_ n: Int64) -> Int { Int(Swift.min(Swift.max(n, -1 << 40), 1 << 40)) }

  static let splitPart = ScalarFunction(
    "split_part", summary: "The n-th part (negative from the end) of a string cut at a separator.",
    example: ("split_part('a-b-c', '-', 2)", "b"),
    overloads: [
      .ternaryText(.varchar, .varchar, .bigint) {
        (text: StringView, separator: StringView, n: Int64, _: StringOutput) in
        let cuts: [Range<Int>] = TextSearch.pieces(text, separator)
        let index: Int64 = n > 0 ? n - 1 : n < 0 ? Int64(cuts.count) + n : -1
        return index >= 0 && index < Int64(cuts.count) ? text.slice(cuts[Int(index)]) : .empty
      }
    ])
  static let stringSplit = ScalarFunction(
    "string_split", aliases: ["str_split", "string_to_array", "split"],
    summary: "The parts of a string between separators, as a list.",
    example: ("string_split('a-b-c', '-')", "[a, b, c]"),
    overloads: [
      .fixed([.varchar, .varchar], to: .list(.varchar)) { arguments, count, _ in
        try ScalarLift.evaluate(arguments, count, .list(.varchar)) { vectors, n in
          try TextSearch.splitRows(vectors, n)
        }
      }
    ])
}
