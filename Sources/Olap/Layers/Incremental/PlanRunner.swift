internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapFunctions
internal import OlapPlanning
internal import OlapStorage

/// An input of a model whose rows changed since the model's watermark.
final class ChangedInput {
  /// Gives inserted and deleted rows chunk by chunk.
  typealias Feed = () throws -> (chunk: Chunk, isInsert: Bool)?

  let id: EntryID
  /// Rows inserted and deleted.
  let changedRowCount: Int
  let current: TableSnapshot
  private let makeEarlier: () throws -> TableSnapshot
  private let makeFeed: (_ columns: [Int]) throws -> Feed
  private var known: TableSnapshot?

  init(
    id: EntryID, changedRowCount: Int, current: TableSnapshot,
    earlier: @escaping () throws -> TableSnapshot,
    feed: @escaping (_ columns: [Int]) throws -> Feed
  ) {
    self.id = id
    self.changedRowCount = changedRowCount
    self.current = current
    makeEarlier = earlier
    makeFeed = feed
  }

  /// Id under which plans read the rows as they were.
  var earlierID: EntryID { id | PlanRunner.earlierBit }

  /// The rows as they were; made when first asked for.
  func earlier() throws -> TableSnapshot {
    if let known { return known }
    let table = try makeEarlier()
    known = table
    return table
  }

  /// The change feed with the columns of one scan.
  func feed(_ columns: [Int]) throws -> Feed { try makeFeed(columns) }
}

/// Runs parts of a model's plan over its inputs as they are and as they were.
final class PlanRunner {
  enum Version { case earlier, current }

  /// Set in the ids of tables that stand for their state at the watermark. Below the bit of temporary
  /// tables.
  static let earlierBit: EntryID = 1 << 47

  let inputs: [EntryID: ChangedInput]
  let numbers: ColumnIDAllocator
  private let connection: Connection
  let snapshot: Snapshot
  private let planning: MaintenancePlanning
  private let earlierClock: [Value]
  private let currentClock: [Value]
  /// Whether rows of affected keys had to be computed anew anywhere.
  private(set) var usesKeys = false
  let fault: MaintenanceFault?
  /// Rows of stored tables read so far.
  private(set) var rowsRead = 0

  init(
    connection: Connection, snapshot: Snapshot, session: SessionPlanning,
    numbers: ColumnIDAllocator, inputs: [ChangedInput], earlierClock: [Value],
    currentClock: [Value]
  ) {
    self.connection = connection
    fault = connection.maintenanceFault
    self.snapshot = snapshot
    self.numbers = numbers
    self.inputs = Dictionary(inputs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    planning = MaintenancePlanning(session)
    self.earlierClock = earlierClock
    self.currentClock = currentClock
  }

  /// The plan over the inputs and at the clock of a version.
  func version(_ plan: LogicalPlan, _ version: Version) -> LogicalPlan {
    switch version {
    case .earlier:
      MaintenancePlan.version(
        of: plan, tables: inputs.mapValues { $0.earlierID }, clock: earlierClock)
    case .current: MaintenancePlan.version(of: plan, tables: [:], clock: currentClock)
    }
  }

  func version(_ expression: BoundExpression, _ version: Version) -> BoundExpression {
    expression.reading(version == .earlier ? earlierClock : currentClock)
  }

  /// Whether the expression's value may differ between the two clocks.
  func moves(_ expression: BoundExpression) -> Bool {
    expression.readsClock && earlierClock != currentClock && fault != .ignoresClock
  }

  /// Whether rows of the plan can have changed at all.
  func isTouched(_ plan: LogicalPlan) -> Bool {
    plan.contains { node in
      if case .scan(let scan) = node, inputs[scan.table.id] != nil { return true }
      return node.expressions.contains { moves($0) }
    }
  }

  /// A table by the id that a versioned plan's scan names.
  func table(_ id: EntryID) throws -> TableSnapshot {
    guard id & PlanRunner.earlierBit != 0, let input = inputs[id & ~PlanRunner.earlierBit] else {
      return snapshot.table(id)
    }
    let table = try input.earlier()
    planning.versions[id] = table
    return table
  }

  func noteRead(_ count: Int) { rowsRead += count }
  func noteKeys() { usesKeys = true }

  /// The rows of a versioned plan.
  func run(_ plan: LogicalPlan) throws -> Relation {
    for id in plan.scannedTables { _ = try table(id) }
    let optimized = try Optimizer(context: planning, numbers: numbers).optimize(plan)
    let context = ExecutionContext(
      storage: connection.database.storage, snapshot: snapshot, transaction: nil,
      evaluation: planning.evaluation, budget: connection.database.storage.budget,
      threads: Int(connection.settings["threads"]) ?? 1,
      temporaryDirectory: connection.settings["temp_directory"], versions: planning.versions)
    let execution = try QueryExecution(plan: optimized, context: context)
    var chunks: [Chunk] = []
    while let chunk = try execution.next() { chunks.append(chunk) }
    rowsRead += context.profile.readRows.load(ordering: .relaxed)
    return Relation(columns: plan.columns, chunks: chunks)
  }
}
