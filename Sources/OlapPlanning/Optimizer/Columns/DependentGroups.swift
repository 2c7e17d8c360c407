internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions

/// Takes group columns out of the key that others determine: once a primary key is grouped by, the other
/// columns of its table are the same in the whole group (TPC-H 10 and 18). They become `any_value`.
struct DependentGroups {
  let state: OptimizerState

  func rewrite(_ plan: LogicalPlan) throws -> LogicalPlan {
    let node = try plan.mapChildren(rewrite)
    guard case .aggregate(let aggregate) = node, aggregate.groupingSets == nil,
      aggregate.groupingCalls.isEmpty, aggregate.groups.count > 1
    else { return node }
    // Set operations and CTEs read their inputs by position.
    return LogicalPlan.aggregate(try reduce(removingDuplicates(aggregate)))
      .projected(to: node.columns)
  }

  /// Groups over the same expression: the second is not grouped by again.
  private func removingDuplicates(_ aggregate: Aggregate) throws -> Aggregate {
    var copy = aggregate
    var seen: Set<BoundExpression> = []
    for group in aggregate.groups where !seen.insert(group.expression).inserted {
      if group.expression.isVolatile { continue }
      try move(group, in: &copy)
    }
    return copy
  }

  private func reduce(_ aggregate: Aggregate) throws -> Aggregate {
    let dependencies = FunctionalDependencies(of: aggregate.input)
    if dependencies.isEmpty { return aggregate }
    var copy = aggregate
    // Wide columns leave first; what stays is the shortest key.
    let candidates = aggregate.groups.sorted { a, b in
      a.expression.type.groupingCost > b.expression.type.groupingCost
    }
    for group in candidates where copy.groups.count > 1 {
      guard let id = group.expression.columnID else { continue }
      let others = Set(copy.groups.compactMap { $0.expression.columnID }.filter { $0 != id })
      if dependencies.closure(of: others).contains(id) { try move(group, in: &copy) }
    }
    return copy
  }

  /// Replaces the group by an aggregate that takes any of its (equal) values.
  private func move(_ group: Projection, in aggregate: inout Aggregate) throws {
    guard state.context.functions.aggregates["any_value"] != nil,
      let place = aggregate.groups.firstIndex(where: { $0.output.id == group.output.id }),
      var call = try? state.aggregate("any_value", [group.expression]),
      call.output.type == group.output.type
    else { return }
    call.output = group.output
    // The id of a handed-on column now names the aggregate's result, which has the same value.
    aggregate.groups.remove(at: place)
    aggregate.calls.insert(call, at: 0)
  }
}

extension SQLType {
  /// How much a type costs as part of a hash key, roughly its bytes.
  fileprivate var groupingCost: Int { isString || isNested ? 100 : physicalType.byteCount }
}

/// Which columns of a plan determine which others, from keys of its tables and equalities.
struct FunctionalDependencies {
  private var dependencies: [(key: Set<ColumnID>, columns: Set<ColumnID>)] = []
  private var equalities = ColumnEquivalence([])

  var isEmpty: Bool { dependencies.isEmpty }

  init(of plan: LogicalPlan) { collect(plan, isNullable: false) }

  /// - Parameter isNullable: an outer join above may put NULL for all columns of a row. A key is NULL
  ///   then too; but an expression of a NULL need not be, so expressions depend on nothing there.
  private mutating func collect(_ plan: LogicalPlan, isNullable: Bool) {
    switch plan {
    case .scan(let scan):
      if scan.changes != nil { return }
      for key in scan.table.keys where key.isPrimary {
        let ids = scan.columns.filter { key.columns.contains($0.position) }.map { $0.output.id }
        if ids.count == key.columns.count {
          dependencies.append((Set(ids), Set(scan.columns.map { $0.output.id })))
        }
      }
    case .filter(let input, let conditions):
      collect(conditions)
      collect(input, isNullable: isNullable)
    case .project(let input, let projections):
      collect(input, isNullable: isNullable)
      for projection in projections
      where !projection.isPassThrough && !projection.expression.isVolatile
        && (!isNullable || projection.expression.columnID != nil)
      {
        dependencies.append((projection.expression.columns, [projection.output.id]))
        if let id = projection.expression.columnID { equalities.unite(id, projection.output.id) }
      }
    case .join(let join):
      switch join.kind {
      case .inner, .cross:
        collect(join.conditions)
        collect(join.left, isNullable: isNullable)
        collect(join.right, isNullable: isNullable)
      case .semi, .anti, .mark: collect(join.left, isNullable: isNullable)
      case .left, .single:
        collect(join.left, isNullable: isNullable)
        collect(join.right, isNullable: true)
      default: break
      }
    case .sort(let input, _), .topN(let input, _, _, _), .limit(let input, _),
      .sample(let input, _):
      collect(input, isNullable: isNullable)
    default: break
    }
  }

  private mutating func collect(_ conditions: [BoundExpression]) {
    for condition in conditions {
      if case .comparison(.equal, .column(let a, _), .column(let b, _)) = condition {
        equalities.unite(a, b)
      }
    }
  }

  /// All columns that the given ones determine.
  func closure(of columns: Set<ColumnID>) -> Set<ColumnID> {
    var result = columns
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for id in result {
        for other in equalities.others(than: id) where result.insert(other).inserted {
          isGrowing = true
        }
      }
      for dependency in dependencies
      where dependency.key.isSubset(of: result) && !dependency.columns.isSubset(of: result) {
        result.formUnion(dependency.columns)
        isGrowing = true
      }
    }
    return result
  }
}
