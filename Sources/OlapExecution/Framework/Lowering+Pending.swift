package import OlapPlanning

// Arms that are not built yet; each moves to its operator's file.
extension Lowering {
  func lowerJoin(_ join: Join, needing: Set<ColumnID>?) throws -> Flow {
    throw notLowered("a join")
  }
  func lowerSort(_ input: LogicalPlan, _ items: [SortItem], needing: Set<ColumnID>?) throws -> Flow
  {
    throw notLowered("ORDER BY")
  }
  func lowerTopN(
    _ input: LogicalPlan, _ items: [SortItem], limit: Int, offset: Int, needing: Set<ColumnID>?
  ) throws -> Flow { throw notLowered("ORDER BY with LIMIT") }
  func lowerWindow(
    _ input: LogicalPlan, _ calls: [BoundWindowCall], needing: Set<ColumnID>?
  ) throws -> Flow { throw notLowered("a window function") }
  func lowerRecursiveCTE(_ cte: RecursiveCTE) throws -> Flow { throw notLowered("WITH RECURSIVE") }
  func lowerIntersectOrExcept(_ operation: SetOperation) throws -> Flow {
    throw notLowered(operation.kind.rawValue.uppercased())
  }
}
