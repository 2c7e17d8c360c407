import Synchronization

/// Counts all memory of one database against `memory_limit`: cached segments and intermediates alike.
///
/// Operators reserve before they grow and spill when refused. A refusal first asks the reclaimer (the
/// buffer pool) to evict. Thread-safe.
package final class MemoryBudget: Sendable {
  /// Who holds memory, for `olap.memory`.
  package enum Consumer: Int, Sendable, CaseIterable {
    case bufferPool, tail, writeAheadLog, aggregation, join, sort, window, distinct, result, load,
      other
  }

  private let limitBytes: Atomic<Int>
  private let usedBytes = Atomic<Int>(0)
  private let perConsumer: Mutex<[Int]>
  private let reclaimer = Mutex<Reclaimer?>(nil)

  /// A closure in a struct of its own: read straight out of a generic `Mutex`, it would come back
  /// wrapped once more at every reading, and calling it would go through all the wrappings.
  private struct Reclaimer: Sendable {
    let body: @Sendable (_ byteCount: Int) -> Int
  }

  package init(limit: Int) {
    limitBytes = Atomic(limit)
    perConsumer = Mutex(Array(repeating: 0, count: Consumer.allCases.count))
  }

  package var limit: Int {
    get { limitBytes.load(ordering: .relaxed) }
    set { limitBytes.store(newValue, ordering: .relaxed) }
  }
  package var used: Int { usedBytes.load(ordering: .relaxed) }
  package func used(by consumer: Consumer) -> Int { perConsumer.withLock { $0[consumer.rawValue] } }

  /// Who is asked to give memory back (returns the bytes freed). It must not reserve.
  package func setReclaimer(_ body: @escaping @Sendable (Int) -> Int) {
    reclaimer.withLock { $0 = Reclaimer(body: body) }
  }

  /// Reserves if it fits, evicting cached data if that helps. False: spill or fail.
  package func tryReserve(_ byteCount: Int, for consumer: Consumer) -> Bool {
    let after = usedBytes.add(byteCount, ordering: .relaxed).newValue
    if after > limit {
      let reclaimer = reclaimer.withLock { $0 }
      let freed = reclaimer?.body(after - limit) ?? 0
      // The reclaimer has released what it freed through `release`.
      if freed < after - limit && used > limit {
        usedBytes.subtract(byteCount, ordering: .relaxed)
        return false
      }
    }
    perConsumer.withLock { $0[consumer.rawValue] += byteCount }
    return true
  }

  /// Reserves without asking: for memory that exists already and cannot spill.
  package func reserve(_ byteCount: Int, for consumer: Consumer) {
    usedBytes.add(byteCount, ordering: .relaxed)
    perConsumer.withLock { $0[consumer.rawValue] += byteCount }
  }

  package func release(_ byteCount: Int, for consumer: Consumer) {
    usedBytes.subtract(byteCount, ordering: .relaxed)
    perConsumer.withLock { $0[consumer.rawValue] -= byteCount }
  }
}
