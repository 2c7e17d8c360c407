extension QueryGenerator {
  mutating func boolean(_ scope: Scope, _ size: Int) -> Fragment {
    switch random.below(20) {
    case 0...5: return comparison(scope, size)
    case 6...8:
      let word = pick(["AND", "OR"])
      return Fragment(
        .boolean,
        "(\(expression(.boolean, scope, size)) \(word) \(expression(.boolean, scope, size)))")
    case 9: return Fragment(.boolean, "(NOT \(expression(.boolean, scope, size)))")
    case 10, 11:
      let word = pick(["IS NULL", "IS NOT NULL"])
      return Fragment(.boolean, "(\(expression(sort(), scope, size)) \(word))")
    case 12: return membership(scope, size)
    case 13:
      let operand = sort()
      let word = pick(["BETWEEN", "NOT BETWEEN"])
      return Fragment(
        .boolean,
        "(\(leaf(operand, scope)) \(word) \(leaf(operand, scope)) AND \(leaf(operand, scope)))")
    case 14:
      let patterns = ["a%", "%a%", "_", "%b", "a_b", "%", "", "%e%c%", "more%rs", "%a"]
      let word = pick(["LIKE", "NOT LIKE"])
      return Fragment(
        .boolean, "(\(expression(.text, scope, size)) \(word) '\(pick(patterns))')")
    case 15:
      let word = pick(["IS TRUE", "IS FALSE", "IS NOT TRUE", "IS NOT FALSE"])
      return Fragment(.boolean, "(\(comparison(scope, size)) \(word))")
    case 16 where scope.depth > 0, 17 where scope.depth > 0: return exists(scope)
    case 18 where scope.depth > 0, 19 where scope.depth > 0: return inSubquery(scope)
    default: return comparison(scope, size)
    }
  }

  mutating func comparison(_ scope: Scope, _ size: Int) -> Fragment {
    let operand = sort()
    let signs = ["=", "=", "=", "<>", "<", "<=", ">", ">="]
    let sign = chance(10) ? pick(["IS DISTINCT FROM", "IS NOT DISTINCT FROM"]) : pick(signs)
    let left = expression(operand, scope, size - 1)
    let right = chance(50) ? literal(operand) : expression(operand, scope, size - 1)
    return Fragment(.boolean, "(\(left) \(sign) \(right))")
  }

  private mutating func membership(_ scope: Scope, _ size: Int) -> Fragment {
    let operand = sort()
    var items = (0..<(1 + random.below(4))).map { _ in literal(operand) }
    if chance(15) { items.append(Fragment(.other, "NULL")) }
    let word = pick(["IN", "NOT IN"])
    return Fragment(
      .boolean, "(\(expression(operand, scope, size)) \(word) (\(Fragment.list(items))))")
  }

  private mutating func exists(_ scope: Scope) -> Fragment {
    var nested = scope
    nested.depth -= 1
    let (from, inside) = source(nested)
    let word = pick(["EXISTS", "NOT EXISTS"])
    return Fragment(
      .boolean, "(\(word) (SELECT 1 FROM \(from) WHERE \(correlation(inside))))")
  }

  private mutating func inSubquery(_ scope: Scope) -> Fragment {
    var nested = scope
    nested.depth -= 1
    let operand = sort()
    let value = expression(operand, scope, 1)
    let word = pick(["IN", "NOT IN"])
    if chance(20) {
      return Fragment(.boolean, "(\(value) \(word) (\(grouped([operand], nested))))")
    }
    let (from, inside) = source(nested)
    let condition =
      chance(60) ? Fragment.optional(" WHERE \(correlation(inside))") : whereClause(inside)
    return Fragment(
      .boolean,
      "(\(value) \(word) (SELECT \(expression(operand, inside, 1)) FROM \(from)\(condition)))")
  }

  /// A condition that likely ties the inner query to the outer.
  private mutating func correlation(_ scope: Scope) -> Fragment {
    let pairs = scope.inner.flatMap { inner in
      scope.outer.filter { $0.sort == inner.sort }.map { (inner, $0) }
    }
    if pairs.isEmpty || chance(20) { return expression(.boolean, scope, 2) }
    let (inner, outer) = pick(pairs)
    let sign = chance(75) ? "=" : pick(["<", ">", "<>", "<="])
    let tie = Fragment(.boolean, "(\(inner.fragment) \(sign) \(outer.fragment))")
    if chance(60) { return tie }
    return Fragment(.boolean, "(\(tie) AND \(expression(.boolean, scope, 2)))")
  }
}
