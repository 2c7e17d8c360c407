internal import OlapFormats
internal import OlapPlanning

/// Leads the columns that tell where rows come from through the projections above a scan.
enum LoadOrigins {
  static func carried(
    _ plan: LogicalPlan, _ allocator: ColumnIDAllocator
  ) -> (plan: LogicalPlan, origins: [PlanColumn])? {
    switch plan {
    case .tableFunction(let scan):
      let count = FileColumn.origins.count
      guard scan.columns.count >= count else { return nil }
      return (plan, scan.columns.suffix(count).map { $0.output })
    case .project(let input, let projections):
      guard let inner = carried(input, allocator) else { return nil }
      let passed = inner.origins.map {
        Projection($0.reference, as: allocator.column($0.name, $0.type))
      }
      return (.project(inner.plan, projections + passed), passed.map { $0.output })
    default: return nil
    }
  }
}
