internal import OlapColumns
internal import OlapPlanning
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
  private let candidates: Mutex<[Candidates]> = Mutex([])

  init(
    size: Int, seed: UInt64?, types: [SQLType], context: ExecutionContext, profile: OperatorProfile
  ) {
    // Room for twice as many and some is counted out below.
    self.size = Swift.min(Swift.max(0, size), Int.max / 4)
    self.seed = seed
    self.types = types
    self.profile = profile
    collection = ChunkCollection(types: types, context: context)
  }

  /// A seed asks for the same sample again, so the rows must come in one order.
  var isParallel: Bool { seed == nil }

  func makeState(_ context: ExecutionContext) throws -> any SinkState {
    State(
      size: size, types: types, context.budget,
      random: RandomNumbers(seed: seed ?? UInt64.random(in: .min ... .max)))
  }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    candidates.withLock { $0.append(state.candidates) }
  }

  func finish(_ context: ExecutionContext) throws {
    var all = Candidates(types: types)
    for part in candidates.withLock({ $0 }) { all.append(part.rows, part.places) }
    candidates.withLock { $0 = [] }
    all.cut(to: size)
    // Sampled rows keep the order of the table.
    all.sort { ($0.ordinal, $0.row) < ($1.ordinal, $1.row) }
    try collection.append(all.rows)
  }

  /// A sampled row's number and where it came from.
  struct Place: Sendable {
    let key: UInt64
    let ordinal: Int
    /// Number of its chunk in the high half, of its row in the low half.
    let row: Int
  }

  /// Rows with their places.
  struct Candidates: Sendable {
    private let types: [SQLType]
    private var chunks: [Chunk] = []
    private(set) var places: [Place] = []
    private var chunkBytes = 0
    init(types: [SQLType]) { self.types = types }

    var rows: Chunk { Chunk.concatenated(chunks, types: types) }
    var byteCount: Int { chunkBytes + places.count * 24 }

    mutating func append(_ rows: Chunk, _ more: [Place]) {
      chunks.append(rows)
      chunkBytes += rows.byteCount
      places += more
    }

    private mutating func replace(with rows: Chunk) {
      chunks = [rows]
      chunkBytes = rows.byteCount
    }

    /// Keeps the `size` smallest keys.
    mutating func cut(to size: Int) {
      sort { $0.key < $1.key }
      guard places.count > size else { return }
      let first = rows
      replace(with: first.sliced(0..<size))
      places.removeLast(places.count - size)
    }

    mutating func sort(by precedes: (Place, Place) -> Bool) {
      let order = places.indices.sorted { precedes(places[$0], places[$1]) }
      let selection = Selection(capacity: order.count)
      selection.count = order.count
      for (i, row) in order.enumerated() {
        selection.indexes[i] = UInt32(truncatingIfNeeded: row)
      }
      replace(with: rows.gathered(selection))
      places = order.map { places[$0] }
    }
  }

  final class State: SinkState {
    private let size: Int
    private let reservation: MemoryReservation
    private var random: RandomNumbers
    private var threshold = UInt64.max
    private var sequence = 0
    private(set) var candidates: Candidates

    init(size: Int, types: [SQLType], _ budget: MemoryBudget, random: RandomNumbers) {
      self.size = size
      self.random = random
      candidates = Candidates(types: types)
      reservation = MemoryReservation(budget, for: .other)
    }

    func consume(_ chunk: Chunk, ordinal: Int) throws {
      sequence += 1
      let taken = Selection(capacity: chunk.count)
      var places: [Place] = []
      for i in 0..<chunk.count {
        let key = random.next()
        if key >= threshold { continue }
        places.append(Place(key: key, ordinal: ordinal, row: sequence << 32 | i))
        taken.indexes[taken.count] = UInt32(truncatingIfNeeded: i)
        taken.count += 1
      }
      if taken.count == 0 { return }
      candidates.append(chunk.gathered(taken), places)
      if candidates.places.count > 2 * size + 4096 {
        candidates.cut(to: size)
        threshold = candidates.places.last?.key ?? 0
      }
      try reservation.require(
        candidates.byteCount, "a sample of \(size) rows is kept in memory")
    }
  }
}
