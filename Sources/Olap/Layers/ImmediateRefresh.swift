internal import OlapCatalog
internal import OlapStorage

extension Connection {
  /// Before a transaction commits: brings models declared REFRESH IMMEDIATE up to date within it, with
  /// the models they read, when what they read has changed.
  func maintainImmediateModels(writer: WriteTransaction) throws {
    if isRefreshing { return }
    let models = immediateModels(in: writer.catalog)
    if models.isEmpty { return }
    let snapshot = writer.snapshot
    guard models.contains(where: { isBehind($0, in: snapshot, writer) }) else { return }
    let wasActive = activeWriter
    activeWriter = writer
    defer { activeWriter = wasActive }
    _ = try refresh(models, RefreshRequest(), trigger: "IMMEDIATE")
  }

  /// Those of the models declared REFRESH IMMEDIATE, and what they read, that the refresh of other models
  /// has left behind: they follow in the same run.
  /// - Parameter unknown: refreshed models whose new rows are not there to be looked at.
  func immediateFollowers(
    of models: [TableEntry], behind unknown: Set<EntryID> = [], _ writer: WriteTransaction
  ) -> [TableEntry] {
    let refreshed = Set(models.map { $0.id })
    let followers = immediateModels(in: writer.catalog).filter { !refreshed.contains($0.id) }
    if followers.isEmpty { return [] }
    let snapshot = writer.snapshot
    let isAnyBehind = followers.contains { follower in
      isBehind(follower, in: snapshot, writer)
        || follower.model?.dependsOn.contains { unknown.contains($0) } ?? false
    }
    return isAnyBehind ? followers : []
  }

  /// Whether something else than the clock makes a refresh necessary.
  private func isBehind(
    _ model: TableEntry, in snapshot: Snapshot, _ writer: WriteTransaction
  ) -> Bool {
    if !isCurrent(model, snapshot: snapshot) { return true }
    // Views and macros it reads may be others.
    return writer.isCatalogChanged && isDue(model, snapshot: snapshot, mindingClock: false)
  }

  /// Models declared REFRESH IMMEDIATE and what they read, with their refused rows, inputs first.
  private func immediateModels(in catalog: CatalogSnapshot) -> [TableEntry] {
    let models = catalog.entries.values.compactMap { entry -> TableEntry? in
      if case .table(let table) = entry, table.model != nil { table } else { nil }
    }
    var wanted: Set<EntryID> = []
    for table in models where table.model?.mode == .immediate {
      wanted.formUnion(Connection.upstream(of: table, catalog: catalog))
    }
    if wanted.isEmpty { return [] }
    for table in models where wanted.contains(table.id) {
      if let rejected = rejectedTable(of: table, in: catalog) { wanted.insert(rejected.id) }
    }
    return Connection.dependencyOrder(
      models.filter { wanted.contains($0.id) }, catalog: catalog)
  }
}
