/// A verb's help text, from which the man page and the shells' completions are made.
struct VerbHelp {
  let name: String
  let summary: String
  let text: String

  /// The options named at the beginning of words of the text, as written there.
  var options: [String] {
    var found: [String] = []
    for line in text.split(separator: "\n") where line.first == " " {
      // Options begin a line or follow " / " and ", "; dashes inside sentences do not count.
      for word in line.split(whereSeparator: { " ,/[]|=".contains($0) }) {
        guard word.first == "-" else { break }
        let name = String(word.prefix { $0 == "-" || $0 == "_" || $0.isLetter || $0.isNumber })
        if name.contains(where: { $0.isLetter }), !found.contains(name) { found.append(name) }
      }
    }
    return found
  }
}
