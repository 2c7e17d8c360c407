import OlapColumns
import Testing

@testable import OlapExecution

/// Sorting against the comparison of every two neighbours, on values that stress the keys: long common
/// prefixes, strings that end in zeros, many equal values, NULLs.
@Suite("row sorter")
struct RowSorterTests {
  private static func strings(_ random: inout SystemRandomNumberGenerator, _ n: Int) -> Vector {
    let builder = VectorBuilder(type: .varchar, capacity: n)
    let stems = [
      "", "a", "long common prefix of many strings ",
      "long common prefix of many strings that goes on ",
      "exactly twelve", "zeros\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ]
    for _ in 0..<n {
      if Int.random(in: 0..<12, using: &random) == 0 {
        builder.append(.null)
        continue
      }
      var text = stems[Int.random(in: 0..<stems.count, using: &random)]
      for _ in 0..<Int.random(in: 0..<4, using: &random) {
        text += ["a", "b", "\0", "zz", "ü"][Int.random(in: 0..<5, using: &random)]
      }
      if Int.random(in: 0..<4, using: &random) == 0 { text += String(repeating: "x", count: 20) }
      builder.append(.varchar(text))
    }
    return builder.finish()
  }

  private static func numbers(
    _ random: inout SystemRandomNumberGenerator, _ n: Int, _ span: ClosedRange<Int64>
  ) -> Vector {
    let builder = VectorBuilder(type: .bigint, capacity: n)
    for _ in 0..<n {
      let isNull = Int.random(in: 0..<20, using: &random) == 0
      builder.append(isNull ? .null : .integer(Int64.random(in: span, using: &random)))
    }
    return builder.finish()
  }

  @Test("every order of every mix of columns", arguments: [3, 40, 700, 6000])
  func order(_ n: Int) {
    var random = SystemRandomNumberGenerator()
    for round in 0..<24 {
      var keys: [Vector] = []
      for _ in 0...Int.random(in: 0..<3, using: &random) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: keys.append(RowSorterTests.strings(&random, n))
        case 1: keys.append(RowSorterTests.numbers(&random, n, -3...3))
        default: keys.append(RowSorterTests.numbers(&random, n, Int64.min...Int64.max))
        }
      }
      let columns = keys.map {
        SortKey.Column($0.type, descending: Bool.random(), nullsFirst: Bool.random())
      }
      let order = RowSorter.sorted(keys, columns: columns, count: n)
      var seen = Set<UInt32>()
      for i in 0..<n { seen.insert(order.indexes[i]) }
      #expect(seen.count == n)
      for i in 1..<n {
        let (a, b) = (Int(order.indexes[i - 1]), Int(order.indexes[i]))
        if !RowSorterTests.isOrdered(keys, columns, a, b) {
          Issue.record("round \(round): rows \(a) and \(b) of \(n) are in the wrong order")
          return
        }
      }
    }
  }

  /// Whether row `a` may stand right before row `b`.
  private static func isOrdered(
    _ keys: [Vector], _ columns: [SortKey.Column], _ a: Int, _ b: Int
  ) -> Bool {
    for (key, column) in zip(keys, columns) {
      let (left, right) = (key.isValid(a), key.isValid(b))
      if left != right { return left != column.nullsFirst }
      if !left { continue }
      let order = Compare.order(key, a, key, b)
      if order != 0 { return (order < 0) != column.descending }
    }
    return a < b
  }
}
