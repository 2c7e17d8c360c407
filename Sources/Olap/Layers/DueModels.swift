internal import OlapCatalog
internal import OlapPlanning
internal import OlapStorage

extension Connection {
  /// Whether a refresh of the model alone may change its rows: its inputs, its definition, the views and
  /// macros it reads, the session's time zone or what it reads of the clock differ from its last refresh.
  /// - Parameter mindingClock: whether the clock counts.
  func isDue(_ table: TableEntry, snapshot: Snapshot, mindingClock: Bool = true) -> Bool {
    inSchema(table.schema) { isOutdated(table, snapshot: snapshot, mindingClock: mindingClock) }
  }

  private func isOutdated(_ table: TableEntry, snapshot: Snapshot, mindingClock: Bool) -> Bool {
    let wasRefreshing = isRefreshing
    isRefreshing = true
    defer { isRefreshing = wasRefreshing }
    guard isCurrent(table, snapshot: snapshot),
      let state = modelState(of: table, snapshot: snapshot)
    else { return true }
    let isSameZone = state.timeZone == settings["timezone"]
    do {
      let bound = try bindModel(table, snapshot: snapshot)
      if bound.maintenance.fingerprint != state.fingerprint { return true }
      if !isSameZone, bound.top.readsTimeZone { return true }
      if !mindingClock { return false }
      let earlier = evaluationContext(snapshot: snapshot, at: state.clock)
      return try bound.maintenance.clock.values(in: earlier)
        != bound.maintenance.clock.values(in: bound.session.evaluation)
    } catch let refusal as MaintenanceRefusal {
      // Without a plan nothing says what it reads of the clock.
      return !isSameZone || state.fingerprint != refusal.fingerprint
        || mindingClock && state.clock != statementClock()
          && Connection.mentionsClock(guardedDefinition(of: table))
    } catch {
      return true
    }
  }

  /// The models that a refresh may change: those that are due, and what reads them.
  func dueModels(in snapshot: Snapshot) -> Set<EntryID> {
    let models = snapshot.catalog.sortedEntries.compactMap { entry -> TableEntry? in
      if case .table(let table) = entry, table.model != nil { table } else { nil }
    }
    var due: Set<EntryID> = []
    for table in Connection.dependencyOrder(models, catalog: snapshot.catalog) {
      let inputs = table.model?.dependsOn ?? []
      if inputs.contains(where: { due.contains($0) }) || isDue(table, snapshot: snapshot) {
        due.insert(table.id)
      }
    }
    return due
  }
}
