package import OlapColumns
package import OlapFunctions

/// The function reference as tables.
enum FunctionTables {
  static let all: [SystemTable] = [functions, duckdbFunctions]

  private static let columns: [SystemTable.Column] = [
    .init("function_name", .varchar), .init("function_type", .varchar),
    .init("aliases", .varchar), .init("description", .varchar), .init("example", .varchar),
    .init("result", .varchar),
  ]

  static let functions = SystemTable(
    "olap", "functions", "Every function with a description and an example", columns: columns
  ) { connection, _ in rows(connection.database.functions) }

  static let duckdbFunctions = SystemTable(
    "olap", "duckdb_functions", "The same under DuckDB's name", columns: columns
  ) { connection, _ in rows(connection.database.functions) }

  private static func rows(_ registry: FunctionRegistry) -> [[Value]] {
    var rows: [[Value]] = []
    for (name, function) in registry.scalars.sorted(by: { $0.key < $1.key })
    where name == function.name {
      rows.append(
        row(name, "scalar", function.aliases, function.summary, function.example))
    }
    for (name, function) in registry.aggregates.sorted(by: { $0.key < $1.key })
    where name == function.name {
      rows.append(
        row(name, "aggregate", function.aliases, function.summary, function.example))
    }
    for (name, function) in registry.tables.sorted(by: { $0.key < $1.key })
    where name == function.name {
      rows.append(row(name, "table", function.aliases, function.summary, function.example))
    }
    return rows
  }

  private static func row(
    _ name: String, _ kind: String, _ aliases: [String], _ summary: String,
    _ example: (sql: String, result: String)?
  ) -> [Value] {
    [
      .text(name), .text(kind), .text(aliases.joined(separator: ", ")), .text(summary),
      .text(example?.sql), .text(example?.result),
    ]
  }
}
