package import OlapCatalog
package import OlapColumns

extension Connection {
  /// Statements that make everything in a catalog again, in an order in which each finds what it names.
  func definitions(of catalog: CatalogSnapshot) -> [String] {
    var schemas: [String] = []
    var types: [String] = []
    var sequences: [String] = []
    var tables: [String] = []
    var rest: [String] = []
    for entry in catalog.sortedEntries where entry.schema.lowercased() != "olap" {
      let name = "\(quote(entry.schema)).\(quote(entry.name))"
      switch entry {
      case .schema(let item) where item.name != "main":
        schemas.append("CREATE SCHEMA \(quote(item.name));")
      case .schema: continue
      case .type(let item): types.append("CREATE TYPE \(name) AS \(item.type.definition);")
      case .sequence(let item):
        sequences.append(
          "CREATE SEQUENCE \(name) MINVALUE \(item.minimum) MAXVALUE \(item.maximum) "
            + "START \(item.start) INCREMENT \(item.increment)\(item.isCyclic ? " CYCLE" : "");")
      case .table(let table): tables.append(table.createStatement(in: catalog))
      case .view(let view):
        let columns = view.columnNames.map { quote($0) }.joined(separator: ", ")
        let list = columns.isEmpty ? "" : " (\(columns))"
        rest.append("CREATE VIEW \(name)\(list) AS \(view.sql);")
      case .macro(let macro): rest.append(macro.sql + ";")
      case .index(let index) where !index.isUnique: rest.append(index.sql + ";")
      case .index, .test: continue
      }
    }
    return schemas + types + sequences + tables + rest
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
