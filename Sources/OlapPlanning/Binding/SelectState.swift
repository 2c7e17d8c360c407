internal import OlapColumns
internal import OlapSQL

/// One item of a SELECT list after stars were expanded.
final class SelectItemState {
  enum Progress { case waiting, running, done }
  let expression: Expression?
  let name: String
  /// Whether `name` was written as an alias, so that other clauses may use it.
  let alias: String?
  var progress = Progress.waiting
  var bound: BoundExpression?
  var usesAggregate = false
  var usesWindow = false
  var usesUnnest = false
  /// The functions of its COLLATE, if any: what compares it applies them.
  var collation: [String] = []

  init(expression: Expression, name: String, alias: String?) {
    self.expression = expression
    self.name = name
    self.alias = alias
  }

  /// An item that is bound already: a column of a star.
  init(bound: BoundExpression, name: String) {
    self.expression = nil
    self.name = name
    self.alias = nil
    self.bound = bound
    self.progress = .done
  }
}

/// What the expressions of one SELECT block have asked for: aggregates, windows, unnests.
///
/// Expressions are bound over the columns of FROM; calls become placeholder columns. When all are
/// known, `GroupingRewriter` maps the expressions onto the aggregate's output.
final class SelectState {
  var items: [SelectItemState] = []
  var aggregates: [BoundAggregateCall] = []
  /// GROUPING(…) calls: arguments as bound, positions found when the groups are known.
  var groupingCalls: [(arguments: [BoundExpression], output: PlanColumn, range: SourceRange)] = []
  var windows: [BoundWindowCall] = []
  /// UNNEST calls by level: a level's lists may mention columns of the levels before.
  var unnests: [Projection] = []
  var namedWindows: [String: WindowSpecification] = [:]
  var windowsInProgress: Set<String> = []
}
