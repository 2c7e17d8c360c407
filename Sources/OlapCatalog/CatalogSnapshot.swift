internal import OlapColumns

/// The names of one database at one commit: an immutable value, copied on write by transactions.
///
/// Names are looked up case-insensitively and keep their spelling. Tables, views and sequences share
/// one name space per schema; types, macros and tests have their own; indexes are named per table.
package struct CatalogSnapshot: Sendable {
  package private(set) var entries: [EntryID: CatalogEntry] = [:]
  private var names: [Key: EntryID] = [:]
  package var nextID: EntryID = 1

  /// What kind of name: each kind is a name space of its own.
  package enum Space: Hashable, Sendable {
    case schema, relation, type, macro, test
    case index(table: EntryID)
  }
  private struct Key: Hashable, Sendable {
    let space: Space
    let schema: String
    let name: String
  }

  package init() {}

  /// A catalog with schema `main`.
  package static func initial() -> CatalogSnapshot {
    var catalog = CatalogSnapshot()
    catalog.put(.schema(SchemaEntry(id: catalog.allocateID(), name: "main")))
    return catalog
  }

  package mutating func allocateID() -> EntryID {
    defer { nextID += 1 }
    return nextID
  }

  private static func key(_ entry: CatalogEntry) -> Key {
    let space: Space =
      switch entry {
      case .schema: .schema
      case .table, .view, .sequence: .relation
      case .type: .type
      case .macro: .macro
      case .index(let index): .index(table: index.table)
      case .test: .test
      }
    let schema = space == .schema ? "" : entry.schema.lowercased()
    return Key(space: space, schema: schema, name: entry.name.lowercased())
  }

  /// Inserts or replaces by id (a changed name moves).
  package mutating func put(_ entry: CatalogEntry) {
    if let old = entries[entry.id] { names[CatalogSnapshot.key(old)] = nil }
    entries[entry.id] = entry
    names[CatalogSnapshot.key(entry)] = entry.id
    if entry.id >= nextID { nextID = entry.id + 1 }
  }

  package mutating func remove(_ id: EntryID) {
    guard let old = entries.removeValue(forKey: id) else { return }
    names[CatalogSnapshot.key(old)] = nil
  }

  package func lookup(_ space: Space, schema: String, name: String) -> CatalogEntry? {
    let folded = space == .schema ? "" : schema.lowercased()
    guard let id = names[Key(space: space, schema: folded, name: name.lowercased())] else {
      return nil
    }
    return entries[id]
  }

  package func hasSchema(_ name: String) -> Bool {
    lookup(.schema, schema: "", name: name) != nil
  }

  package func table(_ id: EntryID) -> TableEntry? {
    if case .table(let table)? = entries[id] { table } else { nil }
  }

  /// All entries, by id, for listings.
  package var sortedEntries: [CatalogEntry] {
    entries.values.sorted { $0.id < $1.id }
  }
}
