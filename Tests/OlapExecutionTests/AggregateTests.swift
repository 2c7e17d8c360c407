import OlapColumns
import OlapFunctions
import OlapPlanning
import Testing

@testable import OlapExecution

@Suite struct AggregateTests {
  /// key, value pairs with NULL keys.
  private static func relation(rows n: Int, keys: Int) -> (Relation, [Value: Int64]) {
    var random = RandomNumbers(seed: 7)
    var sums: [Value: Int64] = [:]
    var rows: [[Value]] = []
    for _ in 0..<n {
      let number = Int64(random.next() % UInt64(keys))
      let key: Value = number == 3 ? .null : .integer(number * 1_000_003)
      let value = Int64(random.next() % 1000)
      sums[key, default: 0] += value
      rows.append([key, .integer(value)])
    }
    return (Relation([.bigint, .bigint], rows: rows), sums)
  }

  private func check(rows n: Int, keys: Int, context: ExecutionContext) throws {
    let (relation, sums) = AggregateTests.relation(rows: n, keys: keys)
    let plan = LogicalPlan.aggregate(
      Aggregate(
        input: relation.plan,
        groups: [Projection(relation[0], as: Fixture.column(10, .bigint))],
        calls: [Fixture.sum(relation[1], as: Fixture.column(11, .bigint))]))
    let rows = try Fixture.rows(plan, context)
    #expect(rows.count == sums.count)
    #expect(rows.allSatisfy { sums[$0[0]].map(Value.integer) == $0[1] })
  }

  @Test func fewGroups() throws { try check(rows: 50_000, keys: 10, context: Fixture.context()) }
  @Test func manyGroupsAreMergedByPartition() throws {
    try check(rows: 200_000, keys: 100_000, context: Fixture.context(threads: 4))
  }
  @Test func spillsWhenMemoryIsRefused() throws {
    let context = Fixture.context(threads: 2, memory: 1 << 20)
    try check(rows: 200_000, keys: 100_000, context: context)
    let root = try #require(context.profile.roots.first)
    #expect(root.spilledBytes.load(ordering: .relaxed) > 0)
  }

  /// Groups found by dictionary code are found anew after a spill.
  @Test func spillsGroupsOfDictionaryCodes() throws {
    let keys = 20_000
    let dictionary = Vector.flat(.bigint, count: keys)
    for i in 0..<keys { dictionary.values(Int64.self)[i] = Int64(i) * 3 }
    var random = RandomNumbers(seed: 9)
    var expected: [Int64] = Array(repeating: 0, count: keys)
    let chunks: [Chunk] = (0..<100).map { _ -> Chunk in
      let count = VectorSize.current
      let memory = Buffer(byteCount: count * 2)
      let codes = memory.bytes.assumingMemoryBound(to: UInt16.self)
      let values = Vector.flat(.bigint, count: count)
      for i in 0..<count {
        codes[i] = UInt16(random.next() % UInt64(keys))
        values.values(Int64.self)[i] = Int64(i)
        expected[Int(codes[i])] += Int64(i)
      }
      let key = Vector(
        type: .bigint, encoding: .dictionary, count: count, data: memory.bytes, validity: nil,
        owner: memory, codeByteCount: 2, dictionary: dictionary)
      return Chunk(columns: [key, values], count: count)
    }
    let relation = Relation([.bigint, .bigint], chunks)
    let plan = LogicalPlan.aggregate(
      Aggregate(
        input: relation.plan,
        groups: [Projection(relation[0], as: Fixture.column(10, .bigint))],
        calls: [Fixture.sum(relation[1], as: Fixture.column(11, .bigint))]))
    let context = Fixture.context(threads: 1, memory: 1)
    let rows = try Fixture.rows(plan, context)
    let root = try #require(context.profile.roots.first)
    #expect(root.spilledBytes.load(ordering: .relaxed) > 0)
    let wrong = rows.filter { row in
      guard case .integer(let key) = row[0] else { return true }
      return row[1] != .integer(expected[Int(key) / 3])
    }
    #expect(wrong.isEmpty)
  }

  @Test func stringAndCompositeKeys() throws {
    var expected: [[Value]: Int64] = [:]
    var rows: [[Value]] = []
    for i in 0..<20_000 {
      let key: [Value] = [
        .varchar(i % 7 == 0 ? "a rather long string number \(i % 50)" : "s\(i % 50)"),
        i % 11 == 0 ? .null : .integer(Int64(i % 3)),
      ]
      expected[key, default: 0] += Int64(i)
      rows.append(key + [.integer(Int64(i))])
    }
    let relation = Relation([.varchar, .bigint, .bigint], rows: rows)
    let plan = LogicalPlan.aggregate(
      Aggregate(
        input: relation.plan,
        groups: [
          Projection(relation[0], as: Fixture.column(10, .varchar)),
          Projection(relation[1], as: Fixture.column(11, .bigint)),
        ], calls: [Fixture.sum(relation[2], as: Fixture.column(12, .bigint))]))
    let result = try Fixture.rows(plan, Fixture.context())
    #expect(result.count == expected.count)
    #expect(result.allSatisfy { expected[Array($0[..<2])].map(Value.integer) == $0[2] })
  }

  @Test func dictionaryKeysUseTheCodeCache() throws {
    // Two dictionaries with the same strings under different codes.
    func chunk(_ entries: [String], _ codes: [UInt8]) -> Chunk {
      let builder = StringVectorBuilder(capacity: entries.count)
      for entry in entries { builder.append(entry) }
      let memory = Buffer(byteCount: codes.count)
      for (i, code) in codes.enumerated() {
        memory.bytes.storeBytes(of: code, toByteOffset: i, as: UInt8.self)
      }
      let keys = Vector(
        type: .varchar, encoding: .dictionary, count: codes.count, data: memory.bytes,
        validity: nil, owner: memory, codeByteCount: 1, dictionary: builder.finish())
      return Chunk(
        columns: [
          keys, Vector.constant(.integer(1), type: .bigint, count: codes.count).flattened(),
        ], count: codes.count)
    }
    let relation = Relation(
      [.varchar, .bigint],
      [chunk(["a", "b"], [0, 1, 1, 0, 0]), chunk(["b", "c", "a"], [0, 0, 1, 2])])
    let plan = LogicalPlan.aggregate(
      Aggregate(
        input: relation.plan, groups: [Projection(relation[0], as: Fixture.column(10, .varchar))],
        calls: [Fixture.sum(relation[1], as: Fixture.column(11, .bigint))]))
    let rows = try Fixture.rows(plan, Fixture.context(threads: 1))
    #expect(
      rows == [
        [.varchar("a"), .integer(4)], [.varchar("b"), .integer(4)], [.varchar("c"), .integer(1)],
      ])
  }

  @Test func distinctFilterAndGroupingSets() throws {
    let relation = Relation(
      [.bigint, .bigint],
      rows: [
        [.integer(1), .integer(5)], [.integer(1), .integer(5)], [.integer(1), .integer(6)],
        [.integer(2), .integer(5)],
      ])
    let isSix = BoundExpression.comparison(.equal, relation[1], .constant(.integer(6), .bigint))
    let plan = LogicalPlan.aggregate(
      Aggregate(
        input: relation.plan, groups: [Projection(relation[0], as: Fixture.column(10, .bigint))],
        calls: [
          Fixture.sum(relation[1], as: Fixture.column(11, .bigint), isDistinct: true),
          Fixture.sum(relation[1], as: Fixture.column(12, .bigint), filter: isSix),
        ], groupingSets: [[0], []],
        groupingCalls: [(positions: [0], output: Fixture.column(13, .bigint))]))
    let rows = try Fixture.rows(plan, Fixture.context(threads: 1))
    #expect(
      rows == [
        [.integer(1), .integer(11), .integer(6), .integer(0)],
        [.integer(2), .integer(5), .integer(0), .integer(0)],
        [.null, .integer(11), .integer(6), .integer(1)],
      ])
  }

  @Test func aggregationWithoutRowsGivesOneRow() throws {
    let relation = Relation([.bigint], [])
    let plan = LogicalPlan.aggregate(
      Aggregate(
        input: relation.plan, groups: [],
        calls: [Fixture.sum(relation[0], as: Fixture.column(11, .bigint))]))
    #expect(try Fixture.rows(plan, Fixture.context()) == [[.integer(0)]])
  }
}
