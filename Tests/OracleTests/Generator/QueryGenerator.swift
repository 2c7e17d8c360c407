import OlapTestSupport

/// Writes random queries over given tables, typed so that both engines must take them.
///
/// With only `integer` and `text` columns the queries keep to what SQLite and this engine share: no
/// division, no implicit casts, every LIMIT under a total order.
struct QueryGenerator {
  /// An expression that may be used where a column may.
  struct Column {
    let fragment: Fragment
    var sort: Sort { fragment.sort }
  }

  /// Names an expression may use.
  struct Scope {
    var inner: [Column] = []
    /// Columns of enclosing queries.
    var outer: [Column] = []
    /// How many subqueries may still be nested.
    var depth = 2
  }

  struct Relation {
    let fragment: Fragment
    let columns: [Column]
    /// The column that is unique among its rows, when there is one.
    let key: Column?
    let rowCount: Int
  }

  var random: SeededGenerator
  let tables: [RandomTable]
  /// Column sorts in use; more than integer and text leave SQLite's dialect.
  let sorts: [Sort]
  /// Whether SQLite runs the queries too.
  var isCommonDialect: Bool { sorts == [.integer, .text] }
  var commonTables: [(name: String, sorts: [Sort])] = []
  private var aliasCount = 0

  init(seed: UInt64, tables: [RandomTable], sorts: [Sort]) {
    random = SeededGenerator(seed: seed)
    self.tables = tables
    self.sorts = sorts
  }

  mutating func chance(_ percent: Int) -> Bool { random.below(100) < percent }
  mutating func pick<T>(_ items: [T]) -> T { items[random.below(items.count)] }
  mutating func alias() -> String {
    aliasCount += 1
    return "r\(aliasCount)"
  }

  mutating func sort() -> Sort { pick(sorts) }

  /// A whole statement and whether its rows come in one defined order.
  mutating func statement() -> (query: Fragment, isOrdered: Bool) {
    aliasCount = 0
    commonTables = []
    var with: [Fragment] = []
    if chance(20) { with.append(commonTable()) }
    if chance(8) { with.append(recursiveTable()) }
    let count = 1 + random.below(4)
    let output = (0..<count).map { _ in sort() }
    let body = query(output, Scope())
    let prefix =
      with.isEmpty
      ? Fragment.none : Fragment(.other, "WITH RECURSIVE \(Fragment.list(with)) ")
    guard chance(50) else { return (Fragment(.other, "\(prefix)\(body)"), false) }
    let order = (1...count).map { "\($0) \(direction())" }.joined(separator: ", ")
    let limit = chance(50) ? Fragment.optional("\(limitClause())") : .none
    // The order lies in a query of its own: positions mean the same everywhere.
    let result = Fragment(
      .other, "\(prefix)SELECT * FROM (\(body)) AS q ORDER BY \(order)\(limit)")
    return (result, true)
  }

  mutating func direction() -> String {
    pick(["ASC", "DESC"]) + pick([" NULLS FIRST", " NULLS LAST"])
  }

  private mutating func limitClause() -> String {
    " LIMIT \(random.below(12))" + (chance(30) ? " OFFSET \(random.below(6))" : "")
  }

  /// A query of any form whose columns are named k0, k1, … and have the given sorts.
  mutating func query(_ output: [Sort], _ scope: Scope) -> Fragment {
    switch random.below(100) {
    case 0..<45: return plain(output, scope)
    case 45..<75: return grouped(output, scope)
    case 75..<88: return windowed(output, scope)
    default:
      let operation = pick(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"])
      var nested = scope
      nested.depth -= 1
      let left = plain(output, nested)
      let right = chance(30) && nested.depth > 0 ? grouped(output, nested) : plain(output, nested)
      return Fragment(.other, "\(left) \(operation) \(right)")
    }
  }

  mutating func plain(_ output: [Sort], _ scope: Scope) -> Fragment {
    let (from, inside) = source(scope)
    let items = output.enumerated().map { index, sort in
      Fragment(.other, "\(expression(sort, inside, 2)) AS k\(index)")
    }
    let distinct = chance(20) ? Fragment.optional("DISTINCT ") : .none
    return Fragment(
      .other, "SELECT \(distinct)\(Fragment.list(items)) FROM \(from)\(whereClause(inside))")
  }

  mutating func whereClause(_ scope: Scope) -> Fragment {
    guard chance(65) else { return .none }
    return Fragment.optional(" WHERE \(expression(.boolean, scope, 3))")
  }

  mutating func grouped(_ output: [Sort], _ scope: Scope) -> Fragment {
    let (from, inside) = source(scope)
    let filter = whereClause(inside)
    var keys: [Column] = []
    for _ in 0..<random.below(3) { keys.append(groupKey(inside)) }
    var results = Scope(inner: keys, outer: scope.outer, depth: 0)
    for _ in 0..<(1 + random.below(3)) { results.inner.append(aggregate(sort(), inside)) }
    for sort in Set(output) { results.inner.append(aggregate(sort, inside)) }
    let items = output.enumerated().map { index, sort in
      Fragment(.other, "\(expression(sort, results, chance(60) ? 0 : 1)) AS k\(index)")
    }
    let group =
      keys.isEmpty
      ? Fragment.none
      : Fragment.optional(" GROUP BY \(Fragment.list(keys.map { $0.fragment }))")
    let having =
      chance(30) ? Fragment.optional(" HAVING \(expression(.boolean, results, 2))") : .none
    return Fragment(.other, "SELECT \(Fragment.list(items)) FROM \(from)\(filter)\(group)\(having)")
  }

  /// A column, or an expression of one: a bare literal would be a position.
  private mutating func groupKey(_ scope: Scope) -> Column {
    let column = pick(scope.inner)
    guard column.sort == .integer, chance(25) else { return column }
    return Column(fragment: Fragment(.integer, "(\(column.fragment) % \(2 + random.below(4)))"))
  }

  /// An aggregate of the innermost columns.
  mutating func aggregate(_ sort: Sort, _ scope: Scope) -> Column {
    let inside = Scope(inner: scope.inner, outer: [], depth: 0)
    var call: Template
    let isReal = sort == .real
    switch (sort, random.below(6)) {
    case (.integer, 0): call = "count(*)"
    case (.integer, 1): call = "count(\(expression(self.sort(), inside, 1)))"
    case (.integer, 2): call = "count(DISTINCT \(expression(self.sort(), inside, 1)))"
    case (.integer, 3):
      call = "sum(\(chance(20) ? "DISTINCT " : "")\(expression(.integer, inside, 1)))"
    case (.boolean, _):
      let bound = expression(.integer, inside, 1)
      return Column(fragment: Fragment(.boolean, "(max(\(bound)) > \(random.below(20)))"))
    default:
      call =
        "\(pick(isReal ? ["min", "max", "sum"] : ["min", "max"]))(\(expression(sort, inside, 1)))"
    }
    let filter =
      chance(15) ? Fragment.optional(" FILTER (WHERE \(expression(.boolean, inside, 1)))") : .none
    return Column(fragment: Fragment(sort, "\(Fragment(.other, call))\(filter)"))
  }
}
