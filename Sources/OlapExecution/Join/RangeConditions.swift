internal import OlapColumns
internal import OlapPlanning

/// The inequalities of a join without equalities, as a sorted build side can answer them.
struct RangeConditions {
  /// The right expression that build rows are sorted by.
  let sorted: BoundExpression
  /// What bounds it: left op right.
  let bounds: [(left: BoundExpression, comparison: ComparisonOperator)]
  /// One more inequality over another right expression: left op right.
  let filter: (left: BoundExpression, comparison: ComparisonOperator, right: BoundExpression)?
  /// The conditions left, over both sides' columns.
  let rest: [BoundExpression]

  typealias Inequality = (
    position: Int, left: BoundExpression, comparison: ComparisonOperator, right: BoundExpression
  )

  /// Nil when no inequality compares values that eight bytes can order.
  init?(_ inequalities: [Inequality], of conditions: [BoundExpression]) {
    let usable = inequalities.filter {
      Join.ordersInEightBytes($0.right.type) && $0.left.type == $0.right.type
    }
    guard let first = usable.first else { return nil }
    // A value between two bounds of the other side is found as one stretch.
    let key =
      usable.first { one in usable.contains { $0.position != one.position && $0.right == one.right }
      } ?? first
    sorted = key.right
    let bounding = usable.filter { $0.right == key.right }
    bounds = bounding.map { ($0.left, $0.comparison) }
    let other = usable.first { $0.right != key.right }
    filter = other.map { ($0.left, $0.comparison, $0.right) }
    let used = Set(bounding.map { $0.position } + [other?.position].compactMap { $0 })
    rest = conditions.indices.filter { !used.contains($0) }.map { conditions[$0] }
  }

  /// Expressions over the left side: of the bounds, then the filter's.
  var leftKeys: [BoundExpression] { bounds.map { $0.left } + (filter.map { [$0.left] } ?? []) }
  /// Expressions over the right side: the sorted one, then the filter's.
  var rightKeys: [BoundExpression] { [sorted] + (filter.map { [$0.right] } ?? []) }
}

/// How the probe side of a range join asks.
struct RangePlan: Sendable {
  /// Of the bounds, then the filter's.
  let leftKeys: ExpressionSet
  let bounds: [ComparisonOperator]
  let filter: ComparisonOperator?
  /// Conditions on the pairs found, over left columns followed by right columns.
  let rest: [any ExpressionNode]
  let restColumns: [Int]
}

/// Values as numbers of eight bytes in the same order.
enum RangeCodes {
  /// One number per row of a vector; of a NULL any.
  static func encode(_ vector: Vector) -> Buffer {
    let layout = SortKey.Layout(columns: [
      SortKey.Column(vector.type, descending: false, nullsFirst: false, nullable: false)
    ])
    let codes = Buffer(byteCount: Swift.max(1, vector.count) * 8)
    layout.encode([vector], count: vector.count, into: codes.bytes)
    let numbers = codes.bytes.assumingMemoryBound(to: UInt64.self)
    for i in 0..<vector.count { numbers[i] = numbers[i].byteSwapped }
    return codes
  }
}
