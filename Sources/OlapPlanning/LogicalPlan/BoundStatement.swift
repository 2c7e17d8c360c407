package import OlapCatalog
internal import OlapColumns
internal import OlapSQL

/// A bound statement with a data plan. Statements without one (CREATE …, SET, BEGIN, …) are executed
/// by the session from their syntax.
package enum BoundStatement: Sendable {
  case query(LogicalPlan, names: [String])
  case insert(BoundInsert)
  case update(BoundUpdate)
  case delete(BoundDelete)
  case merge(BoundMerge)
}

/// RETURNING: expressions over the table's columns bound to `columns` ids.
package struct BoundReturning: Sendable {
  package var projections: [Projection]
  /// MERGE: the column that says what was done with the row (INSERT, UPDATE, DELETE).
  package var action: PlanColumn?
  package init(projections: [Projection], action: PlanColumn? = nil) {
    self.projections = projections
    self.action = action
  }
}

/// What a write checks and computes per row. Expressions see the new row through `columns`.
package struct BoundTableWrite: Sendable {
  package var table: TableEntry
  /// One fresh id per table column, in table order: the new row in checks, generated columns, RETURNING.
  package var columns: [PlanColumn]
  package var checks: [(name: String, expression: BoundExpression)]
  package var generated: [(position: Int, expression: BoundExpression)]
  package init(
    table: TableEntry, columns: [PlanColumn],
    checks: [(name: String, expression: BoundExpression)],
    generated: [(position: Int, expression: BoundExpression)]
  ) {
    self.table = table
    self.columns = columns
    self.checks = checks
    self.generated = generated
  }
}

package struct BoundInsert: Sendable {
  package enum Conflict: Sendable {
    case error
    /// DO NOTHING / OR IGNORE on the given key (nil: any key).
    case ignore(key: Int?)
    /// OR REPLACE: the whole row replaces the one with an equal key.
    case replace
    /// DO UPDATE SET: assignments see the existing row through `existing` ids and the new one through
    /// `write.columns` (EXCLUDED); `condition` is its WHERE.
    case update(
      key: Int, existing: [PlanColumn], assignments: [(position: Int, expression: BoundExpression)],
      condition: BoundExpression?)
  }
  package var write: BoundTableWrite
  /// Produces exactly the table's columns in order, cast to their types, defaults filled in.
  package var source: LogicalPlan
  package var conflict: Conflict
  package var returning: BoundReturning?
  package init(
    write: BoundTableWrite, source: LogicalPlan, conflict: Conflict, returning: BoundReturning?
  ) {
    self.write = write
    self.source = source
    self.conflict = conflict
    self.returning = returning
  }
}

package struct BoundUpdate: Sendable {
  package var write: BoundTableWrite
  /// Produces the row id, then the complete new row in table order.
  package var source: LogicalPlan
  /// Positions that the statement assigns (keys are checked only when one of theirs is).
  package var assigned: [Int]
  package var returning: BoundReturning?
  package init(
    write: BoundTableWrite, source: LogicalPlan, assigned: [Int], returning: BoundReturning?
  ) {
    self.write = write
    self.source = source
    self.assigned = assigned
    self.returning = returning
  }
}

package struct BoundDelete: Sendable {
  package var write: BoundTableWrite
  /// Produces the row id, then the old row in table order (for RETURNING and foreign keys).
  package var source: LogicalPlan
  package var returning: BoundReturning?
  package init(write: BoundTableWrite, source: LogicalPlan, returning: BoundReturning?) {
    self.write = write
    self.source = source
    self.returning = returning
  }
}

/// MERGE INTO. `source` is the full join of target and source: row id of the target (NULL when not
/// matched), target columns, source columns, and a BOOLEAN telling that the source side exists.
package struct BoundMerge: Sendable {
  package enum Action: Sendable {
    /// New full row in table order.
    case update([BoundExpression])
    case insert([BoundExpression])
    case delete
    case nothing
    case error(String?)
  }
  package enum Match: Sendable { case matched, notMatchedByTarget, notMatchedBySource }
  package var write: BoundTableWrite
  package var source: LogicalPlan
  package var rowID: PlanColumn
  package var sourceExists: PlanColumn
  package var clauses: [(match: Match, condition: BoundExpression?, action: Action)]
  package var returning: BoundReturning?
  package init(
    write: BoundTableWrite, source: LogicalPlan, rowID: PlanColumn, sourceExists: PlanColumn,
    clauses: [(match: Match, condition: BoundExpression?, action: Action)],
    returning: BoundReturning?
  ) {
    self.write = write
    self.source = source
    self.rowID = rowID
    self.sourceExists = sourceExists
    self.clauses = clauses
    self.returning = returning
  }
}
