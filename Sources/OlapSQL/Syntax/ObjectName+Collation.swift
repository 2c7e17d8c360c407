extension ObjectName {
  /// Whether the name means the order of bytes, which every column has.
  package var isBinaryCollation: Bool {
    parts.allSatisfy {
      $0.text.lowercased().split(separator: ".").allSatisfy { ["binary", "c", "posix"].contains($0) }
    }
  }
}
