import OlapColumns

/// LIKE, ILIKE, GLOB and their negations, by the operator names of Postgres.
extension ScalarFunction {
  static let like = ScalarFunction(
    "~~", aliases: ["like"], summary: "Whether the string matches the LIKE pattern (% and _).",
    example: ("'duck' LIKE 'd%k'", "true"),
    overloads: [Like.overload(ignoresCase: false, negated: false)])
  static let notLike = ScalarFunction(
    "!~~", aliases: ["not_like"], summary: "Whether the string does not match the LIKE pattern.",
    example: ("'duck' NOT LIKE 'x%'", "true"),
    overloads: [Like.overload(ignoresCase: false, negated: true)])
  static let ilike = ScalarFunction(
    "~~*", aliases: ["ilike"], summary: "LIKE without regard to case.",
    example: ("'DUCK' ILIKE 'd%k'", "true"),
    overloads: [Like.overload(ignoresCase: true, negated: false)])
  static let notIlike = ScalarFunction(
    "!~~*", aliases: ["not_ilike"], summary: "NOT LIKE without regard to case.",
    example: ("'DUCK' NOT ILIKE 'x%'", "true"),
    overloads: [Like.overload(ignoresCase: true, negated: true)])
  static let likeEscape = ScalarFunction(
    "like_escape", summary: "LIKE with an escape character.",
    example: ("'a%c' LIKE 'a$%c' ESCAPE '$'", "true"),
    overloads: [Like.escaped(ignoresCase: false, negated: false)])
  static let notLikeEscape = ScalarFunction(
    "not_like_escape", summary: "NOT LIKE with an escape character.",
    example: ("'abc' NOT LIKE 'a$%c' ESCAPE '$'", "true"),
    overloads: [Like.escaped(ignoresCase: false, negated: true)])
  static let ilikeEscape = ScalarFunction(
    "ilike_escape", summary: "ILIKE with an escape character.",
    example: ("'A%c' ILIKE 'a$%C' ESCAPE '$'", "true"),
    overloads: [Like.escaped(ignoresCase: true, negated: false)])
  static let notIlikeEscape = ScalarFunction(
    "not_ilike_escape", summary: "NOT ILIKE with an escape character.",
    example: ("'ABC' NOT ILIKE 'a$%C' ESCAPE '$'", "true"),
    overloads: [Like.escaped(ignoresCase: true, negated: true)])
  static let glob = ScalarFunction(
    "~~~", aliases: ["glob"],
    summary: "Whether the string matches the shell pattern (*, ?, [a-z]).",
    example: ("'best.txt' GLOB '*.txt'", "true"),
    overloads: [
      .binary(.varchar, .varchar, to: .boolean) { (text: StringView, pattern: StringView) in
        GlobPattern.matches(text.array, pattern.array)
      }
    ])
}

enum Like {
  static func overload(ignoresCase: Bool, negated: Bool) -> ScalarOverload {
    .fixed([.varchar, .varchar], to: .boolean) { arguments, count, _ in
      try ScalarLift.evaluate(arguments, count, .boolean) { vectors, n in
        let texts = Cells<StringView>(vectors[0])
        let patterns = Cells<StringView>(vectors[1])
        if vectors[1].encoding == .constant {
          let pattern: LikePattern = try compile(patterns[0], nil, ignoresCase)
          if ignoresCase {
            return try ScalarLift.fill(.boolean, vectors, n) { i -> Bool? in
              fold(texts[i]).withUnsafeBytes { pattern.matches($0) } != negated
            }
          }
          return try ScalarLift.fill(.boolean, vectors, n) { i -> Bool? in
            pattern.matches(texts[i]) != negated
          }
        }
        return try ScalarLift.fill(.boolean, vectors, n) { i -> Bool? in
          try matches(texts[i], compile(patterns[i], nil, ignoresCase), ignoresCase) != negated
        }
      }
    }
  }

  static func escaped(ignoresCase: Bool, negated: Bool) -> ScalarOverload {
    .ternary(.varchar, .varchar, .varchar, to: .boolean) {
      (text: StringView, pattern: StringView, escape: StringView) in
      if escape.count > 1 {
        throw ComputeError.invalid("Invalid escape string: escape must be empty or one character")
      }
      let compiled: LikePattern = try compile(pattern, escape.array.first, ignoresCase)
      return matches(text, compiled, ignoresCase) != negated
    }
  }

  private static func matches(
    _ text: StringView, _ pattern: LikePattern, _ ignoresCase: Bool
  ) -> Bool {
    ignoresCase ? fold(text).withUnsafeBytes { pattern.matches($0) } : pattern.matches(text)
  }

  private static func compile(
    _ pattern: StringView, _ escape: UInt8?, _ ignoresCase: Bool
  ) throws -> LikePattern {
    try LikePattern(ignoresCase ? fold(pattern) : pattern.array, escape: escape)
  }

  private static func fold(_ view: StringView) -> [UInt8] {
    var bytes: [UInt8] = []
    view.withBytes { CaseMapping.lower($0, into: &bytes) }
    return bytes
  }
}

/// Shell patterns: `*`, `?`, `[abc]`, `[!a-z]`, `\x`.
enum GlobPattern {
  static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    var i = 0
    var j = 0
    var retryPattern = -1
    var retryText = 0
    while i < text.count {
      if j < pattern.count {
        if pattern[j] == 0x2a {
          retryPattern = j + 1
          retryText = i
          j += 1
          continue
        }
        if let next = step(text[i], pattern, j) {
          i += 1
          j = next
          continue
        }
      }
      guard retryPattern >= 0 else { return false }
      retryText += 1
      i = retryText
      j = retryPattern
    }
    while j < pattern.count && pattern[j] == 0x2a { j += 1 }
    return j == pattern.count
  }

  /// Position after the pattern element at `j` when it accepts `byte`.
  private static func step(_ byte: UInt8, _ pattern: [UInt8], _ j: Int) -> Int? {
    switch pattern[j] {
    case 0x3f: return j + 1
    case 0x5b: return bracket(byte, pattern, j + 1)
    case 0x5c where j + 1 < pattern.count: return pattern[j + 1] == byte ? j + 2 : nil
    default: return pattern[j] == byte ? j + 1 : nil
    }
  }

  private static func bracket(_ byte: UInt8, _ pattern: [UInt8], _ start: Int) -> Int? {
    var j: Int = start
    let isNegated: Bool = j < pattern.count && pattern[j] == 0x21
    if isNegated { j += 1 }
    var isHit = false
    var isFirst = true
    while j < pattern.count && (isFirst || pattern[j] != 0x5d) {
      isFirst = false
      let low: UInt8 = pattern[j]
      if j + 2 < pattern.count && pattern[j + 1] == 0x2d && pattern[j + 2] != 0x5d {
        isHit = isHit || (low <= byte && byte <= pattern[j + 2])
        j += 3
      } else {
        isHit = isHit || low == byte
        j += 1
      }
    }
    if j >= pattern.count { return nil }
    return isHit != isNegated ? j + 1 : nil
  }
}
