import CIntrinsics

/// Searching raw bytes.
enum Memory {
  /// Offset of the first place of a needle that is not empty.
  static func find(
    _ text: UnsafeRawPointer, _ count: Int, _ needle: UnsafeRawPointer, _ needleCount: Int
  ) -> Int? {
    olap_find(text, count, needle, needleCount).map { $0 - text }
  }
}
