internal import OlapColumns
internal import OlapFunctions

/// list_transform, list_filter, list_reduce: the body runs once over the elements of all rows, with the
/// captured columns repeated per element.
///
/// The body's chunk is the outer chunk's columns followed by the lambda's parameters.
final class LambdaNode: ExpressionNode {
  enum Kind { case transform, filter, reduce }
  private let kind: Kind
  private let list: any ExpressionNode
  private let initial: (any ExpressionNode)?
  private let body: any ExpressionNode
  private let outerWidth: Int
  private let parameterTypes: [SQLType]
  let type: SQLType
  let columns: Set<Int>
  var canThrow: Bool { true }

  init(
    kind: Kind, list: any ExpressionNode, initial: (any ExpressionNode)?,
    body: any ExpressionNode, outerWidth: Int, parameterTypes: [SQLType], type: SQLType
  ) {
    self.kind = kind
    self.list = list
    self.initial = initial
    self.body = body
    self.outerWidth = outerWidth
    self.parameterTypes = parameterTypes
    self.type = type
    var used = list.columns.union(initial?.columns ?? [])
    used.formUnion(body.columns.filter { $0 < outerWidth })
    columns = used
  }

  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    let lists = try list.evaluate(chunk, context).flattened()
    switch kind {
    case .transform: return try transform(lists, chunk, context)
    case .filter: return try filter(lists, chunk, context)
    case .reduce: return try reduce(lists, chunk, context)
    }
  }

  /// Elements of all valid rows in row order: parent row, place in the child vector and 1-based index.
  private struct Elements {
    let rows: Selection
    let places: Selection
    let indexes: Vector
  }

  private func elements(of lists: Vector) throws -> Elements {
    let entries = lists.values(ListEntry.self)
    var total = 0
    for i in 0..<lists.count where lists.isValid(i) { total += Int(entries[i].count) }
    let rows = Selection(capacity: total)
    let places = Selection(capacity: total)
    let indexes = Vector.flat(.bigint, count: total)
    let numbers = indexes.values(Int64.self)
    var n = 0
    for i in 0..<lists.count where lists.isValid(i) {
      try Cancellation.forEachStride(Int(entries[i].count)) { range in
        for k in range {
          rows.indexes[n] = UInt32(truncatingIfNeeded: i)
          places.indexes[n] = entries[i].offset &+ UInt32(truncatingIfNeeded: k)
          numbers[n] = Int64(k + 1)
          n += 1
        }
      }
    }
    rows.count = total
    places.count = total
    return Elements(rows: rows, places: places, indexes: indexes)
  }

  /// The outer chunk's captured columns at `rows`, then the parameters.
  private func bodyChunk(_ chunk: Chunk, rows: Selection, parameters: [Vector]) -> Chunk {
    let captured = body.columns.filter { $0 < outerWidth }
    var inner = chunk.narrowed(to: rows.indexes, count: rows.count, columns: captured)
    inner.columns.append(contentsOf: parameters)
    return inner
  }

  private func transform(
    _ lists: Vector, _ chunk: Chunk, _ context: EvaluationContext
  ) throws -> Vector {
    let elements = try elements(of: lists)
    let values = lists.children[0].gathered(elements.places.indexes, count: elements.places.count)
    let parameters = Array([values, elements.indexes].prefix(parameterTypes.count))
    let inner = bodyChunk(chunk, rows: elements.rows, parameters: parameters)
    var results: [Vector] = []
    try forEachPart(inner, context) { results.append(try body.evaluate($0, context)) }
    return repacked(
      lists, counts: nil, child: Vector.concatenated(results, type: body.type).flattened())
  }

  private func filter(
    _ lists: Vector, _ chunk: Chunk, _ context: EvaluationContext
  ) throws -> Vector {
    let elements = try elements(of: lists)
    let values = lists.children[0].gathered(elements.places.indexes, count: elements.places.count)
    let parameters = Array([values, elements.indexes].prefix(parameterTypes.count))
    let inner = bodyChunk(chunk, rows: elements.rows, parameters: parameters)
    let kept = Selection(capacity: inner.count)
    var start = 0
    let chosen = Selection(capacity: Swift.min(inner.count, Cancellation.rowStride))
    try forEachPart(inner, context) { part in
      Boolean.selectTrue(try body.evaluate(part, context), count: part.count, into: chosen)
      for k in 0..<chosen.count {
        kept.indexes[kept.count &+ k] = chosen.indexes[k] &+ UInt32(truncatingIfNeeded: start)
      }
      kept.count += chosen.count
      start += part.count
    }
    var counts = Array(repeating: 0, count: lists.count)
    for k in 0..<kept.count { counts[Int(elements.rows.indexes[Int(kept.indexes[k])])] += 1 }
    let child = values.gathered(kept.indexes, count: kept.count).flattened()
    return repacked(lists, counts: counts, child: child)
  }

  /// Gives the elements in parts, between which a cancelled statement ends: one list may be very long.
  private func forEachPart(
    _ inner: Chunk, _ context: EvaluationContext, _ body: (Chunk) throws -> Void
  ) throws {
    try Cancellation.forEachStride(inner.count) { range in
      if range.count == inner.count { return try body(inner) }
      // Columns that the body does not read were not gathered: they have other lengths.
      let columns = inner.columns.map { $0.count == inner.count ? $0.sliced(range) : $0 }
      try body(Chunk(columns: columns, count: range.count))
    }
  }

  /// A list vector with `lists`' rows and nulls over densely packed elements.
  private func repacked(_ lists: Vector, counts: [Int]?, child: Vector) -> Vector {
    let result = Vector.flat(
      type, count: lists.count, nullable: lists.validity != nil, children: [child])
    let old = lists.values(ListEntry.self)
    let new = result.values(ListEntry.self)
    var offset = 0
    for i in 0..<lists.count {
      let isValid = lists.isValid(i)
      result.validity?[i] = isValid ? 1 : 0
      let n = isValid ? counts?[i] ?? Int(old[i].count) : 0
      new[i] = ListEntry(offset: offset, count: n)
      offset += n
    }
    return result
  }

  /// Step k combines the accumulators with the k-th elements of all rows that have one.
  private func reduce(
    _ lists: Vector, _ chunk: Chunk, _ context: EvaluationContext
  ) throws -> Vector {
    let count = lists.count
    let entries = lists.values(ListEntry.self)
    let elements = lists.children[0]
    var longest = 0
    for i in 0..<count where lists.isValid(i) {
      longest = Swift.max(longest, Int(entries[i].count))
    }
    let hasInitial = initial != nil
    var accumulators: Vector
    if let initial {
      accumulators = try initial.evaluate(chunk, context)
    } else {
      let firsts = Selection(capacity: count)
      for i in 0..<count {
        if lists.isValid(i) && entries[i].count == 0 {
          throw ComputeError(
            .invalidArgument,
            "list_reduce of an empty list needs an initial value as its third argument")
        }
        firsts.indexes[i] = lists.isValid(i) ? entries[i].offset : .max
      }
      accumulators = elements.gathered(firsts.indexes, count: count, nullWhere: .max)
    }
    for k in (hasInitial ? 0 : 1)..<Swift.max(longest, hasInitial ? 0 : 1) {
      if k & 255 == 0 { try Cancellation.check() }
      let rows = Selection(capacity: count)
      let places = Selection(capacity: count)
      for i in 0..<count where lists.isValid(i) && k < Int(entries[i].count) {
        rows.indexes[rows.count] = UInt32(truncatingIfNeeded: i)
        places.indexes[rows.count] = entries[i].offset &+ UInt32(truncatingIfNeeded: k)
        rows.count += 1
      }
      let n = rows.count
      let index = Vector.constant(.integer(Int64(k + 1)), type: .bigint, count: n)
      let parameters = [
        accumulators.gathered(rows.indexes, count: n), elements.gathered(places.indexes, count: n),
        index,
      ]
      let inner = bodyChunk(
        chunk, rows: rows, parameters: Array(parameters.prefix(parameterTypes.count)))
      let value = try body.evaluate(inner, context)
      let combined = Vector.concatenated([accumulators, value], type: type)
      let merged = Selection(capacity: count)
      for i in 0..<count { merged.indexes[i] = UInt32(truncatingIfNeeded: i) }
      for r in 0..<n {
        merged.indexes[Int(rows.indexes[r])] = UInt32(truncatingIfNeeded: count + r)
      }
      accumulators = combined.gathered(merged.indexes, count: count)
    }
    guard lists.validity != nil else { return accumulators }
    let rows = Selection(capacity: count)
    for i in 0..<count { rows.indexes[i] = lists.isValid(i) ? UInt32(truncatingIfNeeded: i) : .max }
    return accumulators.gathered(rows.indexes, count: count, nullWhere: .max)
  }
}
