extension QueryGenerator {
  /// An expression of a sort; `size` bounds how deep it nests.
  mutating func expression(_ sort: Sort, _ scope: Scope, _ size: Int) -> Fragment {
    if size <= 0 { return leaf(sort, scope) }
    switch sort {
    case .integer: return integer(scope, size - 1)
    case .text: return text(scope, size - 1)
    case .boolean: return boolean(scope, size - 1)
    case .real, .decimal: return number(sort, scope, size - 1)
    case .date: return date(scope, size - 1)
    case .other: return leaf(.text, scope)
    }
  }

  mutating func leaf(_ sort: Sort, _ scope: Scope) -> Fragment {
    let columns = scope.inner.filter { $0.sort == sort }
    if !columns.isEmpty, chance(82) { return pick(columns).fragment }
    let outer = scope.outer.filter { $0.sort == sort }
    if !outer.isEmpty, chance(50) { return pick(outer).fragment }
    if sort == .boolean { return comparison(scope, 0) }
    if chance(4) {
      return Fragment(sort, "CAST(NULL AS \(RandomTable.Column(name: "", sort: sort).type))")
    }
    return literal(sort)
  }

  mutating func literal(_ sort: Sort) -> Fragment {
    let range = pick([4, 10, 40])
    return Fragment(sort, "\(RandomTable.literal(sort, range: range, &random))")
  }

  private mutating func integer(_ scope: Scope, _ size: Int) -> Fragment {
    switch random.below(15) {
    case 0...3: return leaf(.integer, scope)
    case 4, 5:
      let sign = pick(["+", "-"])
      return Fragment(
        .integer,
        "(\(expression(.integer, scope, size)) \(sign) \(expression(.integer, scope, size)))")
    case 6: return Fragment(.integer, "(\(leaf(.integer, scope)) * \(leaf(.integer, scope)))")
    case 7:
      return Fragment(.integer, "(\(expression(.integer, scope, size)) % \(1 + random.below(7)))")
    case 8: return Fragment(.integer, "abs(\(expression(.integer, scope, size)))")
    case 9: return Fragment(.integer, "length(\(expression(.text, scope, size)))")
    case 10: return Fragment(.integer, "(-\(leaf(.integer, scope)))")
    case 11 where scope.depth > 0: return scalarSubquery(.integer, scope)
    default: return general(.integer, scope, size)
    }
  }

  private mutating func text(_ scope: Scope, _ size: Int) -> Fragment {
    switch random.below(13) {
    case 0...3: return leaf(.text, scope)
    case 4:
      return Fragment(
        .text, "(\(expression(.text, scope, size)) || \(expression(.text, scope, size)))")
    case 5:
      let start = 1 + random.below(4)
      return Fragment(
        .text, "substr(\(expression(.text, scope, size)), \(start), \(random.below(5)))")
    case 6:
      let name = pick(["upper", "lower", "trim", "ltrim", "rtrim"])
      return Fragment(.text, "\(name)(\(expression(.text, scope, size)))")
    case 7:
      return Fragment(.text, "replace(\(expression(.text, scope, size)), 'a', \(literal(.text)))")
    case 8: return Fragment(.text, "CAST(\(expression(.integer, scope, size)) AS VARCHAR)")
    case 9 where scope.depth > 0: return scalarSubquery(.text, scope)
    default: return general(.text, scope, size)
    }
  }

  private mutating func number(_ sort: Sort, _ scope: Scope, _ size: Int) -> Fragment {
    switch random.below(8) {
    case 0...2: return leaf(sort, scope)
    case 3, 4:
      let sign = pick(["+", "-"])
      return Fragment(sort, "(\(leaf(sort, scope)) \(sign) \(leaf(sort, scope)))")
    case 5: return Fragment(sort, "abs(\(expression(sort, scope, size)))")
    default: return general(sort, scope, size)
    }
  }

  private mutating func date(_ scope: Scope, _ size: Int) -> Fragment {
    switch random.below(6) {
    case 0...2: return leaf(.date, scope)
    case 3: return Fragment(.date, "(\(leaf(.date, scope)) + \(random.below(60)))")
    default: return general(.date, scope, size)
    }
  }

  /// What works for every sort: CASE, coalesce, nullif.
  private mutating func general(_ sort: Sort, _ scope: Scope, _ size: Int) -> Fragment {
    switch random.below(5) {
    case 0:
      return Fragment(
        sort, "coalesce(\(expression(sort, scope, size)), \(expression(sort, scope, size)))")
    case 1:
      return Fragment(
        sort, "nullif(\(expression(sort, scope, size)), \(expression(sort, scope, size)))")
    case 2:
      let key = self.sort()
      return Fragment(
        sort,
        """
        CASE \(leaf(key, scope)) WHEN \(leaf(key, scope)) THEN \(expression(sort, scope, size)) \
        ELSE \(expression(sort, scope, size)) END
        """)
    default:
      let rest =
        chance(70) ? Fragment.optional(" ELSE \(expression(sort, scope, size))") : .none
      return Fragment(
        sort,
        """
        CASE WHEN \(expression(.boolean, scope, size)) THEN \
        \(expression(sort, scope, size))\(rest) END
        """)
    }
  }

  /// Exactly one row: an aggregate, or the first row under a total order.
  private mutating func scalarSubquery(_ sort: Sort, _ scope: Scope) -> Fragment {
    var nested = scope
    nested.depth -= 1
    let (from, inside) = source(nested)
    let filter = whereClause(inside)
    if chance(65) {
      return Fragment(sort, "(SELECT \(aggregate(sort, inside).fragment) FROM \(from)\(filter))")
    }
    let value = expression(sort, inside, 1)
    return Fragment(
      sort,
      "(SELECT \(value) AS v FROM \(from)\(filter) ORDER BY v \(direction()) LIMIT 1)")
  }
}
