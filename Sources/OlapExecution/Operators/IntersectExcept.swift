package import OlapColumns
package import OlapPlanning

extension Lowering {
  /// INTERSECT and EXCEPT, left to right over the inputs.
  func lowerIntersectOrExcept(_ operation: SetOperation) throws -> Flow {
    let profile = OperatorProfile(
      name: operation.kind.rawValue.uppercased(), detail: operation.isAll ? "all" : "")
    var sinks: [CollectSink] = []
    var dependencies: [Pipeline] = []
    let types = operation.columns.map { $0.type }
    for input in operation.inputs {
      let flow = try arrange(try lower(input), as: input.columns)
      let own = OperatorProfile(name: "Collect")
      let sink = CollectSink(types: types, context: context, consumer: .distinct, profile: own)
      dependencies.append(flow.closed(by: sink))
      profile.children.withLock { $0.append(own) }
      sinks.append(sink)
    }
    let collected = sinks
    let context = self.context
    let (kind, isAll) = (operation.kind, operation.isAll)
    let source = ReaderSource {
      var left =
        collected.first?.collection ?? ChunkCollection(types: types, context: context)
      for right in collected.dropFirst() {
        left = try Lowering.combine(
          left, right.collection, kind, isAll: isAll, types: types, context: context)
      }
      return left.reader()
    }
    return Flow(
      source: source, columns: operation.columns, dependencies: dependencies, profile: profile)
  }

  private static func combine(
    _ left: ChunkCollection, _ right: ChunkCollection, _ kind: SetOperation.Kind, isAll: Bool,
    types: [SQLType], context: ExecutionContext
  ) throws -> ChunkCollection {
    let table = GroupTable(types: types)
    /// Rows of the right side per distinct row, that are still to be matched.
    var counts: [Int] = []
    for index in 0..<right.chunkCount {
      let chunk = try right.chunk(at: index)
      let groups = Selection(capacity: chunk.count)
      table.findOrInsert(chunk.columns, count: chunk.count, groups: groups.indexes)
      while counts.count < table.count { counts.append(0) }
      for i in 0..<chunk.count { counts[Int(groups.indexes[i])] += 1 }
    }
    let rightGroups = table.count
    var isEmitted: [Bool] = []
    let result = ChunkCollection(types: types, context: context, consumer: .distinct)
    for index in 0..<left.chunkCount {
      let chunk = try left.chunk(at: index)
      let groups = Selection(capacity: chunk.count)
      table.findOrInsert(chunk.columns, count: chunk.count, groups: groups.indexes)
      while isEmitted.count < table.count { isEmitted.append(false) }
      let kept = Selection(capacity: chunk.count)
      for i in 0..<chunk.count {
        let group = Int(groups.indexes[i])
        let isInRight = group < rightGroups && (!isAll || counts[group] > 0)
        if isAll && isInRight { counts[group] -= 1 }
        if isInRight != (kind == .intersect) { continue }
        if !isAll && isEmitted[group] { continue }
        isEmitted[group] = true
        kept.indexes[kept.count] = UInt32(truncatingIfNeeded: i)
        kept.count += 1
      }
      if kept.count > 0 { try result.append(chunk.gathered(kept)) }
    }
    return result
  }
}
