internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// Tasks: a statement with a schedule, kept by name. The text is stored whole under `task.<schema>.<name>`.
extension Connection {
  func runCreateTask(_ node: CreateTaskStatement, sql: String) throws -> QueryResult {
    let name = try resolve(node.name)
    let key = Connection.taskKey(name)
    return try withWriter { writer in
      guard writer.catalog.hasSchema(name.schema) else {
        throw OlapError(
          .catalog, "Schema with name \(name.schema) does not exist!",
          range: node.name.range.start..<node.name.range.end)
      }
      if writer.snapshot.metadata(key) != nil {
        switch node.conflict {
        case .ignore: return done("CREATE TASK")
        case .replace: break
        case .error:
          throw OlapError(
            .catalog, "Task with name \"\(name.name)\" already exists!",
            range: node.name.range.start..<node.name.range.end)
        }
      }
      writer.setMetadata(key, Array(Connection.slice(sql, node.range).utf8))
      session.notices.append(
        "task \"\(name.name)\" is in olap.tasks; `olap run --watch` runs it when it is due"
      )
      return done("CREATE TASK")
    }
  }

  func runDropTasks(_ node: DropStatement) throws -> QueryResult {
    try withWriter { writer in
      for name in node.names {
        let key = Connection.taskKey(try resolve(name))
        guard writer.snapshot.metadata(key) != nil else {
          if node.ifExists { continue }
          throw OlapError(
            .catalog, "Task with name \(name.text) does not exist!",
            range: name.range.start..<name.range.end)
        }
        writer.setMetadata(key, nil)
      }
      return done("DROP TASK")
    }
  }

  private static func taskKey(_ name: QualifiedName) -> String {
    "task.\(name.schema.lowercased()).\(name.name.lowercased())"
  }
}

/// `olap.tasks`.
enum TaskTables {
  static let tasks = SystemTable(
    "olap", "tasks", "Statements with a schedule; `olap run --watch` runs them",
    columns: [
      .init("task_name", .varchar), .init("schema_name", .varchar), .init("schedule", .varchar),
      .init("sql", .varchar),
    ]
  ) { _, planning in
    let snapshot = planning.storageSnapshot
    return snapshot.metadataKeys.filter { $0.hasPrefix("task.") }.compactMap { key in
      guard let bytes = snapshot.metadata(key) else { return nil }
      let sql = String(decoding: bytes, as: UTF8.self)
      guard case .createTask(let node)? = try? Parser.parse(sql).first?.kind else { return nil }
      let schema = key.split(separator: ".").dropFirst().first.map(String.init)
      return [
        .text(node.name.base.text), .text(schema), .text(schedule(node)),
        .text(Connection.slice(sql, node.body.range)),
      ]
    }
  }

  private static func schedule(_ node: CreateTaskStatement) -> String? {
    for option in node.options where option.name.text.lowercased() == "schedule" {
      if case .expression(let value)? = option.value,
        case .literal(.string(let text)) = value.kind
      {
        return text
      }
    }
    return nil
  }
}
