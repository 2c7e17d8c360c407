internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions

/// The layers as tables: models, their inputs, expectations. Runs are ordinary tables (RunLog).
enum LayerTables {
  static let all: [SystemTable] =
    [models, dependencies, expectations, tests] + recorded + LayerCatalogTables.all
    + [LoadErrors.empty]

  static let models = SystemTable(
    "olap", "models", "Derived tables with their definitions",
    columns: [
      .init("name", .varchar), .init("schema_name", .varchar), .init("layer", .varchar),
      .init("sql", .varchar), .init("mode", .varchar), .init("lag", .varchar),
      .init("owner", .varchar), .init("tags", .varchar), .init("comment", .varchar),
      .init("grain", .varchar), .init("depends_on", .varchar), .init("row_count", .bigint),
      .init("state", .varchar), .init("fingerprint", .varchar), .init("retention", .varchar),
      .init("pii", .varchar),
    ]
  ) { connection, planning in
    let catalog = planning.catalog
    let snapshot = planning.storageSnapshot
    let due = connection.dueModels(in: snapshot)
    return catalog.sortedEntries.compactMap { entry in
      guard case .table(let table) = entry, let model = table.model else { return nil }
      let inputs = model.dependsOn.map { catalog.table($0)?.name ?? "(dropped)" }
      let grain = table.keys.first?.columns.map { table.columns[$0].name }.joined(separator: ", ")
      let state = connection.modelState(of: table, snapshot: snapshot)
      return [
        .text(table.name), .text(table.schema), .text(table.layer?.rawValue), .text(model.sql),
        .text(model.mode.rawValue.uppercased()), .text(model.lag), .text(table.owner),
        .text(table.tags.joined(separator: ", ")), .text(table.comment), .text(grain),
        .text(inputs.joined(separator: ", ")), .count(planning.statistics(of: table.id)?.rowCount),
        .text(
          table.options["suspended"] != nil
            ? "SUSPENDED"
            : state == nil ? "NEVER REFRESHED" : due.contains(table.id) ? "STALE" : "FRESH"),
        .text(fingerprint(connection.guardedDefinition(of: table))),
        .text(table.options["retention"]), .text(table.options["pii"]),
      ]
    }
  }

  /// 16 hexadecimal digits that change with the definition (FNV-1a).
  private static func fingerprint(_ text: String) -> String {
    let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static let dependencies = SystemTable(
    "olap", "dependencies", "Which table feeds which model",
    columns: [.init("model", .varchar), .init("input", .varchar), .init("input_layer", .varchar)]
  ) { _, planning in
    planning.catalog.sortedEntries.flatMap { entry -> [[Value]] in
      guard case .table(let table) = entry, let model = table.model else { return [] }
      return model.dependsOn.map { id in
        let input = planning.catalog.table(id)
        return [.text(table.name), .text(input?.name), .text(input?.layer?.rawValue)]
      }
    }
  }

  static let expectations = SystemTable(
    "olap", "expectations", "Declared expectations",
    columns: [
      .init("table_name", .varchar), .init("expectation", .varchar), .init("condition", .varchar),
      .init("on_violation", .varchar),
    ]
  ) { _, planning in
    planning.catalog.sortedEntries.flatMap { entry -> [[Value]] in
      guard case .table(let table) = entry else { return [] }
      return table.expectations.map {
        [.text(table.name), .text($0.name), .text($0.sql), .text($0.onViolation.rawValue)]
      }
    }
  }

  static let tests = SystemTable(
    "olap", "tests", "Declared tests: queries of failing rows",
    columns: [
      .init("name", .varchar), .init("schema_name", .varchar), .init("model", .varchar),
      .init("severity", .varchar), .init("sql", .varchar),
    ]
  ) { _, planning in
    planning.catalog.sortedEntries.compactMap { entry -> [Value]? in
      guard case .test(let test) = entry else { return nil }
      return [
        .text(test.name), .text(test.schema), .text(test.model),
        .text(test.isError ? "ERROR" : "WARN"), .text(test.sql),
      ]
    }
  }

  /// Before the first layer table the recorded tables do not exist yet: they read as empty.
  static let recorded: [SystemTable] = RunLog.all.map { name, columns in
    SystemTable(
      "olap", name, "Recorded by refreshes, checks and writes (empty so far)",
      columns: columns.map { .init($0.0, $0.1) }
    ) { _, _ in [] }
  }
}
