package import OlapCatalog
package import OlapColumns
internal import OlapFunctions

/// A model's query in the form its maintenance works on: a tree of relational operators without
/// subquery expressions, shared relations, dependent joins, full joins or folded clock readings, in
/// which windows of one node share their partition and what reads the clock is a filter or a projection.
package struct MaintenancePlan: Sendable {
  package let plan: LogicalPlan
  package let clock: ClockReadings
  /// Tells two definitions apart, views and macros looked through: equal text, equal meaning.
  package let fingerprint: UInt64

  /// Plans of more nodes are not maintained: inlining shared relations can double them again and again.
  private static let nodeMaximum = 600
  private static let tableFunctions: Set<String> = ["range", "generate_series", "unnest"]

  /// - Parameters:
  ///   - plan: as a binder that keeps the clock left it.
  ///   - definitions: names and texts of the views and macros it was bound with.
  /// - Throws: `MaintenanceRefusal` for queries whose changes cannot be derived.
  package init(
    bound plan: LogicalPlan, definitions: [String], context: any PlanningContext,
    numbers: ColumnIDAllocator
  ) throws {
    try MaintenancePlan.check(plan)
    var clock = ClockReadings()
    var result = try clock.extract(from: plan)
    let state = OptimizerState(context: context, numbers: numbers)
    result = try SubqueryLifting(state: state).rewrite(result)
    // As the optimizer does it, so that equal rows come in the order they have in a rebuild.
    result = CTEInlining(state: state).rewrite(result)
    result = try DependentJoinElimination(state: state).rewrite(result)
    result = MaintenancePlan.narrowed(ExpressionSimplification(state: state).rewrite(result), state)
    if result.contains(where: { if case .materialize = $0 { true } else { false } }) {
      // All copies of a relation order its rows by what any of its readers uses.
      result = MaintenancePlan.narrowed(try MaintenancePlan.inlined(result, state), state)
    }
    result = MaintenanceShape(state: state).rewrite(result)
    try MaintenancePlan.checkSize(result)
    self.plan = result.projected(to: plan.columns)
    self.clock = clock
    fingerprint = MaintenancePlan.fingerprint(of: result, definitions)
  }

  // MARK: What is refused

  private static func check(_ plan: LogicalPlan) throws {
    var refusal: MaintenanceRefusal?
    plan.forEachNodeAndSubquery { node in
      switch node {
      case .sample: refusal = MaintenanceRefusal("a sample is not the same twice")
      case .tableFunction(let scan):
        if !tableFunctions.contains(scan.name.lowercased()) {
          refusal = MaintenanceRefusal("\(scan.name) reads what has no record of changes")
        }
      case .scan(let scan):
        if scan.rowID != nil {
          refusal = MaintenanceRefusal("rowid changes when the table is laid out anew")
        }
        if scan.changes != nil { refusal = MaintenanceRefusal("CHANGES(…) is not a stored table") }
      default: break
      }
      for expression in node.expressions where expression.isVolatile {
        refusal = MaintenanceRefusal("a volatile function gives another value each time")
      }
    }
    if let refusal { throw refusal }
  }

  private static func checkSize(_ plan: LogicalPlan) throws {
    var count = 0
    plan.forEachNode { _ in count += 1 }
    if count > nodeMaximum {
      throw MaintenanceRefusal("its common table expressions unfold to \(count) operators")
    }
  }

  /// Filters further down, without columns that nobody reads, equal rows in one order.
  private static func narrowed(_ plan: LogicalPlan, _ state: OptimizerState) -> LogicalPlan {
    let filtered = EmptyResults.rewrite(FilterPushdown(state: state).rewrite(plan))
    return SettledOrder.rewrite(ColumnPruning().rewrite(filtered))
  }

  /// The plan with every shared relation copied to its readers.
  private static func inlined(_ plan: LogicalPlan, _ state: OptimizerState) throws -> LogicalPlan {
    let inlining = CTEInlining(state: state)
    return try plan.rewrittenUp { node in
      guard case .materialize(let index, let definition, let body) = node else { return node }
      let result = inlining.inline(index: index, definition: definition, into: body)
      try checkSize(result)
      return result
    }
  }

  // MARK: Fingerprint

  /// The texts say what is computed; the plan, from which stored columns.
  private static func fingerprint(of plan: LogicalPlan, _ definitions: [String]) -> UInt64 {
    var text = definitions.joined(separator: "\n") + "\n" + plan.treeDescription
    plan.forEachNode { node in
      guard case .scan(let scan) = node else { return }
      text += "\n\(scan.table.id)"
      for (position, output) in scan.columns where scan.table.columnIDs.indices.contains(position) {
        text += " \(scan.table.columnIDs[position]):\(output.type)"
      }
    }
    return Hash.hash(.varchar(renumbered(text)), type: .varchar)
  }

  /// Of a definition that is not maintained: its texts and the tables it reads.
  package static func fingerprint(
    refused definitions: [String], reading tables: [TableEntry]
  ) -> UInt64 {
    let shapes = tables.map { table in
      "\(table.id) "
        + zip(table.columnIDs, table.columns).map { "\($0):\($1.name):\($1.type)" }
        .joined(separator: " ")
    }
    let text = (["not maintained"] + definitions + shapes).joined(separator: "\n")
    return Hash.hash(.varchar(text), type: .varchar)
  }

  /// The text with the numbers behind `#`, those of plan columns, in the order of their appearance: a table
  /// that gains a column which the plan does not read shifts them all.
  private static func renumbered(_ text: String) -> String {
    var numbers: [[UInt8]: Int] = [:]
    var result: [UInt8] = []
    let bytes = Array(text.utf8)
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      result.append(byte)
      position += 1
      guard byte == UInt8(ascii: "#") else { continue }
      let start = position
      while position < bytes.count, (48...57).contains(bytes[position]) { position += 1 }
      if position == start { continue }
      let digits = Array(bytes[start..<position])
      let number = numbers[digits] ?? numbers.count
      numbers[digits] = number
      result += Array(String(number).utf8)
    }
    return String(decoding: result, as: UTF8.self)
  }

  // MARK: The plan at a time

  /// A plan (part of this one) over the tables' versions in `tables` (by id) and at the clock's
  /// `values`.
  package static func version(
    of plan: LogicalPlan, tables: [EntryID: EntryID], clock values: [Value]
  ) -> LogicalPlan {
    plan.rewrittenUp { node in
      if case .scan(var scan) = node {
        if let version = tables[scan.table.id] { scan.table.id = version }
        return .scan(scan)
      }
      return values.isEmpty ? node : node.mapExpressions { $0.reading(values) }
    }
  }
}

extension LogicalPlan {
  /// Visits every node, those of subquery expressions included.
  package func forEachNodeAndSubquery(_ visit: (LogicalPlan) -> Void) {
    var pending: [LogicalPlan] = [self]
    while let node = pending.popLast() {
      visit(node)
      for expression in node.expressions {
        _ = expression.contains { part in
          if case .subquery(let subquery) = part { pending.append(subquery.plan) }
          return false
        }
      }
      pending.append(contentsOf: node.children)
    }
  }

  /// Ids of the tables scanned.
  package var scannedTables: Set<EntryID> {
    var result: Set<EntryID> = []
    forEachNode { if case .scan(let scan) = $0 { result.insert(scan.table.id) } }
    return result
  }
}
