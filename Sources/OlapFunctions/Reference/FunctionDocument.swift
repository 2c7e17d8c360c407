/// A function as the reference shows it.
package struct FunctionDocument: Sendable {
  package enum Kind: String, Sendable { case scalar, aggregate, window, table }
  package let name: String
  package let kind: Kind
  package let aliases: [String]
  /// One sentence.
  package let summary: String
  /// SQL and what it prints: a query when it begins with SELECT, else an expression. Nil where a
  /// result cannot be stated.
  package let example: (sql: String, result: String)?

  init(
    _ name: String, _ kind: Kind, aliases: [String] = [], _ summary: String,
    _ example: (sql: String, result: String)?
  ) {
    self.name = name
    self.kind = kind
    self.aliases = aliases
    self.summary = summary
    self.example = example
  }
}

extension FunctionRegistry {
  /// Every function by kind and name: those with kernels, those written in SQL, and those that are
  /// syntax.
  package var documents: [FunctionDocument] {
    var result: [FunctionDocument] = FunctionForms.all
    for (name, function) in scalars where name == function.name && !name.contains(" ") {
      result.append(
        FunctionDocument(
          name, .scalar, aliases: function.aliases, function.summary, function.example))
    }
    for (name, function) in aggregates where name == function.name {
      result.append(
        FunctionDocument(
          name, .aggregate, aliases: function.aliases, function.summary, function.example))
    }
    for (name, function) in tables where name == function.name {
      result.append(
        FunctionDocument(
          name, .table, aliases: function.aliases, function.summary, function.example))
    }
    for (name, macro) in macros where name == macro.name {
      let kind: FunctionDocument.Kind =
        switch macro.kind {
        case .scalar: .scalar
        case .aggregate: .aggregate
        case .table: .table
        }
      result.append(
        FunctionDocument(name, kind, aliases: macro.aliases, macro.summary, macro.example))
    }
    let rank: [FunctionDocument.Kind: Int] = [.scalar: 0, .aggregate: 1, .window: 2, .table: 3]
    return result.sorted { left, right in
      let (a, b): (Int, Int) = (rank[left.kind] ?? 0, rank[right.kind] ?? 0)
      return a != b ? a < b : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
  }
}
