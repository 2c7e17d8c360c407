import OlapColumns
import OlapFunctions
import OlapPlanning
import Testing

@testable import OlapExecution

@Suite struct PipelineTests {
  private static func numbers(_ n: Int) -> Relation {
    Relation([.bigint], rows: (0..<n).map { [.integer(Int64($0))] })
  }

  @Test func rowsComeInSourceOrder() throws {
    let relation = PipelineTests.numbers(500_000)
    let rows = try Fixture.rows(relation.plan, Fixture.context(threads: 1))
    #expect(rows.count == 500_000)
    #expect(rows.enumerated().allSatisfy { $0.element == [.integer(Int64($0.offset))] })
  }

  /// Readers of one `ChunkSource` share the work in no set order; no row is lost or given twice.
  @Test func severalReadersGiveEveryRowOnce() throws {
    let relation = PipelineTests.numbers(500_000)
    let rows = try Fixture.rows(relation.plan, Fixture.context(threads: 4))
    var seen = [Bool](repeating: false, count: 500_000)
    for row in rows {
      guard case .integer(let value)? = row.first else { continue }
      #expect(!seen[Int(value)])
      seen[Int(value)] = true
    }
    #expect(rows.count == 500_000)
    #expect(seen.allSatisfy { $0 })
  }

  @Test func filterKeepsRowsThatAreTrue() throws {
    let relation = Relation(
      [.bigint], rows: [[.integer(1)], [.null], [.integer(5)], [.integer(9)]])
    let plan = LogicalPlan.filter(
      relation.plan,
      [
        .comparison(.greater, relation[0], .constant(.integer(1), .bigint)),
        .comparison(.less, relation[0], .constant(.integer(9), .bigint)),
      ])
    #expect(try Fixture.rows(plan, Fixture.context()) == [[.integer(5)]])
  }

  @Test func limitTakesTheFirstRows() throws {
    let relation = PipelineTests.numbers(300_000)
    let plan = LogicalPlan.limit(
      relation.plan,
      Limit(count: .constant(.integer(3), .bigint), offset: .constant(.integer(70_000), .bigint)))
    let rows = try Fixture.rows(plan, Fixture.context(threads: 1))
    #expect(rows == [[.integer(70_000)], [.integer(70_001)], [.integer(70_002)]])
  }

  @Test func unionAllKeepsTheOrderOfItsInputs() throws {
    let first = Relation([.bigint], rows: [[.integer(1)], [.integer(2)]])
    let second = Relation([.bigint], firstID: 10, rows: [[.integer(3)]])
    let plan = LogicalPlan.setOperation(
      SetOperation(
        kind: .union, isAll: true, inputs: [first.plan, second.plan],
        columns: [Fixture.column(20, .bigint)]))
    #expect(
      try Fixture.rows(plan, Fixture.context()) == [[.integer(1)], [.integer(2)], [.integer(3)]])
  }

  @Test func unnestPadsShorterListsWithNull() throws {
    let relation = Relation(
      [.list(.bigint), .list(.bigint)],
      rows: [
        [.list([.integer(1), .integer(2)]), .list([.integer(7)])],
        [.list([]), .null], [.null, .list([.integer(8)])],
      ])
    let plan = LogicalPlan.project(
      .unnest(
        Unnest(
          input: relation.plan,
          lists: [
            Projection(relation[0], as: Fixture.column(10, .bigint)),
            Projection(relation[1], as: Fixture.column(11, .bigint)),
          ], ordinality: Fixture.column(12, .bigint))),
      [
        Projection(.column(ColumnID(10), .bigint), as: Fixture.column(10, .bigint)),
        Projection(.column(ColumnID(11), .bigint), as: Fixture.column(11, .bigint)),
        Projection(.column(ColumnID(12), .bigint), as: Fixture.column(12, .bigint)),
      ])
    #expect(
      try Fixture.rows(plan, Fixture.context()) == [
        [.integer(1), .integer(7), .integer(1)], [.integer(2), .null, .integer(2)],
        [.null, .integer(8), .integer(1)],
      ])
  }

  @Test func caseRunsBranchesOnlyOnTheirRows() throws {
    // A call that fails on zero stands in for division.
    let failing = ScalarFunction("checked", summary: "", overloads: [])
    let kernel: ScalarKernel = { arguments, count, _ in
      let flat = arguments[0].flattened()
      for i in 0..<count where flat.isValid(i) && flat.values(Int64.self)[i] == 0 {
        throw ComputeError(.divisionByZero, "zero")
      }
      return flat
    }
    let relation = Relation([.bigint], rows: [[.integer(0)], [.integer(4)], [.null]])
    let call = BoundExpression.call(
      BoundCall(
        function: failing,
        bound: BoundScalar(argumentTypes: [.bigint], returnType: .bigint, kernel: kernel),
        arguments: [relation[0]]))
    let isZero = BoundExpression.comparison(
      .equal, relation[0], .constant(.integer(0), .bigint))
    let plan = LogicalPlan.project(
      relation.plan,
      [
        Projection(
          .caseWhen(
            branches: [CaseBranch(condition: isZero, result: .constant(.integer(-1), .bigint))],
            otherwise: call, type: .bigint), as: Fixture.column(5, .bigint)),
        Projection(
          .and([.not(isZero), .comparison(.greater, call, .constant(.integer(1), .bigint))]),
          as: Fixture.column(6, .boolean)),
      ])
    let rows = try Fixture.rows(plan, Fixture.context())
    #expect(rows[0] == [.integer(-1), .boolean(false)])
    #expect(rows[1] == [.integer(4), .boolean(true)])
    #expect(rows[2] == [.null, .null])
  }

  @Test func inListIsThreeValued() throws {
    let relation = Relation([.bigint], rows: [[.integer(1)], [.integer(2)], [.null]])
    func items(_ values: [Value]) -> BoundExpression {
      .inList(relation[0], values.map { .constant($0, .bigint) }, negated: false)
    }
    let many: [Value] = (10..<20).map { .integer($0) } + [.integer(1)]
    let plan = LogicalPlan.project(
      relation.plan,
      [
        Projection(items(many), as: Fixture.column(5, .boolean)),
        Projection(items(many + [.null]), as: Fixture.column(6, .boolean)),
        Projection(items([.integer(2)]), as: Fixture.column(7, .boolean)),
      ])
    #expect(
      try Fixture.rows(plan, Fixture.context()) == [
        [.boolean(true), .boolean(true), .boolean(false)],
        [.boolean(false), .null, .boolean(true)], [.null, .null, .null],
      ])
  }

  @Test func anErrorOfAWorkerEndsTheStatementOnce() throws {
    let relation = PipelineTests.numbers(200_000)
    let kernel: ScalarKernel = { _, _, _ in throw ComputeError(.overflow, "too large") }
    let call = BoundExpression.call(
      BoundCall(
        function: ScalarFunction("fails", summary: "", overloads: []),
        bound: BoundScalar(argumentTypes: [.bigint], returnType: .bigint, kernel: kernel),
        arguments: [relation[0]]))
    let plan = LogicalPlan.aggregate(
      Aggregate(
        input: relation.plan, groups: [], calls: [Fixture.sum(call, as: Fixture.column(9, .bigint))]
      ))
    #expect(throws: ComputeError.self) { try Fixture.rows(plan, Fixture.context(threads: 4)) }
  }
}
