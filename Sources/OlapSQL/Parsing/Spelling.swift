/// Guesses what a misspelt word was meant to be.
package enum Spelling {
  /// The keyword nearest to `word`, when near enough to be worth saying.
  static func closest(to word: String, among keywords: [Keyword]) -> Keyword? {
    guard let text = closest(to: word, among: keywords.map(\.rawValue)) else { return nil }
    return Keyword(rawValue: text)
  }

  /// The candidate nearest to `word` without case: at most a third of its letters away.
  package static func closest(to word: String, among candidates: [String]) -> String? {
    let lower = Array(word.lowercased().utf8.prefix(64))
    guard lower.count > 1 else { return nil }
    var best: (text: String, distance: Int)?
    for candidate in candidates {
      let other = Array(candidate.lowercased().utf8.prefix(64))
      let limit = max(1, (min(lower.count, other.count) + 1) / 3)
      let distance = distance(lower, other)
      if distance > 0, distance <= limit, distance < best?.distance ?? .max {
        best = (candidate, distance)
      }
    }
    return best?.text
  }

  /// Edits (insert, delete, replace, swap neighbours) from one to the other.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var older: [Int] = []
    var previous = Array(0...right.count)
    for i in 0..<left.count {
      var current = [i + 1]
      for j in 0..<right.count {
        let replace = previous[j] + (left[i] == right[j] ? 0 : 1)
        var cost = min(replace, previous[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          cost = min(cost, older[j - 1] + 1)
        }
        current.append(cost)
      }
      older = previous
      previous = current
    }
    return previous[right.count]
  }
}
