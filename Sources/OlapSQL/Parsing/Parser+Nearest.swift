/// `left JOIN target [APPROX | EXACT] NEAREST [k] BY [DISTANCE | SIMILARITY] ranking`: for each row on
/// the left the k rows of the target that rank best, which a LATERAL subquery says as well.
extension Parser {
  /// Whether the clause stands here; its words are names elsewhere.
  var startsNearest: Bool {
    var ahead = 0
    if isWord("approx", at: 0) || isWord("exact", at: 0) { ahead = 1 }
    guard isWord("nearest", at: ahead) else { return false }
    let next = peek(ahead + 1)
    return next.keyword == .by || next.kind == .integer
  }

  private func isWord(_ word: String, at distance: Int) -> Bool {
    let token = peek(distance)
    return token.kind == .word && text(token).lowercased() == word
  }

  /// The target with the clause behind it as a LATERAL subquery.
  mutating func nearest(
    _ target: TableReference, from start: Int32
  ) throws(ParseError) -> TableReference {
    while !isWord("nearest", at: 0) { index += 1 }
    index += 1
    var count = Expression(.literal(.integer("1")), range: token.range)
    if !isAt(.by) { count = try expression(Precedence.other) }
    try expect(.by)
    var direction: SortDirection?
    if peek(1).symbol != .leftParenthesis {
      if isWord("distance", at: 0) {
        index += 1
      } else if isWord("similarity", at: 0) {
        index += 1
        direction = .descending
      }
    }
    let ranking = try expression()
    var core = starCore(target, start)
    core.filter = Expression(.isNull(ranking, negated: true), range: ranking.range)
    let query = SelectStatement(
      body: .select(core),
      orderBy: .items([
        OrderByItem(expression: ranking, direction: direction, range: ranking.range)
      ]),
      limit: LimitClause(count: .rows(count), range: range(from: start)),
      range: range(from: start))
    var alias = target.alias
    if alias == nil, case .table(let name, _) = target.kind { alias = TableAlias(name: name.base) }
    return TableReference(
      .subquery(query, isLateral: true), alias: alias, range: range(from: start))
  }
}
