/// What Tab found: candidates that replace the last `replacedCount` characters before the cursor.
struct Completion {
  var candidates: [String] = []
  var replacedCount = 0
  /// Follows a candidate that was the only one: a blank, or nothing after `(`, `.` and `/`.
  func suffix(for candidate: String) -> String {
    candidate.hasSuffix("(") || candidate.hasSuffix("/") || candidate.hasSuffix(".") ? "" : " "
  }

  /// The longest beginning that all candidates share, compared without regard to case.
  static func sharedPrefix(_ candidates: [String]) -> String {
    guard let first = candidates.first else { return "" }
    var count = first.count
    for candidate in candidates.dropFirst() {
      var same = 0
      for (a, b) in zip(first, candidate) {
        guard a.lowercased() == b.lowercased(), same < count else { break }
        same += 1
      }
      count = same
    }
    return String(first.prefix(count))
  }
}

/// Completes the text before the cursor.
protocol Completer {
  func complete(_ head: String) -> Completion
}
