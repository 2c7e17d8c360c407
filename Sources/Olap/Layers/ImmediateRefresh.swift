internal import OlapCatalog
internal import OlapStorage

extension Connection {
  /// Before a transaction commits: brings models declared REFRESH IMMEDIATE up to date within it, with
  /// the models they read, when what they read has changed.
  func maintainImmediateModels(writer: WriteTransaction) throws {
    if isRefreshing { return }
    let catalog = writer.catalog
    let immediate = catalog.entries.values.compactMap { entry -> TableEntry? in
      if case .table(let table) = entry, table.model?.mode == .immediate { table } else { nil }
    }
    if immediate.isEmpty { return }
    var wanted: Set<EntryID> = []
    for table in immediate { wanted.formUnion(Connection.upstream(of: table, catalog: catalog)) }
    let models = catalog.sortedEntries.compactMap { entry -> TableEntry? in
      if case .table(let table) = entry, table.model != nil, wanted.contains(table.id) {
        table
      } else {
        nil
      }
    }
    let snapshot = writer.snapshot
    guard models.contains(where: { !isCurrent($0, snapshot: snapshot) }) else { return }
    let wasActive = activeWriter
    activeWriter = writer
    defer { activeWriter = wasActive }
    _ = try refresh(
      Connection.dependencyOrder(models, catalog: catalog), RefreshRequest(), trigger: "IMMEDIATE")
  }
}
