/// Operators that few models have: marks, pivots, frames by distance, recursions, and series and ages that depend on
/// the clock.
extension ModelGenerator {
  mutating func rare(_ depth: Int) -> GeneratedQuery {
    switch random.below(8) {
    case 0: return clockSeries(depth)
    case 1: return clockAge(depth)
    case 2: return mark(depth)
    case 3: return pivot(depth)
    case 4: return distanceFrame(depth)
    case 5: return groupsFrame(depth)
    case 6: return quantified(depth)
    default: return recursion(depth)
    }
  }

  /// A row for each of the last days, whether something happened on it or not.
  private mutating func clockSeries(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    guard let date = columns(input, [.date]).first else { return input }
    let (text, kind) = call(input)
    let names = [fresh("g"), fresh("a")]
    let days = 1 + random.below(6)
    return merged(
      "SELECT s.day::DATE AS \(names[0]), \(text) AS \(names[1]) FROM "
        + "generate_series(current_date - \(days), current_date, INTERVAL 1 DAY) s(day) "
        + "LEFT JOIN (\(input.sql)) q ON q.\(date) = s.day::DATE GROUP BY s.day",
      [(names[0], .date), (names[1], kind)], "clock series", [input])
  }

  private mutating func clockAge(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    guard let date = columns(input, [.date]).last else { return input }
    let name = fresh("k")
    let zone = pick(["", "::TIMESTAMPTZ"])
    return merged(
      "SELECT q.*, (age(q.\(date)\(zone)) < INTERVAL \(1 + random.below(5)) DAYS)::INTEGER AS "
        + "\(name) FROM (\(input.sql)) q", input.columns + [(name, .integer)], "clock age", [input])
  }

  private mutating func mark(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let other = query(depth: depth - 1)
    guard let a = columns(input, [.integer]).last, let b = columns(other, [.integer]).first else {
      return input
    }
    let name = fresh("k")
    let negation = pick(["", "NOT "])
    return merged(
      "SELECT q.*, (q.\(a) \(negation)IN (SELECT o.\(b) FROM (\(other.sql)) o))::INTEGER AS "
        + "\(name) FROM (\(input.sql)) q", input.columns + [(name, .integer)], "mark",
      [input, other])
  }

  private mutating func pivot(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    guard let text = columns(input, [.text]).first,
      let group = input.columns.first(where: { $0.kind != .double && $0.name != text })
    else { return input }
    let (call, kind) = self.call(input)
    let names = [fresh("g"), fresh("a"), fresh("a")]
    let aggregate = call.contains("FILTER") || call.contains("::") ? "count(*)" : call
    return merged(
      "SELECT p.k AS \(names[0]), p.a AS \(names[1]), p.b AS \(names[2]) FROM (SELECT * FROM "
        + "(SELECT q.*, q.\(group.name) AS k, q.\(text) AS piv FROM (\(input.sql)) q) q "
        + "PIVOT (\(aggregate) FOR piv IN ('a', 'b') GROUP BY k)) p",
      [
        (names[0], group.kind), (names[1], aggregate == call ? kind : .integer),
        (names[2], aggregate == call ? kind : .integer),
      ], "pivot", [input])
  }

  private mutating func distanceFrame(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let partition = pick(input.columns)
    guard let date = columns(input, [.date]).first, partition.kind != .double else { return input }
    let value = pick(input.columns)
    let name = fresh("w")
    let direction = pick(["", " DESC"])
    return merged(
      "SELECT q.*, count(q.\(value.name)) OVER (PARTITION BY q.\(partition.name) ORDER BY "
        + "q.\(date)\(direction) RANGE BETWEEN INTERVAL 2 DAYS PRECEDING AND CURRENT ROW)::INTEGER "
        + "AS \(name) FROM (\(input.sql)) q", input.columns + [(name, .integer)], "distance frame",
      [input])
  }

  private mutating func groupsFrame(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let partition = pick(input.columns)
    if partition.kind == .double { return input }
    let exclusion = pick(["TIES", "CURRENT ROW", "GROUP", "NO OTHERS"])
    let value = pick(input.columns)
    let name = fresh("w")
    return merged(
      "SELECT q.*, max(q.\(value.name)) OVER (PARTITION BY q.\(partition.name) ORDER BY "
        + "q.\(pick(input.columns).name) GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING "
        + "EXCLUDE \(exclusion)) AS \(name) FROM (\(input.sql)) q",
      input.columns + [(name, value.kind)], "groups frame", [input])
  }

  private mutating func quantified(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let other = query(depth: depth - 1)
    guard let a = columns(input, [.integer]).first, let b = columns(other, [.integer]).last else {
      return input
    }
    let comparison = pick([">= ALL", "< ANY", "<> ALL", "= ANY"])
    return merged(
      "SELECT * FROM (\(input.sql)) q WHERE q.\(a) \(comparison) (SELECT o.\(b) FROM "
        + "(\(other.sql)) o WHERE o.\(b) IS NOT NULL)", input.columns, "quantified", [input, other])
  }

  private mutating func recursion(_ depth: Int) -> GeneratedQuery {
    let input = query(depth: depth - 1)
    let numbers = columns(input, [.integer])
    guard let a = numbers.first, let b = numbers.last else { return input }
    let table = fresh("r")
    let names = [fresh("g"), fresh("a")]
    return merged(
      "SELECT x AS \(names[0]), min(n)::INTEGER AS \(names[1]) FROM (WITH RECURSIVE \(table)(x, n) "
        + "AS (SELECT q.\(a), 0 FROM (\(input.sql)) q UNION SELECT o.\(b), r.n + 1 FROM \(table) r "
        + "JOIN (\(input.sql)) o ON o.\(a) = r.x WHERE r.n < 3) SELECT * FROM \(table)) z GROUP BY x",
      [(names[0], .integer), (names[1], .integer)], "recursion", [input], looksAtAllRows: true)
  }
}
