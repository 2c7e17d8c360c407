package import OlapColumns

/// Hands out the fresh numbers of one statement's plan; the binder and the optimizer share one.
///
/// Columns, materialised relations (`materialize`, `cteScan`, `recursiveCTE` indexes), subqueries and
/// join filters are numbered apart. Used by one thread at a time.
package final class ColumnIDAllocator {
  private var nextColumn: Int
  private var nextRelation: Int
  private var nextSubquery: Int
  private var nextFilter: Int

  /// First numbers to hand out: above everything an existing plan uses.
  package init(firstColumn: Int = 0, firstRelation: Int = 0, firstSubquery: Int = 0) {
    nextColumn = firstColumn
    nextRelation = firstRelation
    nextSubquery = firstSubquery
    nextFilter = 0
  }

  package func columnID() -> ColumnID {
    defer { nextColumn += 1 }
    return ColumnID(nextColumn)
  }

  /// A fresh column of the given name and type.
  package func column(_ name: String, _ type: SQLType) -> PlanColumn {
    PlanColumn(id: columnID(), name: name, type: type)
  }

  /// Index of a materialised or recursive relation.
  package func relationIndex() -> Int {
    defer { nextRelation += 1 }
    return nextRelation
  }

  /// `BoundSubquery.identity`.
  package func subqueryIdentity() -> Int {
    defer { nextSubquery += 1 }
    return nextSubquery
  }

  package func filterID() -> Int {
    defer { nextFilter += 1 }
    return nextFilter
  }
}
