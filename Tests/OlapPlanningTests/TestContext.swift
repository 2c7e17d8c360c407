import Glibc
import OlapCatalog
import OlapColumns
import OlapFunctions
import OlapSQL

@testable import OlapPlanning

/// A session with a catalog and nothing behind it.
final class TestContext: PlanningContext {
  var catalog = CatalogSnapshot.initial()
  let functions = FunctionRegistry.builtin
  var searchPath = ["temp", "main"]
  let databaseName = "memory"
  let evaluation = EvaluationContext(now: 1_700_000_000_000_000)
  var settings: [String: String] = [:]

  func statistics(of table: EntryID) -> TableStatistics? { nil }
  func systemTable(schema: String?, name: String) -> TableFunction.Bound? { nil }
  func fileTable(_ path: String) throws -> TableFunction.Bound? {
    guard path.hasSuffix(".csv") else { return nil }
    return TableFunction.Bound(
      columns: [.init("a", .bigint), .init("b", .varchar)], rowCount: nil,
      start: { _ in GeneratorSource { nil } })
  }
  func setting(_ name: String) -> String? { settings[name] }
  func attachedCatalog(_ database: String) -> CatalogSnapshot? { nil }

  /// Runs the CREATE statements of a script, as far as binding needs them.
  func create(_ sql: String) throws {
    for statement in try Parser.parse(sql) {
      switch statement.kind {
      case .createTable(let table): try create(table)
      case .createView(let view):
        let text = Array(sql.utf8)[view.query.range.start..<view.query.range.end]
        catalog.put(
          .view(
            ViewEntry(
              id: catalog.allocateID(), schema: "main", name: view.name.base.text,
              columnNames: view.columns.map { $0.text },
              sql: String(decoding: text, as: UTF8.self))))
      case .createMacro(let macro):
        let text = Array(sql.utf8)[statement.range.start..<statement.range.end]
        var isTable = false
        if case .table? = macro.overloads.first?.body { isTable = true }
        catalog.put(
          .macro(
            MacroEntry(
              id: catalog.allocateID(), schema: "main", name: macro.name.base.text,
              isTable: isTable, sql: String(decoding: text, as: UTF8.self))))
      default: break
      }
    }
  }

  private func create(_ table: CreateTableStatement) throws {
    var binder = Binder(context: self)
    var columns: [OlapCatalog.ColumnDefinition] = []
    var keys: [KeyConstraint] = []
    for (position, column) in table.columns.enumerated() {
      var isNullable = true
      for constraint in column.constraints {
        switch constraint.kind {
        case .notNull: isNullable = false
        case .primaryKey:
          keys.append(KeyConstraint(name: nil, columns: [position], isPrimary: true))
        default: break
        }
      }
      let type = try column.type.map { try binder.resolve($0) } ?? .varchar
      columns.append(
        OlapCatalog.ColumnDefinition(name: column.name.text, type: type, isNullable: isNullable))
    }
    var entry = TableEntry(
      id: catalog.allocateID(), schema: "main", name: table.name.base.text, columns: columns)
    entry.keys = keys
    catalog.put(.table(entry))
  }

  /// The plan of a query as EXPLAIN shows it before optimization, or the error's message.
  func explain(_ sql: String) -> String {
    do {
      var text = ""
      for statement in try Parser.parse(sql) {
        var binder = Binder(context: self)
        text += try describe(binder.bind(statement))
      }
      return text
    } catch {
      return "\(error)"
    }
  }

  /// Names of the result's columns and their types.
  func schema(_ sql: String) -> String {
    do {
      guard let statement = try Parser.parse(sql).first else { return "" }
      var binder = Binder(context: self)
      guard case .query(let plan, let names) = try binder.bind(statement) else { return "no query" }
      return zip(names, plan.columns).map { "\($0) \($1.type)" }.joined(separator: ", ")
    } catch {
      return "\(error)"
    }
  }

  private func describe(_ statement: BoundStatement) -> String {
    switch statement {
    case .query(let plan, _): plan.explain()
    case .insert(let insert): insert.source.explain()
    case .update(let update): update.source.explain()
    case .delete(let delete): delete.source.explain()
    case .merge(let merge): merge.source.explain()
    }
  }
}

/// The text of a file under the repository's root.
func repositoryFile(_ path: String, from source: String = #filePath) -> String {
  let root = source.split(separator: "/").dropLast(3).joined(separator: "/")
  guard let file = fopen("/" + root + "/" + path, "r") else { return "" }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer[0..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}
