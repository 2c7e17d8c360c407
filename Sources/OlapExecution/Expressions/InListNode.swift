internal import OlapColumns
internal import OlapFunctions

/// value [NOT] IN (items), three-valued: without a match, a NULL among the items makes the result NULL.
final class InListNode: ExpressionNode {
  private let operand: any ExpressionNode
  private let items: [any ExpressionNode]
  private let negated: Bool
  /// The distinct non-null items when all are constants.
  private let set: ConstantSet?
  private let hasNullItem: Bool
  let columns: Set<Int>
  let canThrow: Bool
  var type: SQLType { .boolean }

  init(_ operand: any ExpressionNode, _ items: [any ExpressionNode], negated: Bool) {
    self.operand = operand
    self.items = items
    self.negated = negated
    columns = items.reduce(into: operand.columns) { $0.formUnion($1.columns) }
    canThrow = operand.canThrow || items.contains { $0.canThrow }
    let constants = items.compactMap { $0.constantValue }
    let isConstant = constants.count == items.count
    hasNullItem = isConstant && constants.contains { $0.isNull }
    set =
      isConstant && items.count > 3
      ? ConstantSet(constants.filter { !$0.isNull }, type: operand.type) : nil
  }

  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    let count = chunk.count
    let value = try operand.evaluate(chunk, context)
    var result: Vector
    if let set {
      result = set.contains(value, count: count)
      if hasNullItem {
        result = Boolean.or(result, Vector.nulls(.boolean, count: count), count: count)
      }
    } else {
      result = Vector.constant(.boolean(false), type: .boolean, count: count)
      for item in items {
        let same = Compare.compare(
          .equal, value, try item.evaluate(chunk, context), count: count)
        result = Boolean.or(result, same, count: count)
      }
    }
    return negated ? Boolean.not(result, count: count) : result
  }
}

/// A fixed set of values of one type, looked up vector by vector.
final class ConstantSet: Sendable {
  private let items: Vector
  private let itemCount: Int
  /// Open addressing: 32 bits of hash, 32 bits item number + 1; 0 = empty.
  private let slots: Buffer
  private let mask: Int

  init(_ values: [Value], type: SQLType) {
    let builder = VectorBuilder(type: type, capacity: values.count)
    for value in values { builder.append(value) }
    items = builder.finish()
    itemCount = values.count
    var capacity = 16
    while capacity < values.count * 2 { capacity *= 2 }
    mask = capacity - 1
    slots = Buffer(byteCount: capacity * 8)
    let table = slots.bytes.assumingMemoryBound(to: UInt64.self)
    for i in 0..<capacity { table[i] = 0 }
    let hashBuffer = Buffer(byteCount: Swift.max(1, values.count) * 8)
    let hashes = hashBuffer.bytes.assumingMemoryBound(to: UInt64.self)
    Hash.hash([items], count: itemCount, into: hashes)
    for i in 0..<itemCount {
      var slot = Int(truncatingIfNeeded: hashes[i]) & mask
      while table[slot] != 0 { slot = (slot + 1) & mask }
      table[slot] = (hashes[i] & 0xffff_ffff_0000_0000) | UInt64(i + 1)
    }
  }

  /// BOOLEAN per row: whether it is an item; NULL rows give NULL.
  func contains(_ vector: Vector, count: Int) -> Vector {
    if vector.encoding == .dictionary, let dictionary = vector.dictionary,
      dictionary.count <= count
    {
      let entries = contains(dictionary, count: dictionary.count)
      return Vector(
        type: .boolean, encoding: .dictionary, count: count, data: vector.data,
        validity: vector.validity, owner: vector.owner, codeByteCount: vector.codeByteCount,
        dictionary: entries
      ).flattened()
    }
    if vector.encoding == .constant && count > 1 {
      return contains(vector.broadcast(row: 0, count: 1).flattened(), count: 1)
        .broadcast(row: 0, count: count)
    }
    let rows = vector.flattened()
    let result = Vector.flat(
      .boolean, count: count, sharing: rows.validity, validityOwner: rows.owner)
    let out = result.values(UInt8.self)
    let hashBuffer = Buffer(byteCount: Swift.max(1, count) * 8)
    let hashes = hashBuffer.bytes.assumingMemoryBound(to: UInt64.self)
    Hash.hash([rows], count: count, into: hashes)
    let candidates = Selection(capacity: count)
    let positions = Selection(capacity: count)
    let pending = Selection(capacity: count)
    for i in 0..<count {
      out[i] = 0
      pending.indexes[i] = UInt32(truncatingIfNeeded: i)
    }
    pending.count = count
    let matches = Buffer(byteCount: Swift.max(1, count))
    let verdicts = matches.bytes.assumingMemoryBound(to: UInt8.self)
    let slotBuffer = Selection(capacity: count)
    for i in 0..<count {
      slotBuffer.indexes[i] = UInt32(truncatingIfNeeded: Int(truncatingIfNeeded: hashes[i]) & mask)
    }
    while pending.count > 0 {
      findCandidates(
        hashes, slotBuffer.indexes, pending: pending, rows: positions, items: candidates)
      if positions.count == 0 { break }
      RowMatch.matches(
        left: [rows], leftIndexes: positions.indexes, right: [items],
        rightIndexes: candidates.indexes, count: positions.count, into: verdicts)
      pending.count = 0
      for k in 0..<positions.count {
        let row = positions.indexes[k]
        if verdicts[k] != 0 {
          out[Int(row)] = 1
        } else {
          slotBuffer.indexes[Int(row)] = (slotBuffer.indexes[Int(row)] &+ 1) & UInt32(mask)
          pending.indexes[pending.count] = row
          pending.count += 1
        }
      }
    }
    return result
  }

  /// For each pending row the next item whose hash agrees; rows that meet an empty slot drop out.
  private func findCandidates(
    _ hashes: UnsafePointer<UInt64>, _ slotOf: UnsafeMutablePointer<UInt32>,
    pending: Selection, rows: Selection, items: Selection
  ) {
    let table = slots.bytes.assumingMemoryBound(to: UInt64.self)
    let mask = UInt32(self.mask)
    var n = 0
    for k in 0..<pending.count {
      let row = pending.indexes[k]
      let salt = hashes[Int(row)] >> 32
      var slot = slotOf[Int(row)]
      while true {
        let entry = table[Int(slot)]
        if entry == 0 { break }
        if entry >> 32 == salt {
          rows.indexes[n] = row
          items.indexes[n] = UInt32(truncatingIfNeeded: entry) &- 1
          n &+= 1
          break
        }
        slot = (slot &+ 1) & mask
      }
      slotOf[Int(row)] = slot
    }
    rows.count = n
    items.count = n
  }
}
