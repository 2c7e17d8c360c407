package import OlapColumns

/// The order keys of a set of values, ascending and distinct: tells which zones can hold one of them.
package struct SortedKeys: Sendable {
  let keys: [Int64]

  /// Nil for types without order keys. NULLs are left out.
  package init?(_ values: Vector) {
    if values.type.isNested || values.type == .interval { return nil }
    let flat: Vector = values.flattened()
    var all: [Int64] = []
    all.reserveCapacity(flat.count)
    for row in 0..<flat.count where flat.isValid(row) { all.append(OrderKey.key(flat, row)) }
    all.sort()
    var unique: [Int64] = []
    for key in all where unique.last != key { unique.append(key) }
    keys = unique
  }

  /// Whether a value of the set may lie between two order keys.
  package func mayPass(minimum: Int64, maximum: Int64) -> Bool {
    var low = 0
    var high: Int = keys.count
    while low < high {
      let middle: Int = (low + high) / 2
      if keys[middle] < minimum { low = middle + 1 } else { high = middle }
    }
    return low < keys.count && keys[low] <= maximum
  }
}
