internal import OlapColumns
internal import OlapPlanning

/// How a join matches rows and what it puts out: shared by all its workers.
final class JoinPlan: Sendable {
  let kind: JoinKind
  /// Key values of probe rows; nil for a nested loop.
  let keys: ExpressionSet?
  /// Whether NULL equals NULL, per key (IS NOT DISTINCT FROM).
  let keyMatchesNull: [Bool]
  /// ASOF: left op right over the last key, which is no hash key.
  let inequality: ComparisonOperator?
  /// The inequalities among `residual` that a sorted build side answers; nil when there are none.
  let range: RangePlan?
  /// Conditions on candidate pairs, over left columns followed by right columns. For a three-valued
  /// nested loop: all conditions as one expression.
  let residual: [any ExpressionNode]
  /// Positions the residual conditions read.
  let residualColumns: [Int]
  /// A NULL verdict counts (NOT IN).
  let isThreeValued: Bool
  let leftWidth: Int
  /// Positions to output of the left and of the right columns.
  let leftOutput: [Int]
  let rightOutput: [Int]
  /// Types of all left and of all right columns.
  let leftTypes: [SQLType]
  let rightTypes: [SQLType]

  init(
    kind: JoinKind, keys: ExpressionSet?, keyMatchesNull: [Bool], inequality: ComparisonOperator?,
    range: RangePlan? = nil, residual: [any ExpressionNode], isThreeValued: Bool, leftOutput: [Int],
    rightOutput: [Int],
    leftTypes: [SQLType], rightTypes: [SQLType]
  ) {
    self.kind = kind
    self.keys = keys
    self.keyMatchesNull = keyMatchesNull
    self.inequality = inequality
    self.range = range
    self.residual = residual.filter { !$0.canThrow } + residual.filter { $0.canThrow }
    residualColumns = residual.reduce(into: Set<Int>()) { $0.formUnion($1.columns) }.sorted()
    self.isThreeValued = isThreeValued
    leftWidth = leftTypes.count
    self.leftOutput = leftOutput
    self.rightOutput = rightOutput
    self.leftTypes = leftTypes
    self.rightTypes = rightTypes
  }

  /// Number of keys that rows are hashed by.
  var hashKeyCount: Int { (keys?.count ?? 0) - (inequality == nil ? 0 : 1) }

  /// The output for right rows without a left partner; for right semi and anti joins the rows alone.
  func rightOnly(_ rows: Chunk, _ selection: Selection) -> Chunk {
    let n = selection.count
    let left = kind.isRightExistence ? [] : leftOutput.map { Vector.nulls(leftTypes[$0], count: n) }
    let right = rightOutput.map { rows.columns[$0].gathered(selection.indexes, count: n) }
    return Chunk(columns: left + right, count: n)
  }
}
