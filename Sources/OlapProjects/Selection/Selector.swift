/// One word of `--select` or `--exclude`: a criterion with what hangs on it.
///
///     revenue   +revenue   revenue+   2+revenue   revenue+1   @revenue   tag:core   path:models/gold
///     gold_*    layer:gold   kind:test   owner:data   state:modified   result:error   a,b (both)
package struct Selector: Sendable, Hashable {
  package enum Method: String, Sendable, CaseIterable {
    case name, tag, path, layer, kind, owner, state, result, source
  }

  package var method: Method
  package var pattern: String
  /// Levels of inputs to add; nil = none, `Int.max` = all.
  package var upstream: Int?
  /// Levels of readers to add.
  package var downstream: Int?
  /// `@x`: x, all that reads it, and all inputs of those.
  package var takesFamily = false

  init(_ text: String) throws(ProjectError) {
    var rest = Substring(text)
    if rest.hasPrefix("@") {
      takesFamily = true
      rest = rest.dropFirst()
    }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    if rest.dropFirst(digits.count).hasPrefix("+") {
      upstream = digits.isEmpty ? Int.max : Int(digits) ?? Int.max
      rest = rest.dropFirst(digits.count + 1)
    }
    if let plus = rest.lastIndex(of: "+") {
      let levels = rest[rest.index(after: plus)...]
      if levels.allSatisfy({ $0.isASCII && $0.isNumber }) {
        downstream = levels.isEmpty ? Int.max : Int(levels) ?? Int.max
        rest = rest[..<plus]
      }
    }
    method = .name
    pattern = String(rest)
    if let colon = rest.firstIndex(of: ":") {
      let word = String(rest[..<colon]).lowercased()
      let names = ["resource_type": "kind", "config.materialized": "layer", "fqn": "name"]
      guard let found = Method(rawValue: names[word] ?? word) else {
        throw ProjectError(
          "unknown selection method \"\(word):\""
            + Spelling.hint(word, among: Method.allCases.map(\.rawValue)))
      }
      method = found
      pattern = String(rest[rest.index(after: colon)...])
    } else if pattern.contains("/") || pattern.hasSuffix(".sql") {
      method = .path
    }
    guard !pattern.isEmpty else {
      throw ProjectError("\"\(text)\" selects nothing: a name or method:value is missing")
    }
  }

  /// Whether `text` matches a pattern in which `*` stands for anything and `?` for one character.
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let pattern = Array(pattern.lowercased())
    let text = Array(text.lowercased())
    var p = 0
    var t = 0
    var star: (pattern: Int, text: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, t)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
        p += 1
        t += 1
      } else if let last = star {
        star = (last.pattern, last.text + 1)
        p = last.pattern + 1
        t = last.text + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
