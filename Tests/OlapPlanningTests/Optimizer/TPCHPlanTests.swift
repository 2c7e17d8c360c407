import OlapColumns
import Testing

@testable import OlapPlanning

@Suite("Plans of the TPC-H queries") struct TPCHPlanTests {
  let context = TPCHContext()

  @Test("every query is planned without dependent joins or needless cross products", arguments: 1...22)
  func wellFormed(number: Int) throws {
    let plan = try context.plan(TPCHContext.query(number))
    print("=== Q\(number)\n" + plan.treeDescription)
    let crosses = plan.count { node in
      guard case .join(let join) = node, join.kind == .cross else { return false }
      return !join.left.hasAtMostOneRow && !join.right.hasAtMostOneRow
    }
    #expect(crosses == 0)
  }
}
