import CIntrinsics
import Glibc
package import OlapColumns

/// Maps distinct key rows to dense group numbers 0, 1, 2 … in order of first appearance.
///
/// Linear probing over 16-byte entries (hash, group + 1), at most half full. Hashes come batched per
/// vector and entries are prefetched. For one integer key of at most 64 bits the hash is a bijection of
/// the value, so equal hashes are equal keys; other keys are verified column by column. NULL is a key
/// like any other. Used by one thread at a time.
package final class GroupTable {
  /// One slot.
  struct Entry: BitwiseCopyable {
    var hash: UInt64
    /// Group + 1; 0 = empty.
    var group: UInt64
  }

  package let types: [SQLType]
  /// Number of groups.
  package private(set) var count = 0
  private let columns: [KeyColumn]
  private var entries: UnsafeMutablePointer<Entry>
  private var mask: Int
  /// Hash of each group.
  private var groupHashes: UnsafeMutablePointer<UInt64>
  private var groupCapacity: Int
  /// Entries and hashes of a table that has not grown yet.
  private let first: Buffer
  private static let firstCapacity = 1024
  /// Equal hashes are equal keys; given up when a NULL comes, whose hash may be a value's too.
  private var hashIsExact: Bool
  /// Scratch for one batch.
  private let scratch = Scratch()

  /// Memory for probing one batch; concurrent readers bring their own.
  package final class Scratch {
    package init() {}
    var capacity = 0
    var hashes = Buffer(byteCount: 0)
    var pending = Selection(capacity: 0)
    var candidateRows = Selection(capacity: 0)
    var candidateGroups = Selection(capacity: 0)
    var newRows = Selection(capacity: 0)
    var slots = Selection(capacity: 0)
    var verdicts = Buffer(byteCount: 0)

    func reserve(_ n: Int) {
      if n <= capacity { return }
      capacity = Swift.max(n, VectorSize.current)
      hashes = Buffer(byteCount: capacity * 8)
      pending = Selection(capacity: capacity)
      candidateRows = Selection(capacity: capacity)
      candidateGroups = Selection(capacity: capacity)
      newRows = Selection(capacity: capacity)
      slots = Selection(capacity: capacity)
      verdicts = Buffer(byteCount: capacity)
    }
  }

  package init(types: [SQLType]) {
    self.types = types
    columns = types.map { KeyColumn(type: $0) }
    let small = Buffer(byteCount: GroupTable.firstCapacity * (MemoryLayout<Entry>.stride + 8))
    memset(small.bytes, 0, small.byteCount)
    first = small
    mask = GroupTable.firstCapacity - 1
    entries = small.bytes.assumingMemoryBound(to: Entry.self)
    groupCapacity = GroupTable.firstCapacity
    groupHashes = (small.bytes + groupCapacity * MemoryLayout<Entry>.stride)
      .assumingMemoryBound(to: UInt64.self)
    hashIsExact =
      types.count == 1
      && {
        switch types[0].physicalType {
        case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
        default: false
        }
      }()
  }

  deinit {
    if mask >= GroupTable.firstCapacity {
      releaseMemory(entries, byteCount: mask * MemoryLayout<Entry>.stride)
    }
    if groupCapacity > GroupTable.firstCapacity {
      releaseMemory(groupHashes, byteCount: groupCapacity * 8)
    }
  }

  /// Zeroed entries.
  private static func allocateEntries(_ capacity: Int) throws -> UnsafeMutablePointer<Entry> {
    let byteCount = capacity * MemoryLayout<Entry>.stride
    let memory = try allocateTable(byteCount: byteCount)
    do {
      try Cancellation.clear(memory, byteCount: byteCount)
    } catch {
      releaseMemory(memory, byteCount: byteCount)
      throw error
    }
    return memory.assumingMemoryBound(to: Entry.self)
  }

  /// Bytes held.
  package var byteCount: Int {
    (mask + 1) * MemoryLayout<Entry>.stride + groupCapacity * 8
      + columns.reduce(0) { $0 + $1.byteCount }
  }

  /// Hashes of all groups.
  package var hashes: UnsafePointer<UInt64> { UnsafePointer(groupHashes) }

  /// The keys of all groups so far, one flat vector per column; valid until the next insertion.
  package func keys() -> [Vector] { columns.map { $0.vector() } }

  /// Group numbers of `n` key rows to `groups`; unknown keys become new groups. `isNew`, when given,
  /// collects the rows that did, ascending.
  /// - Throws: `.outOfMemory` when the table cannot grow; it stays as it was.
  package func findOrInsert(
    _ keys: [Vector], count n: Int, groups: UnsafeMutablePointer<UInt32>, isNew: Selection? = nil
  ) throws {
    scratch.reserve(n)
    let hashes = scratch.hashes.bytes.assumingMemoryBound(to: UInt64.self)
    Hash.hash(keys, count: n, into: hashes)
    try grow(toHold: count + n)
    let rows = keys.map { $0.flattened() }
    if types.isEmpty {
      insertEmptyKey(n, groups, isNew)
    } else if isExact(rows) {
      insertExact(rows, hashes, n, groups)
      if let isNew { copyNewRows(to: isNew) }
    } else {
      insertVerified(rows, hashes, n, groups)
      if let isNew { copyNewRows(to: isNew) }
    }
  }

  /// Group numbers of `n` key rows, UInt32.max where the key is unknown. Many threads may ask at once,
  /// each with its own scratch memory, as long as nothing is inserted.
  package func find(
    _ keys: [Vector], count n: Int, groups: UnsafeMutablePointer<UInt32>,
    scratch own: Scratch? = nil
  ) {
    let scratch = own ?? self.scratch
    scratch.reserve(n)
    let hashes = scratch.hashes.bytes.assumingMemoryBound(to: UInt64.self)
    Hash.hash(keys, count: n, into: hashes)
    if types.isEmpty {
      for i in 0..<n { groups[i] = count > 0 ? 0 : .max }
    } else if hashIsExact && keys[0].validity == nil {
      GroupTable.findExact(entries, mask, hashes, n, groups)
    } else {
      scratch.newRows.count = 0
      probeAll(
        keys.map { $0.flattened() }, hashes, n, groups, inserting: false, scratch: scratch)
    }
  }

  private static func findExact(
    _ entries: UnsafeMutablePointer<Entry>, _ mask: Int, _ hashes: UnsafePointer<UInt64>, _ n: Int,
    _ groups: UnsafeMutablePointer<UInt32>
  ) {
    let distance = 24
    for i in 0..<Swift.min(distance, n) {
      olap_prefetch(entries + (Int(truncatingIfNeeded: hashes[i]) & mask))
    }
    for i in 0..<n {
      let ahead = i &+ distance
      if ahead < n { olap_prefetch(entries + (Int(truncatingIfNeeded: hashes[ahead]) & mask)) }
      let hash = hashes[i]
      var slot = Int(truncatingIfNeeded: hash) & mask
      while true {
        let entry = entries[slot]
        if entry.group == 0 || entry.hash == hash {
          // An empty slot holds 0, which wraps to the marker of unknown keys.
          groups[i] = UInt32(truncatingIfNeeded: entry.group &- 1)
          break
        }
        slot = (slot &+ 1) & mask
      }
    }
  }

  // MARK: Insertion

  private func isExact(_ rows: [Vector]) -> Bool {
    if hashIsExact && rows[0].validity != nil && !rows[0].isAllValid() { hashIsExact = false }
    return hashIsExact
  }

  private func copyNewRows(to isNew: Selection) {
    for k in 0..<scratch.newRows.count { isNew.indexes[k] = scratch.newRows.indexes[k] }
    isNew.count = scratch.newRows.count
    // Verified insertion may find new keys out of row order.
    var rows = UnsafeMutableBufferPointer(start: isNew.indexes, count: isNew.count)
    rows.sort()
  }

  private func insertEmptyKey(
    _ n: Int, _ groups: UnsafeMutablePointer<UInt32>, _ isNew: Selection?
  ) {
    for i in 0..<n { groups[i] = 0 }
    isNew?.count = 0
    if count == 0 && n > 0 {
      count = 1
      groupHashes[0] = 0
      isNew?.indexes[0] = 0
      isNew?.count = 1
    }
  }

  private func insertExact(
    _ rows: [Vector], _ hashes: UnsafePointer<UInt64>, _ n: Int,
    _ groups: UnsafeMutablePointer<UInt32>
  ) {
    let added = GroupTable.insertExact(
      entries, mask, hashes, n, groups, groupHashes, count, scratch.newRows.indexes)
    scratch.newRows.count = added
    count += added
    columns[0].append(rows[0], rows: scratch.newRows.indexes, count: added)
  }

  /// The hot loop for keys that their hash identifies; gives the number of new groups.
  private static func insertExact(
    _ entries: UnsafeMutablePointer<Entry>, _ mask: Int, _ hashes: UnsafePointer<UInt64>, _ n: Int,
    _ groups: UnsafeMutablePointer<UInt32>, _ groupHashes: UnsafeMutablePointer<UInt64>,
    _ first: Int, _ newRows: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var added = 0
    let distance = 24
    for i in 0..<Swift.min(distance, n) {
      olap_prefetch(entries + (Int(truncatingIfNeeded: hashes[i]) & mask))
    }
    for i in 0..<n {
      let ahead = i &+ distance
      if ahead < n { olap_prefetch(entries + (Int(truncatingIfNeeded: hashes[ahead]) & mask)) }
      let hash = hashes[i]
      var slot = Int(truncatingIfNeeded: hash) & mask
      while true {
        let entry = entries[slot]
        if entry.group == 0 {
          let group = first &+ added
          entries[slot] = Entry(hash: hash, group: UInt64(truncatingIfNeeded: group &+ 1))
          groupHashes[group] = hash
          groups[i] = UInt32(truncatingIfNeeded: group)
          newRows[added] = UInt32(truncatingIfNeeded: i)
          added &+= 1
          break
        }
        if entry.hash == hash {
          groups[i] = UInt32(truncatingIfNeeded: entry.group &- 1)
          break
        }
        slot = (slot &+ 1) & mask
      }
    }
    return added
  }

  private func insertVerified(
    _ rows: [Vector], _ hashes: UnsafePointer<UInt64>, _ n: Int,
    _ groups: UnsafeMutablePointer<UInt32>
  ) {
    scratch.newRows.count = 0
    probeAll(rows, hashes, n, groups, inserting: true, scratch: scratch)
  }

  /// Rounds of: walk each pending row to the next entry of equal hash (or insert at the empty slot),
  /// then verify all these candidates column by column; rows that differ walk on.
  private func probeAll(
    _ rows: [Vector], _ hashes: UnsafePointer<UInt64>, _ n: Int,
    _ groups: UnsafeMutablePointer<UInt32>, inserting: Bool, scratch: Scratch
  ) {
    let pending = scratch.pending
    let slots = scratch.slots.indexes
    GroupTable.begin(entries, mask, hashes, n, pending.indexes, slots)
    pending.count = n
    let verdicts = scratch.verdicts.bytes.assumingMemoryBound(to: UInt8.self)
    while pending.count > 0 {
      let before = scratch.newRows.count
      let walked = GroupTable.walk(
        entries, mask, hashes, pending.indexes, pending.count, slots, groups, groupHashes,
        first: count, inserting: inserting, candidateRows: scratch.candidateRows.indexes,
        candidateGroups: scratch.candidateGroups.indexes,
        newRows: scratch.newRows.indexes + before)
      if walked.added > 0 {
        for (column, row) in zip(columns, rows) {
          column.append(row, rows: scratch.newRows.indexes + before, count: walked.added)
        }
        scratch.newRows.count = before + walked.added
        count += walked.added
      }
      if walked.candidates == 0 { break }
      RowMatch.matches(
        left: rows, leftIndexes: scratch.candidateRows.indexes, right: keys(),
        rightIndexes: scratch.candidateGroups.indexes, count: walked.candidates, into: verdicts)
      pending.count = GroupTable.settle(
        verdicts, walked.candidates, scratch.candidateRows.indexes,
        scratch.candidateGroups.indexes, groups, slots, mask, pending.indexes)
    }
  }

  private static func begin(
    _ entries: UnsafeMutablePointer<Entry>, _ mask: Int, _ hashes: UnsafePointer<UInt64>, _ n: Int,
    _ pending: UnsafeMutablePointer<UInt32>, _ slots: UnsafeMutablePointer<UInt32>
  ) {
    for i in 0..<n {
      let slot = Int(truncatingIfNeeded: hashes[i]) & mask
      slots[i] = UInt32(truncatingIfNeeded: slot)
      pending[i] = UInt32(truncatingIfNeeded: i)
      olap_prefetch(entries + slot)
    }
  }

  private static func walk(
    _ entries: UnsafeMutablePointer<Entry>, _ mask: Int, _ hashes: UnsafePointer<UInt64>,
    _ pending: UnsafePointer<UInt32>, _ n: Int, _ slots: UnsafeMutablePointer<UInt32>,
    _ groups: UnsafeMutablePointer<UInt32>, _ groupHashes: UnsafeMutablePointer<UInt64>,
    first: Int, inserting: Bool, candidateRows: UnsafeMutablePointer<UInt32>,
    candidateGroups: UnsafeMutablePointer<UInt32>, newRows: UnsafeMutablePointer<UInt32>
  ) -> (added: Int, candidates: Int) {
    var added = 0
    var candidates = 0
    for k in 0..<n {
      let row = pending[k]
      let hash = hashes[Int(row)]
      var slot = Int(slots[Int(row)])
      while true {
        let entry = entries[slot]
        if entry.group == 0 {
          if inserting {
            let group = first &+ added
            entries[slot] = Entry(hash: hash, group: UInt64(truncatingIfNeeded: group &+ 1))
            groupHashes[group] = hash
            groups[Int(row)] = UInt32(truncatingIfNeeded: group)
            newRows[added] = row
            added &+= 1
          } else {
            groups[Int(row)] = .max
          }
          break
        }
        if entry.hash == hash {
          candidateRows[candidates] = row
          candidateGroups[candidates] = UInt32(truncatingIfNeeded: entry.group &- 1)
          candidates &+= 1
          break
        }
        slot = (slot &+ 1) & mask
      }
      slots[Int(row)] = UInt32(truncatingIfNeeded: slot)
    }
    return (added, candidates)
  }

  /// Takes verified candidates over and queues the others again one slot further.
  private static func settle(
    _ verdicts: UnsafePointer<UInt8>, _ n: Int, _ rows: UnsafePointer<UInt32>,
    _ candidates: UnsafePointer<UInt32>, _ groups: UnsafeMutablePointer<UInt32>,
    _ slots: UnsafeMutablePointer<UInt32>, _ mask: Int, _ pending: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var left = 0
    for k in 0..<n {
      let row = Int(rows[k])
      if verdicts[k] != 0 {
        groups[row] = candidates[k]
      } else {
        slots[row] = UInt32(truncatingIfNeeded: (Int(slots[row]) &+ 1) & mask)
        pending[left] = rows[k]
        left &+= 1
      }
    }
    return left
  }

  private func grow(toHold total: Int) throws {
    if total >= Int(UInt32.max) {
      throw ComputeError(
        .outOfMemory, "out of memory: more than 4294967294 groups; group by fewer or coarser values"
      )
    }
    if total > groupCapacity {
      let capacity = Swift.max(total, groupCapacity * 2)
      let grown = try allocateTable(byteCount: capacity * 8).assumingMemoryBound(to: UInt64.self)
      Buffer.copy(groupHashes, to: grown, byteCount: count * 8)
      if groupCapacity > GroupTable.firstCapacity {
        releaseMemory(groupHashes, byteCount: groupCapacity * 8)
      }
      groupHashes = grown
      groupCapacity = capacity
    }
    var capacity = mask + 1
    if total * 2 <= capacity { return }
    while total * 2 > capacity { capacity *= 2 }
    let grown = try GroupTable.allocateEntries(capacity)
    if mask >= GroupTable.firstCapacity {
      releaseMemory(entries, byteCount: mask * MemoryLayout<Entry>.stride)
    }
    entries = grown
    mask = capacity - 1
    // Groups that are missing when the statement is cancelled are never looked for: it ends here.
    GroupTable.reinsert(groupHashes, count, entries, mask)
    try Cancellation.check()
  }

  private static func reinsert(
    _ hashes: UnsafePointer<UInt64>, _ n: Int, _ entries: UnsafeMutablePointer<Entry>, _ mask: Int
  ) {
    let distance = 24
    Cancellation.strides(n) { range in
      for group in range {
        let ahead = group &+ distance
        if ahead < n { olap_prefetch(entries + (Int(truncatingIfNeeded: hashes[ahead]) & mask)) }
        var slot = Int(truncatingIfNeeded: hashes[group]) & mask
        while entries[slot].group != 0 { slot = (slot &+ 1) & mask }
        entries[slot] = Entry(
          hash: hashes[group], group: UInt64(truncatingIfNeeded: group &+ 1))
      }
    }
  }
}
