internal import Olap

/// A statement made from a node, and where the parts of its text come from.
package struct NodeStatement: Sendable {
  package let text: String
  /// Where conditions of expectations stand in the text, and in the file.
  package let conditions: [(range: Range<Int>, offset: Int)]
}

extension ProjectNode {
  /// `CREATE SILVER TABLE …` of a model, without rows: the refresh fills it.
  package func createStatement(orReplace: Bool) -> NodeStatement {
    var text = "CREATE \(orReplace ? "OR REPLACE " : "")\((layer ?? "silver").uppercased()) TABLE "
    text += SQLText.quoted(name: name)
    var conditions: [(range: Range<Int>, offset: Int)] = []
    var isFirst = true
    func add(_ element: String) {
      text += (isFirst ? " (\n  " : ",\n  ") + element
      isFirst = false
    }
    if !model.key.isEmpty { add("PRIMARY KEY (\(ProjectNode.list(model.key)))") }
    for unique in model.uniques { add("UNIQUE (\(ProjectNode.list(unique)))") }
    for item in model.expectations {
      add("CONSTRAINT \(SQLText.quoted(name: item.name)) EXPECT \(item.isForm ? "" : "(")")
      let start = text.utf8.count
      text += item.condition
      conditions.append((start..<text.utf8.count, item.offset))
      text += "\(item.isForm ? "" : ")") ON VIOLATION \(item.onViolation)"
    }
    if !isFirst { text += "\n)" }
    if let refresh = model.refresh { text += " REFRESH \(refresh.uppercased())" }
    if let schedule = model.schedule {
      text += " SCHEDULE \(SQLText.literal(schedule))"
    } else if let lag = model.lag {
      text +=
        lag.uppercased() == "DOWNSTREAM"
        ? " TARGET LAG DOWNSTREAM" : " TARGET LAG \(SQLText.literal(lag))"
    }
    if let fallback = model.onFallback { text += " ON FALLBACK \(fallback.uppercased())" }
    if !tags.isEmpty { text += " TAGS (\(tags.map(SQLText.literal).joined(separator: ", ")))" }
    if let owner { text += " OWNER \(SQLText.literal(owner))" }
    if !description.isEmpty { text += " COMMENT \(SQLText.literal(description))" }
    text += " AS\n" + sql.text + "\nWITH NO DATA"
    return NodeStatement(text: text, conditions: conditions)
  }

  /// The statement a database would be given: for tests the query, for models their CREATE.
  package var compiledSQL: String {
    kind == .model ? createStatement(orReplace: true).text : sql.text
  }

  private static func list(_ names: [String]) -> String {
    names.map { SQLText.quoted(name: $0) }.joined(separator: ", ")
  }

  /// An error of one of this node's statements, with its place in the node's file.
  package func locate(_ error: any Error, in statement: NodeStatement? = nil) -> ProjectError {
    if let statement, let error = error as? OlapError, error.sql == statement.text,
      let start = error.range?.lowerBound,
      let condition = statement.conditions.first(where: { $0.range.contains(start) })
    {
      let offset = condition.offset + start - condition.range.lowerBound
      return ProjectError(error.description, in: file, at: offset, kind: .step)
    }
    return ProjectError.from(error, in: file, rendered: sql)
  }
}
