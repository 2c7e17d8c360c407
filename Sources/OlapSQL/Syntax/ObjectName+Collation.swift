extension ObjectName {
  /// Whether the name means the order of bytes, which every column has.
  package var isBinaryCollation: Bool {
    let words: [Substring] = parts.flatMap { $0.text.lowercased().split(separator: ".") }
    return words.allSatisfy { ["binary", "c", "posix"].contains($0) }
  }
}
