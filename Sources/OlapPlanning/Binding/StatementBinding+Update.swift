internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  /// The target's scan with its row id, and the further relations joined to it.
  func target(
    _ table: TableEntry, _ alias: Identifier?, _ others: [TableReference], _ scope: Scope
  ) throws -> (relation: BoundRelation, rowID: PlanColumn, columns: [PlanColumn]) {
    var relation = scan(table, nil, alias.map { TableAlias(name: $0) })
    scope.own(relation.fragment)
    let columns = relation.fragment.tables[0].columns.map { $0.column }
    let rowID = relation.fragment.tables[0].rowID ?? newColumn("rowid", .bigint)
    if let first = columns.first { rowIDsByScan[first.id] = rowID }
    requestedRowIDs.insert(rowID.id)
    for reference in others {
      let next = try bindRelation(reference, scope, relation.fragment)
      let fragment = relation.fragment + next.fragment
      relation = try combine(relation, next, .cross, [], reference.range)
      relation.fragment = fragment
    }
    scope.fragment = relation.fragment
    return (relation, rowID, columns)
  }

  private func filtered(_ plan: LogicalPlan, _ filter: Expression?, _ scope: Scope) throws
    -> LogicalPlan
  {
    guard let filter else { return plan }
    let bound = try condition(
      bind(filter, ExpressionContext(scope, .filter)), "the WHERE condition", filter.range)
    return .filter(plan, bound.conjuncts)
  }

  func bindUpdate(_ update: UpdateStatement) throws -> BoundUpdate {
    let table = try findTable(update.table, verb: "update")
    let write = try tableWrite(table)
    let (outer, definitions) = try writeScope(update.with)
    let scope = Scope(parent: outer, commonTables: outer.commonTables)
    let (relation, rowID, columns) = try target(table, update.alias, update.from, scope)
    var plan = try filtered(relation.plan, update.filter, scope)
    let c = ExpressionContext(scope, .assignment)
    let assignments = try bindAssignments(update.assignments, table, c, columns)
    // A row that matches several rows of FROM is updated once.
    if !update.from.isEmpty { plan = .distinct(plan, on: [rowID.reference], orderBy: []) }
    var projections = [Projection(rowID.reference, as: rowID)]
    for (position, column) in columns.enumerated() {
      if let assignment = assignments.first(where: { $0.position == position }) {
        projections.append(
          Projection(assignment.expression, as: newColumn(column.name, column.type)))
      } else {
        projections.append(Projection(column.reference, as: column))
      }
    }
    return BoundUpdate(
      write: write, source: wrapped(.project(plan, projections), definitions),
      assigned: assignments.map { $0.position }.sorted(),
      returning: try returning(update.returning, write, alias: update.alias))
  }

  func bindDelete(_ delete: DeleteStatement) throws -> BoundDelete {
    let table = try findTable(delete.table, verb: "delete from")
    let write = try tableWrite(table)
    let (outer, definitions) = try writeScope(delete.with)
    let scope = Scope(parent: outer, commonTables: outer.commonTables)
    let (relation, rowID, columns) = try target(table, delete.alias, delete.using, scope)
    var plan = try filtered(relation.plan, delete.filter, scope)
    if !delete.using.isEmpty { plan = .distinct(plan, on: [rowID.reference], orderBy: []) }
    let projections = ([rowID] + columns).map { Projection($0.reference, as: $0) }
    return BoundDelete(
      write: write, source: wrapped(.project(plan, projections), definitions),
      returning: try returning(delete.returning, write, alias: delete.alias))
  }
}
