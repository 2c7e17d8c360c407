internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

/// The layers as a data catalog: columns and where they come from, watermarks, schedules, owners.
enum LayerCatalogTables {
  static let all: [SystemTable] = [columns, columnLineage, watermarks, schedules, dataCatalog]

  private static func tables(_ catalog: CatalogSnapshot) -> [TableEntry] {
    catalog.sortedEntries.compactMap { entry in
      guard case .table(let table) = entry, table.schema != RunLog.schema, !table.isTemporary
      else { return nil }
      return table
    }
  }

  /// Column names of an option such as `pii = (email, phone)`.
  private static func names(_ text: String?) -> [String] {
    (text ?? "").split(whereSeparator: { "(),[] \"'".contains($0) }).map(String.init)
  }

  static let columns = SystemTable(
    "olap", "columns", "Columns of all tables with their keys, rules and marks",
    columns: [
      .init("schema_name", .varchar), .init("table_name", .varchar), .init("layer", .varchar),
      .init("column_name", .varchar), .init("position", .bigint), .init("data_type", .varchar),
      .init("is_nullable", .boolean), .init("is_key", .boolean), .init("is_pii", .boolean),
      .init("expectations", .varchar), .init("comment", .varchar),
    ]
  ) { _, planning in
    tables(planning.catalog).flatMap { table -> [[Value]] in
      let pii = Set(names(table.options["pii"]).map { $0.lowercased() })
      let keys = Set(table.keys.first?.columns ?? [])
      let rules = table.expectations.map { ($0.name, mentioned(in: $0.sql)) }
      return table.columns.enumerated().map { index, column in
        let folded = column.name.lowercased()
        let checks = rules.filter { $0.1.contains(folded) }.map { $0.0 }.joined(separator: ", ")
        return [
          .text(table.schema), .text(table.name), .text(table.layer?.rawValue),
          .text(column.name), .count(index + 1), .text(column.type.description),
          .boolean(column.isNullable), .boolean(keys.contains(index)),
          .boolean(pii.contains(folded)), .text(checks.isEmpty ? nil : checks),
          .text(column.comment),
        ]
      }
    }
  }

  /// Lower-case column names a rule mentions.
  private static func mentioned(in rule: String) -> Set<String> {
    var names: Set<String> = []
    switch try? Parser.parseExpectationRule(rule) {
    case .condition(let expression)?:
      var walker = SyntaxWalker(onExpression: { part in
        if case .column(let parts) = part.kind, let last = parts.last {
          names.insert(last.text.lowercased())
        }
      })
      walker.walk(expression)
    case .unique(let columns)?: names = Set(columns.map { $0.text.lowercased() })
    case .freshness(let column, _)?: names = [column.text.lowercased()]
    default: break
    }
    return names
  }

  static let columnLineage = SystemTable(
    "olap", "column_lineage", "Which stored columns each column of a derived table is made of",
    columns: [
      .init("model", .varchar), .init("column_name", .varchar), .init("source_table", .varchar),
      .init("source_column", .varchar), .init("source_layer", .varchar),
    ]
  ) { connection, planning in
    let catalog = planning.catalog
    return try tables(catalog).flatMap { table -> [[Value]] in
      guard let model = table.model, case .select(let query) = try Parser.parse(model.sql)[0].kind
      else { return [] }
      let bound = connection.inSchema(table.schema) { () -> LogicalPlan? in
        var binder = Binder(context: planning, allowsModelWrites: true)
        return try? binder.bind(query: query).plan
      }
      guard let plan = bound else { return [] }
      return zip(table.columns, ColumnLineage.outputs(of: plan)).flatMap { column, sources in
        sources.sorted { ($0.table, $0.position) < ($1.table, $1.position) }.map { source in
          let input = catalog.table(source.table)
          let isKnown = input?.columns.indices.contains(source.position) ?? false
          return [
            .text(table.name), .text(column.name), .text(input?.name),
            .text(isKnown ? input?.columns[source.position].name : nil),
            .text(input?.layer?.rawValue),
          ]
        }
      }
    }
  }

  static let watermarks = SystemTable(
    "olap", "watermarks", "The commit each derived table is computed from",
    columns: [
      .init("model", .varchar), .init("commit_id", .bigint), .init("is_current", .boolean),
      .init("newest_commit_id", .bigint),
    ]
  ) { connection, planning in
    let snapshot = planning.storageSnapshot
    let due = connection.dueModels(in: snapshot)
    return tables(planning.catalog).filter { $0.model != nil }.map { table in
      let state = connection.modelState(of: table, snapshot: snapshot)
      return [
        .text(table.name), .count(state.map { Int(clamping: $0.csn) }),
        .boolean(!due.contains(table.id)),
        .count(Int(clamping: snapshot.csn)),
      ]
    }
  }

  static let schedules = SystemTable(
    "olap", "schedules", "When derived tables are to be refreshed",
    columns: [
      .init("model", .varchar), .init("kind", .varchar), .init("schedule", .varchar),
      .init("mode", .varchar), .init("is_suspended", .boolean),
    ]
  ) { _, planning in
    tables(planning.catalog).compactMap { table -> [Value]? in
      guard let model = table.model else { return nil }
      let lag = model.lag?.uppercased()
      let kind =
        model.mode == .immediate
        ? "IMMEDIATE"
        : lag == nil
          ? "ON DEMAND"
          : lag == "DOWNSTREAM" ? "DOWNSTREAM" : lag?.hasPrefix("CRON") == true ? "CRON" : "LAG"
      return [
        .text(table.name), .text(kind), .text(model.lag),
        .text(model.mode.rawValue.uppercased()), .boolean(table.options["suspended"] != nil),
      ]
    }
  }

  static let dataCatalog = SystemTable(
    "olap", "data_catalog", "Owner, source, frequency, retention and personal data of every table",
    columns: [
      .init("name", .varchar), .init("layer", .varchar), .init("owner", .varchar),
      .init("description", .varchar), .init("source", .varchar), .init("frequency", .varchar),
      .init("retention", .varchar), .init("pii_columns", .list(.varchar)),
      .init("encryption", .varchar), .init("tags", .list(.varchar)), .init("row_count", .bigint),
    ]
  ) { _, planning in
    let catalog = planning.catalog
    return tables(catalog).map { table in
      let inputs = table.model?.dependsOn.compactMap { catalog.table($0)?.name }
      let source = table.options["source"] ?? inputs?.joined(separator: ", ")
      let frequency =
        table.options["frequency"]
        ?? table.model.map { model in
          model.lag ?? (model.mode == .immediate ? "IMMEDIATE" : "ON DEMAND")
        }
      return [
        .text(table.name), .text(table.layer?.rawValue),
        .text(table.owner ?? table.options["owner"]),
        .text(table.comment ?? table.options["description"]), .text(source), .text(frequency),
        .text(table.options["retention"]),
        .list(names(table.options["pii"]).map { .varchar($0) }),
        .text(table.options["encryption"]), .list(table.tags.map { .varchar($0) }),
        .count(planning.statistics(of: table.id)?.rowCount),
      ]
    }
  }
}
