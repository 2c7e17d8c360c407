import OlapColumns
import OlapFunctions
import OlapPlanning
import Testing

@testable import OlapExecution

/// Joins over random rows must not depend on memory, threads or the order of the sides.
@Suite struct JoinTests {
  private static let types: [SQLType] = [.bigint, .varchar, .decimal(precision: 38, scale: 2)]

  /// Row number, a string key, a wide decimal key; every key repeats and some are NULL.
  private static func relation(rows n: Int, keys: Int, firstID: Int, seed: UInt64) -> Relation {
    var random = RandomNumbers(seed: seed)
    let rows: [[Value]] = (0..<n).map { i in
      let key = Int64(random.next() % UInt64(keys))
      let isNull = random.next() % 16 == 0
      return [
        .integer(Int64(i)), isNull ? .null : .varchar("key of row number \(key)"),
        random.next() % 16 == 0 ? .null : .decimal(Int128(key % 50) * 1_000_000_007, scale: 2),
      ]
    }
    return Relation(types, firstID: firstID, rows: rows)
  }

  private static let kinds: [JoinKind] = [
    .inner, .left, .right, .full, .semi, .anti, .rightSemi, .rightAnti, .mark,
  ]

  private func plan(
    _ kind: JoinKind, _ left: Relation, _ right: Relation, _ conditions: [BoundExpression],
    nullAware: Bool = false
  ) -> LogicalPlan {
    var join = Join(kind: kind, left: left.plan, right: right.plan, conditions: conditions)
    join.nullAware = nullAware
    if kind == .mark { join.mark = Fixture.column(90, .boolean) }
    return .join(join)
  }

  private func rows(_ plan: LogicalPlan, _ context: ExecutionContext) throws -> [String] {
    try Fixture.rows(plan, context).map { "\($0)" }.sorted()
  }

  /// What a nested loop gives: inside OR the equalities are no keys.
  private func reference(
    _ kind: JoinKind, _ left: Relation, _ right: Relation, _ conditions: [BoundExpression]
  ) throws -> [String] {
    let all = BoundExpression.or([.and(conditions), .constant(.boolean(false), .boolean)])
    return try rows(plan(kind, left, right, [all]), Fixture.context(threads: 1))
  }

  @Test(arguments: kinds) func agreesWithNestedLoop(_ kind: JoinKind) throws {
    let left = JoinTests.relation(rows: 300, keys: 60, firstID: 0, seed: 1)
    let right = JoinTests.relation(rows: 200, keys: 60, firstID: 10, seed: 2)
    let equal = BoundExpression.comparison(.equal, left[1], right[1])
    let wide = BoundExpression.comparison(.equal, left[2], right[2])
    let less = BoundExpression.comparison(.less, left[0], right[0])
    for conditions in [[equal], [equal, less], [wide, equal], [wide, less]] {
      let expected = try reference(kind, left, right, conditions)
      for context in [
        Fixture.context(threads: 1), Fixture.context(threads: 4),
        Fixture.context(threads: 3, memory: 1),
      ] {
        #expect(try rows(plan(kind, left, right, conditions), context) == expected)
      }
    }
  }

  @Test(arguments: kinds) func nestedLoopOnDiskAgrees(_ kind: JoinKind) throws {
    let left = JoinTests.relation(rows: 150, keys: 60, firstID: 0, seed: 3)
    let right = JoinTests.relation(rows: 400, keys: 60, firstID: 10, seed: 4)
    let conditions = [
      BoundExpression.comparison(.lessOrEqual, left[0], right[0]),
      BoundExpression.comparison(.notEqual, left[1], right[1]),
    ]
    let expected = try rows(plan(kind, left, right, conditions), Fixture.context(threads: 1))
    for context in [Fixture.context(threads: 3), Fixture.context(threads: 3, memory: 1)] {
      #expect(try rows(plan(kind, left, right, conditions), context) == expected)
    }
  }

  @Test(arguments: [JoinKind.anti, .mark]) func nullAwareJoinsAgreeOnDisk(_ kind: JoinKind) throws {
    let left = JoinTests.relation(rows: 500, keys: 60, firstID: 0, seed: 5)
    for (rows, keys) in [(0, 1), (40, 30), (400, 50)] {
      let right = JoinTests.relation(rows: rows, keys: keys, firstID: 10, seed: 6)
      let condition = BoundExpression.comparison(.equal, left[1], right[1])
      let query = plan(kind, left, right, [condition], nullAware: true)
      let expected = try self.rows(query, Fixture.context(threads: 1))
      #expect(try self.rows(query, Fixture.context(threads: 3, memory: 1)) == expected)
    }
  }

  @Test func nullAwareJoinOverSeveralKeysIsUnknownOnlyWhereNothingDiffers() throws {
    let left = Relation(
      [.bigint, .bigint],
      rows: [[.integer(1), .null], [.integer(2), .integer(5)], [.null, .integer(3)]])
    let right = Relation([.bigint, .bigint], firstID: 10, rows: [[.integer(1), .integer(4)]])
    let conditions = (0...1).map { BoundExpression.comparison(.equal, left[$0], right[$0]) }
    let result = try Fixture.rows(
      plan(.mark, left, right, conditions, nullAware: true), Fixture.context())
    #expect(result.map { $0[2] } == [.null, .boolean(false), .boolean(false)])
  }

  /// Two BIGINT columns: row number, and row number modulo `modulus`.
  private static func numbers(_ n: Int, modulus: Int, firstID: Int) -> Relation {
    var chunks: [Chunk] = []
    var start = 0
    while start < n {
      let count = Swift.min(VectorSize.current, n - start)
      let columns = (0..<2).map { _ in Vector.flat(.bigint, count: count) }
      for i in 0..<count {
        columns[0].values(Int64.self)[i] = Int64(start + i)
        columns[1].values(Int64.self)[i] = Int64((start + i) % modulus) &* 1_000_003
      }
      chunks.append(Chunk(columns: columns, count: count))
      start += count
    }
    return Relation([.bigint, .bigint], firstID: firstID, chunks)
  }

  private func sums(_ plan: LogicalPlan, _ context: ExecutionContext) throws -> [Int64] {
    let query = try QueryExecution(plan: plan, context: context)
    var sums = Array(repeating: Int64(0), count: query.columns.count + 1)
    while let chunk = try query.next() {
      sums[query.columns.count] += Int64(chunk.count)
      for (position, column) in chunk.columns.enumerated() {
        let flat = column.flattened()
        for i in 0..<chunk.count where flat.isValid(i) {
          sums[position] &+=
            flat.type == .boolean ? Int64(flat.values(UInt8.self)[i]) : flat.values(Int64.self)[i]
        }
      }
    }
    return sums
  }

  /// Partitions that are still too large are split again.
  @Test func largePartitionsAreSplitAgain() throws {
    let left = JoinTests.numbers(60_000, modulus: 50_000, firstID: 0)
    let right = JoinTests.numbers(300_000, modulus: 280_000, firstID: 10)
    let condition = BoundExpression.comparison(.equal, left[1], right[1])
    let plan = plan(.full, left, right, [condition])
    let context = Fixture.context(threads: 2, memory: 1)
    let expected = try sums(plan, Fixture.context(threads: 4))
    #expect(try sums(plan, context) == expected)
    // Keys 0 ..< 10000 pair 2 × 2 times, those below 20000 1 × 2, those below 50000 once.
    #expect(expected.last == 320_000)
    let spilled: Int = context.profile.roots.reduce(0) { $0 + spilledBytes($1) }
    #expect(spilled > 0)
  }

  private func spilledBytes(_ node: OperatorProfile) -> Int {
    node.spilledBytes.load(ordering: .relaxed)
      + node.children.withLock { $0 }.reduce(0) { $0 + spilledBytes($1) }
  }

  /// Rows of one key cannot be split by its hash: they are joined block by block.
  @Test(arguments: kinds) func rowsOfOneKeyAreJoinedInBlocks(_ kind: JoinKind) throws {
    // Many left rows, in several chunks, where they do not multiply the output.
    let settlesEarly = kind == .semi || kind == .anti || kind == .mark
    let left = JoinTests.numbers(settlesEarly ? 5000 : 5, modulus: 2, firstID: 0)
    let right = JoinTests.numbers(60_000, modulus: 1, firstID: 10)
    let conditions = [
      BoundExpression.comparison(.equal, left[1], right[1]),
      BoundExpression.comparison(.less, left[0], right[0]),
    ]
    let plan = plan(kind, left, right, conditions)
    let expected = try sums(plan, Fixture.context(threads: 4))
    #expect(try sums(plan, Fixture.context(threads: 2, memory: 1)) == expected)
  }

  @Test func tablesFilledByManyThreadsFindEveryRow() throws {
    for (modulus, scale) in [(40_000, 1), (40_000, 1_000_003), (7, 1)] {
      let n = 100_000
      let key = Vector.flat(.bigint, count: n)
      for i in 0..<n { key.values(Int64.self)[i] = Int64(i % modulus * scale) }
      let table = try JoinTable(keys: [key], matchesNull: [false], count: n, workers: 5)
      let heads = Selection(capacity: n)
      let hashes = Buffer(byteCount: n * 8)
      table.probe(
        [key], count: n, hashes: hashes.bytes.assumingMemoryBound(to: UInt64.self),
        into: heads.indexes)
      let next = try #require(table.next)
      #expect((0..<n).allSatisfy { heads.indexes[$0] == UInt32($0 % modulus) })
      var row = heads.indexes[1]
      var count = 0
      while row != .max {
        #expect(Int(row) == 1 + count * modulus)
        count += 1
        row = next[Int(row)]
      }
      #expect(count == (n - 2) / modulus + 1)
    }
  }
}
