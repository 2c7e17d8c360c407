import OlapSQL
import Testing

@testable import OlapPlanning

@Suite struct BenchmarkQueriesTests {
  @Test(arguments: 1...22) func tpchBindsAndOptimizes(number: Int) throws {
    let context = TestContext()
    try context.create(repositoryFile("datasets/tpch/schema.sql"))
    let name = number < 10 ? "q0\(number)" : "q\(number)"
    try check(repositoryFile("datasets/tpch/queries/\(name).sql"), context)
  }

  @Test func clickBenchBindsAndOptimizes() throws {
    let context = TestContext()
    try context.create(repositoryFile("datasets/hits/schema.sql"))
    try check(repositoryFile("datasets/hits/queries.sql"), context)
  }

  private func check(_ sql: String, _ context: TestContext) throws {
    let statements = try Parser.parse(sql)
    #expect(!statements.isEmpty)
    for statement in statements {
      let text = String(
        decoding: Array(sql.utf8)[statement.range.start..<statement.range.end], as: UTF8.self)
      do {
        var binder = Binder(context: context)
        guard case .query(let plan, let names) = try binder.bind(statement) else { continue }
        #expect(names.count == plan.columns.count)
        let optimized = try Optimizer(context: context).optimize(plan)
        #expect(optimized.columns.map { $0.type } == plan.columns.map { $0.type })
      } catch {
        Issue.record("\(text)\n\(error)")
      }
    }
  }
}
