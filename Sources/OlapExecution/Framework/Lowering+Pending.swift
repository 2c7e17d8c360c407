package import OlapPlanning

// Arms that are not built yet; each moves to its operator's file.
extension Lowering {
  func lowerWindow(
    _ input: LogicalPlan, _ calls: [BoundWindowCall], needing: Set<ColumnID>?
  ) throws -> Flow { throw notLowered("a window function") }
  func lowerRecursiveCTE(_ cte: RecursiveCTE) throws -> Flow { throw notLowered("WITH RECURSIVE") }
  func lowerIntersectOrExcept(_ operation: SetOperation) throws -> Flow {
    throw notLowered(operation.kind.rawValue.uppercased())
  }
}
