internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL
internal import OlapStorage

/// The rows that a data-modifying CTE of the running statement returned.
struct ReturnedRows {
  let name: String
  /// Byte offset of the CTE in the statement's text.
  let offset: Int
  let columns: [ResultColumn]
  let chunks: [Chunk]

  /// The rows as a relation of the plan.
  var relation: TableFunction.Bound {
    let chunks = self.chunks
    let count = chunks.reduce(0) { $0 + $1.count }
    return TableFunction.Bound(
      columns: columns.map { .init($0.name, $0.type) }, rowCount: count
    ) { request in
      var next = 0
      return GeneratorSource {
        guard next < chunks.count else { return nil }
        defer { next += 1 }
        return Chunk(
          columns: request.projection.map { chunks[next].columns[$0] }, count: chunks[next].count)
      }
    }
  }
}

extension Connection {
  /// A statement whose WITH clause writes. The writes run first, in their order, each seeing what
  /// those before it did; then the statement itself, all in one transaction. Nil when no CTE writes.
  func runModifyingCommonTables(
    _ statement: Statement, sql: String, parameters: [Value]
  ) throws -> QueryResult? {
    guard let with = statement.kind.with, with.tables.contains(where: { $0.body.isModification })
    else { return nil }
    let outer = returnedRows
    defer { returnedRows = outer }
    return try withWriter { writer in
      for (position, table) in with.tables.enumerated() {
        guard case .modification(var inner) = table.body else { continue }
        inner.kind.prepend(
          WithClause(
            isRecursive: with.isRecursive, tables: Array(with.tables[..<position]),
            range: with.range))
        let result = try runWrite(inner, sql: sql, parameters: parameters)
        var chunks: [Chunk] = []
        while let chunk = try result.nextChunk() { chunks.append(chunk.chunk) }
        returnedRows.append(
          ReturnedRows(
            name: table.name.text, offset: table.range.start, columns: result.columns,
            chunks: chunks))
      }
      guard case .select = statement.kind else {
        return try runWrite(statement, sql: sql, parameters: parameters)
      }
      let result = try runQuery(
        statement, sql: sql, parameters: parameters, snapshot: writer.snapshot)
      var chunks: [Chunk] = []
      while let chunk = try result.nextChunk() { chunks.append(chunk.chunk) }
      return QueryResult(columns: result.columns, chunks: chunks, statementKind: "SELECT")
    }
  }
}

extension CommonTableExpression.Body {
  var isModification: Bool { if case .modification = self { true } else { false } }
}

extension Statement.Kind {
  /// The WITH clause of a query or data modification.
  var with: WithClause? {
    switch self {
    case .select(let node): node.with
    case .insert(let node): node.with
    case .update(let node): node.with
    case .delete(let node): node.with
    case .merge(let node): node.with
    default: nil
    }
  }

  /// Puts the CTEs of an outer statement before the statement's own.
  mutating func prepend(_ outer: WithClause) {
    guard !outer.tables.isEmpty else { return }
    func joined(_ own: WithClause?) -> WithClause {
      let names = Set((own?.tables ?? []).map { $0.name.text.lowercased() })
      let visible = outer.tables.filter { !names.contains($0.name.text.lowercased()) }
      return WithClause(
        isRecursive: outer.isRecursive || own?.isRecursive == true,
        tables: visible + (own?.tables ?? []), range: outer.range)
    }
    switch self {
    case .insert(var node):
      node.with = joined(node.with)
      self = .insert(node)
    case .update(var node):
      node.with = joined(node.with)
      self = .update(node)
    case .delete(var node):
      node.with = joined(node.with)
      self = .delete(node)
    case .merge(var node):
      node.with = joined(node.with)
      self = .merge(node)
    default: break
    }
  }
}
