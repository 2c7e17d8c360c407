/// Half-open range of UTF-8 byte offsets in the SQL text a node was parsed from.
///
/// Every node of the tree carries one. Two ranges always compare equal, so that the synthesized
/// equality of nodes compares what they say and not where they stand:
/// `parse(print(tree)) == tree`. Compare `start` and `end` to compare places.
package struct SourceRange: Hashable, Sendable {
  package var start: Int
  package var end: Int

  package init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  /// The place of a node that was made, not parsed.
  package static let none: SourceRange = SourceRange(0, 0)

  package var byteCount: Int { end - start }

  /// Smallest range that holds both.
  package func union(_ other: SourceRange) -> SourceRange {
    SourceRange(min(start, other.start), max(end, other.end))
  }

  package static func == (left: SourceRange, right: SourceRange) -> Bool { true }

  package func hash(into hasher: inout Hasher) {}
}
