import OlapColumns
import Testing

@testable import OlapPlanning

@Suite("Plans of the TPC-H queries") struct TPCHPlanTests {
  let context = TPCHContext()

  @Test(
    "every query is planned without dependent joins or needless cross products", arguments: 1...22)
  func wellFormed(number: Int) throws {
    let plan = try context.plan(TPCHContext.query(number))
    let crosses = plan.count { node in
      guard case .join(let join) = node, join.kind == .cross else { return false }
      return !join.left.hasAtMostOneRow && !join.right.hasAtMostOneRow
    }
    #expect(crosses == 0)
  }

  @Test("orders of joins and kinds of joins are those that pay")
  func shapes() throws {
    let exists = try context.plan(TPCHContext.query(4))
    #expect(exists.joins(.rightSemi) == 1)
    let inSubquery = try context.plan(TPCHContext.query(18))
    #expect(inSubquery.joins(.semi) + inSubquery.joins(.rightSemi) == 1)
    let nested = try context.plan(TPCHContext.query(21))
    #expect(nested.joins(.rightSemi) + nested.joins(.semi) == 1)
    #expect(nested.joins(.rightAnti) + nested.joins(.anti) == 1)
    let average = try context.plan(TPCHContext.query(17))
    #expect(average.joins(.left) + average.joins(.single) == 0)
    #expect(average.treeDescription.contains("{filter"))
  }
}
