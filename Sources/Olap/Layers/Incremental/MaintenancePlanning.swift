internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning
internal import OlapStorage

/// The session's planning context, which also knows the earlier versions of changed tables.
final class MaintenancePlanning: PlanningContext {
  private let session: SessionPlanning
  /// Earlier versions read so far, by their ids.
  var versions: [EntryID: TableSnapshot] = [:]

  init(_ session: SessionPlanning) { self.session = session }

  var catalog: CatalogSnapshot { session.catalog }
  var functions: FunctionRegistry { session.functions }
  var searchPath: [String] { session.searchPath }
  var databaseName: String { session.databaseName }
  var evaluation: EvaluationContext { session.evaluation }
  func statistics(of table: EntryID) -> TableStatistics? {
    if let version = versions[table] { return version.statistics }
    return session.statistics(of: table)
  }
  func systemTable(schema: String?, name: String) -> TableFunction.Bound? {
    session.systemTable(schema: schema, name: name)
  }
  func fileTable(_ path: String) throws -> TableFunction.Bound? { try session.fileTable(path) }
  func setting(_ name: String) -> String? { session.setting(name) }
  func attachedCatalog(_ database: String) -> CatalogSnapshot? {
    session.attachedCatalog(database)
  }
}
