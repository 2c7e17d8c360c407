internal import OlapColumns
internal import OlapPlanning

extension Lowering {
  func lowerMaterialize(
    _ index: Int, _ definition: LogicalPlan, _ body: LogicalPlan, needing: Set<ColumnID>?
  ) throws -> Flow {
    let defined = try arrange(try lower(definition), as: definition.columns)
    let profile = OperatorProfile(name: "Materialize", detail: "cte \(index)")
    let sink = CollectSink(
      types: definition.columns.map { $0.type }, context: context, profile: profile)
    let outer = collections[index]
    collections[index] = (sink.collection, defined.closed(by: sink))
    defer { collections[index] = outer }
    return try lower(body, needing: needing)
  }

  func lowerCTEScan(_ index: Int, _ columns: [PlanColumn]) throws -> Flow {
    guard let (collection, pipeline) = collections[index] else {
      throw notLowered(
        "a reference to common table expression \(index), which is not defined here,")
    }
    let profile = OperatorProfile(name: "CTEScan", detail: "cte \(index)")
    // The definition is shown below its first reader.
    if shownDefinitions.insert(index).inserted {
      profile.children.withLock { $0.append(pipeline.sink.profile) }
    }
    return Flow(
      source: CollectionSource { collection }, columns: columns, dependencies: [pipeline],
      profile: profile)
  }

  func lowerWorkingTableScan(_ index: Int, _ columns: [PlanColumn]) throws -> Flow {
    guard let collection = workingTables[index] else {
      throw notLowered("a recursive reference outside its WITH RECURSIVE")
    }
    let profile = OperatorProfile(name: "WorkingTableScan", detail: "cte \(index)")
    return Flow(source: CollectionSource { collection }, columns: columns, profile: profile)
  }
}
