internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// The rules of one table that refuse rows, and the queries they make of its definition.
struct RowGuard {
  typealias Rule = (name: String, rule: ExpectationRule, action: OlapCatalog.Expectation.Violation)
  let table: TableEntry
  /// ON VIOLATION DROP and QUARANTINE, in order of declaration.
  let rules: [Rule]

  init(_ table: TableEntry) throws {
    self.table = table
    rules = try table.expectations.filter {
      $0.onViolation == .drop || $0.onViolation == .quarantine
    }.map { ($0.name, try ExpectationRule($0.sql), $0.onViolation) }
  }

  var isEmpty: Bool { rules.isEmpty }
  var quarantines: Bool { rules.contains { $0.action == .quarantine } }

  /// `FROM` and what is behind it: the rows of `source` under the table's name and column names, with
  /// one column more per UNIQUE rule that counts the rows of equal values.
  private func relation(_ source: String) -> String {
    let names = table.columns.map { quote($0.name) }.joined(separator: ", ")
    let base = "(\(source)\n) AS \(quote(table.name))(\(names))"
    var counts: [String] = []
    for (index, rule) in rules.enumerated() {
      guard case .unique(let columns) = rule.rule else { continue }
      let list = columns.map { quote($0) }.joined(separator: ", ")
      counts.append("count(*) OVER (PARTITION BY \(list)) AS \(duplicates(index))")
    }
    if counts.isEmpty { return base }
    return "(SELECT *, \(counts.joined(separator: ", ")) FROM \(base)) AS \(quote(table.name))"
  }

  private func duplicates(_ index: Int) -> String { "\"duplicates of rule \(index)\"" }

  private var violations: [String] {
    rules.enumerated().map { "(\($0.element.rule.violation(duplicates: duplicates($0.offset))))" }
  }

  private var names: String { table.columns.map { quote($0.name) }.joined(separator: ", ") }

  /// The rows of `source` that no rule refuses. A rule that is unknown (NULL) refuses nothing.
  func admitted(from source: String) -> String {
    if rules.isEmpty { return source }
    let conditions = violations.map { "\($0) IS NOT TRUE" }.joined(separator: " AND ")
    return "SELECT \(names) FROM \(relation(source)) WHERE \(conditions)"
  }

  /// The refused rows, with the names of the rules they break and the first one that quarantines.
  func refused(from source: String) -> String {
    let all = zip(rules, violations).map { rule, violation in
      "CASE WHEN \(violation) THEN '\(RowGuard.escaped(rule.name))' END"
    }.joined(separator: ", ")
    let quarantining = zip(rules, violations).filter { $0.0.action == .quarantine }.map {
      "WHEN \($0.1) THEN '\(RowGuard.escaped($0.0.name))'"
    }.joined(separator: " ")
    let first = quarantining.isEmpty ? "CAST(NULL AS VARCHAR)" : "CASE \(quarantining) END"
    return "SELECT \(names), concat_ws(', ', \(all)) AS violated, \(first) AS quarantined_by "
      + "FROM \(relation(source)) WHERE " + violations.joined(separator: " OR ")
  }

  private static func escaped(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
  }
}

extension Connection {
  /// The SELECT whose rows a derived table stores: its definition without the rows that break a rule
  /// ON VIOLATION DROP or QUARANTINE. So a refused row comes back by itself once its inputs or the rule
  /// change, and a refresh maintains the rules like any other filter.
  func guardedDefinition(of table: TableEntry) -> String {
    guard let model = table.model else { return "" }
    // Rules were parsed when they were declared.
    guard let guarded = try? RowGuard(table), !guarded.isEmpty else { return model.sql }
    return guarded.admitted(from: model.sql)
  }

  /// Name of the derived table that keeps the rows a model's rules refuse.
  static func rejectedName(_ table: TableEntry) -> String { table.name + "__rejected" }

  /// The table of a model's refused rows, when it has one.
  func rejectedTable(of table: TableEntry, in catalog: CatalogSnapshot) -> TableEntry? {
    let name = Connection.rejectedName(table)
    if case .table(let found)? = catalog.lookup(.relation, schema: table.schema, name: name),
      found.options["rejected_of"] != nil
    {
      return found
    }
    // The model has been renamed.
    for case .table(let found) in catalog.entries.values
    where found.options["rejected_of"] == String(table.id) {
      return found
    }
    return nil
  }

  /// Brings the table of refused rows in line with the model's rules: made with the first rule that
  /// refuses rows, dropped with the last. It is a model like any other, so refreshing it costs what
  /// changed. To be called whenever a derived table was declared or altered.
  func prepareRejected(of declared: TableEntry, writer: WriteTransaction) throws {
    try inSchema(declared.schema) { try updateRejected(of: declared, writer: writer) }
  }

  private func updateRejected(of declared: TableEntry, writer: WriteTransaction) throws {
    var table = declared
    guard let known = table.model?.dependsOn else { return }
    // A rule may read tables that the definition does not.
    let dependencies = try tablesRead(by: guardedDefinition(of: table))
    if known != dependencies {
      table.model?.dependsOn = dependencies
      try changeCatalog(writer) { $0.put(.table(table)) }
    }
    guard let model = table.model else { return }
    let guarded = try RowGuard(table)
    let old = rejectedTable(of: table, in: writer.catalog)
    if guarded.isEmpty {
      if let old { try changeCatalog(writer) { $0.remove(old.id) } }
      return
    }
    var rejected = TableEntry(
      id: 0, schema: table.schema, name: Connection.rejectedName(table),
      columns: table.columns.map {
        OlapCatalog.ColumnDefinition(name: $0.name, type: $0.type)
      } + [
        OlapCatalog.ColumnDefinition(name: "violated", type: .varchar),
        OlapCatalog.ColumnDefinition(name: "quarantined_by", type: .varchar),
      ])
    rejected.layer = table.layer
    rejected.model = model
    rejected.model?.sql = guarded.refused(from: model.sql)
    rejected.model?.dependsOn = try tablesRead(by: guarded.refused(from: model.sql))
    rejected.options["rejected_of"] = String(table.id)
    for option in [Connection.declaredNames, Connection.declaredTypes] {
      rejected.options[option] = table.options[option]
    }
    rejected.comment = "rows that the rules of \(table.name) refuse"
    if let old, old.columns == rejected.columns {
      rejected.id = old.id
      if old == rejected { return }
      try changeCatalog(writer) { $0.put(.table(rejected)) }
      return
    }
    if let old { try changeCatalog(writer) { $0.remove(old.id) } }
    if writer.catalog.lookup(.relation, schema: rejected.schema, name: rejected.name) != nil {
      throw OlapError(
        .catalog,
        "the refused rows of \"\(table.name)\" are kept in \"\(rejected.name)\", but that name is "
          + "taken; rename it first")
    }
    try changeCatalog(writer) { catalog in
      rejected.id = catalog.allocateID()
      catalog.put(.table(rejected))
    }
  }

  /// The tables that a query in text form reads, views looked through.
  func tablesRead(by sql: String, isModel: Bool = true) throws -> [EntryID] {
    guard case .select(let query) = try Parser.parse(sql)[0].kind else { return [] }
    return try tablesRead(by: query, isModel: isModel)
  }
}
