package import OlapColumns

/// Memory one holder has reserved from the budget; given back when it goes away.
///
/// Used by one thread at a time. Reservations move in steps, so the shared counters are touched rarely.
package final class MemoryReservation: @unchecked Sendable {
  private let budget: MemoryBudget
  private let consumer: MemoryBudget.Consumer
  package private(set) var byteCount = 0
  private let step: Int

  package init(_ budget: MemoryBudget, for consumer: MemoryBudget.Consumer) {
    self.budget = budget
    self.consumer = consumer
    // A power of two, small against a small budget.
    step =
      1
      << Swift.max(
        14, Swift.min(20, (budget.limit >> 7).bitWidth - (budget.limit >> 7).leadingZeroBitCount))
  }

  deinit { if byteCount > 0 { budget.release(byteCount, for: consumer) } }

  /// Makes sure at least `total` bytes are reserved; false when the budget refuses (spill then).
  package func grow(to total: Int) -> Bool {
    if total <= byteCount { return true }
    let wanted = (total - byteCount + step - 1) & ~(step - 1)
    if budget.tryReserve(wanted, for: consumer) {
      byteCount += wanted
      return true
    }
    return false
  }

  /// Reserves without asking, for memory that cannot spill.
  package func force(to total: Int) {
    if total <= byteCount || grow(to: total) { return }
    budget.reserve(total - byteCount, for: consumer)
    byteCount = total
  }

  /// Bytes that any holder may have beyond the limit: what it takes to make progress at all.
  private static let floor = 1 << 20

  /// Reserves memory that cannot spill; small holders always get it.
  /// - Throws: `.outOfMemory` when the limit does not allow it; `what` says who needs it and why.
  package func require(_ total: Int, _ what: @autoclosure () -> String) throws {
    if total <= byteCount || grow(to: total) { return }
    if total > MemoryReservation.floor {
      throw ComputeError(
        .outOfMemory,
        "out of memory: \(what()); it needs \(total) bytes, and \(budget.used) of the"
          + " \(budget.limit) bytes of memory_limit are in use; SET memory_limit to more")
    }
    force(to: total)
  }

  /// Takes over what another holder of the same budget has reserved.
  package func take(_ other: MemoryReservation) {
    budget.release(other.byteCount, for: other.consumer)
    budget.reserve(other.byteCount, for: consumer)
    byteCount += other.byteCount
    other.byteCount = 0
  }

  /// Gives memory back down to `total` bytes.
  package func shrink(to total: Int) {
    if total >= byteCount { return }
    budget.release(byteCount - total, for: consumer)
    byteCount = total
  }
}
