/// A function that is an expression over other functions, written in SQL.
package struct BuiltinMacro: Sendable {
  package enum Kind: String, Sendable { case scalar, aggregate, table }
  package let name: String
  package let aliases: [String]
  package let kind: Kind
  /// What stands behind the name in CREATE MACRO: `(x) AS x + 1`, several with commas.
  package let definition: String
  /// One sentence for `olap.functions` and `.help`.
  package let summary: String
  /// SQL and what it prints, run as a test; an expression for scalars, a query for the others.
  package let example: (sql: String, result: String)

  init(
    _ name: String, aliases: [String] = [], kind: Kind = .scalar, _ definition: String,
    _ summary: String, _ example: (sql: String, result: String)
  ) {
    self.name = name
    self.aliases = aliases
    self.kind = kind
    self.definition = definition
    self.summary = summary
    self.example = example
  }

  /// The CREATE statement that defines it.
  package var sql: String { "CREATE MACRO \"\(name)\"\(definition)" }
}

/// The families of built-in macros.
enum BuiltinMacros {
  static let all: [BuiltinMacro] = conversion + moments + text + nested + numbers + tools + tables
}
