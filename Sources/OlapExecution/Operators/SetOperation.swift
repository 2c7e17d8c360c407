internal import OlapPlanning

extension Lowering {
  func lowerSetOperation(_ operation: SetOperation) throws -> Flow {
    guard operation.kind == .union else { return try lowerIntersectOrExcept(operation) }
    let flow = try lowerUnionAll(operation)
    return operation.isAll ? flow : try appendDistinct(flow)
  }

  /// All inputs' branches side by side.
  private func lowerUnionAll(_ operation: SetOperation) throws -> Flow {
    let profile = OperatorProfile(name: "Union")
    var result: Flow?
    for input in operation.inputs {
      let flow = try arrange(try lower(input), as: input.columns)
      profile.children.withLock { $0.append(flow.profile) }
      if result == nil {
        result = flow
      } else {
        result?.branches += flow.branches
        result?.dependencies += flow.dependencies
      }
    }
    guard var result else { return try lowerValues([], operation.columns) }
    result.columns = operation.columns
    result.profile = profile
    return result
  }
}
