import OlapTestSupport

/// Kinds of column the generator tells apart.
enum ColumnKind: CaseIterable {
  case integer, decimal, text, date, double

  var sql: String {
    switch self {
    case .integer: "INTEGER"
    case .decimal: "DECIMAL(12,2)"
    case .text: "VARCHAR"
    case .date: "DATE"
    case .double: "DOUBLE"
    }
  }

  var letter: String {
    switch self {
    case .integer: "i"
    case .decimal: "m"
    case .text: "t"
    case .date: "d"
    case .double: "f"
    }
  }
}

/// A query and what its columns are.
struct GeneratedQuery {
  var sql: String
  var columns: [(name: String, kind: ColumnKind)]
  /// Operators used, for statistics and for what must stay incremental.
  var constructs: Set<String>
  /// Whether some operator looks at all rows, so that a full recomputation is in order.
  var looksAtAllRows: Bool
  /// Columns whose values no two rows share (NULLs apart), when known.
  var uniqueColumns: [String] = []
}

/// Random queries over given relations, nested to a depth. Every query is deterministic: orders are
/// total, floats are summed exactly.
struct ModelGenerator {
  var random: SeededGenerator
  /// Tables and models that queries may read.
  var sources: [GeneratedQuery]
  /// Whether tables are so large that joins of all NULLs with each other would explode.
  let isLarge: Bool
  private var names = 0

  init(random: SeededGenerator, sources: [GeneratedQuery], isLarge: Bool = false) {
    self.random = random
    self.sources = sources
    self.isLarge = isLarge
  }

  mutating func pick<T>(_ items: [T]) -> T { items[random.below(items.count)] }
  mutating func fresh(_ prefix: String) -> String {
    names += 1
    return "\(prefix)\(names)"
  }

  mutating func query(depth: Int) -> GeneratedQuery {
    if depth == 0 || random.below(8) == 0 { return pick(sources) }
    switch random.below(31) {
    case 28, 29, 30: return rare(depth)
    case 19: return asof(depth)
    case 20, 21: return frame(depth)
    case 22: return qualify(depth)
    case 23: return scalarComparison(depth)
    case 24: return lateral(depth)
    case 25: return groupingSets(depth)
    case 26: return clockAggregate(depth)
    case 27: return nullSafeJoin(depth)
    case 16: return unnest(depth)
    case 17: return rollup(depth)
    case 18: return distinctOn(depth)
    case 0: return filter(depth)
    case 1: return project(depth)
    case 2, 3: return join(depth)
    case 4: return existence(depth)
    case 5, 6, 7: return aggregate(depth)
    case 8: return distinct(depth)
    case 9: return setOperation(depth)
    case 10: return window(depth)
    case 11: return deduplicate(depth)
    case 12: return scalarSubquery(depth)
    case 13: return commonTable(depth)
    case 14: return clock(depth)
    default: return random.below(3) == 0 ? top(depth) : correlated(depth)
    }
  }

  // MARK: Parts

  func columns(_ query: GeneratedQuery, _ kinds: Set<ColumnKind>) -> [String] {
    query.columns.filter { kinds.contains($0.kind) }.map { $0.name }
  }

  /// - Parameter alias: the query's name; empty: column names alone.
  mutating func condition(_ alias: String, _ query: GeneratedQuery) -> String {
    let column = pick(query.columns)
    let name = alias.isEmpty ? column.name : "\(alias).\(column.name)"
    switch column.kind {
    case .integer:
      return pick([
        "\(name) > \(random.below(6))", "\(name) IN (1, 3, 5)", "\(name) % 2 = 0",
        "\(name) IS NOT NULL", "coalesce(\(name), 0) < \(random.below(7))",
      ])
    case .decimal, .double: return pick(["\(name) > \(random.below(50))", "\(name) IS NULL"])
    case .text: return pick(["\(name) <> 'a'", "\(name) LIKE 'b%'", "length(\(name)) < 2"])
    case .date:
      return pick(["\(name) >= DATE '2024-01-04'", "extract(day FROM \(name)) % 2 = 1"])
    }
  }

  /// Pairs of columns of equal kind to join on.
  mutating func equality(_ left: GeneratedQuery, _ right: GeneratedQuery) -> String? {
    var pairs: [String] = []
    for a in left.columns {
      for b in right.columns where a.kind == b.kind && a.kind != .double {
        pairs.append("l.\(a.name) = r.\(b.name)")
      }
    }
    if pairs.isEmpty { return nil }
    var result = pick(pairs)
    if random.below(4) == 0 { result += " AND " + pick(pairs) }
    if random.below(5) == 0 { result += " AND " + condition("r", right) }
    if random.below(8) == 0, let date = columns(left, [.date]).first {
      result += " AND l.\(date) > current_date - \(random.below(4))"
    }
    return result
  }

  func merged(
    _ sql: String, _ columns: [(name: String, kind: ColumnKind)], _ construct: String,
    _ inputs: [GeneratedQuery], looksAtAllRows: Bool = false
  ) -> GeneratedQuery {
    GeneratedQuery(
      sql: sql, columns: columns,
      constructs: inputs.reduce(into: [construct]) { $0.formUnion($1.constructs) },
      looksAtAllRows: looksAtAllRows || inputs.contains { $0.looksAtAllRows })
  }

  // MARK: Operators

  private mutating func filter(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    return merged(
      "SELECT * FROM (\(input.sql)) q WHERE \(condition("q", input))", input.columns, "filter",
      [input])
  }

  private mutating func project(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    var items: [String] = []
    var columns: [(name: String, kind: ColumnKind)] = []
    for column in input.columns where random.below(3) != 0 || columns.isEmpty {
      let name = fresh("p")
      items.append("q.\(column.name) AS \(name)")
      columns.append((name, column.kind))
    }
    if let number = self.columns(input, [.integer]).first {
      let name = fresh("p")
      items.append("CASE WHEN q.\(number) > 2 THEN 'x' ELSE 'y' || q.\(number) END AS \(name)")
      columns.append((name, .text))
    }
    return merged(
      "SELECT \(items.joined(separator: ", ")) FROM (\(input.sql)) q", columns, "project", [input])
  }

  private mutating func join(_ depth: Int) -> GeneratedQuery {
    let left = query(depth: depth - 1)
    let right = random.below(4) == 0 ? left : query(depth: depth - 1)
    guard let condition = equality(left, right) else { return left }
    let kind = pick(["INNER", "LEFT", "RIGHT", "FULL"])
    var items: [String] = []
    var columns: [(name: String, kind: ColumnKind)] = []
    for (alias, side) in [("l", left), ("r", right)] {
      for column in side.columns where random.below(2) == 0 || columns.isEmpty {
        let name = fresh("j")
        items.append("\(alias).\(column.name) AS \(name)")
        columns.append((name, column.kind))
      }
    }
    let sql =
      "SELECT \(items.joined(separator: ", ")) FROM (\(left.sql)) l \(kind) JOIN "
      + "(\(right.sql)) r ON \(condition)"
    return merged(sql, columns, kind.lowercased() + " join", [left, right])
  }

  private mutating func existence(_ depth: Int) -> GeneratedQuery {
    let left = query(depth: depth - 1)
    let right = query(depth: depth - 1)
    let a = columns(left, [.integer])
    let b = columns(right, [.integer])
    if random.below(2) == 0, let x = a.first, let y = b.last {
      let negation = random.below(2) == 0 ? "NOT " : ""
      return merged(
        "SELECT * FROM (\(left.sql)) l WHERE l.\(x) \(negation)IN (SELECT r.\(y) FROM "
          + "(\(right.sql)) r)", left.columns, negation + "in", [left, right])
    }
    guard let condition = equality(left, right) else { return left }
    let negation = random.below(2) == 0 ? "NOT " : ""
    return merged(
      "SELECT * FROM (\(left.sql)) l WHERE \(negation)EXISTS (SELECT 1 FROM (\(right.sql)) r "
        + "WHERE \(condition))", left.columns, negation + "exists", [left, right])
  }

  private mutating func aggregate(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    var groups: [(name: String, kind: ColumnKind)] = []
    for column in input.columns where column.kind != .double && random.below(3) == 0 {
      groups.append(column)
    }
    if groups.isEmpty, random.below(8) != 0 {
      groups = Array(input.columns.filter { $0.kind != .double }.prefix(1))
    }
    var items: [String] = []
    var columns: [(name: String, kind: ColumnKind)] = []
    for group in groups {
      let name = fresh("g")
      items.append("q.\(group.name) AS \(name)")
      columns.append((name, group.kind))
    }
    for _ in 0...random.below(3) {
      let (text, kind) = call(input)
      let name = fresh("a")
      items.append("\(text) AS \(name)")
      columns.append((name, kind))
    }
    var sql = "SELECT \(items.joined(separator: ", ")) FROM (\(input.sql)) q"
    var construct = "aggregate"
    if !groups.isEmpty {
      sql += " GROUP BY " + groups.map { "q.\($0.name)" }.joined(separator: ", ")
      if random.below(4) == 0 {
        sql += " HAVING count(*) > 1"
        construct = "having"
      }
    }
    var result = merged(sql, columns, construct, [input], looksAtAllRows: groups.isEmpty)
    result.uniqueColumns = columns.prefix(groups.count).map { $0.name }
    return result
  }

  mutating func call(_ input: GeneratedQuery) -> (String, ColumnKind) {
    let column = pick(input.columns)
    let name = "q.\(column.name)"
    let filter = random.below(6) == 0 ? " FILTER (WHERE \(condition("q", input)))" : ""
    switch random.below(18) {
    case 13, 14, 15: return looseCall(name, column.kind)
    case 16, 17: return momentCall(name, column.kind, input)
    case 9: return ("mode(\(name))", column.kind)
    case 10 where column.kind == .integer || column.kind == .double:
      return ("quantile_cont(\(name), 0.25)::DOUBLE", .double)
    case 11:
      return ("to_json((list(\(name) ORDER BY \(name) DESC NULLS LAST))[1:3])::VARCHAR", .text)
    case 12 where column.kind == .integer:
      return ("listagg(DISTINCT \(name)::VARCHAR, ';' ORDER BY \(name)::VARCHAR)", .text)
    case 0: return ("count(*)" + filter, .integer)
    case 1: return ("count(DISTINCT \(name))::INTEGER", .integer)
    case 2: return ("min(\(name))" + filter, column.kind)
    case 3: return ("max(\(name))" + filter, column.kind)
    case 4:
      return ("string_agg(DISTINCT \(name)::VARCHAR, ',' ORDER BY \(name)::VARCHAR)", .text)
    case 5 where column.kind == .integer || column.kind == .decimal:
      return ("median(\(name))::DOUBLE", .double)
    case 6 where column.kind == .integer || column.kind == .double:
      return ("avg(\(name))" + filter, .double)
    case 7: return ("(list(\(name) ORDER BY \(name) DESC NULLS LAST))[1:2]::VARCHAR", .text)
    default:
      switch column.kind {
      case .integer: return ("sum(\(name))::BIGINT" + filter, .integer)
      case .decimal: return ("sum(\(name))::DECIMAL(12,2)" + filter, .decimal)
      case .double: return ("sum(\(name))" + filter, .double)
      default: return ("count(\(name))::INTEGER" + filter, .integer)
      }
    }
  }

  private mutating func distinct(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let kept = Array(input.columns.prefix(1 + random.below(3)))
    return merged(
      "SELECT DISTINCT \(kept.map { $0.name }.joined(separator: ", ")) FROM (\(input.sql)) q", kept,
      "distinct", [input])
  }

  private mutating func setOperation(_ depth: Int) -> GeneratedQuery {
    let left = query(depth: depth - 1)
    let right = query(depth: depth - 1)
    var a: [String] = []
    var b: [String] = []
    var columns: [(name: String, kind: ColumnKind)] = []
    var rest = right.columns
    for column in left.columns {
      guard let index = rest.firstIndex(where: { $0.kind == column.kind }) else { continue }
      let name = fresh("u")
      a.append("q.\(column.name) AS \(name)")
      b.append("q.\(rest[index].name) AS \(name)")
      columns.append((name, column.kind))
      rest.remove(at: index)
    }
    if columns.isEmpty { return left }
    let kind = pick([
      "UNION ALL", "UNION ALL", "UNION", "EXCEPT", "EXCEPT ALL", "INTERSECT", "INTERSECT ALL",
    ])
    return merged(
      "SELECT \(a.joined(separator: ", ")) FROM (\(left.sql)) q \(kind) "
        + "SELECT \(b.joined(separator: ", ")) FROM (\(right.sql)) q", columns, kind.lowercased(),
      [left, right])
  }

  /// Every column, so that the order is total up to equal rows.
  func order(_ query: GeneratedQuery) -> String {
    query.columns.map { "q.\($0.name)" }.joined(separator: ", ")
  }

  private mutating func window(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let partition = pick(input.columns)
    let isGlobal = random.below(10) == 0 || partition.kind == .double
    let clause =
      (isGlobal ? "" : "PARTITION BY q.\(partition.name) ") + "ORDER BY \(order(input))"
    let value = pick(input.columns)
    var columns = input.columns
    let name = fresh("w")
    let text: String
    let kind: ColumnKind
    switch random.below(5) {
    case 0: (text, kind) = ("row_number() OVER (\(clause))::INTEGER", .integer)
    case 1: (text, kind) = ("rank() OVER (\(clause))::INTEGER", .integer)
    case 2: (text, kind) = ("lag(q.\(value.name)) OVER (\(clause))", value.kind)
    case 3: (text, kind) = ("max(q.\(value.name)) OVER (\(clause))", value.kind)
    default: (text, kind) = ("count(*) OVER (\(clause))::INTEGER", .integer)
    }
    columns.append((name, kind))
    return merged(
      "SELECT q.*, \(text) AS \(name) FROM (\(input.sql)) q", columns,
      isGlobal ? "global window" : "window", [input], looksAtAllRows: isGlobal)
  }

  private mutating func deduplicate(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let partition = pick(input.columns)
    if partition.kind == .double { return input }
    let list = input.columns.map { $0.name }.joined(separator: ", ")
    return merged(
      "SELECT \(list) FROM (SELECT q.*, row_number() OVER (PARTITION BY q.\(partition.name) "
        + "ORDER BY \(order(input))) AS rn FROM (\(input.sql)) q) d WHERE rn = 1", input.columns,
      "deduplication", [input])
  }

  private mutating func scalarSubquery(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let other = query(depth: depth - 1)
    let column = pick(other.columns)
    let name = fresh("s")
    let function = pick(["max", "min"])
    return merged(
      "SELECT q.*, (SELECT \(function)(o.\(column.name)) FROM (\(other.sql)) o) AS \(name) "
        + "FROM (\(input.sql)) q", input.columns + [(name, column.kind)], "scalar subquery",
      [input, other])
  }

  private mutating func correlated(_ depth: Int) -> GeneratedQuery {
    let left = query(depth: depth - 1)
    let right = query(depth: depth - 1)
    guard let condition = equality(left, right) else { return left }
    let name = fresh("c")
    return merged(
      "SELECT l.*, (SELECT count(*) FROM (\(right.sql)) r WHERE \(condition))::INTEGER AS \(name) "
        + "FROM (\(left.sql)) l", left.columns + [(name, .integer)], "correlated subquery",
      [left, right])
  }

  private mutating func commonTable(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let name = fresh("cte")
    guard let key = input.columns.first(where: { $0.kind != .double }) else { return input }
    return merged(
      "WITH \(name) AS (\(input.sql)) SELECT l.* FROM \(name) l WHERE l.\(key.name) IN "
        + "(SELECT max(r.\(key.name)) FROM \(name) r GROUP BY r.\(pick(input.columns).name))",
      input.columns, "common table", [input])
  }

  private mutating func clock(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    guard let date = columns(input, [.date]).first else { return input }
    let days = 1 + random.below(5)
    if random.below(2) == 0 {
      return merged(
        "SELECT * FROM (\(input.sql)) q WHERE q.\(date) >= current_date - \(days)", input.columns,
        "clock filter", [input])
    }
    let name = fresh("k")
    return merged(
      "SELECT q.*, CASE WHEN q.\(date) > current_date - \(days) THEN 1 ELSE 0 END AS \(name) "
        + "FROM (\(input.sql)) q", input.columns + [(name, .integer)], "clock", [input])
  }

  private mutating func unnest(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    guard let number = columns(input, [.integer]).first else { return input }
    let name = fresh("e")
    return merged(
      "SELECT q.*, unnest([q.\(number) % 3, 7]) AS \(name) FROM (\(input.sql)) q",
      input.columns + [(name, .integer)], "unnest", [input])
  }

  private mutating func rollup(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let groups = Array(input.columns.filter { $0.kind != .double }.prefix(2))
    guard groups.count == 2 else { return input }
    let names = groups.map { _ in fresh("g") }
    let count = fresh("a")
    let items = zip(groups, names).map { "q.\($0.name) AS \($1)" }.joined(separator: ", ")
    return merged(
      "SELECT \(items), count(*)::INTEGER AS \(count) FROM (\(input.sql)) q GROUP BY ROLLUP "
        + "(\(groups.map { "q.\($0.name)" }.joined(separator: ", ")))",
      zip(names, groups).map { ($0, $1.kind) } + [(count, .integer)], "rollup", [input])
  }

  private mutating func distinctOn(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let key = pick(input.columns)
    if key.kind == .double { return input }
    let rest = random.below(2) == 0 ? order(input) : "q.\(pick(input.columns).name) DESC"
    return merged(
      "SELECT DISTINCT ON (q.\(key.name)) q.* FROM (\(input.sql)) q ORDER BY q.\(key.name), "
        + rest, input.columns, "distinct on", [input])
  }

  private mutating func top(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    return merged(
      "SELECT * FROM (\(input.sql)) q ORDER BY \(orderOrTies(input)) LIMIT \(1 + random.below(6))",
      input.columns, "limit", [input], looksAtAllRows: true)
  }
}
