internal import OlapColumns
internal import OlapPlanning

/// The WHEN clauses of a MERGE, compiled: sorts joined rows into changes.
struct MergeClauses {
  /// Rows that one clause changes.
  struct Change {
    let count: Int
    /// Target rows updated or deleted; nil for inserts.
    let rowIDs: Vector?
    /// Complete new rows in table order; nil for deletes.
    let newRows: [Vector]?
  }
  private enum Action {
    case update(ExpressionSet)
    case insert(ExpressionSet)
    case delete
    case nothing
    case error(String)
  }
  private struct Clause {
    let match: BoundMerge.Match
    let condition: (any ExpressionNode)?
    let action: Action
  }

  private let clauses: [Clause]
  private let rowID: Int
  private let sourceExists: Int
  private let context: ExecutionContext

  init(_ merge: BoundMerge, context: ExecutionContext) throws {
    self.context = context
    let layout = ColumnLayout(merge.source.columns)
    rowID = try layout.position(of: merge.rowID.id)
    sourceExists = try layout.position(of: merge.sourceExists.id)
    let compiler = ExpressionCompiler(layout, context)
    clauses = try merge.clauses.map { clause in
      let action: Action =
        switch clause.action {
        case .update(let row):
          .update(try ExpressionSet(row, layout: layout, context: context))
        case .insert(let row):
          .insert(try ExpressionSet(row, layout: layout, context: context))
        case .delete: .delete
        case .nothing: .nothing
        case .error(let message):
          .error(message ?? "MERGE reached a WHEN clause whose action is ERROR")
        }
      return Clause(
        match: clause.match, condition: try clause.condition.map { try compiler.compile($0) },
        action: action)
    }
  }

  /// Changes of a chunk of the joined source; each row follows the first clause that applies.
  func changes(for chunk: Chunk) throws -> [Change] {
    var remaining = Selection(capacity: chunk.count)
    for i in 0..<chunk.count { remaining.indexes[i] = UInt32(truncatingIfNeeded: i) }
    remaining.count = chunk.count
    let exists = chunk.columns[sourceExists].flattened()
    let ids = chunk.columns[rowID]
    func kind(_ row: Int) -> BoundMerge.Match {
      if !ids.isValid(row) { return .notMatchedByTarget }
      let isTrue = exists.isValid(row) && exists.values(UInt8.self)[row] != 0
      return isTrue ? .matched : .notMatchedBySource
    }
    var result: [Change] = []
    for clause in clauses where remaining.count > 0 {
      let candidates = Selection(capacity: remaining.count)
      for k in 0..<remaining.count where kind(Int(remaining.indexes[k])) == clause.match {
        candidates.indexes[candidates.count] = remaining.indexes[k]
        candidates.count += 1
      }
      if candidates.count == 0 { continue }
      let taken = try filtered(candidates, clause.condition, chunk)
      if taken.count == 0 { continue }
      if let change = try change(clause.action, chunk.gathered(taken)) { result.append(change) }
      remaining = without(taken, remaining, chunk.count)
    }
    return result
  }

  private func filtered(
    _ rows: Selection, _ condition: (any ExpressionNode)?, _ chunk: Chunk
  ) throws -> Selection {
    guard let condition else { return rows }
    let narrow = chunk.narrowed(to: rows.indexes, count: rows.count, columns: condition.columns)
    let value = try condition.evaluate(narrow, context.evaluation)
    return CaseNode.split(rows, by: value).0
  }

  private func change(_ action: Action, _ rows: Chunk) throws -> Change? {
    switch action {
    case .update(let row):
      return Change(
        count: rows.count, rowIDs: rows.columns[rowID],
        newRows: try row.evaluate(rows, context.evaluation))
    case .insert(let row):
      return Change(
        count: rows.count, rowIDs: nil, newRows: try row.evaluate(rows, context.evaluation))
    case .delete: return Change(count: rows.count, rowIDs: rows.columns[rowID], newRows: nil)
    case .nothing: return nil
    case .error(let message): throw ComputeError(.constraint, message)
    }
  }

  private func without(_ taken: Selection, _ rows: Selection, _ count: Int) -> Selection {
    var isTaken = Array(repeating: false, count: count)
    for k in 0..<taken.count { isTaken[Int(taken.indexes[k])] = true }
    let left = Selection(capacity: rows.count)
    for k in 0..<rows.count where !isTaken[Int(rows.indexes[k])] {
      left.indexes[left.count] = rows.indexes[k]
      left.count += 1
    }
    return left
  }
}
