internal import OlapCatalog
package import OlapColumns
package import OlapFunctions

/// Tables computed from the engine's own state: `olap.*`, `information_schema.*`, `duckdb_*()`.
///
/// Each is a name, columns and a function that gives the rows as boxed values.
package struct SystemTable: Sendable {
  package typealias Column = TableFunction.Column
  /// Rows of the table as the planned statement's snapshot shows them.
  package typealias Rows = (_ connection: Connection, _ planning: SessionPlanning) throws ->
    [[Value]]

  package let schema: String
  package let name: String
  package let columns: [Column]
  package let summary: String
  package let rows: @Sendable (Connection, SessionPlanning) throws -> [[Value]]

  package init(
    _ schema: String, _ name: String, _ summary: String, columns: [Column],
    rows: @escaping @Sendable (Connection, SessionPlanning) throws -> [[Value]]
  ) {
    self.schema = schema
    self.name = name
    self.summary = summary
    self.columns = columns
    self.rows = rows
  }
}

/// The list, one line per table, and the binding of a name to its rows.
package enum SystemTables {
  package static let all: [SystemTable] =
    CatalogTables.all + PostgresTables.all + StorageTables.all + FunctionTables.all
    + LayerTables.all
    + SessionTables.all + [
      TaskTables.tasks
    ]

  /// The table of that name, or nil. Unqualified names find only the `duckdb_*` spellings.
  package static func bind(
    schema: String?, name: String, connection: Connection, planning: SessionPlanning
  ) -> TableFunction.Bound? {
    let folded = name.lowercased()
    guard
      let table = all.first(where: {
        $0.name == folded && (schema == nil ? isGlobal($0) : $0.schema == schema?.lowercased())
      })
    else { return nil }
    return TableFunction.Bound(columns: table.columns, rowCount: nil) { request in
      let rows = try table.rows(connection, planning)
      return RowsSource.source(columns: table.columns, rows: rows, projection: request.projection)
    }
  }

  /// Names of the tables of a schema.
  package static func names(in schema: String) -> [String] {
    let folded = schema.lowercased()
    return all.filter { table in
      // The spellings of other systems, found without a schema, are not the engine's own names.
      table.schema == folded && (folded != "olap" || !isGlobal(table))
    }.map { $0.name }
  }

  private static func isGlobal(_ table: SystemTable) -> Bool {
    table.schema == "" || table.name.hasPrefix("duckdb_") || table.name.hasPrefix("sqlite_")
      || table.name.hasPrefix("pragma_") || table.name.hasPrefix("pg_")
  }
}

/// Boxed rows as a chunk source.
enum RowsSource {
  static func source(
    columns: [TableFunction.Column], rows: [[Value]], projection: [Int]
  ) -> any ChunkSource {
    var position = 0
    return GeneratorSource {
      if position >= rows.count { return nil }
      let end = min(rows.count, position + VectorSize.current)
      let vectors = projection.map { index in
        let builder = VectorBuilder(type: columns[index].type)
        for row in position..<end { builder.append(rows[row][index]) }
        return builder.finish()
      }
      defer { position = end }
      return Chunk(columns: vectors, count: end - position)
    }
  }
}

/// Shorthands for rows of boxed values.
extension Value {
  static func text(_ string: String?) -> Value { string.map { .varchar($0) } ?? .null }
  static func count(_ number: Int?) -> Value { number.map { .integer(Int64($0)) } ?? .null }
}
