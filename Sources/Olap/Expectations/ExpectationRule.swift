internal import OlapCatalog
internal import OlapSQL

/// A rule of `EXPECT …`, from the text the catalog keeps.
enum ExpectationRule {
  /// A condition over a row; it holds or is unknown (NULL) for good rows, as with CHECK.
  case condition(String)
  /// No two rows have the same values here; rows with a NULL among them never collide.
  case unique([String])
  /// A BOOLEAN over the whole table, in an expression where `{table}` stands for its name.
  case wholeTable(String)
  /// The row count is within a percentage of the one after the refresh before.
  case drift(percent: String)

  init(_ text: String) throws {
    switch try Parser.parseExpectationRule(text) {
    case .unique(let columns): self = .unique(columns.map { $0.text })
    case .freshness(let column, let within):
      self = .wholeTable(
        "(SELECT max(\(quote(column.text))) >= now() - (\(Connection.slice(text, within.range))) "
          + "FROM {table})")
    case .rowCount(let lower, let upper):
      self = .wholeTable(
        "(SELECT count(*) BETWEEN \(Connection.slice(text, lower.range)) AND "
          + "\(Connection.slice(text, upper.range)) FROM {table})")
    case .rowCountDrift(let percent):
      self = .drift(percent: Connection.slice(text, percent.range))
    default: self = .condition(text)
    }
  }

  var isAboutRows: Bool {
    switch self {
    case .condition, .unique: true
    case .wholeTable, .drift: false
    }
  }

  /// A condition that is TRUE for rows to be refused, where `duplicates` is a column that counts the
  /// rows with equal values (UNIQUE).
  func violation(duplicates: String) -> String {
    switch self {
    case .condition(let text): "NOT (\(text))"
    case .unique(let columns):
      columns.map { "\(quote($0)) IS NOT NULL" }.joined(separator: " AND ")
        + " AND \(duplicates) > 1"
    case .wholeTable, .drift: "false"
    }
  }
}

/// The text by which the catalog keeps a rule: conditions and the forms that are conditions as one
/// BOOLEAN expression, the others as their form.
struct ExpectationText {
  let builder: TableBuilder
  let table: TableEntry

  func text(of rule: OlapSQL.Expectation.Rule) throws -> String {
    switch rule {
    case .condition(let expression): return builder.text(expression)
    case .notNull(let columns):
      try check(columns)
      return columns.map { "\(quote($0.text)) IS NOT NULL" }.joined(separator: " AND ")
    case .acceptedValues(let column, let values):
      try check([column])
      let list = values.map { builder.text($0) }.joined(separator: ", ")
      return "\(quote(column.text)) IN (\(list))"
    case .range(let column, let lower, let upper):
      try check([column])
      return "\(quote(column.text)) BETWEEN \(builder.text(lower)) AND \(builder.text(upper))"
    case .unique(let columns):
      try check(columns)
      return "UNIQUE (\(columns.map { quote($0.text) }.joined(separator: ", ")))"
    case .relationship(let columns, let target, let targetColumns):
      return try reference(columns, target, targetColumns)
    case .freshness(let column, let within):
      try check([column])
      return "FRESH (\(quote(column.text))) WITHIN \(builder.text(within))"
    case .rowCount(let lower, let upper):
      return "ROW COUNT BETWEEN \(builder.text(lower)) AND \(builder.text(upper))"
    case .rowCountDrift(let percent):
      return "ROW COUNT DRIFT WITHIN \(builder.text(percent)) PERCENT"
    }
  }

  private func check(_ columns: [Identifier]) throws {
    for column in columns { _ = try builder.position(column, in: table) }
  }

  /// A row with a NULL in its reference passes, as with a foreign key.
  private func reference(
    _ columns: [Identifier], _ target: ObjectName, _ named: [Identifier]
  ) throws -> String {
    try check(columns)
    var targets = named.map { $0.text }
    if targets.isEmpty {
      let name = try builder.connection.resolve(target)
      let parent = try builder.connection.existingTable(name, target, writer: builder.writer)
      targets = parent.primaryKey?.columns.map { parent.columns[$0].name } ?? []
    }
    guard targets.count == columns.count else {
      throw OlapError(
        .binder, "REFERENCES needs as many columns of \(target.text) as it has itself",
        range: target.range.start..<target.range.end)
    }
    let list = columns.map { quote($0.text) }.joined(separator: ", ")
    let nulls = columns.map { "\(quote($0.text)) IS NULL" }.joined(separator: " OR ")
    let fields = targets.map { quote($0) }.joined(separator: ", ")
    let present = targets.map { "\(quote($0)) IS NOT NULL" }.joined(separator: " AND ")
    let tuple = columns.count == 1 ? list : "(\(list))"
    let name = target.parts.map { quote($0.text) }.joined(separator: ".")
    return "(\(nulls) OR \(tuple) IN (SELECT \(fields) FROM \(name) WHERE \(present)))"
  }
}
