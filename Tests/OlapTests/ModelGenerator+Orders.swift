/// Operators whose rows depend on an order, the clock or a look at other relations. Orders may leave ties: a
/// model breaks them in one way.
extension ModelGenerator {
  /// A total order, or one column and ties.
  mutating func orderOrTies(_ query: GeneratedQuery) -> String {
    if random.below(2) == 0 { return order(query) }
    let direction = pick(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
    return "q.\(pick(query.columns).name)\(direction)"
  }

  /// Aggregates that look at the order of rows, without one.
  mutating func looseCall(_ name: String, _ kind: ColumnKind) -> (String, ColumnKind) {
    switch random.below(7) {
    case 0: return ("string_agg(\(name)::VARCHAR, ',')", .text)
    case 1: return ("list(\(name))::VARCHAR", .text)
    case 2: return ("first(\(name))", kind)
    case 3: return ("last(\(name))", kind)
    case 4: return ("any_value(\(name))", kind)
    case 5: return ("histogram(\(name))::VARCHAR", .text)
    default: return ("list(DISTINCT \(name) ORDER BY \(name))::VARCHAR", .text)
    }
  }

  /// Aggregates over numbers other than sums; counts for other kinds.
  mutating func momentCall(
    _ name: String, _ kind: ColumnKind, _ input: GeneratedQuery
  ) -> (String, ColumnKind) {
    let other = "q.\(pick(input.columns).name)"
    if random.below(4) == 0 { return ("arg_max(\(name), \(other))", kind) }
    if random.below(4) == 0 { return ("arg_min(\(name), \(other))", kind) }
    guard kind == .integer || kind == .double || kind == .decimal else {
      return ("approx_count_distinct(\(name))", .integer)
    }
    let function = pick([
      "stddev_samp", "var_pop", "skewness", "kurtosis", "entropy", "mad", "geomean", "fsum",
    ])
    if random.below(4) == 0 {
      return (
        "\(pick(["corr", "covar_pop", "regr_slope"]))(\(name)::DOUBLE, length(\(other)::VARCHAR))",
        .double
      )
    }
    if random.below(6) == 0 { return ("bool_or(\(name) > 2)::INTEGER", .integer) }
    if random.below(6) == 0 { return ("quantile_disc(\(name), 0.75)", kind) }
    return ("\(function)(\(name)::DOUBLE)", .double)
  }

  mutating func frame(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let partition = pick(input.columns)
    if partition.kind == .double { return input }
    let value = pick(input.columns)
    let column = "q.\(value.name)"
    let clause = "PARTITION BY q.\(partition.name) ORDER BY \(orderOrTies(input))"
    let rows = pick([
      "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
      "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
      "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
      "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
    ])
    var text = "row_number() OVER (\(clause))::INTEGER"
    var kind = ColumnKind.integer
    switch random.below(9) {
    case 0: text = "ntile(3) OVER (\(clause))::INTEGER"
    case 1: text = "dense_rank() OVER (\(clause))::INTEGER"
    case 2: (text, kind) = ("lead(\(column), 2) OVER (\(clause))", value.kind)
    case 3: (text, kind) = ("first_value(\(column)) OVER (\(clause) \(rows))", value.kind)
    case 4: (text, kind) = ("last_value(\(column)) OVER (\(clause) \(rows))", value.kind)
    case 5: (text, kind) = ("min(\(column)) OVER (\(clause) \(rows))", value.kind)
    case 6: (text, kind) = ("percent_rank() OVER (\(clause))", .double)
    case 7 where value.kind == .integer || value.kind == .double:
      (text, kind) = ("avg(\(column)) OVER (\(clause) \(rows))", .double)
    default: text = "count(\(column)) OVER (\(clause) \(rows))::INTEGER"
    }
    let name = fresh("w")
    return merged(
      "SELECT q.*, \(text) AS \(name) FROM (\(input.sql)) q", input.columns + [(name, kind)],
      "frame",
      [input])
  }

  mutating func qualify(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let partition = pick(input.columns)
    if partition.kind == .double { return input }
    return merged(
      "SELECT * FROM (\(input.sql)) q QUALIFY row_number() OVER (PARTITION BY q.\(partition.name) "
        + "ORDER BY \(orderOrTies(input))) <= \(1 + random.below(3))", input.columns, "qualify",
      [input])
  }

  /// The newest right row of a time up to the left one's; times are unique on the right.
  mutating func asof(_ depth: Int) -> GeneratedQuery {
    let left = query(depth: depth - 1)
    let right = query(depth: depth - 1)
    guard let key = columns(left, [.integer]).first, let other = columns(right, [.integer]).last,
      let time = left.columns.last(where: { $0.kind == .date || $0.kind == .decimal }),
      let rightTime = right.columns.last(where: { $0.kind == time.kind })
    else { return left }
    let value = pick(right.columns)
    let name = fresh("n")
    let kind = pick(["ASOF JOIN", "ASOF LEFT JOIN"])
    return merged(
      "SELECT l.*, r.v AS \(name) FROM (\(left.sql)) l \(kind) (SELECT \(other) AS k, "
        + "\(rightTime.name) AS t, max(\(value.name)) AS v FROM (\(right.sql)) x GROUP BY ALL) r "
        + "ON l.\(key) = r.k AND l.\(time.name) >= r.t", left.columns + [(name, value.kind)],
      "asof join", [left, right])
  }

  mutating func scalarComparison(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let other = query(depth: depth - 1)
    guard let a = columns(input, [.integer]).last, let b = columns(other, [.integer]).first else {
      return input
    }
    let function = pick(["avg", "median", "max", "count"])
    let sign = pick([">", "<=", "<>"])
    return merged(
      "SELECT * FROM (\(input.sql)) q WHERE q.\(a) \(sign) (SELECT \(function)(o.\(b)) FROM "
        + "(\(other.sql)) o)", input.columns, "scalar comparison", [input, other])
  }

  mutating func lateral(_ depth: Int) -> GeneratedQuery {
    let left = query(depth: depth - 1)
    let right = query(depth: depth - 1)
    guard let a = columns(left, [.integer]).first, let b = columns(right, [.integer]).first else {
      return left
    }
    let value = pick(right.columns)
    let name = fresh("y")
    return merged(
      "SELECT l.*, s.\(name) FROM (\(left.sql)) l, LATERAL (SELECT max(r.\(value.name)) AS \(name) "
        + "FROM (\(right.sql)) r WHERE r.\(b) = l.\(a)) s", left.columns + [(name, value.kind)],
      "lateral", [left, right])
  }

  mutating func groupingSets(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let groups = Array(input.columns.filter { $0.kind != .double }.suffix(2))
    guard groups.count == 2 else { return input }
    let names = groups.map { _ in fresh("g") }
    let (call, kind) = self.call(input)
    let value = fresh("a")
    let items = zip(groups, names).map { "q.\($0.name) AS \($1)" }.joined(separator: ", ")
    let a = "q.\(groups[0].name)"
    let b = "q.\(groups[1].name)"
    let sets = pick(["GROUPING SETS ((\(a)), (\(b)))", "CUBE (\(a), \(b))"])
    return merged(
      "SELECT \(items), \(call) AS \(value) FROM (\(input.sql)) q GROUP BY \(sets)",
      zip(names, groups).map { ($0, $1.kind) } + [(value, kind)], "grouping sets", [input])
  }

  mutating func clockAggregate(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    guard let date = columns(input, [.date]).first,
      let group = input.columns.first(where: { $0.kind != .double && $0.name != date })
    else { return input }
    let names = [fresh("g"), fresh("a"), fresh("a")]
    return merged(
      "SELECT q.\(group.name) AS \(names[0]), count(*) FILTER (WHERE q.\(date) > current_date - 3)"
        + "::INTEGER AS \(names[1]), max(current_date - q.\(date))::INTEGER AS \(names[2]) "
        + "FROM (\(input.sql)) q GROUP BY q.\(group.name)",
      [(names[0], group.kind), (names[1], .integer), (names[2], .integer)], "clock aggregate",
      [input])
  }

  mutating func nullSafeJoin(_ depth: Int) -> GeneratedQuery {
    let left = query(depth: depth - 1)
    let right = query(depth: depth - 1)
    guard let a = columns(left, [.integer]).last, let b = columns(right, [.integer]).last else {
      return left
    }
    let value = pick(right.columns)
    let name = fresh("j")
    if isLarge { return left }
    let kind = pick(["JOIN", "LEFT JOIN", "FULL JOIN"])
    return merged(
      "SELECT l.*, r.\(value.name) AS \(name) FROM (\(left.sql)) l \(kind) (\(right.sql)) r "
        + "ON l.\(a) IS NOT DISTINCT FROM r.\(b)", left.columns + [(name, value.kind)],
      "null-safe join", [left, right])
  }
}
