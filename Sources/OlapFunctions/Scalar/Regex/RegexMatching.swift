import OlapColumns

/// Whether a regular expression matches.
enum RegexOverloads {
  static let fullMatch: [ScalarOverload] = matching(isWhole: true)
  static let anyMatch: [ScalarOverload] = matching(isWhole: false)

  private static func matching(isWhole: Bool) -> [ScalarOverload] {
    [
      .fixed([.varchar, .varchar], to: .boolean, kernel(isWhole, negated: false)),
      .fixed([.varchar, .varchar, .varchar], to: .boolean, kernel(isWhole, negated: false)),
    ]
  }

  static func kernel(
    _ isWhole: Bool, negated: Bool, fixed: RegexOptions = RegexOptions()
  ) -> ScalarKernel {
    { arguments, count, _ in
      try ScalarLift.evaluate(arguments, count, .boolean) { vectors, n in
        let texts = Cells<StringView>(vectors[0])
        let patterns = Cells<StringView>(vectors[1])
        let letters: Cells<StringView>? = vectors.count > 2 ? Cells(vectors[2]) : nil
        if vectors[1].encoding == .constant && letters?.step ?? 0 == 0 {
          let options: RegexOptions = try letters.map { try RegexOptions($0[0]) } ?? fixed
          let regex: Regex = try Regex.compile(patterns[0], options: options)
          return try ScalarLift.fill(.boolean, vectors, n) { i -> Bool? in
            regex.matches(texts[i], isWhole: isWhole) != negated
          }
        }
        return try ScalarLift.fill(.boolean, vectors, n) { i -> Bool? in
          let options: RegexOptions = try letters.map { try RegexOptions($0[i]) } ?? fixed
          return try Regex.compile(patterns[i], options: options)
            .matches(texts[i], isWhole: isWhole) != negated
        }
      }
    }
  }
}

extension ScalarFunction {
  static let regexpMatches = ScalarFunction(
    "regexp_matches", aliases: ["regexp_like", "rlike", "regexp"],
    summary: "Whether the regular expression matches anywhere in the string.",
    example: ("regexp_matches('anabanana', '(an)+')", "true"),
    overloads: RegexOverloads.anyMatch)

  static let regexpFullMatch = ScalarFunction(
    "regexp_full_match", summary: "Whether the regular expression matches the whole string.",
    example: ("regexp_full_match('anabanana', '(an)+')", "false"),
    overloads: RegexOverloads.fullMatch)

  static let regexNotMatch = ScalarFunction(
    "!~", summary: "Whether the regular expression does not match the whole string.",
    example: ("'abc' !~ 'a.*'", "false"),
    overloads: [
      .fixed([.varchar, .varchar], to: .boolean, RegexOverloads.kernel(true, negated: true))
    ])

  static let regexIgnoringCase = ScalarFunction(
    "~*", summary: "Whether the regular expression matches anywhere, without regard to case.",
    example: ("'ABC' ~* 'b'", "true"),
    overloads: [.fixed([.varchar, .varchar], to: .boolean, ignoringCase(negated: false))])

  static let regexNotIgnoringCase = ScalarFunction(
    "!~*", summary: "Whether the regular expression matches nowhere, without regard to case.",
    example: ("'ABC' !~* 'b'", "false"),
    overloads: [.fixed([.varchar, .varchar], to: .boolean, ignoringCase(negated: true))])

  private static func ignoringCase(negated: Bool) -> ScalarKernel {
    var options = RegexOptions()
    options.flags = 1
    return RegexOverloads.kernel(false, negated: negated, fixed: options)
  }
}
