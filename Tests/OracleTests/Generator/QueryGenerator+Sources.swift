extension QueryGenerator {
  /// Rows a join may have before it is bound by keys; keeps nested loops of the other engine short.
  private static let maximumProduct = 20_000

  /// A FROM clause and the scope it makes.
  mutating func source(_ scope: Scope) -> (Fragment, Scope) {
    let (fragment, relations) = joined(scope)
    var inside = scope
    inside.inner = relations.flatMap { $0.columns }
    inside.outer = scope.outer + scope.inner
    return (fragment, inside)
  }

  /// A FROM clause with the relations it joins.
  mutating func joined(_ scope: Scope) -> (Fragment, [Relation]) {
    let first = relation(scope)
    var relations = [first]
    var fragment = first.fragment
    var product = max(1, first.rowCount)
    let count = [0, 0, 1, 1, 1, 2, 3][random.below(7)]
    for _ in 0..<count {
      let next = relation(scope)
      var kind = pick(["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", ""])
      // SQLite 3.40 loses rows when other joins stand beside these.
      if isCommonDialect, count > 1, kind == "RIGHT JOIN" || kind == "FULL JOIN" {
        kind = "LEFT JOIN"
      }
      let isLarge = product * max(1, next.rowCount) > Self.maximumProduct
      let left = relations.flatMap { $0.columns }
      relations.append(next)
      if kind.isEmpty && !isLarge {
        fragment = Fragment(.other, "\(fragment) CROSS JOIN \(next.fragment)")
        product *= max(1, next.rowCount)
        continue
      }
      let condition = joinCondition(left, next, isLarge: isLarge, scope)
      product = isLarge ? max(product, next.rowCount) : product * max(1, next.rowCount)
      let word = kind.isEmpty ? "JOIN" : kind
      fragment = Fragment(.other, "\(fragment) \(word) \(next.fragment) ON \(condition)")
    }
    return (fragment, relations)
  }

  private mutating func joinCondition(
    _ left: [Column], _ right: Relation, isLarge: Bool, _ scope: Scope
  ) -> Fragment {
    var parts: [Fragment] = []
    if isLarge, let key = right.key ?? right.columns.first(where: { $0.sort == .integer }) {
      let others = left.filter { $0.sort == .integer }
      parts.append(Fragment(.boolean, "(\(pick(others).fragment) = \(key.fragment))"))
    } else if chance(85) {
      let column = pick(right.columns)
      let others = left.filter { $0.sort == column.sort }
      if !others.isEmpty {
        let sign = chance(85) ? "=" : pick(["<", "<=", "<>", "IS NOT DISTINCT FROM"])
        parts.append(Fragment(.boolean, "(\(pick(others).fragment) \(sign) \(column.fragment))"))
      }
    }
    if parts.isEmpty || chance(25) {
      var inside = Scope(inner: left + right.columns, outer: scope.outer, depth: 0)
      inside.depth = 0
      parts.append(expression(.boolean, inside, 1))
    }
    if parts.count == 1 { return parts[0] }
    return Fragment(.boolean, "(\(parts[0]) AND \(parts[1]))")
  }

  private mutating func relation(_ scope: Scope) -> Relation {
    let name = alias()
    if scope.depth > 0, chance(18) {
      let output = [.integer] + (0..<random.below(3)).map { _ in sort() }
      let inner = query(output, Scope(depth: scope.depth - 1))
      let columns = columns(of: output, name)
      return Relation(
        fragment: Fragment(.other, "(\(inner)) AS \(name)"), columns: columns, key: nil,
        rowCount: 60)
    }
    if !commonTables.isEmpty, chance(35) {
      let table = pick(commonTables)
      return Relation(
        fragment: Fragment(.other, "\(table.name) AS \(name)"),
        columns: columns(of: table.sorts, name), key: nil, rowCount: 60)
    }
    let table = pick(tables)
    let columns = table.columns.map {
      Column(fragment: Fragment($0.sort, "\(name).\($0.name)"))
    }
    return Relation(
      fragment: Fragment(.other, "\(table.name) AS \(name)"), columns: columns, key: columns[0],
      rowCount: table.rows.count)
  }

  private func columns(of sorts: [Sort], _ name: String) -> [Column] {
    sorts.enumerated().map { Column(fragment: Fragment($1, "\(name).k\($0)")) }
  }

  mutating func commonTable() -> Fragment {
    let output = [.integer] + (0..<random.below(3)).map { _ in sort() }
    let name = "w\(commonTables.count)"
    let body = query(output, Scope(depth: 1))
    commonTables.append((name, output))
    return Fragment(.other, "\(name) AS (\(body))")
  }

  /// A counter, or the rows reached from some rows of a table through one of its columns.
  mutating func recursiveTable() -> Fragment {
    let name = "w\(commonTables.count)"
    defer { commonTables.append((name, [.integer])) }
    let links = tables.filter { $0.rows.count < 100 }.flatMap { table in
      table.columns.dropFirst().filter { $0.sort == .integer }.map { (table.name, $0.name) }
    }
    if links.isEmpty || chance(40) {
      let word = pick(["UNION", "UNION ALL"])
      let last = 3 + random.below(20)
      return Fragment(
        .other,
        "\(name)(k0) AS (SELECT 1 \(word) SELECT k0 + 1 FROM \(name) WHERE k0 < \(last))")
    }
    let (table, column) = pick(links)
    return Fragment(
      .other,
      """
      \(name)(k0) AS (SELECT id FROM \(table) WHERE id % 5 = \(random.below(5)) \
      UNION SELECT t.\(column) FROM \(name) AS w JOIN \(table) AS t ON t.id = w.k0)
      """)
  }
}
