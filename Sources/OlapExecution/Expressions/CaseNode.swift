internal import OlapColumns
internal import OlapFunctions

/// Assembles a vector from results computed for disjoint sets of rows.
struct RowAssembler {
  private let type: SQLType
  private let count: Int
  private var parts: [Vector] = []
  private var partStart = 0
  /// Row → position in the concatenated parts.
  private let places: Selection

  init(type: SQLType, count: Int) {
    self.type = type
    self.count = count
    places = Selection(capacity: count)
  }

  /// The values of the given rows.
  mutating func add(_ values: Vector, rows: UnsafePointer<UInt32>, count n: Int) {
    for k in 0..<n { places.indexes[Int(rows[k])] = UInt32(truncatingIfNeeded: partStart &+ k) }
    parts.append(values)
    partStart += n
  }

  /// All rows; every row must have been added once.
  func finish() -> Vector {
    Vector.concatenated(parts, type: type).gathered(places.indexes, count: count)
  }
}

/// CASE WHEN … THEN … ELSE … END; each branch runs only on the rows that reach it.
final class CaseNode: ExpressionNode {
  private let branches: [(condition: any ExpressionNode, result: any ExpressionNode)]
  private let otherwise: any ExpressionNode
  let type: SQLType
  let columns: Set<Int>
  let canThrow: Bool

  init(
    branches: [(condition: any ExpressionNode, result: any ExpressionNode)],
    otherwise: any ExpressionNode, type: SQLType
  ) {
    self.branches = branches
    self.otherwise = otherwise
    self.type = type
    columns = branches.reduce(into: otherwise.columns) {
      $0.formUnion($1.condition.columns)
      $0.formUnion($1.result.columns)
    }
    canThrow =
      otherwise.canThrow || branches.contains { $0.condition.canThrow || $0.result.canThrow }
  }

  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    let count = chunk.count
    var assembler = RowAssembler(type: type, count: count)
    var remaining = Selection(capacity: count)
    for i in 0..<count { remaining.indexes[i] = UInt32(truncatingIfNeeded: i) }
    remaining.count = count
    for branch in branches {
      if remaining.count == 0 { break }
      let needed = branch.condition.columns
      let rows =
        remaining.count == count
        ? chunk
        : chunk.narrowed(to: remaining.indexes, count: remaining.count, columns: needed)
      let condition = try branch.condition.evaluate(rows, context)
      let (taken, left) = CaseNode.split(remaining, by: condition)
      if taken.count > 0 {
        let value = try evaluate(branch.result, chunk, on: taken, context)
        if taken.count == count { return value }
        assembler.add(value, rows: taken.indexes, count: taken.count)
      }
      remaining = left
    }
    if remaining.count > 0 {
      let value = try evaluate(otherwise, chunk, on: remaining, context)
      if remaining.count == count { return value }
      assembler.add(value, rows: remaining.indexes, count: remaining.count)
    }
    return assembler.finish()
  }

  private func evaluate(
    _ node: any ExpressionNode, _ chunk: Chunk, on rows: Selection, _ context: EvaluationContext
  ) throws -> Vector {
    if rows.count == chunk.count { return try node.evaluate(chunk, context) }
    let narrow = chunk.narrowed(to: rows.indexes, count: rows.count, columns: node.columns)
    return try node.evaluate(narrow, context)
  }

  /// Splits rows by whether the condition (one value per row of `rows`) is TRUE.
  static func split(_ rows: Selection, by condition: Vector) -> (Selection, Selection) {
    let taken = Selection(capacity: rows.count)
    let left = Selection(capacity: rows.count)
    let flat = condition.flattened()
    let bytes = flat.values(UInt8.self)
    let validity = flat.validity
    for k in 0..<rows.count {
      let isTrue = Int(bytes[k] & (validity?[k] ?? 1))
      taken.indexes[taken.count] = rows.indexes[k]
      left.indexes[left.count] = rows.indexes[k]
      taken.count &+= isTrue
      left.count &+= 1 ^ isTrue
    }
    return (taken, left)
  }
}

/// COALESCE: each operand runs only on the rows where all before it were NULL.
final class CoalesceNode: ExpressionNode {
  private let operands: [any ExpressionNode]
  let type: SQLType
  let columns: Set<Int>
  let canThrow: Bool

  init(_ operands: [any ExpressionNode], type: SQLType) {
    self.operands = operands
    self.type = type
    columns = operands.reduce(into: []) { $0.formUnion($1.columns) }
    canThrow = operands.contains { $0.canThrow }
  }

  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    let count = chunk.count
    var assembler = RowAssembler(type: type, count: count)
    var remaining = Selection(capacity: count)
    for i in 0..<count { remaining.indexes[i] = UInt32(truncatingIfNeeded: i) }
    remaining.count = count
    for (index, operand) in operands.enumerated() {
      let isWhole = remaining.count == count
      let rows =
        isWhole
        ? chunk
        : chunk.narrowed(
          to: remaining.indexes, count: remaining.count, columns: operand.columns)
      let value = try operand.evaluate(rows, context)
      let isLast = index == operands.count - 1
      if isWhole && (isLast || value.isAllValid()) { return value }
      let present = Boolean.isNull(value, count: rows.count, negated: true)
      let positions = Selection(capacity: rows.count)
      if isLast {
        assembler.add(value, rows: remaining.indexes, count: remaining.count)
        return assembler.finish()
      }
      Boolean.selectTrue(present, count: rows.count, into: positions)
      let (taken, left) = CaseNode.split(remaining, by: present)
      assembler.add(
        value.gathered(positions.indexes, count: positions.count), rows: taken.indexes,
        count: taken.count)
      remaining = left
      if remaining.count == 0 { break }
    }
    if operands.isEmpty { return Vector.nulls(type, count: count) }
    return assembler.finish()
  }
}
