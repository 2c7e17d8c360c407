package import OlapColumns

/// Keeps rows whose value may be one of a set known before the scan starts; skips row groups and zones
/// between whose bounds no value of the set lies. NULL never passes.
///
/// Values are compared by their order keys, so long strings with equal beginnings pass alike: the
/// reader compares again.
package final class KeySetFilter: RuntimeFilter {
  package let bounds: (minimum: Value, maximum: Value)? = nil
  private let sorted: SortedKeys
  /// Open addressing; `isUsed` marks the slots taken.
  private let slots: [Int64]
  private let isUsed: [Bool]

  /// Nil for types without order keys.
  package init?(_ values: Vector) {
    guard let sorted = SortedKeys(values) else { return nil }
    let unique: [Int64] = sorted.keys
    self.sorted = sorted
    var capacity = 16
    while capacity < unique.count * 2 { capacity *= 2 }
    var slots = [Int64](repeating: 0, count: capacity)
    var isUsed = [Bool](repeating: false, count: capacity)
    for key in unique {
      var slot: Int = KeySetFilter.hash(key) & (capacity - 1)
      while isUsed[slot] { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = key
      isUsed[slot] = true
    }
    self.slots = slots
    self.isUsed = isUsed
  }

  @inline(__always) private static func hash(_ key: Int64) -> Int {
    let mixed: UInt64 = UInt64(bitPattern: key) &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: mixed >> 20)
  }

  package func mayPass(minimum: Int64, maximum: Int64) -> Bool? {
    sorted.mayPass(minimum: minimum, maximum: maximum)
  }

  package func filter(_ vector: Vector, _ selection: Selection) {
    let flat: Vector = vector.flattened()
    let mask: Int = slots.count - 1
    let rows = selection.indexes
    var kept = 0
    slots.withUnsafeBufferPointer { slots in
      isUsed.withUnsafeBufferPointer { isUsed in
        for k in 0..<selection.count {
          let row: UInt32 = rows[k]
          if let validity = flat.validity, validity[Int(row)] == 0 { continue }
          let key: Int64 = OrderKey.key(flat, Int(row))
          var slot: Int = KeySetFilter.hash(key) & mask
          while isUsed[slot] {
            if slots[slot] == key {
              rows[kept] = row
              kept += 1
              break
            }
            slot = (slot + 1) & mask
          }
        }
      }
    }
    selection.count = kept
  }
}
