internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions

/// Hands simple conditions over a table scan to the scan itself, which evaluates them on encoded data
/// and skips zones; LIKE 'x%' stays and adds a range.
enum ScanPredicates {
  static func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    let node = plan.mapChildren { rewrite($0) }
    if case .filter(.tableFunction(let scan), let conditions) = node, scan.bound.usesFilters {
      return .filter(.tableFunction(filtered(scan, conditions)), conditions)
    }
    guard case .filter(.scan(var scan), let conditions) = node, scan.changes == nil else {
      return node
    }
    var positions: [ColumnID: Int] = [:]
    for column in scan.columns where scan.table.columns.indices.contains(column.position) {
      positions[column.output.id] = column.position
    }
    var kept: [BoundExpression] = []
    for condition in conditions {
      let conversion = convert(condition, positions)
      for predicate in conversion.predicates where !scan.predicates.contains(predicate) {
        scan.predicates.append(predicate)
      }
      if !conversion.isExact { kept.append(condition) }
    }
    return LogicalPlan.scan(scan).filtered(by: kept)
  }

  /// A function's scan that knows the conditions, which stay above it.
  private static func filtered(
    _ scan: TableFunctionScan, _ conditions: [BoundExpression]
  ) -> TableFunctionScan {
    var result = scan
    var positions: [ColumnID: Int] = [:]
    for column in scan.columns { positions[column.output.id] = column.position }
    for condition in conditions {
      for predicate in convert(condition, positions).predicates
      where !result.filters.contains(predicate) {
        result.filters.append(predicate)
      }
    }
    return result
  }

  private static func convert(
    _ condition: BoundExpression, _ positions: [ColumnID: Int]
  ) -> (predicates: [ScanPredicate], isExact: Bool) {
    switch condition {
    case .comparison(let comparison, .column(let id, let type), .constant(let value, _)):
      guard let position = positions[id], !value.isNull, isScannable(type),
        comparison != .distinctFrom
      else { return ([], false) }
      let plain: ComparisonOperator = comparison == .notDistinctFrom ? .equal : comparison
      return ([ScanPredicate(column: position, condition: .compare(plain, value))], true)
    case .inList(.column(let id, let type), let items, negated: false):
      guard let position = positions[id], isScannable(type) else { return ([], false) }
      let values = items.compactMap { $0.constantValue }
      guard values.count == items.count else { return ([], false) }
      let present = values.filter { !$0.isNull }
      if present.isEmpty { return ([], false) }
      return ([ScanPredicate(column: position, condition: .isIn(present))], true)
    case .isNull(.column(let id, let type), let negated):
      guard let position = positions[id], !type.isNested else { return ([], false) }
      let form: ScanPredicate.Condition = negated ? .isNotNull : .isNull
      return ([ScanPredicate(column: position, condition: form)], true)
    case .column(let id, .boolean):
      guard let position = positions[id] else { return ([], false) }
      return (
        [ScanPredicate(column: position, condition: .compare(.equal, .boolean(true)))], true
      )
    case .not(.column(let id, .boolean)):
      guard let position = positions[id] else { return ([], false) }
      return (
        [ScanPredicate(column: position, condition: .compare(.equal, .boolean(false)))], true
      )
    case .call(let call): return (prefixRange(call, positions), false)
    default: return ([], false)
    }
  }

  /// Types whose values the scan compares in code space.
  private static func isScannable(_ type: SQLType) -> Bool {
    !type.isNested && type != .interval && type != .null
  }

  private static func prefixRange(
    _ call: BoundCall, _ positions: [ColumnID: Int]
  ) -> [ScanPredicate] {
    guard call.function.name == LikePattern.functionName, call.arguments.count == 2,
      case .column(let id, .varchar) = call.arguments[0], let position = positions[id],
      case .constant(.varchar(let pattern), _) = call.arguments[1],
      let prefix = LikePattern.prefix(pattern)
    else { return [] }
    let lower = Value.varchar(String(decoding: prefix, as: UTF8.self))
    // A prefix cut inside a character would be repaired into another string.
    guard case .varchar(let text) = lower, Array(text.utf8) == prefix else { return [] }
    var result = [ScanPredicate(column: position, condition: .compare(.greaterOrEqual, lower))]
    if let upper = LikePattern.upperBound(prefix) {
      result.append(
        ScanPredicate(column: position, condition: .compare(.less, .varchar(upper))))
    }
    return result
  }
}

extension [ScanPredicate] {
  fileprivate func contains(_ predicate: ScanPredicate) -> Bool {
    contains { $0.column == predicate.column && $0.condition.isSame(as: predicate.condition) }
  }
}

extension ScanPredicate.Condition {
  fileprivate func isSame(as other: ScanPredicate.Condition) -> Bool {
    switch (self, other) {
    case (.compare(let a, let x), .compare(let b, let y)): a == b && x == y
    case (.isIn(let x), .isIn(let y)): x == y
    case (.isNull, .isNull), (.isNotNull, .isNotNull): true
    default: false
    }
  }
}
