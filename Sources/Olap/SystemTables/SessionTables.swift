internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

/// The session and the language as tables, under DuckDB's and Postgres's names.
enum SessionTables {
  static let all: [SystemTable] = [
    variables, preparedStatements, keywords, optimizers, extensions, timeZones,
  ]

  static let variables = SystemTable(
    "olap", "duckdb_variables", "Values of SET VARIABLE",
    columns: [.init("name", .varchar), .init("value", .varchar), .init("type", .varchar)]
  ) { connection, _ in
    connection.session.variables.sorted { $0.key < $1.key }.map { name, variable in
      [
        .text(name), .text(variable.1.text(variable.0)), .text(variable.0.description),
      ]
    }
  }

  static let preparedStatements = SystemTable(
    "olap", "duckdb_prepared_statements", "What PREPARE keeps",
    columns: [.init("name", .varchar), .init("statement", .varchar)]
  ) { connection, _ in
    connection.session.prepared.sorted { $0.key < $1.key }.map { name, source in
      [.text(name), .text(Connection.slice(source.sql, source.statement.range))]
    }
  }

  static let keywords = SystemTable(
    "olap", "duckdb_keywords", "Words that the parser knows",
    columns: [.init("keyword_name", .varchar), .init("keyword_category", .varchar)]
  ) { _, _ in
    Keyword.allCases.map { keyword in
      let category =
        keyword.isReserved
        ? "reserved" : keyword.isFunctionOrTypeName ? "type_function" : "unreserved"
      return [.text(keyword.rawValue), .text(category)]
    }
  }

  static let optimizers = SystemTable(
    "olap", "duckdb_optimizers", "Groups of rules that the optimizer applies",
    columns: [.init("name", .varchar)]
  ) { _, _ in
    [
      "constant_folding", "decorrelation", "filter_pushdown", "column_pruning", "join_order",
      "join_filters", "top_n",
    ].map { [.text($0)] }
  }

  static let extensions = SystemTable(
    "olap", "duckdb_extensions", "Extensions: none, everything is built in",
    columns: [
      .init("extension_name", .varchar), .init("loaded", .boolean), .init("installed", .boolean),
      .init("description", .varchar),
    ]
  ) { _, _ in [] }

  static let timeZones = SystemTable(
    "olap", "pg_timezone_names", "Time zones of the system with their present offsets",
    columns: [
      .init("name", .varchar), .init("abbrev", .varchar), .init("utc_offset", .interval),
    ]
  ) { _, planning in
    let now = planning.evaluation.now
    return TimeZone.allNames().compactMap { name in
      guard let zone = TimeZone.named(name) else { return nil }
      let offset = Int64(zone.offset(atUTC: now))
      return [
        .text(name), .text(zone.abbreviation(atUTC: now)),
        .interval(Interval(months: 0, days: 0, microseconds: offset * 1_000_000)),
      ]
    }
  }
}
