import Synchronization

/// Hands out 0, 1, 2 … to workers, each number once.
package final class MorselCounter: Sendable {
  private let value = Atomic<Int>(0)
  package init() {}

  /// The next number, nil once `limit` is reached.
  package func next(limit: Int) -> Int? {
    let claimed = value.add(1, ordering: .relaxed).oldValue
    return claimed < limit ? claimed : nil
  }

  package func reset() { value.store(0, ordering: .relaxed) }
}
