package import OlapCatalog
package import OlapColumns
package import OlapFunctions

/// A relational plan: what the binder makes, rules rewrite and execution lowers to pipelines.
///
/// Nodes name columns by `ColumnID`. The optimized form contains no `.subquery` expression, no
/// `dependentJoin`, and the build side of every hash join is its right input.
package indirect enum LogicalPlan: Sendable {
  case scan(TableScan)
  case tableFunction(TableFunctionScan)
  /// Literal rows: VALUES, SELECT without FROM (one row, no columns), and empty results (no rows).
  case values(rows: [[BoundExpression]], columns: [PlanColumn])
  case filter(LogicalPlan, [BoundExpression])
  /// Output is exactly the listed columns; pass-through columns are `.column` expressions keeping ids.
  case project(LogicalPlan, [Projection])
  case aggregate(Aggregate)
  case window(LogicalPlan, [BoundWindowCall])
  case join(Join)
  /// right is evaluated once per left row (LATERAL, correlated subqueries); removed by decorrelation.
  case dependentJoin(Join, correlated: Set<ColumnID>)
  case sort(LogicalPlan, [SortItem])
  /// ORDER BY … LIMIT fused.
  case topN(LogicalPlan, [SortItem], limit: Int, offset: Int)
  case limit(LogicalPlan, Limit)
  /// DISTINCT over all columns, or DISTINCT ON (keys): the first row per key in `orderBy`.
  case distinct(LogicalPlan, on: [BoundExpression]?, orderBy: [SortItem])
  /// Inputs have equal column counts and types by position; `columns` are the fresh outputs.
  case setOperation(SetOperation)
  /// `definition` is computed once; `.cteScan`s of the same index inside `body` read it.
  case materialize(index: Int, definition: LogicalPlan, body: LogicalPlan)
  case cteScan(index: Int, columns: [PlanColumn])
  case recursiveCTE(RecursiveCTE)
  /// Reads the previous iteration's rows inside a recursive CTE.
  case workingTableScan(index: Int, columns: [PlanColumn])
  case unnest(Unnest)
  case sample(LogicalPlan, Sample)
}

package struct TableScan: Sendable {
  package var table: TableEntry
  /// Scanned columns: position in table.columns and the output column.
  package var columns: [(position: Int, output: PlanColumn)]
  /// Evaluated inside the scan, exactly.
  package var predicates: [ScanPredicate]
  /// Join filters from the build sides of joins above: published under this id at run time.
  package var joinFilters: [(filter: Int, position: Int)]
  /// When set, the scan also outputs the row id (BIGINT) as this column.
  package var rowID: PlanColumn?
  /// CHANGES(t, from, to): scan the change feed; adds `_change_type`, `_commit` columns at the end.
  package var changes: (from: UInt64, to: UInt64)?
  /// Restricts the scan to these row groups; nil = all.
  package var alias: String
  package init(table: TableEntry, columns: [(position: Int, output: PlanColumn)], alias: String) {
    self.table = table
    self.columns = columns
    self.predicates = []
    self.joinFilters = []
    self.rowID = nil
    self.changes = nil
    self.alias = alias
  }
}

package struct TableFunctionScan: Sendable {
  package var name: String
  package var bound: TableFunction.Bound
  /// Projected columns: position in bound.columns and the output column.
  package var columns: [(position: Int, output: PlanColumn)]
  /// Conditions on positions in bound.columns that the source may use to leave rows out; they are
  /// checked again above.
  package var filters: [ScanPredicate] = []
  package init(
    name: String, bound: TableFunction.Bound, columns: [(position: Int, output: PlanColumn)]
  ) {
    self.name = name
    self.bound = bound
    self.columns = columns
  }
}

package struct Projection: Sendable, Hashable {
  package var expression: BoundExpression
  package var output: PlanColumn
  package init(_ expression: BoundExpression, as output: PlanColumn) {
    self.expression = expression
    self.output = output
  }
}

package struct BoundAggregateCall: Sendable {
  package var function: AggregateFunction
  package var bound: BoundAggregate
  package var arguments: [BoundExpression]
  package var isDistinct: Bool
  package var filter: BoundExpression?
  package var orderBy: [SortItem]
  package var output: PlanColumn
  package init(
    function: AggregateFunction, bound: BoundAggregate, arguments: [BoundExpression],
    isDistinct: Bool = false, filter: BoundExpression? = nil, orderBy: [SortItem] = [],
    output: PlanColumn
  ) {
    self.function = function
    self.bound = bound
    self.arguments = arguments
    self.isDistinct = isDistinct
    self.filter = filter
    self.orderBy = orderBy
    self.output = output
  }
}

/// GROUP BY. Output: the group columns, then the aggregates, then `grouping` columns.
package struct Aggregate: Sendable {
  package var input: LogicalPlan
  package var groups: [Projection]
  package var calls: [BoundAggregateCall]
  /// GROUPING SETS as positions into `groups`; nil = one set of all groups. With no groups and nil
  /// there is exactly one output row.
  package var groupingSets: [[Int]]?
  /// GROUPING(…) results: bit mask over the given group positions (first = highest bit).
  package var groupingCalls: [(positions: [Int], output: PlanColumn)]
  package init(
    input: LogicalPlan, groups: [Projection], calls: [BoundAggregateCall],
    groupingSets: [[Int]]? = nil,
    groupingCalls: [(positions: [Int], output: PlanColumn)] = []
  ) {
    self.input = input
    self.groups = groups
    self.calls = calls
    self.groupingSets = groupingSets
    self.groupingCalls = groupingCalls
  }
}

/// Window functions that are not aggregates.
package enum WindowFunction: String, Sendable, Hashable {
  case rowNumber, rank, denseRank, percentRank, cumeDist, ntile, lag, lead, firstValue, lastValue,
    nthValue, fill
}

package struct WindowFrame: Sendable, Hashable {
  package enum Unit: String, Sendable, Hashable { case rows, range, groups }
  package enum Bound: Sendable, Hashable {
    case unboundedPreceding, unboundedFollowing, currentRow
    case preceding(BoundExpression)
    case following(BoundExpression)
  }
  package enum Exclusion: String, Sendable, Hashable { case noOthers, currentRow, group, ties }
  package var unit: Unit
  package var start: Bound
  package var end: Bound
  package var exclusion: Exclusion
  package init(unit: Unit, start: Bound, end: Bound, exclusion: Exclusion) {
    self.unit = unit
    self.start = start
    self.end = end
    self.exclusion = exclusion
  }
}

package struct BoundWindowCall: Sendable {
  package enum Function: Sendable {
    case aggregate(AggregateFunction, BoundAggregate)
    case window(WindowFunction)
  }
  package var function: Function
  package var arguments: [BoundExpression]
  package var partitionBy: [BoundExpression]
  package var orderBy: [SortItem]
  package var frame: WindowFrame
  package var ignoreNulls: Bool
  package var isDistinct: Bool
  package var filter: BoundExpression?
  /// ORDER BY inside an aggregate's arguments.
  package var argumentOrderBy: [SortItem]
  package var output: PlanColumn
  package init(
    function: Function, arguments: [BoundExpression], partitionBy: [BoundExpression],
    orderBy: [SortItem], frame: WindowFrame, ignoreNulls: Bool, isDistinct: Bool,
    filter: BoundExpression?, argumentOrderBy: [SortItem], output: PlanColumn
  ) {
    self.function = function
    self.arguments = arguments
    self.partitionBy = partitionBy
    self.orderBy = orderBy
    self.frame = frame
    self.ignoreNulls = ignoreNulls
    self.isDistinct = isDistinct
    self.filter = filter
    self.argumentOrderBy = argumentOrderBy
    self.output = output
  }
}

package enum JoinKind: String, Sendable, Hashable {
  case inner, left, right, full, cross
  /// Left rows with (without) a match; output is the left columns.
  case semi, anti
  /// Right rows with (without) a match (build side emitted after the probe).
  case rightSemi, rightAnti
  /// Left columns plus `mark`: TRUE, FALSE or NULL (NOT IN semantics when `nullAware`).
  case mark
  /// Left columns plus right columns of at most one match (NULLs without); two matches are an error.
  case single
  case asof, asofLeft
  case positional
}

package struct Join: Sendable {
  package var kind: JoinKind
  package var left: LogicalPlan
  package var right: LogicalPlan
  /// Conjuncts; `comparison(.equal | .notDistinctFrom, leftSide, rightSide)` become hash keys (sides in
  /// either order), the rest is residual. ASOF: exactly one inequality besides.
  package var conditions: [BoundExpression]
  package var mark: PlanColumn?
  /// anti/mark joins from NOT IN: NULL keys make the result unknown.
  package var nullAware: Bool
  /// Filters this join's build publishes: id, and the position among `conditions` of the equality.
  package var publishedFilters: [(filter: Int, condition: Int)]
  /// Estimated output rows, from the optimizer.
  package var estimatedRows: Double?
  package init(kind: JoinKind, left: LogicalPlan, right: LogicalPlan, conditions: [BoundExpression])
  {
    self.kind = kind
    self.left = left
    self.right = right
    self.conditions = conditions
    self.mark = nil
    self.nullAware = false
    self.publishedFilters = []
    self.estimatedRows = nil
  }
}

package struct Limit: Sendable {
  /// BIGINT expressions without columns; nil = none.
  package var count: BoundExpression?
  package var offset: BoundExpression?
  /// LIMIT n%: `count` is a DOUBLE percentage.
  package var isPercent: Bool
  /// WITH TIES: the input is sorted by these.
  package var tieOrder: [SortItem]?
  package init(
    count: BoundExpression?, offset: BoundExpression?, isPercent: Bool = false,
    tieOrder: [SortItem]? = nil
  ) {
    self.count = count
    self.offset = offset
    self.isPercent = isPercent
    self.tieOrder = tieOrder
  }
}

package struct SetOperation: Sendable {
  package enum Kind: String, Sendable, Hashable { case union, intersect, except }
  package var kind: Kind
  package var isAll: Bool
  package var inputs: [LogicalPlan]
  package var columns: [PlanColumn]
  package init(kind: Kind, isAll: Bool, inputs: [LogicalPlan], columns: [PlanColumn]) {
    self.kind = kind
    self.isAll = isAll
    self.inputs = inputs
    self.columns = columns
  }
}

package struct RecursiveCTE: Sendable {
  package var index: Int
  package var initial: LogicalPlan
  package var step: LogicalPlan
  package var isUnionAll: Bool
  /// USING KEY column positions; nil = none.
  package var keyColumns: [Int]?
  package var columns: [PlanColumn]
  package init(
    index: Int, initial: LogicalPlan, step: LogicalPlan, isUnionAll: Bool, keyColumns: [Int]?,
    columns: [PlanColumn]
  ) {
    self.index = index
    self.initial = initial
    self.step = step
    self.isUnionAll = isUnionAll
    self.keyColumns = keyColumns
    self.columns = columns
  }
}

/// UNNEST: input columns plus one column per list; lists of one row are padded with NULL to the
/// longest. Rows whose lists are all empty or NULL vanish unless `keepsEmpty`.
package struct Unnest: Sendable {
  package var input: LogicalPlan
  package var lists: [Projection]
  package var ordinality: PlanColumn?
  package var keepsEmpty: Bool
  package init(
    input: LogicalPlan, lists: [Projection], ordinality: PlanColumn? = nil, keepsEmpty: Bool = false
  ) {
    self.input = input
    self.lists = lists
    self.ordinality = ordinality
    self.keepsEmpty = keepsEmpty
  }
}

package struct Sample: Sendable {
  package enum Size: Sendable {
    case rows(Int)
    case percent(Double)
  }
  package enum Method: String, Sendable { case reservoir, bernoulli, system }
  package var size: Size
  package var method: Method
  package var seed: UInt64?
  package init(size: Size, method: Method, seed: UInt64?) {
    self.size = size
    self.method = method
    self.seed = seed
  }
}
