package import OlapColumns

/// Memory one holder has reserved from the budget; given back when it goes away.
///
/// Used by one thread at a time. Reservations move in steps, so the shared counters are touched rarely.
package final class MemoryReservation: @unchecked Sendable {
  private let budget: MemoryBudget
  private let consumer: MemoryBudget.Consumer
  package private(set) var byteCount = 0
  private static let step = 1 << 20

  package init(_ budget: MemoryBudget, for consumer: MemoryBudget.Consumer) {
    self.budget = budget
    self.consumer = consumer
  }

  deinit { if byteCount > 0 { budget.release(byteCount, for: consumer) } }

  /// Makes sure at least `total` bytes are reserved; false when the budget refuses (spill then).
  package func grow(to total: Int) -> Bool {
    if total <= byteCount { return true }
    let wanted = (total - byteCount + MemoryReservation.step - 1) & ~(MemoryReservation.step - 1)
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

  /// Gives memory back down to `total` bytes.
  package func shrink(to total: Int) {
    if total >= byteCount { return }
    budget.release(byteCount - total, for: consumer)
    byteCount = total
  }
}
