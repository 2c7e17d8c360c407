internal import OlapCatalog
internal import OlapColumns

/// Which columns identify a row of a plan's output.
enum UniqueKeys {
  /// Whether no two rows agree in all the given columns.
  static func isUnique(_ columns: Set<ColumnID>, in plan: LogicalPlan) -> Bool {
    if columns.isEmpty { return false }
    switch plan {
    case .scan(let scan):
      if scan.changes != nil { return false }
      if let rowID = scan.rowID, columns.contains(rowID.id) { return true }
      let positions = Set(
        scan.columns.filter { columns.contains($0.output.id) }.map { $0.position })
      return scan.table.keys.contains { key in
        Set(key.columns).isSubset(of: positions)
          && (key.isPrimary || key.columns.allSatisfy { !scan.table.columns[$0].isNullable })
      }
    case .filter(let input, _), .sort(let input, _), .topN(let input, _, _, _),
      .limit(let input, _), .sample(let input, _), .window(let input, _),
      .materialize(_, _, let input):
      return isUnique(columns, in: input)
    case .project(let input, let projections):
      var sources: Set<ColumnID> = []
      for projection in projections where columns.contains(projection.output.id) {
        if let id = projection.expression.columnID { sources.insert(id) }
      }
      return isUnique(sources, in: input)
    case .aggregate(let aggregate):
      guard aggregate.groupingSets == nil else { return false }
      return Set(aggregate.groups.map { $0.output.id }).isSubset(of: columns)
    case .distinct(let input, let keys, _):
      let on = keys.map { Set($0.compactMap { $0.columnID }) }
      if let on, on.count == keys?.count, on.isSubset(of: columns) { return true }
      if keys == nil, Set(input.columns.map(\.id)).isSubset(of: columns) { return true }
      return isUnique(columns, in: input)
    case .join(let join):
      switch join.kind {
      case .semi, .anti, .mark, .single: return isUnique(columns, in: join.left)
      case .rightSemi, .rightAnti: return isUnique(columns, in: join.right)
      default: return false
      }
    default: return false
    }
  }
}
