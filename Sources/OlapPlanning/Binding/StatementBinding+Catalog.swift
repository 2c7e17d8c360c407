internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

extension StatementBinding {
  /// What a table name names.
  enum Relation {
    /// `database` is set for tables of attached databases.
    case table(TableEntry, database: String?)
    case view(ViewEntry, database: String?)
    case function(TableFunction.Bound)
  }

  /// Finds a relation by a name of one to three parts.
  func findRelation(_ name: ObjectName) throws -> Relation {
    let parts = name.parts.map { $0.text }
    if let entry = lookup(.relation, parts) {
      switch entry.entry {
      case .table(let table): return .table(table, database: entry.database)
      case .view(let view): return .view(view, database: entry.database)
      default: break
      }
    }
    let schema = parts.count > 1 ? parts[parts.count - 2] : nil
    if let bound = context.systemTable(schema: schema, name: parts[parts.count - 1]) {
      return .function(bound)
    }
    do {
      if let bound = try fileTable(name.text) { return .function(bound) }
    } catch {
      throw placed(error, name.range)
    }
    throw unknownTable(name)
  }

  private func fileTable(_ path: String) throws -> TableFunction.Bound? {
    guard path.contains(".") || path.contains("/") else { return nil }
    return try context.fileTable(path)
  }

  /// Schemas for unqualified names, first wins.
  private var searchPath: [String] {
    let path = context.searchPath
    guard let viewSchema else { return path }
    return path.filter { $0 == "temp" } + [viewSchema] + path.filter { $0 != "temp" }
  }

  /// Looks a name up along the search path, or where its qualifiers say.
  func lookup(_ space: CatalogSnapshot.Space, _ parts: [String]) -> (
    entry: CatalogEntry, database: String?
  )? {
    let name = parts[parts.count - 1]
    if let home = homeDatabase, parts.count < 3 {
      // The text of an attached database's view: its own names come first.
      let schemas = parts.count == 2 ? [parts[0]] : [homeSchema, "main"]
      for schema in schemas {
        if let found = lookup(space, database: home, schema: schema, name: name) { return found }
      }
    }
    switch parts.count {
    case 1:
      for schema in searchPath {
        if let entry = context.catalog.lookup(space, schema: schema, name: name) {
          return (entry, nil)
        }
      }
      return nil
    case 2:
      if let entry = context.catalog.lookup(space, schema: parts[0], name: name) {
        return (entry, nil)
      }
      return lookup(space, database: parts[0], schema: "main", name: name)
    case 3: return lookup(space, database: parts[0], schema: parts[1], name: name)
    default: return nil
    }
  }

  private func lookup(
    _ space: CatalogSnapshot.Space, database: String, schema: String, name: String
  ) -> (entry: CatalogEntry, database: String?)? {
    if sameName(database, context.databaseName) || sameName(database, "temp") {
      let schema = sameName(database, "temp") ? "temp" : schema
      return context.catalog.lookup(space, schema: schema, name: name).map { ($0, nil) }
    }
    return context.attachedCatalog(database)?.lookup(space, schema: schema, name: name)
      .map { ($0, database) }
  }

  func unknownTable(_ name: ObjectName) -> BindError {
    var names: [String] = []
    for entry in context.catalog.sortedEntries {
      switch entry {
      case .table, .view:
        let isVisible =
          name.parts.count == 1 && context.searchPath.contains { sameName($0, entry.schema) }
        names.append(isVisible ? entry.name : "\(entry.schema).\(entry.name)")
      default: break
      }
    }
    if name.parts.count > 1 {
      let schema = name.parts[name.parts.count - 2].text
      if sameName(schema, "olap") {
        let system = context.systemTableNames(schema: "olap").filter { !$0.hasPrefix("duckdb_") }
        let closest = Similarity.closest(to: name.base.text, among: system)
        return error(
          "Table with name \(name.text) does not exist!"
            + (closest.isEmpty ? " There are: \(system.sorted().joined(separator: ", "))." : ""),
          name.range, candidates: closest.map { "olap.\($0)" })
      }
      let isKnown =
        context.catalog.hasSchema(schema) || sameName(schema, context.databaseName)
        || context.attachedCatalog(schema) != nil
      if !isKnown {
        return error(
          "Table with name \(name.base.text) does not exist because schema \"\(schema)\" does not "
            + "exist.", name.range,
          candidates: Similarity.closest(to: name.text, among: names))
      }
    }
    return error(
      "Table with name \(name.parts.count > 1 ? name.text : name.base.text) does not exist!",
      name.range, candidates: Similarity.closest(to: name, among: names))
  }

  /// The table a statement writes; views and system tables are refused.
  func findTable(_ name: ObjectName, verb: String) throws -> TableEntry {
    switch try findRelation(name) {
    case .table(let table, let database):
      if let database {
        throw error(
          "cannot \(verb) \"\(name.text)\": database \"\(database)\" is attached read-only",
          name.range)
      }
      if table.model != nil && !allowsModelWrites {
        throw error(
          "cannot \(verb) \"\(table.name)\": it is a derived table, kept by its model "
            + "\(table.schema).\(table.name). Change the tables it reads and REFRESH "
            + "\(table.name), or CREATE OR REPLACE the model", name.range)
      }
      return table
    case .view(let view, _):
      throw error("cannot \(verb) \"\(view.name)\": it is a view", name.range)
    case .function:
      throw error("cannot \(verb) \"\(name.text)\": it is a system table or a file", name.range)
    }
  }

  /// The SQL type a type name means: built in, nested, or made by CREATE TYPE.
  func resolveType(_ type: TypeName) throws -> SQLType {
    switch type.kind {
    case .named(let name, let arguments):
      if name.parts.count == 1,
        let builtin = SQLType.parse(name: name.base.text, arguments: arguments)
      {
        return builtin
      }
      let parts = name.parts.map { $0.text }
      if case .type(let entry)? = lookup(.type, parts)?.entry {
        noteRead(definition: "type \(entry.schema).\(entry.name) \(entry.type)")
        return entry.type
      }
      if parts.count == 1, sameName(parts[0], "point"), arguments.isEmpty {
        return StatementBinding.pointType
      }
      if parts.count == 1, !arguments.isEmpty, SQLType.parse(name: name.base.text) != nil {
        throw error(
          "these are no parameters of \(name.text): a DECIMAL has 1 to 38 digits, of which no more"
            + " than all stand after the point", type.range)
      }
      throw error(
        "Type with name \(name.text) does not exist!", type.range,
        candidates: Similarity.closest(to: name.base.text, among: typeNames))
    case .list(let element): return .list(try resolveType(element))
    case .array(let element, let count):
      guard count > 0, count <= 100_000 else {
        throw error("an ARRAY has between 1 and 100000 elements", type.range)
      }
      return .array(try resolveType(element), count: count)
    case .structure(let fields):
      return .structure(
        try fields.map {
          OlapColumns.StructField(name: $0.name.text, type: try resolveType($0.type))
        })
    case .map(let key, let value):
      return .map(key: try resolveType(key), value: try resolveType(value))
    case .union(let fields):
      guard (1...255).contains(fields.count) else {
        throw error("a UNION has 1 to 255 members", type.range)
      }
      var names: Set<String> = []
      for field in fields where !names.insert(field.name.text.lowercased()).inserted {
        throw error("the UNION has two members \"\(field.name.text)\"", field.name.range)
      }
      return .union(
        try fields.map {
          OlapColumns.StructField(name: $0.name.text, type: try resolveType($0.type))
        })
    case .enumeration(let labels):
      return .enumeration(EnumLabels(name: nil, labels: labels))
    }
  }

  /// POINT: the struct that the point functions take.
  static let pointType: SQLType = .structure([
    OlapColumns.StructField(name: "x", type: .double),
    OlapColumns.StructField(name: "y", type: .double),
  ])

  private var typeNames: [String] {
    let builtin = [
      "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
      "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "TEXT", "BLOB",
      "DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL", "UUID", "JSON",
    ]
    return builtin
      + context.catalog.sortedEntries.compactMap {
        if case .type(let entry) = $0 { entry.name } else { nil }
      }
  }
}
