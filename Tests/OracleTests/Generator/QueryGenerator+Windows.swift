extension QueryGenerator {
  /// A query whose columns may be window functions.
  mutating func windowed(_ output: [Sort], _ scope: Scope) -> Fragment {
    let (from, relations) = joined(scope)
    var inside = scope
    inside.inner = relations.flatMap { $0.columns }
    inside.outer = scope.outer + scope.inner
    // Keys of every relation together order the rows of a join but for rows that are equal in all.
    let keys = relations.compactMap { $0.key }
    let isTotal = keys.count == relations.count
    let items = output.enumerated().map { index, sort in
      let value =
        chance(75) ? window(sort, inside, keys: isTotal ? keys : []) : expression(sort, inside, 2)
      return Fragment(.other, "\(value) AS k\(index)")
    }
    return Fragment(.other, "SELECT \(Fragment.list(items)) FROM \(from)\(whereClause(inside))")
  }

  private mutating func window(_ sort: Sort, _ scope: Scope, keys: [Column]) -> Fragment {
    let inside = Scope(inner: scope.inner, outer: [], depth: 0)
    let partition =
      chance(60)
      ? Fragment.optional("PARTITION BY \(pick(scope.inner).fragment) ") : .none
    var order: [Fragment] = []
    if chance(70) || !keys.isEmpty {
      order.append(Fragment(.other, "\(pick(scope.inner).fragment) \(direction())"))
    }
    let isTotal = !keys.isEmpty && chance(75)
    if isTotal {
      for key in keys { order.append(Fragment(.other, "\(key.fragment) \(direction())")) }
    }
    let orderBy =
      order.isEmpty ? Fragment.none : Fragment(.other, "ORDER BY \(Fragment.list(order))")
    if isTotal, chance(60) {
      return Fragment(
        sort, "\(positional(sort, inside)) OVER (\(partition)\(orderBy)\(rowsFrame()))")
    }
    if sort == .integer, chance(30), !order.isEmpty {
      return Fragment(.integer, "\(pick(["rank", "dense_rank"]))() OVER (\(partition)\(orderBy))")
    }
    let frame = !order.isEmpty && chance(40) ? groupsFrame() : .none
    return Fragment(
      sort, "\(plainAggregate(sort, inside)) OVER (\(partition)\(orderBy)\(frame))")
  }

  /// A function that depends on the exact place of each row.
  private mutating func positional(_ sort: Sort, _ scope: Scope) -> Fragment {
    let value = expression(sort, scope, 1)
    switch random.below(sort == .integer ? 8 : 5) {
    case 0: return Fragment(.other, "first_value(\(value))")
    case 1: return Fragment(.other, "last_value(\(value))")
    case 2: return Fragment(.other, "nth_value(\(value), \(1 + random.below(3)))")
    case 3: return Fragment(.other, "\(pick(["lag", "lead"]))(\(value), \(random.below(3)))")
    case 5: return Fragment(.other, "row_number()")
    case 6: return Fragment(.other, "ntile(\(1 + random.below(4)))")
    default: return plainAggregate(sort, scope)
    }
  }

  private mutating func plainAggregate(_ sort: Sort, _ scope: Scope) -> Fragment {
    if sort == .boolean { return Fragment(.other, "2 < count(\(expression(.integer, scope, 1)))") }
    if sort == .integer, chance(70) {
      let name = pick(["sum", "count"])
      return Fragment(.other, "\(name)(\(expression(.integer, scope, 1)))")
    }
    return Fragment(.other, "\(pick(["min", "max"]))(\(expression(sort, scope, 1)))")
  }

  private mutating func rowsFrame() -> Fragment {
    if chance(40) { return .none }
    return Fragment.optional(" ROWS BETWEEN \(bounds())\(exclusion())")
  }

  /// Frames that treat equal rows alike.
  private mutating func groupsFrame() -> Fragment {
    Fragment.optional(" \(pick(["GROUPS", "GROUPS", "RANGE"])) BETWEEN \(peerBounds())")
  }

  private mutating func bounds() -> String {
    let n = random.below(3)
    return pick([
      "UNBOUNDED PRECEDING AND CURRENT ROW", "\(n) PRECEDING AND \(n + 1) FOLLOWING",
      "CURRENT ROW AND UNBOUNDED FOLLOWING", "\(n + 2) PRECEDING AND \(n) PRECEDING",
      "\(n) FOLLOWING AND \(n + 2) FOLLOWING",
      "UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", "UNBOUNDED PRECEDING AND \(n) PRECEDING",
    ])
  }

  private mutating func peerBounds() -> String {
    pick([
      "UNBOUNDED PRECEDING AND CURRENT ROW", "CURRENT ROW AND UNBOUNDED FOLLOWING",
      "UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", "CURRENT ROW AND CURRENT ROW",
    ])
  }

  private mutating func exclusion() -> String {
    chance(80) ? "" : pick([" EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP"])
  }
}
