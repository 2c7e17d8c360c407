package import OlapColumns
package import OlapPlanning
import Synchronization

extension Lowering {
  func lowerSample(
    _ input: LogicalPlan, _ sample: Sample, needing: Set<ColumnID>?
  ) throws -> Flow {
    var flow = try lower(input, needing: needing)
    let profile = OperatorProfile(name: "Sample", detail: sample.method.rawValue)
    let columns = flow.columns
    switch sample.size {
    case .percent(let percentage):
      flow.append(
        PercentSampleOperator(
          percentage: percentage, bySystem: sample.method == .system, seed: sample.seed,
          profile: profile), columns: columns)
      return flow
    case .rows(let count):
      let sink = ReservoirSink(
        size: count, seed: sample.seed, types: columns.map { $0.type }, context: context,
        profile: profile)
      return Flow(
        source: CollectionSource { sink.collection }, columns: columns,
        dependencies: [flow.closed(by: sink)], profile: profile)
    }
  }
}

/// SplitMix64: one state word, good enough for sampling and reproducible from a seed.
struct RandomNumbers {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var x = state
    x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
    x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
    return x ^ (x >> 31)
  }
}

/// SAMPLE n%: each row (or, with SYSTEM, each vector) is taken with that probability.
final class PercentSampleOperator: StreamingOperator {
  private let threshold: UInt64
  private let bySystem: Bool
  private let seed: UInt64?
  private let states = Atomic<UInt64>(0)
  let profile: OperatorProfile

  init(percentage: Double, bySystem: Bool, seed: UInt64?, profile: OperatorProfile) {
    let share = Swift.min(1, Swift.max(0, percentage / 100))
    threshold = share >= 1 ? .max : UInt64(share * 18_446_744_073_709_549_568.0)
    self.bySystem = bySystem
    self.seed = seed
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any OperatorState {
    let number = states.add(1, ordering: .relaxed).oldValue
    let start = seed.map { $0 &+ number } ?? UInt64.random(in: .min ... .max)
    return State(self, RandomNumbers(seed: start))
  }

  private final class State: OperatorState {
    private let sample: PercentSampleOperator
    private var random: RandomNumbers
    init(_ sample: PercentSampleOperator, _ random: RandomNumbers) {
      self.sample = sample
      self.random = random
    }
    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      if sample.bySystem {
        if random.next() <= sample.threshold { try output(chunk) }
        return
      }
      let taken = Selection(capacity: chunk.count)
      for i in 0..<chunk.count {
        taken.indexes[taken.count] = UInt32(truncatingIfNeeded: i)
        if random.next() <= sample.threshold { taken.count += 1 }
      }
      if taken.count > 0 { try output(chunk.gathered(taken)) }
    }
  }
}

/// SAMPLE n ROWS: every row gets a random number, the n smallest win.
final class ReservoirSink: Sink {
  let collection: ChunkCollection
  let profile: OperatorProfile
  private let size: Int
  private let seed: UInt64?
  private let types: [SQLType]
  private let candidates: Mutex<[(key: UInt64, ordinal: Int, row: Int, chunk: Chunk)]> = Mutex([])

  init(
    size: Int, seed: UInt64?, types: [SQLType], context: ExecutionContext, profile: OperatorProfile
  ) {
    self.size = Swift.max(0, size)
    self.seed = seed
    self.types = types
    self.profile = profile
    collection = ChunkCollection(types: types, context: context)
  }

  /// A seed asks for the same sample again, so the rows must come in one order.
  var isParallel: Bool { seed == nil }

  func makeState(_ context: ExecutionContext) throws -> any SinkState {
    State(size: size, random: RandomNumbers(seed: seed ?? UInt64.random(in: .min ... .max)))
  }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    state.compact()
    candidates.withLock { $0 += state.rows }
  }

  func finish(_ context: ExecutionContext) throws {
    var rows = candidates.withLock { all in
      defer { all = [] }
      return all
    }
    rows.sort { $0.key < $1.key }
    rows.removeLast(Swift.max(0, rows.count - size))
    // Sampled rows keep the order of the table.
    rows.sort { ($0.ordinal, $0.row) < ($1.ordinal, $1.row) }
    let builders = types.map { VectorBuilder(type: $0, capacity: rows.count) }
    for row in rows {
      for (column, builder) in builders.enumerated() {
        builder.append(from: row.chunk.columns[column], row: row.row % (1 << 32))
      }
    }
    try collection.append(Chunk(columns: builders.map { $0.finish() }, count: rows.count))
  }

  final class State: SinkState {
    private let size: Int
    private var random: RandomNumbers
    private var threshold = UInt64.max
    private var sequence = 0
    private(set) var rows: [(key: UInt64, ordinal: Int, row: Int, chunk: Chunk)] = []

    init(size: Int, random: RandomNumbers) {
      self.size = size
      self.random = random
    }

    func consume(_ chunk: Chunk, ordinal: Int) throws {
      // The row number carries the chunk's sequence in its high half, to order rows of one ordinal.
      sequence += 1
      for i in 0..<chunk.count {
        let key = random.next()
        if key < threshold { rows.append((key, ordinal, sequence << 32 | i, chunk)) }
      }
      if rows.count > 2 * size + 4096 { compact() }
    }

    /// Keeps the `size` smallest keys.
    func compact() {
      if rows.count <= size { return }
      rows.sort { $0.key < $1.key }
      rows.removeLast(rows.count - size)
      threshold = rows.last?.key ?? 0
    }
  }
}
