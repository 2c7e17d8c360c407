/// Ids of entries of other databases within one statement: the slot of the database above the id it
/// has there.
package enum AttachedID {
  /// Above temporary tables, whose ids start at 2^48.
  package static let first: UInt64 = 1 << 49
  package static let slotBits: UInt64 = 40
  package static let slotMax = 200

  package static func offset(slot: Int) -> UInt64 { first | UInt64(slot) << slotBits }
  package static func slot(of id: UInt64) -> Int? {
    id >= first ? Int((id ^ first) >> slotBits) : nil
  }
  package static func local(_ id: UInt64) -> UInt64 { id & ((1 << slotBits) - 1) }
}
