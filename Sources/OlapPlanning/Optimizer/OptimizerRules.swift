/// One rewriting step: a pure function from plan to plan.
package struct OptimizerRule: Sendable {
  /// Lower-case, for `disabled_optimizers` and EXPLAIN (rules).
  package let name: String
  /// Runs even when the optimizer is off: execution relies on it.
  package let isMandatory: Bool
  package let apply: @Sendable (LogicalPlan, OptimizerState) throws -> LogicalPlan

  init(
    _ name: String, isMandatory: Bool = false,
    apply: @escaping @Sendable (LogicalPlan, OptimizerState) throws -> LogicalPlan
  ) {
    self.name = name
    self.isMandatory = isMandatory
    self.apply = apply
  }
}

/// The rules, in the order they run.
package enum OptimizerRules {
  package static let ordered: [OptimizerRule] = [
    OptimizerRule("subquery_lifting", isMandatory: true) { plan, state in
      try SubqueryLifting(state: state).rewrite(plan)
    },
    OptimizerRule("cte_inlining") { plan, state in CTEInlining(state: state).rewrite(plan) },
    OptimizerRule("decorrelation", isMandatory: true) { plan, state in
      try DependentJoinElimination(state: state).rewrite(plan)
    },
    OptimizerRule("expression_simplification") { plan, state in
      ExpressionSimplification(state: state).rewrite(plan)
    },
    OptimizerRule("filter_pushdown") { plan, state in FilterPushdown(state: state).rewrite(plan) },
    OptimizerRule("empty_results") { plan, _ in EmptyResults.rewrite(plan) },
    OptimizerRule("column_pruning") { plan, _ in ColumnPruning().rewrite(plan) },
    OptimizerRule("settled_order", isMandatory: true) { plan, state in
      state.context.setting("settled_order") == nil ? plan : SettledOrder.rewrite(plan)
    },
    OptimizerRule("dependent_groups") { plan, state in
      try DependentGroups(state: state).rewrite(plan)
    },
    OptimizerRule("aggregate_rewrites") { plan, state in
      AggregateRewrites(state: state).rewrite(plan)
    },
    OptimizerRule("join_order") { plan, state in JoinOrdering(state: state).rewrite(plan) },
    OptimizerRule("common_expressions") { plan, state in
      CommonExpressions(state: state).rewrite(plan)
    },
    OptimizerRule("limits") { plan, _ in LimitRules.rewrite(plan) },
    OptimizerRule("scan_predicates") { plan, _ in ScanPredicates.rewrite(plan) },
    OptimizerRule("unused_columns") { plan, _ in ColumnPruning().rewrite(plan) },
    OptimizerRule("build_side") { plan, state in BuildSide(state: state).rewrite(plan) },
    OptimizerRule("join_filters") { plan, state in JoinFilters(state: state).rewrite(plan) },
  ]
}
