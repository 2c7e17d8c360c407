import OlapCatalog
import OlapColumns
import OlapFunctions
import OlapPlanning
import OlapStorage
import Synchronization
import Testing

@testable import OlapExecution

/// Chunks handed to any number of readers.
final class ChunkList: ChunkSource {
  let chunks: [Chunk]
  private let position = Atomic<Int>(0)
  init(_ chunks: [Chunk]) { self.chunks = chunks }
  var maximumReaders: Int { 8 }
  var progress: Double? { nil }
  func makeReader() throws -> () throws -> Chunk? {
    {
      let index = self.position.add(1, ordering: .relaxed).oldValue
      return index < self.chunks.count ? self.chunks[index] : nil
    }
  }
}

/// A relation of chunks with fresh columns.
struct Relation {
  let columns: [PlanColumn]
  let chunks: [Chunk]

  init(_ types: [SQLType], firstID: Int = 0, _ chunks: [Chunk]) {
    columns = types.enumerated().map {
      PlanColumn(id: ColumnID(firstID + $0.offset), name: "c\($0.offset)", type: $0.element)
    }
    self.chunks = chunks
  }

  /// Rows of boxed values, cut into chunks of `width`.
  init(_ types: [SQLType], firstID: Int = 0, width: Int = VectorSize.current, rows: [[Value]]) {
    var chunks: [Chunk] = []
    var start = 0
    while start < rows.count {
      let part = rows[start..<min(rows.count, start + width)]
      chunks.append(
        Chunk(
          columns: types.indices.map { column in
            let builder = VectorBuilder(type: types[column], capacity: part.count)
            for row in part { builder.append(row[column]) }
            return builder.finish()
          }, count: part.count))
      start += width
    }
    self.init(types, firstID: firstID, chunks)
  }

  var plan: LogicalPlan {
    let chunks = self.chunks
    let bound = TableFunction.Bound(
      columns: columns.map { TableFunction.Column($0.name, $0.type) }, rowCount: nil,
      start: { _ in ChunkList(chunks) })
    return .tableFunction(
      TableFunctionScan(
        name: "rows", bound: bound,
        columns: columns.enumerated().map { (position: $0.offset, output: $0.element) }))
  }

  subscript(_ index: Int) -> BoundExpression { .column(columns[index].id, columns[index].type) }
}

/// Sum of BIGINT as BIGINT, for tests of the executor alone.
final class SumAccumulator: AggregateAccumulator {
  private var sums: [Int64] = []
  func reserve(groupCount: Int) {
    if groupCount > sums.count {
      sums += Array(repeating: 0, count: groupCount - sums.count)
    }
  }
  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    let flat = arguments[0].flattened()
    let values = flat.values(Int64.self)
    sums.withUnsafeMutableBufferPointer { buffer in
      let sums = buffer.baseAddress!
      if flat.validity == nil {
        for i in 0..<count { sums[Int(groups[i])] &+= values[i] }
      } else {
        for i in 0..<count where flat.isValid(i) { sums[Int(groups[i])] &+= values[i] }
      }
    }
  }
  func updateAll(arguments: [Vector], count: Int) throws {
    let flat = arguments[0].flattened()
    for i in 0..<count where flat.isValid(i) { sums[0] &+= flat.values(Int64.self)[i] }
  }
  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? SumAccumulator else { return }
    for i in 0..<count { sums[Int(groups[i])] &+= other.sums[i] }
  }
  func finalize(first: Int, count: Int) throws -> Vector {
    let result = Vector.flat(.bigint, count: count)
    for i in 0..<count { result.values(Int64.self)[i] = sums[first + i] }
    return result
  }
  func exportStates(first: Int, count: Int) throws -> [Vector] {
    [try finalize(first: first, count: count)]
  }
  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    try update(groups: groups, arguments: states, count: count)
  }
  var byteCount: Int { sums.count * 8 }
}

enum Fixture {
  static func context(threads: Int = 2, memory: Int = 1 << 30) -> ExecutionContext {
    let storage = try! Storage.open(path: nil, options: options())
    return ExecutionContext(
      storage: storage, snapshot: storage.snapshot(), evaluation: EvaluationContext(now: 0),
      budget: MemoryBudget(limit: memory), threads: threads)
  }

  static func options() -> StorageOptions { StorageOptions() }

  static func rows(_ plan: LogicalPlan, _ context: ExecutionContext) throws -> [[Value]] {
    let query = try QueryExecution(plan: plan, context: context)
    var result: [[Value]] = []
    while let chunk = try query.next() {
      for row in 0..<chunk.count { result.append(chunk.columns.map { $0.value(at: row) }) }
    }
    return result
  }

  static func column(_ id: Int, _ type: SQLType, _ name: String = "x") -> PlanColumn {
    PlanColumn(id: ColumnID(id), name: name, type: type)
  }

  static func sum(
    _ argument: BoundExpression, as output: PlanColumn, isDistinct: Bool = false,
    filter: BoundExpression? = nil
  ) -> BoundAggregateCall {
    let bound = BoundAggregate(
      argumentTypes: [.bigint], returnType: .bigint, stateTypes: [.bigint],
      makeAccumulator: { SumAccumulator() })
    let function = AggregateFunction("sum_test", summary: "", overloads: [])
    return BoundAggregateCall(
      function: function, bound: bound, arguments: [argument], isDistinct: isDistinct,
      filter: filter, output: output)
  }
}
