/// Wildcard patterns on column names: `* LIKE 'x%'`, `* GLOB 'x*'`.
enum NamePattern {
  static func like(_ name: String, _ pattern: String) -> Bool {
    wildcard(Array(name.unicodeScalars), Array(pattern.unicodeScalars), many: "%", one: "_")
  }

  static func glob(_ name: String, _ pattern: String) -> Bool {
    wildcard(Array(name.unicodeScalars), Array(pattern.unicodeScalars), many: "*", one: "?")
  }

  /// Linear-time matching with one point to return to.
  private static func wildcard(
    _ text: [Unicode.Scalar], _ pattern: [Unicode.Scalar], many: Unicode.Scalar,
    one: Unicode.Scalar
  ) -> Bool {
    var i = 0
    var j = 0
    var star = -1
    var mark = 0
    while i < text.count {
      if j < pattern.count, pattern[j] == one || pattern[j] == text[i], pattern[j] != many {
        i += 1
        j += 1
      } else if j < pattern.count, pattern[j] == many {
        star = j
        mark = i
        j += 1
      } else if star >= 0 {
        j = star + 1
        mark += 1
        i = mark
      } else {
        return false
      }
    }
    while j < pattern.count, pattern[j] == many { j += 1 }
    return j == pattern.count
  }
}
