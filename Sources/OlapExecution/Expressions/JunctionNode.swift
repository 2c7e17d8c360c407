internal import OlapColumns
internal import OlapFunctions

/// AND or OR of several operands, three-valued. Operands after the first run only on rows they can
/// still decide when the others may be excluded by a guard (`x <> 0 AND 1 / x > 2`).
final class JunctionNode: FoldableNode {
  private let operands: [any ExpressionNode]
  private let isAnd: Bool
  let columns: Set<Int>
  let canThrow: Bool
  var type: SQLType { .boolean }

  init(_ operands: [any ExpressionNode], isAnd: Bool) {
    self.operands = operands
    self.isAnd = isAnd
    columns = operands.reduce(into: []) { $0.formUnion($1.columns) }
    canThrow = operands.contains { $0.canThrow }
  }

  var operandsAreConstant: Bool { operands.allSatisfy { $0.constantValue != nil } }

  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    let count = chunk.count
    guard let first = operands.first else {
      return Vector.constant(.boolean(isAnd), type: .boolean, count: count)
    }
    var result = try first.evaluate(chunk, context)
    for operand in operands.dropFirst() {
      let open = Selection(capacity: count)
      selectUndecided(result, count, open)
      if open.count == 0 { return result }
      // Narrowing pays when it saves work or avoids errors on decided rows.
      if open.count == count || (!operand.canThrow && open.count > count / 4) {
        result = combine(result, try operand.evaluate(chunk, context), count)
        continue
      }
      let narrow = chunk.narrowed(to: open.indexes, count: open.count, columns: operand.columns)
      let value = try operand.evaluate(narrow, context)
      let part = combine(result.gathered(open.indexes, count: open.count), value, open.count)
      result = JunctionNode.scatter(part, open, over: result, count)
    }
    return result
  }

  private func combine(_ left: Vector, _ right: Vector, _ count: Int) -> Vector {
    isAnd
      ? Boolean.and(left, right, count: count) : Boolean.or(left, right, count: count)
  }

  /// Rows whose result further operands can change: not FALSE for AND, not TRUE for OR.
  private func selectUndecided(_ value: Vector, _ count: Int, _ open: Selection) {
    let rows = value.flattened()
    let bytes = rows.values(UInt8.self)
    let decided: UInt8 = isAnd ? 0 : 1
    let out = open.indexes
    var n = 0
    if let validity = rows.validity {
      for i in 0..<count {
        out[n] = UInt32(truncatingIfNeeded: i)
        n &+= Int(1 ^ (validity[i] & (bytes[i] ^ decided ^ 1)))
      }
    } else {
      for i in 0..<count {
        out[n] = UInt32(truncatingIfNeeded: i)
        n &+= Int(bytes[i] ^ decided)
      }
    }
    open.count = n
  }

  /// `base` with the rows of `open` replaced by `part`'s.
  private static func scatter(
    _ part: Vector, _ open: Selection, over base: Vector, _ count: Int
  ) -> Vector {
    let old = base.flattened()
    let new = part.flattened()
    let result = Vector.flat(
      .boolean, count: count, nullable: old.validity != nil || new.validity != nil)
    let out = result.values(UInt8.self)
    out.update(from: old.values(UInt8.self), count: count)
    let values = new.values(UInt8.self)
    for k in 0..<open.count { out[Int(open.indexes[k])] = values[k] }
    if let mask = result.validity {
      if let validity = old.validity { mask.update(from: validity, count: count) }
      for k in 0..<open.count {
        mask[Int(open.indexes[k])] = new.validity?[k] ?? 1
      }
    }
    return result
  }
}
