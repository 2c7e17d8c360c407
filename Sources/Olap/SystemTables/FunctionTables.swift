internal import OlapColumns
internal import OlapFunctions

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
    registry.documents.map { document in
      [
        .text(document.name), .text(document.kind.rawValue),
        .text(document.aliases.joined(separator: ", ")), .text(document.summary),
        .text(document.example?.sql), .text(document.example?.result),
      ]
    }
  }
}
