internal import OlapColumns

/// Rewrites a bound plan into the form execution runs: no subquery expressions, no dependent joins,
/// filters and columns pushed into scans, joins ordered, build sides on the right.
///
/// The work is a fixed list of rules (`OptimizerRules`), each a pure function of the plan.
/// Settings: `disabled_optimizers` names rules to skip, separated by commas; `enable_optimizer` = false
/// skips all. Mandatory rules (decorrelation) always run.
package struct Optimizer {
  private let context: any PlanningContext
  private let numbers: ColumnIDAllocator?

  /// - Parameter numbers: the allocator the binder used; when nil, numbers above the plan's own.
  package init(context: any PlanningContext, numbers: ColumnIDAllocator? = nil) {
    self.context = context
    self.numbers = numbers
  }

  /// The optimized plan; its output columns are those of `plan`, in the same order.
  /// - Throws: `BindError` for the rare query shapes that cannot be decorrelated.
  package func optimize(_ plan: LogicalPlan) throws -> LogicalPlan {
    try DeepRecursion.run(depth: plan.nestingDepth) {
      try apply(plan) { _, _ in }
    }
  }

  /// One rule's effect, for EXPLAIN (rules) and tests.
  package struct Step: Sendable {
    package let rule: String
    package let plan: LogicalPlan
  }

  /// The optimized plan and the plan after each rule that changed it.
  package func optimizeTracing(
    _ plan: LogicalPlan
  ) throws -> (plan: LogicalPlan, steps: [Step]) {
    var steps: [Step] = []
    var last = plan.treeDescription
    let result = try DeepRecursion.run(depth: plan.nestingDepth) {
      try apply(plan) { rule, plan in
        let text = plan.treeDescription
        if text == last { return }
        last = text
        steps.append(Step(rule: rule, plan: plan))
      }
    }
    return (result, steps)
  }

  private func apply(
    _ plan: LogicalPlan, observe: (String, LogicalPlan) -> Void
  ) throws -> LogicalPlan {
    let state = OptimizerState(
      context: context, numbers: numbers ?? ColumnIDAllocator(above: plan))
    let disabled = disabledRules
    var result = plan
    for rule in OptimizerRules.ordered {
      if !rule.isMandatory && (disabled.contains("all") || disabled.contains(rule.name)) {
        continue
      }
      result = try rule.apply(result, state)
      observe(rule.name, result)
    }
    return result.projected(to: plan.columns)
  }

  private var disabledRules: Set<String> {
    var names: Set<String> = []
    if let list = context.setting("disabled_optimizers") {
      for name in list.split(separator: ",") {
        names.insert(String(name.filter { $0 != " " }).lowercased())
      }
    }
    if let state = context.setting("enable_optimizer")?.lowercased(),
      state == "off" || state == "false" || state == "0"
    {
      names.insert("all")
    }
    return names
  }
}

extension ColumnIDAllocator {
  /// An allocator whose numbers do not occur in the plan.
  convenience init(above plan: LogicalPlan) {
    var column = -1
    var relation = -1
    var pending: [LogicalPlan] = [plan]
    while let node = pending.popLast() {
      for produced in node.producedColumns { column = max(column, produced.id.raw) }
      switch node {
      case .materialize(let index, _, _): relation = max(relation, index)
      case .recursiveCTE(let cte): relation = max(relation, cte.index)
      default: break
      }
      for expression in node.expressions {
        _ = expression.contains { part in
          switch part {
          case .subquery(let subquery): pending.append(subquery.plan)
          case .lambdaCall(let call):
            for parameter in call.parameters { column = max(column, parameter.id.raw) }
          default: break
          }
          return false
        }
      }
      pending.append(contentsOf: node.children)
    }
    self.init(firstColumn: column + 1, firstRelation: relation + 1)
  }
}
