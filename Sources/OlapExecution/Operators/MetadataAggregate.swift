internal import OlapColumns
internal import OlapPlanning
internal import OlapStorage

extension Lowering {
  /// count(*), count(c), min(c) and max(c) of a whole table from zone maps, without reading rows.
  /// Nil when the plan is another one or the metadata does not suffice.
  func lowerMetadataAggregate(_ aggregate: Aggregate) throws -> Flow? {
    guard aggregate.groups.isEmpty, aggregate.groupingSets == nil, !aggregate.calls.isEmpty,
      let (scan, names) = plainScan(aggregate.input)
    else { return nil }
    let table = context.table(scan.table.id)
    var values: [BoundExpression] = []
    for call in aggregate.calls {
      guard call.filter == nil, let value = metadataValue(call, table, names) else { return nil }
      values.append(.constant(value, call.bound.returnType))
    }
    let flow = try lowerValues([values], aggregate.calls.map { $0.output })
    let profile = OperatorProfile(name: "TableMetadata", detail: scan.table.name)
    return Flow(
      source: flow.branches[0].source, columns: flow.columns, profile: profile)
  }

  /// The scan under projections that only pass columns through, if it reads a whole table; and the
  /// table position of each column id.
  private func plainScan(_ plan: LogicalPlan) -> (TableScan, [ColumnID: Int])? {
    switch plan {
    case .scan(let scan):
      guard scan.predicates.isEmpty, scan.joinFilters.isEmpty, scan.changes == nil else {
        return nil
      }
      return (
        scan,
        Dictionary(
          scan.columns.map { ($0.output.id, $0.position) }, uniquingKeysWith: { first, _ in first })
      )
    case .project(let input, let projections):
      guard let (scan, names) = plainScan(input) else { return nil }
      var outer: [ColumnID: Int] = [:]
      for projection in projections {
        if case .column(let id, _) = projection.expression, let position = names[id] {
          outer[projection.output.id] = position
        }
      }
      return (scan, outer)
    default: return nil
    }
  }

  private func metadataValue(
    _ call: BoundAggregateCall, _ table: TableSnapshot, _ names: [ColumnID: Int]
  ) -> Value? {
    if call.arguments.isEmpty {
      let isCount = call.function.name == "count" || call.function.name == "count_star"
      return isCount ? .integer(Int64(table.rowCount)) : nil
    }
    guard call.arguments.count == 1, case .column(let id, let type) = call.arguments[0],
      let position = names[id], table.rowGroups.allSatisfy({ $0.deletedCount == 0 })
    else { return nil }
    let zones = table.rowGroups.filter { $0.rowCount > 0 }.map { $0.zoneMap(column: position) }
    switch call.function.name {
    case "count" where !call.isDistinct:
      var count = table.rowCount
      for zone in zones {
        guard let zone else { return nil }
        count -= zone.nullCount
      }
      return .integer(Int64(count))
    case "min", "max":
      // Text bounds may be truncated; nested types have none.
      guard !type.isString, !type.isNested, call.bound.returnType == type else { return nil }
      return extreme(
        zones, table.rowGroups.filter { $0.rowCount > 0 }, type,
        isMinimum: call.function.name == "min")
    default: return nil
    }
  }

  private func extreme(
    _ zones: [ZoneMap?], _ groups: [RowGroupSnapshot], _ type: SQLType, isMinimum: Bool
  ) -> Value? {
    var best: Value = .null
    for (zone, group) in zip(zones, groups) {
      guard let zone else { return nil }
      if zone.nullCount == group.rowCount { continue }
      guard let candidate = isMinimum ? zone.minimum : zone.maximum, !candidate.isNull else {
        return nil
      }
      if best.isNull {
        best = candidate
        continue
      }
      let order = Compare.order(
        Vector.constant(candidate, type: type, count: 1), 0,
        Vector.constant(best, type: type, count: 1), 0)
      if (order < 0) == isMinimum && order != 0 { best = candidate }
    }
    return best
  }
}
