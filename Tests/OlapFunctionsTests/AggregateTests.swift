import OlapColumns
import OlapFunctions
import Testing

@Suite struct AggregateTests {
  private let groups: [UInt32] = [0, 1, 0, 1, 0]

  private func check(
    _ name: String, _ arguments: [Evaluation.Argument], _ type: SQLType, _ expected: [Value]
  ) throws {
    for split in 0...5 {
      let (resultType, results) = try Evaluation.aggregate(
        name, arguments, groups: groups, groupCount: 3, split: split)
      #expect(resultType == type)
      for result in results { #expect(result == expected, "\(name) split \(split)") }
    }
  }

  @Test("core aggregates give DuckDB's types, skip NULL, merge and spill") func core() throws {
    let x = Evaluation.column(
      .integer, [.integer(1), .integer(2), .null, .integer(4), .integer(5)])
    try check("sum", [x], .hugeint, [.hugeint(6), .hugeint(6), .null])
    try check("avg", [x], .double, [.double(3), .double(3), .null])
    try check("count", [x], .bigint, [.integer(2), .integer(2), .integer(0)])
    try check("count_star", [], .bigint, [.integer(3), .integer(2), .integer(0)])
    try check("min", [x], .integer, [.integer(1), .integer(2), .null])
    try check("max", [x], .integer, [.integer(5), .integer(4), .null])
    try check("first", [x], .integer, [.integer(1), .integer(2), .null])
    try check("last", [x], .integer, [.integer(5), .integer(4), .null])
    let s = Evaluation.column(
      .varchar,
      [.varchar("b"), .varchar("a long string of text"), .null, .varchar("z"), .varchar("a")])
    try check("min", [s], .varchar, [.varchar("a"), .varchar("a long string of text"), .null])
    try check("arg_max", [s, x], .varchar, [.varchar("a"), .varchar("z"), .null])
    let d = Evaluation.column(
      .decimal(precision: 15, scale: 2), [1, 2, 3, 4, 5].map { .decimal($0, scale: 2) })
    try check(
      "sum", [d], .decimal(precision: 38, scale: 2),
      [.decimal(9, scale: 2), .decimal(6, scale: 2), .null])
    let f = Evaluation.column(.double, [0.5, 1, 1.5, 2, 2.5].map { .double($0) })
    try check("sum", [f], .double, [.double(4.5), .double(3), .null])
    try check(
      "max", [x, Evaluation.constant(.bigint, .integer(1))], .list(.integer),
      [.list([.integer(5)]), .list([.integer(4)]), .null])
  }

  @Test("sums near the limits of 64 bits do not wrap") func large() throws {
    let big = Evaluation.column(
      .bigint, [Int64.max, Int64.max, Int64.max, Int64.min, Int64.min].map { .integer($0) })
    let (_, results) = try Evaluation.aggregate(
      "sum", [big], groups: [0, 0, 0, 0, 0], groupCount: 1, split: 2)
    for result in results {
      #expect(result == [.hugeint(Int128(Int64.max) * 3 + Int128(Int64.min) * 2)])
    }
  }
}

extension AggregateTests {
  @Test("statistics, quantiles and lists") func distribution() throws {
    let x = Evaluation.column(.double, [1, 2, 3, 4, 8].map { .double($0) })
    let groups: [UInt32] = [0, 0, 0, 0, 0]
    func one(_ name: String, _ arguments: [Evaluation.Argument]) throws -> Value {
      let (_, results) = try Evaluation.aggregate(
        name, arguments, groups: groups, groupCount: 1, split: 2)
      #expect(results[0] == results[1] && results[1] == results[2])
      return results[0][0]
    }
    #expect(try one("var_samp", [x]) == .double(7.3))
    #expect(try one("median", [x]) == .double(3))
    #expect(
      try one("quantile_cont", [x, Evaluation.constant(.double, .double(0.25))]) == .double(2))
    #expect(try one("mode", [x]) == .double(1))
    #expect(try one("corr", [x, x]) == .double(1))
    let s = Evaluation.column(.varchar, ["a", "b", "c", "d", "e"].map { .varchar($0) })
    #expect(try one("string_agg", [s, Evaluation.text("-")]) == .varchar("a-b-c-d-e"))
    #expect(try one("approx_count_distinct", [s]) == .integer(5))
    #expect(
      try one("list", [s]) == .list(["a", "b", "c", "d", "e"].map { .varchar($0) }))
  }

  @Test("double sums do not depend on order") func order() throws {
    let values: [Double] = [1e16, 1, -1e16, 0.1, 0.2]
    let a = Evaluation.column(.double, values.map { .double($0) })
    let b = Evaluation.column(.double, values.reversed().map { .double($0) })
    let g: [UInt32] = [0, 0, 0, 0, 0]
    let left = try Evaluation.aggregate("sum", [a], groups: g, groupCount: 1, split: 3).1
    let right = try Evaluation.aggregate("sum", [b], groups: g, groupCount: 1, split: 1).1
    #expect(left == right)
    #expect(left[0] == [.double(1.3)])
  }
}
