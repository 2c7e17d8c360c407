internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL

/// The columns of a derived table are those its definition gave when it was declared. A table that the
/// definition reads may since have changed so that it gives others, whose values would be cut to the old
/// types or come under the wrong names: CREATE OR REPLACE makes the table anew.
extension Connection {
  /// Options of a model whose column types and names are its own, not those of its SELECT.
  static let declaredTypes = "declared_types"
  static let declaredNames = "declared_names"

  /// - Throws: when the definition gives other columns than the table has.
  func checkShape(of table: TableEntry) throws {
    guard let model = table.model,
      case .select(let query) = try Parser.parse(model.sql)[0].kind
    else { return }
    let given = try inSchema(table.schema) { try outputColumns(of: query, sql: model.sql) }
    let stored = table.columns.filter { $0.generatedSQL == nil }
    guard given.count == stored.count else {
      throw reshaped(table, "\(given.count) columns", "\(stored.count)")
    }
    var fresh = given.map { OlapCatalog.ColumnDefinition(name: $0.name, type: $0.type) }
    Connection.uniqueNames(&fresh)
    for (new, old) in zip(fresh, stored) {
      if table.options[Connection.declaredNames] == nil,
        new.name.lowercased() != old.name.lowercased()
      {
        throw reshaped(table, "a column \"\(new.name)\"", "\"\(old.name)\" in its place")
      }
      if table.options[Connection.declaredTypes] == nil, new.type != .null, new.type != old.type {
        throw reshaped(table, "\"\(old.name)\" as \(new.type)", "it as \(old.type)")
      }
    }
  }

  func reshaped(_ table: TableEntry, _ given: String, _ stored: String) -> OlapError {
    OlapError(
      .layer,
      "the definition of \"\(table.name)\" gives \(given) now, but the table has \(stored): CREATE OR "
        + "REPLACE it")
  }

  /// Whether a model's definition gives other columns than its table has. False for definitions that do
  /// not bind, which a refresh tells more of.
  package func isReshaped(model name: String) -> Bool {
    let catalog = readSnapshot().catalog
    let parts = ObjectName([Identifier(name)])
    guard let resolved = try? resolve(parts),
      case .table(let table)? = catalog.lookup(
        .relation, schema: resolved.schema, name: resolved.name)
    else { return false }
    do { try checkShape(of: table) } catch let error as OlapError {
      return error.code == .layer
    } catch {
      return false
    }
    return false
  }
}
