internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions

/// pg_catalog: what tools made for PostgreSQL ask for. Ids are the catalog's; owners are 0.
enum PostgresTables {
  static let all: [SystemTable] = [
    namespaces, classes, attributes, types, attributeDefaults, indexes, constraints, descriptions,
    databases, settings, tables, views, indexDefinitions, functions, labels, sequences,
  ]

  /// A row by column name; what is not named is NULL.
  private typealias Row = [String: Value]

  /// `columns` is `name:type …`.
  private static func table(
    _ name: String, _ summary: String, _ columns: String,
    _ rows: @escaping @Sendable (Connection, SessionPlanning) -> [Row]
  ) -> SystemTable {
    let list: [SystemTable.Column] = columns.split(separator: " ").map { item in
      let parts = item.split(separator: ":").map(String.init)
      return .init(parts[0], parts.count > 1 ? SQLType.parse(text: parts[1]) ?? .varchar : .varchar)
    }
    return SystemTable("pg_catalog", name, summary, columns: list) { connection, planning in
      rows(connection, planning).map { row in list.map { row[$0.name] ?? .null } }
    }
  }

  private static func oid(_ id: EntryID) -> Value { .integer(Int64(truncatingIfNeeded: id)) }

  private static func schemaIDs(_ planning: SessionPlanning) -> [String: Value] {
    var result: [String: Value] = [:]
    for case .schema(let schema) in planning.catalog.sortedEntries {
      result[schema.name.lowercased()] = oid(schema.id)
    }
    return result
  }

  static let namespaces = table(
    "pg_namespace", "Schemas", "oid:BIGINT nspname nspowner:INTEGER nspacl"
  ) { _, planning in
    let made: [Row] = planning.catalog.sortedEntries.compactMap { entry in
      guard case .schema(let schema) = entry else { return nil }
      return ["oid": oid(schema.id), "nspname": .text(schema.name), "nspowner": .integer(0)]
    }
    let system: [Row] = [
      ["oid": .integer(11), "nspname": .text("pg_catalog"), "nspowner": .integer(0)],
      ["oid": .integer(12), "nspname": .text("information_schema"), "nspowner": .integer(0)],
    ]
    return made + system
  }

  static let classes = table(
    "pg_class", "Tables, views, indexes and sequences",
    "oid:BIGINT relname relnamespace:BIGINT reltype:BIGINT reloftype:BIGINT relowner:INTEGER "
      + "relam:INTEGER relfilenode:BIGINT reltablespace:INTEGER relpages:INTEGER reltuples:FLOAT "
      + "relallvisible:INTEGER reltoastrelid:BIGINT relhasindex:BOOLEAN relisshared:BOOLEAN "
      + "relpersistence relkind relnatts:BIGINT relchecks:BIGINT relhasoids:BOOLEAN "
      + "relhaspkey:BOOLEAN relhasrules:BOOLEAN relhastriggers:BOOLEAN relhassubclass:BOOLEAN "
      + "relrowsecurity:BOOLEAN relforcerowsecurity:BOOLEAN relispopulated:BOOLEAN relreplident "
      + "relispartition:BOOLEAN reloptions relpartbound"
  ) { connection, planning in
    let schemas = schemaIDs(planning)
    let indexed = Set(
      planning.catalog.sortedEntries.compactMap { entry -> EntryID? in
        if case .index(let index) = entry { index.table } else { nil }
      })
    return planning.catalog.sortedEntries.compactMap { entry in
      var row: Row = [
        "oid": oid(entry.id), "relname": .text(entry.name),
        "relnamespace": schemas[entry.schema.lowercased()] ?? .null, "reltype": .integer(0),
        "reloftype": .integer(0), "relowner": .integer(0), "relam": .integer(0),
        "relfilenode": oid(entry.id), "reltablespace": .integer(0), "relpages": .integer(0),
        "reltuples": .real(0), "relallvisible": .integer(0), "reltoastrelid": .integer(0),
        "relpersistence": .text("p"), "relnatts": .integer(0), "relchecks": .integer(0),
        "relispopulated": .boolean(true),
      ]
      for flag in [
        "relhasindex", "relisshared", "relhasoids", "relhaspkey", "relhasrules", "relhastriggers",
        "relhassubclass", "relrowsecurity", "relforcerowsecurity", "relispartition",
      ] {
        row[flag] = .boolean(false)
      }
      switch entry {
      case .table(let table):
        row["relkind"] = .text("r")
        row["relnatts"] = .count(table.columns.count)
        row["relchecks"] = .count(table.checks.count)
        row["relhaspkey"] = .boolean(table.primaryKey != nil)
        row["relhasindex"] = .boolean(!table.keys.isEmpty || indexed.contains(table.id))
        row["reltuples"] = .real(Float(planning.statistics(of: table.id)?.rowCount ?? 0))
        row["relpersistence"] = .text(table.isTemporary ? "t" : "p")
        row["relhastriggers"] = .boolean(
          !connection.triggers(on: table.id, planning.storageSnapshot).isEmpty)
      case .view(let view):
        row["relkind"] = .text("v")
        row["relnatts"] = .count(CatalogTables.columns(of: view, connection).count)
      case .sequence: row["relkind"] = .text("S")
      case .index: row["relkind"] = .text("i")
      default: return nil
      }
      return row
    }
  }

  static let attributes = table(
    "pg_attribute", "Columns of tables and views",
    "attrelid:BIGINT attname atttypid:BIGINT attstattarget:INTEGER attlen:INTEGER attnum:INTEGER "
      + "attndims:INTEGER atttypmod:INTEGER attnotnull:BOOLEAN atthasdef:BOOLEAN "
      + "atthasmissing:BOOLEAN attidentity attgenerated attisdropped:BOOLEAN attislocal:BOOLEAN "
      + "attinhcount:INTEGER attcollation:INTEGER attoptions attmissingval"
  ) { connection, planning in
    planning.catalog.sortedEntries.flatMap { entry -> [Row] in
      switch entry {
      case .table(let table):
        table.columns.enumerated().map { index, column in
          attribute(
            table.id, index, column.name, column.type, isNullable: column.isNullable,
            hasDefault: column.defaultSQL != nil, isGenerated: column.generatedSQL != nil)
        }
      case .view(let view):
        CatalogTables.columns(of: view, connection).enumerated().map { index, column in
          attribute(
            view.id, index, column.name, column.type, isNullable: true, hasDefault: false,
            isGenerated: false)
        }
      default: []
      }
    }
  }

  private static func attribute(
    _ relation: EntryID, _ index: Int, _ name: String, _ type: SQLType, isNullable: Bool,
    hasDefault: Bool, isGenerated: Bool
  ) -> Row {
    var modifier: Int64 = -1
    if case .decimal(let precision, let scale) = type {
      // As PostgreSQL packs them.
      modifier = Int64(precision) << 16 + Int64(scale) + 4
    }
    return [
      "attrelid": oid(relation), "attname": .text(name),
      "atttypid": .integer(PostgresType(type).oid), "attstattarget": .integer(0),
      "attlen": .integer(PostgresType(type).byteCount), "attnum": .count(index + 1),
      "attndims": .integer(PostgresType(type).isArray ? 1 : 0), "atttypmod": .integer(modifier),
      "attnotnull": .boolean(!isNullable), "atthasdef": .boolean(hasDefault || isGenerated),
      "atthasmissing": .boolean(false), "attidentity": .text(""),
      "attgenerated": .text(isGenerated ? "s" : ""), "attisdropped": .boolean(false),
      "attislocal": .boolean(true), "attinhcount": .integer(0), "attcollation": .integer(0),
    ]
  }

  static let types = table(
    "pg_type", "Types",
    "oid:BIGINT typname typnamespace:BIGINT typowner:INTEGER typlen:BIGINT typbyval:BOOLEAN "
      + "typtype typcategory typispreferred:BOOLEAN typisdefined:BOOLEAN typdelim "
      + "typrelid:BIGINT typelem:BIGINT typarray:BIGINT typalign typstorage typnotnull:BOOLEAN "
      + "typbasetype:BIGINT typtypmod:INTEGER typndims:INTEGER typcollation:INTEGER typdefault"
  ) { _, planning in
    let schemas = schemaIDs(planning)
    let made: [Row] = planning.catalog.sortedEntries.compactMap { entry in
      guard case .type(let type) = entry else { return nil }
      return row(
        PostgresType(type.type), oid: oid(type.id), name: type.name,
        schema: schemas[type.schema.lowercased()] ?? .null)
    }
    return PostgresType.builtin.map {
      row($0, oid: .integer($0.oid), name: $0.name, schema: .integer(11))
    } + made
  }

  private static func row(
    _ type: PostgresType, oid: Value, name: String, schema: Value
  ) -> Row {
    [
      "oid": oid, "typname": .text(name), "typnamespace": schema, "typowner": .integer(0),
      "typlen": .integer(type.byteCount), "typbyval": .boolean(type.byteCount > 0),
      "typtype": .text(type.kind), "typcategory": .text(type.category),
      "typispreferred": .boolean(false), "typisdefined": .boolean(true), "typdelim": .text(","),
      "typrelid": .integer(0), "typelem": .integer(0), "typarray": .integer(0),
      "typnotnull": .boolean(false), "typbasetype": .integer(0), "typtypmod": .integer(-1),
      "typndims": .integer(0), "typcollation": .integer(0),
    ]
  }

  static let attributeDefaults = table(
    "pg_attrdef", "Defaults of columns", "oid:BIGINT adrelid:BIGINT adnum:INTEGER adbin adsrc"
  ) { _, planning in
    planning.catalog.sortedEntries.flatMap { entry -> [Row] in
      guard case .table(let table) = entry else { return [] }
      return table.columns.enumerated().compactMap { index, column in
        guard let text = column.defaultSQL ?? column.generatedSQL else { return nil }
        return [
          "oid": oid(table.id), "adrelid": oid(table.id), "adnum": .count(index + 1),
          "adbin": .text(text), "adsrc": .text(text),
        ]
      }
    }
  }

  static let indexes = table(
    "pg_index", "Indexes",
    "indexrelid:BIGINT indrelid:BIGINT indnatts:INTEGER indnkeyatts:INTEGER indisunique:BOOLEAN "
      + "indisprimary:BOOLEAN indisexclusion:BOOLEAN indimmediate:BOOLEAN indisclustered:BOOLEAN "
      + "indisvalid:BOOLEAN indisready:BOOLEAN indislive:BOOLEAN indisreplident:BOOLEAN "
      + "indkey:INTEGER[] indexprs indpred"
  ) { _, planning in
    planning.catalog.sortedEntries.compactMap { entry in
      guard case .index(let index) = entry else { return nil }
      let key = planning.catalog.table(index.table)?.keys.first { $0.name == index.name }
      return [
        "indexrelid": oid(index.id), "indrelid": oid(index.table),
        "indnatts": .count(key?.columns.count), "indnkeyatts": .count(key?.columns.count),
        "indisunique": .boolean(index.isUnique), "indisprimary": .boolean(false),
        "indisexclusion": .boolean(false), "indimmediate": .boolean(true),
        "indisclustered": .boolean(false), "indisvalid": .boolean(true),
        "indisready": .boolean(true), "indislive": .boolean(true),
        "indisreplident": .boolean(false),
        "indkey": key.map { .list($0.columns.map { .integer(Int64($0 + 1)) }) } ?? .null,
      ]
    }
  }

  static let constraints = table(
    "pg_constraint", "Constraints",
    "oid:BIGINT conname connamespace:BIGINT contype condeferrable:BOOLEAN condeferred:BOOLEAN "
      + "convalidated:BOOLEAN conrelid:BIGINT contypid:BIGINT conindid:BIGINT conparentid:BIGINT "
      + "confrelid:BIGINT confupdtype confdeltype confmatchtype conislocal:BOOLEAN "
      + "coninhcount:INTEGER connoinherit:BOOLEAN conkey:BIGINT[] confkey:BIGINT[] conbin"
  ) { _, planning in
    let schemas = schemaIDs(planning)
    return CatalogTables.constraintRows(planning).enumerated().compactMap { number, item in
      let kinds = ["PRIMARY KEY": "p", "UNIQUE": "u", "CHECK": "c", "FOREIGN KEY": "f"]
      guard let kind = kinds[item.kind] else { return nil }
      let foreign =
        kind == "f" ? item.table.foreignKeys.first { $0.columns == item.columns } : nil
      return [
        "oid": .integer(Int64(truncatingIfNeeded: item.table.id) << 20 + Int64(number)),
        "conname": .text(item.name),
        "connamespace": schemas[item.table.schema.lowercased()] ?? .null, "contype": .text(kind),
        "condeferrable": .boolean(false), "condeferred": .boolean(false),
        "convalidated": .boolean(true), "conrelid": oid(item.table.id), "contypid": .integer(0),
        "conindid": .integer(0), "conparentid": .integer(0),
        "confrelid": foreign.map { oid($0.target) } ?? .integer(0),
        "confupdtype": .text(foreign.map { letter($0.onUpdate) }),
        "confdeltype": .text(foreign.map { letter($0.onDelete) }),
        "confmatchtype": .text(foreign == nil ? nil : "s"), "conislocal": .boolean(true),
        "coninhcount": .integer(0), "connoinherit": .boolean(true),
        "conkey": .list(item.columns.map { .integer(Int64($0 + 1)) }),
        "confkey": foreign.map { .list($0.targetColumns.map { .integer(Int64($0 + 1)) }) } ?? .null,
        "conbin": .text(kind == "c" ? item.text : nil),
      ]
    }
  }

  private static func letter(_ action: ForeignKeyConstraint.Action) -> String {
    switch action {
    case .noAction: "a"
    case .restrict: "r"
    case .cascade: "c"
    case .setNull: "n"
    case .setDefault: "d"
    }
  }

  static let descriptions = table(
    "pg_description", "Comments", "objoid:BIGINT classoid objsubid:INTEGER description"
  ) { _, planning in
    planning.catalog.sortedEntries.flatMap { entry -> [Row] in
      func row(_ position: Int, _ kind: String, _ text: String?) -> Row? {
        text.map {
          [
            "objoid": oid(entry.id), "classoid": .text(kind), "objsubid": .count(position),
            "description": .text($0),
          ]
        }
      }
      switch entry {
      case .table(let table):
        return [row(0, "pg_class", table.comment)].compactMap { $0 }
          + table.columns.enumerated().compactMap { row($0 + 1, "pg_class", $1.comment) }
      case .view(let view): return [row(0, "pg_class", view.comment)].compactMap { $0 }
      case .schema:
        return [row(0, "pg_namespace", planning.comment(of: entry.id))].compactMap { $0 }
      case .type: return [row(0, "pg_type", planning.comment(of: entry.id))].compactMap { $0 }
      case .macro: return [row(0, "pg_proc", planning.comment(of: entry.id))].compactMap { $0 }
      default: return [row(0, "pg_class", planning.comment(of: entry.id))].compactMap { $0 }
      }
    }
  }

  static let databases = table(
    "pg_database", "Open databases",
    "oid:BIGINT datname datdba:INTEGER encoding:INTEGER datistemplate:BOOLEAN "
      + "datallowconn:BOOLEAN datconnlimit:INTEGER datcollate datctype datacl"
  ) { connection, _ in
    connection.peers.enumerated().map { number, peer in
      [
        "oid": .count(number + 1), "datname": .text(peer.name), "datdba": .integer(0),
        "encoding": .integer(6), "datistemplate": .boolean(false), "datallowconn": .boolean(true),
        "datconnlimit": .integer(-1), "datcollate": .text("C"), "datctype": .text("C"),
      ]
    }
  }

  static let settings = table(
    "pg_settings", "Settings of the connection", "name setting short_desc vartype"
  ) { connection, _ in
    Settings.definitions.map { definition in
      [
        "name": .text(definition.name), "setting": .text(connection.settings[definition.name]),
        "short_desc": .text(definition.summary), "vartype": .text("string"),
      ]
    }
  }

  static let tables = table(
    "pg_tables", "Tables",
    "schemaname tablename tableowner tablespace hasindexes:BOOLEAN hasrules:BOOLEAN "
      + "hastriggers:BOOLEAN"
  ) { connection, planning in
    planning.catalog.sortedEntries.compactMap { entry in
      guard case .table(let table) = entry else { return nil }
      return [
        "schemaname": .text(table.schema), "tablename": .text(table.name),
        "tableowner": .text("olap"), "hasindexes": .boolean(!table.keys.isEmpty),
        "hasrules": .boolean(false),
        "hastriggers": .boolean(
          !connection.triggers(on: table.id, planning.storageSnapshot).isEmpty),
      ]
    }
  }

  static let views = table(
    "pg_views", "Views", "schemaname viewname viewowner definition"
  ) { _, planning in
    planning.catalog.sortedEntries.compactMap { entry in
      guard case .view(let view) = entry else { return nil }
      return [
        "schemaname": .text(view.schema), "viewname": .text(view.name),
        "viewowner": .text("olap"), "definition": .text(view.sql),
      ]
    }
  }

  static let indexDefinitions = table(
    "pg_indexes", "Indexes with their text", "schemaname tablename indexname tablespace indexdef"
  ) { _, planning in
    planning.catalog.sortedEntries.compactMap { entry in
      guard case .index(let index) = entry else { return nil }
      return [
        "schemaname": .text(index.schema),
        "tablename": .text(planning.catalog.table(index.table)?.name),
        "indexname": .text(index.name), "indexdef": .text(index.sql),
      ]
    }
  }

  static let functions = table(
    "pg_proc", "Functions and macros",
    "oid:BIGINT proname pronamespace:BIGINT proowner:INTEGER prokind proisstrict:BOOLEAN "
      + "proretset:BOOLEAN provolatile pronargs:BIGINT prorettype:BIGINT prosrc "
      + "proisagg:BOOLEAN"
  ) { connection, planning in
    let schemas = schemaIDs(planning)
    let kinds = ["aggregate": "a", "window": "w"]
    let builtin: [Row] = connection.database.functions.documents.enumerated().map { number, item in
      let kind = item.kind.rawValue.lowercased()
      return [
        "oid": .integer(Int64(number) + 1_000_000), "proname": .text(item.name),
        "pronamespace": .integer(11), "proowner": .integer(0),
        "prokind": .text(kinds[kind] ?? "f"), "proisstrict": .boolean(false),
        "proretset": .boolean(kind == "table"), "provolatile": .text("i"),
        "proisagg": .boolean(kind == "aggregate"),
      ]
    }
    let made: [Row] = planning.catalog.sortedEntries.compactMap { entry in
      guard case .macro(let macro) = entry else { return nil }
      return [
        "oid": oid(macro.id), "proname": .text(macro.name),
        "pronamespace": schemas[macro.schema.lowercased()] ?? .null, "proowner": .integer(0),
        "prokind": .text("f"), "proisstrict": .boolean(false),
        "proretset": .boolean(macro.isTable), "provolatile": .text("v"),
        "prosrc": .text(macro.sql), "proisagg": .boolean(false),
      ]
    }
    return builtin + made
  }

  static let labels = table(
    "pg_enum", "Labels of ENUM types",
    "oid:BIGINT enumtypid:BIGINT enumsortorder:INTEGER enumlabel"
  ) { _, planning in
    planning.catalog.sortedEntries.flatMap { entry -> [Row] in
      guard case .type(let type) = entry, case .enumeration(let labels) = type.type else {
        return []
      }
      return labels.labels.enumerated().map { number, label in
        [
          "enumtypid": oid(type.id), "enumsortorder": .count(number + 1),
          "enumlabel": .text(label),
        ]
      }
    }
  }

  static let sequences = table(
    "pg_sequences", "Sequences",
    "schemaname sequencename sequenceowner data_type start_value:BIGINT min_value:BIGINT "
      + "max_value:BIGINT increment_by:BIGINT cycle:BOOLEAN cache_size:BIGINT last_value:BIGINT"
  ) { connection, planning in
    planning.catalog.sortedEntries.compactMap { entry in
      guard case .sequence(let item) = entry else { return nil }
      return [
        "schemaname": .text(item.schema), "sequencename": .text(item.name),
        "sequenceowner": .text("olap"), "data_type": .text("bigint"),
        "start_value": .integer(item.start), "min_value": .integer(item.minimum),
        "max_value": .integer(item.maximum), "increment_by": .integer(item.increment),
        "cycle": .boolean(item.isCyclic), "cache_size": .integer(1),
        "last_value": connection.database.sequences.current(item.id).map { .integer($0) } ?? .null,
      ]
    }
  }
}

/// A type as PostgreSQL numbers and names it.
struct PostgresType {
  let oid: Int64
  let name: String
  /// Bytes of a value; -1 for those of varying length.
  let byteCount: Int64
  let category: String
  var kind = "b"
  var isArray = false

  private init(_ oid: Int64, _ name: String, _ byteCount: Int64, _ category: String) {
    self.oid = oid
    self.name = name
    self.byteCount = byteCount
    self.category = category
  }

  static let builtin: [PostgresType] = [
    PostgresType(16, "bool", 1, "B"), PostgresType(17, "bytea", -1, "U"),
    PostgresType(20, "int8", 8, "N"), PostgresType(21, "int2", 2, "N"),
    PostgresType(23, "int4", 4, "N"), PostgresType(25, "text", -1, "S"),
    PostgresType(114, "json", -1, "U"), PostgresType(700, "float4", 4, "N"),
    PostgresType(701, "float8", 8, "N"), PostgresType(1043, "varchar", -1, "S"),
    PostgresType(1082, "date", 4, "D"), PostgresType(1083, "time", 8, "D"),
    PostgresType(1114, "timestamp", 8, "D"), PostgresType(1184, "timestamptz", 8, "D"),
    PostgresType(1186, "interval", 16, "T"), PostgresType(1700, "numeric", -1, "N"),
    PostgresType(2950, "uuid", 16, "U"),
  ]

  private static let byName: [String: PostgresType] = Dictionary(
    builtin.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  init(_ type: SQLType) {
    let name: String
    switch type {
    case .boolean: name = "bool"
    case .tinyint, .utinyint, .smallint: name = "int2"
    case .usmallint, .integer: name = "int4"
    case .uinteger, .bigint: name = "int8"
    case .ubigint, .hugeint, .uhugeint, .decimal: name = "numeric"
    case .real: name = "float4"
    case .double: name = "float8"
    case .blob: name = "bytea"
    case .json: name = "json"
    case .date: name = "date"
    case .time, .timeTZ: name = "time"
    case .timestamp, .timestampOf: name = "timestamp"
    case .timestampTZ: name = "timestamptz"
    case .interval: name = "interval"
    case .uuid: name = "uuid"
    default: name = "varchar"
    }
    var found = PostgresType.byName[name] ?? PostgresType(1043, "varchar", -1, "S")
    switch type {
    case .enumeration: found = PostgresType(found.oid, found.name, 4, "E").with(kind: "e")
    case .list, .array:
      found = PostgresType(2277, "anyarray", -1, "A")
      found.isArray = true
    case .structure, .map, .union: found = PostgresType(2249, "record", -1, "C").with(kind: "c")
    default: break
    }
    self = found
  }

  private func with(kind: String) -> PostgresType {
    var copy = self
    copy.kind = kind
    return copy
  }
}
