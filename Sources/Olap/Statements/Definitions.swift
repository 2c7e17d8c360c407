internal import OlapCatalog
internal import OlapColumns

/// A statement that makes one object of a database again.
public struct ObjectDefinition: Sendable {
  public enum Kind: String, Sendable { case schema, type, sequence, table, view, macro, index }
  public let kind: Kind
  public let schema: String
  public let name: String
  /// The statement with its semicolon.
  public let sql: String
  /// The table that an index belongs to.
  public internal(set) var table: String?
  /// A table's columns that hold data of their own, parted by commas; empty for everything else.
  public internal(set) var storedColumns = ""
  /// Whether the rows come from a definition and a REFRESH, and cannot be written.
  public internal(set) var isDerived = false

  init(_ kind: Kind, _ schema: String, _ name: String, _ sql: String) {
    self.kind = kind
    self.schema = schema
    self.name = name
    self.sql = sql
  }
}

extension Connection {
  /// What the database holds, without the engine's own schema, in an order in which each statement finds
  /// what it names.
  public func definitions() -> [ObjectDefinition] {
    definitions(of: readSnapshot().catalog)
  }

  func definitions(of catalog: CatalogSnapshot) -> [ObjectDefinition] {
    var first: [ObjectDefinition.Kind: [ObjectDefinition]] = [:]
    // Derived tables, views and macros may read each other; each is younger than what it reads.
    var rest: [ObjectDefinition] = []
    for entry in catalog.sortedEntries where entry.schema.lowercased() != "olap" {
      guard let definition = definition(of: entry, in: catalog) else { continue }
      switch definition.kind {
      case .table where !definition.isDerived: continue
      case .schema, .type, .sequence: first[definition.kind, default: []].append(definition)
      case .table, .view, .macro, .index: rest.append(definition)
      }
    }
    let tables = tablesInOrder(catalog).compactMap { definition(of: .table($0), in: catalog) }
    return (first[.schema] ?? []) + (first[.type] ?? []) + (first[.sequence] ?? []) + tables + rest
  }

  private func definition(
    of entry: CatalogEntry, in catalog: CatalogSnapshot
  ) -> ObjectDefinition? {
    let name = "\(quote(entry.schema)).\(quote(entry.name))"
    switch entry {
    case .schema(let item) where item.name == "main": return nil
    case .schema(let item):
      return ObjectDefinition(
        .schema, item.name, item.name, "CREATE SCHEMA \(quote(item.name));")
    case .type(let item):
      return ObjectDefinition(
        .type, item.schema, item.name, "CREATE TYPE \(name) AS \(item.type.definition);")
    case .sequence(let item):
      return ObjectDefinition(
        .sequence, item.schema, item.name,
        "CREATE SEQUENCE \(name) MINVALUE \(item.minimum) MAXVALUE \(item.maximum) "
          + "START \(nextValue(item)) INCREMENT \(item.increment)\(item.isCyclic ? " CYCLE" : "");")
    case .view(let view):
      let columns = view.columnNames.map { quote($0) }.joined(separator: ", ")
      let list = columns.isEmpty ? "" : " (\(columns))"
      return ObjectDefinition(
        .view, view.schema, view.name, "CREATE VIEW \(name)\(list) AS \(view.sql);")
    case .macro(let macro):
      return ObjectDefinition(.macro, macro.schema, macro.name, macro.sql + ";")
    case .index(let index) where !index.isUnique:
      var definition = ObjectDefinition(.index, index.schema, index.name, index.sql + ";")
      definition.table = catalog.table(index.table)?.name
      return definition
    case .table(let table):
      var definition = ObjectDefinition(
        .table, table.schema, table.name, table.createStatement(in: catalog))
      definition.storedColumns = table.storedColumnList
      definition.isDerived = table.model != nil
      return definition
    case .index, .test: return nil
    }
  }

  /// Where the sequence goes on: a copy must not give numbers that rows have already.
  private func nextValue(_ sequence: SequenceEntry) -> Int64 {
    let stored = readSnapshot().metadata("sequence.\(sequence.id)").flatMap {
      Connection.decode($0) as Int64?
    }
    let next = database.sequences.pending(sequence.id) ?? stored ?? sequence.next
    return next < sequence.minimum || next > sequence.maximum ? sequence.start : next
  }

  /// Tables that are written directly by age, but each after those that its foreign keys name.
  private func tablesInOrder(_ catalog: CatalogSnapshot) -> [TableEntry] {
    var pending = catalog.sortedEntries.compactMap { entry -> TableEntry? in
      guard case .table(let table) = entry, table.schema.lowercased() != "olap",
        table.model == nil
      else { return nil }
      return table
    }
    var placed = Set<EntryID>()
    var result: [TableEntry] = []
    while !pending.isEmpty {
      let ready = pending.filter { table in
        table.foreignKeys.allSatisfy { $0.target == table.id || placed.contains($0.target) }
      }
      // Tables that name each other cannot be ordered; their age is as good as anything.
      let next = ready.isEmpty ? pending : ready
      result += next
      placed.formUnion(next.map { $0.id })
      pending.removeAll { placed.contains($0.id) }
    }
    return result
  }
}

extension SQLType {
  /// The type spelt out, without the name CREATE TYPE gave it.
  fileprivate var definition: String {
    guard case .enumeration(let labels) = self else { return description }
    let list = labels.labels.map { label in
      "'" + label.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        + "'"
    }
    return "ENUM (\(list.joined(separator: ", ")))"
  }
}

extension TableEntry {
  /// The columns that hold data of their own: all but generated ones.
  var storedColumnList: String {
    columns.filter { $0.generatedSQL == nil }.map { quote($0.name) }.joined(separator: ", ")
  }
}
