/// Suggestions for misspelt names.
enum Spelling {
  /// `; did you mean "x"?` when a name is close, else `; known are …`.
  static func hint(_ name: String, among known: [String]) -> String {
    let folded = Array(name.lowercased())
    let best = known.map { (name: $0, distance: distance(folded, Array($0.lowercased()))) }
      .min { $0.distance < $1.distance }
    if let best, best.distance <= max(1, folded.count / 3) {
      return "; did you mean \"\(best.name)\"?"
    }
    if known.isEmpty { return "" }
    let shown = known.prefix(12).joined(separator: ", ")
    return "; known are \(shown)" + (known.count > 12 ? ", …" : "")
  }

  /// Levenshtein distance.
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
