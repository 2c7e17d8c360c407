package import OlapColumns
package import OlapPlanning

extension Lowering {
  func lowerJoin(_ join: Join, needing: Set<ColumnID>?) throws -> Flow {
    if join.kind == .positional { return try lowerPositionalJoin(join) }
    let conditions = JoinConditions(join)
    var used: Set<ColumnID>?
    if var wanted = needing {
      for condition in join.conditions { condition.collectColumns(into: &wanted) }
      used = wanted
    }
    let right = try lower(join.right, needing: used)
    let isAsof = conditions.inequality != nil
    let rightKeys = conditions.rightKeys + (conditions.inequality.map { [$0.right] } ?? [])
    let profile = OperatorProfile(name: "Join", detail: join.kind.rawValue)
    let buildProfile = OperatorProfile(name: "JoinBuild")
    let build = JoinBuild(
      keys: try ExpressionSet(rightKeys, layout: right.layout, context: context),
      keyMatchesNull: conditions.keyMatchesNull, types: right.columns.map { $0.type },
      published: join.publishedFilters.compactMap { published in
        conditions.keyCondition.firstIndex(of: published.condition).map {
          (joinFilter(published.filter), $0)
        }
      }, isAsof: isAsof, context: context, profile: buildProfile)
    let rightColumns = right.columns
    let buildPipeline = right.closed(by: build)

    var flow = try lower(join.left, needing: used)
    // The build side runs first: its filters prune the probe side's scans.
    flow.dependencies.insert(buildPipeline, at: 0)
    let leftKeys = conditions.leftKeys + (conditions.inequality.map { [$0.left] } ?? [])
    let pairs = ColumnLayout(flow.columns + rightColumns)
    let compiler = ExpressionCompiler(pairs, context)
    let probe = JoinProbe(
      kind: join.kind, build: build,
      keys: try ExpressionSet(leftKeys, layout: flow.layout, context: context),
      keyMatchesNull: conditions.keyMatchesNull,
      residual: try conditions.residual.map { try compiler.compile($0) },
      inequality: conditions.inequality?.comparison, nullAware: join.nullAware,
      leftWidth: flow.columns.count, profile: profile)
    let output = outputColumns(join, flow.columns, rightColumns)
    flow.append(probe, columns: output)
    profile.children.withLock { $0.append(buildProfile) }
    return try withBuildRows(join, flow, build, leftTypes: pairs.columns.map { $0.type })
  }

  private func outputColumns(
    _ join: Join, _ left: [PlanColumn], _ right: [PlanColumn]
  ) -> [PlanColumn] {
    switch join.kind {
    case .semi, .anti: left
    case .rightSemi, .rightAnti: right
    case .mark: left + (join.mark.map { [$0] } ?? [])
    default: left + right
    }
  }

  /// Joins that also emit build rows do so after all probing.
  private func withBuildRows(
    _ join: Join, _ flow: Flow, _ build: JoinBuild, leftTypes: [SQLType]
  ) throws -> Flow {
    let emitsMatched: Bool
    switch join.kind {
    case .right, .full, .rightAnti: emitsMatched = false
    case .rightSemi: emitsMatched = true
    default: return flow
    }
    let columns = flow.columns
    let isOneSided = join.kind == .rightSemi || join.kind == .rightAnti
    let profile = flow.profile
    let sink = CollectSink(
      types: columns.map { $0.type }, context: context, consumer: .join, profile: profile)
    let leftCount = isOneSided ? 0 : leftTypes.count - build.width
    let nullTypes = Array(leftTypes.prefix(leftCount))
    var result = Flow(
      source: CollectionSource { sink.collection }, columns: columns,
      dependencies: [flow.closed(by: sink)], profile: profile)
    result.branches.append(
      Branch(
        source: BuildRowSource(build, matched: emitsMatched, nullTypes: nullTypes),
        operators: [], sourceProfile: profile))
    return result
  }

  private func lowerPositionalJoin(_ join: Join) throws -> Flow {
    let profile = OperatorProfile(name: "Join", detail: "positional")
    func collected(_ plan: LogicalPlan) throws -> (CollectSink, Pipeline, [PlanColumn]) {
      let flow = try lower(plan)
      let columns = flow.columns
      let own = OperatorProfile(name: "Collect")
      let sink = CollectSink(
        types: columns.map { $0.type }, context: context, consumer: .join, profile: own)
      let pipeline = flow.closed(by: sink)
      profile.children.withLock { $0.append(own) }
      return (sink, pipeline, columns)
    }
    let (left, leftPipeline, leftColumns) = try collected(join.left)
    let (right, rightPipeline, rightColumns) = try collected(join.right)
    let source = ReaderSource {
      let a = try left.collection.concatenated()
      let b = try right.collection.concatenated()
      let total = Swift.max(a.count, b.count)
      var position = 0
      return {
        let count = Swift.min(VectorSize.current, total - position)
        if count <= 0 { return nil }
        let places = Selection(capacity: count)
        var columns: [Vector] = []
        for side in [a, b] {
          for i in 0..<count {
            places.indexes[i] =
              position + i < side.count ? UInt32(truncatingIfNeeded: position + i) : .max
          }
          columns += side.columns.map {
            $0.gathered(places.indexes, count: count, nullWhere: .max)
          }
        }
        position += count
        return Chunk(columns: columns, count: count)
      }
    }
    return Flow(
      source: source, columns: leftColumns + rightColumns,
      dependencies: [leftPipeline, rightPipeline], profile: profile)
  }
}

/// Build rows that were (or were not) matched, after a right, full, right semi or right anti join.
final class BuildRowSource: PipelineSource {
  private let build: JoinBuild
  private let wantsMatched: Bool
  /// Types of the probe side's columns, which are NULL.
  private let nullTypes: [SQLType]
  private let morsels = MorselCounter()

  init(_ build: JoinBuild, matched: Bool, nullTypes: [SQLType]) {
    self.build = build
    wantsMatched = matched
    self.nullTypes = nullTypes
  }

  var maximumWorkers: Int { 1 }
  func prepare(_ context: ExecutionContext) throws { morsels.reset() }
  func makeReader(_ context: ExecutionContext) throws -> any SourceReader { Reader(self) }

  private final class Reader: SourceReader {
    private let source: BuildRowSource
    private(set) var ordinal = 0
    init(_ source: BuildRowSource) { self.source = source }
    func next() throws -> Chunk? {
      let build = source.build
      let width = VectorSize.current
      guard let index = source.morsels.next(limit: (build.rowCount + width - 1) / width) else {
        return nil
      }
      ordinal = index
      let flags = build.matched.bytes.assumingMemoryBound(to: UInt8.self)
      let wanted: UInt8 = source.wantsMatched ? 1 : 0
      let rows = Selection(capacity: width)
      for row in (index * width)..<Swift.min(build.rowCount, (index + 1) * width)
      where flags[row] == wanted {
        rows.indexes[rows.count] = UInt32(truncatingIfNeeded: row)
        rows.count += 1
      }
      let nulls = source.nullTypes.map { Vector.nulls($0, count: rows.count) }
      return Chunk(
        columns: nulls + build.rows.gathered(rows).columns, count: rows.count)
    }
  }
}
