extension SQLPrinter {
  /// A statement that may stand in a CTE: INSERT, UPDATE, DELETE, MERGE, or a query.
  mutating func modification(_ statement: Statement) {
    switch statement.kind {
    case .select(let query): self.query(query)
    case .insert(let insert): self.insert(insert)
    case .update(let update): self.update(update)
    case .delete(let delete): self.delete(delete)
    case .merge(let merge): self.merge(merge)
    default: break
    }
  }

  private mutating func head(
    _ with: WithClause?, _ word: String, _ table: ObjectName, _ alias: Identifier?
  ) {
    if let with {
      self.with(with)
      write(" ")
    }
    write(word)
    name(table)
    if let alias {
      write(" AS ")
      identifier(alias)
    }
  }

  private mutating func returning(_ items: [SelectItem]) {
    guard !items.isEmpty else { return }
    write(" RETURNING ")
    self.items(items)
  }

  private mutating func insert(_ insert: InsertStatement) {
    var word = "INSERT INTO "
    var conflict = insert.onConflict
    if let clause = conflict, clause.target == .any {
      switch clause.action {
      case .replace:
        word = "INSERT OR REPLACE INTO "
        conflict = nil
      case .nothing:
        word = "INSERT OR IGNORE INTO "
        conflict = nil
      case .update: break
      }
    }
    head(insert.with, word, insert.table, insert.alias)
    if !insert.columns.isEmpty {
      write(" ")
      identifiers(insert.columns)
    }
    if insert.isByName { write(" BY NAME") }
    switch insert.source {
    case .defaultValues: write(" DEFAULT VALUES")
    case .query(let query):
      write(" ")
      self.query(query)
    }
    if let conflict { self.conflict(conflict) }
    returning(insert.returning)
  }

  private mutating func conflict(_ conflict: ConflictClause) {
    write(" ON CONFLICT")
    switch conflict.target {
    case .any: break
    case .columns(let columns, let filter):
      write(" ")
      identifiers(columns)
      clause(" WHERE ", filter)
    case .constraint(let name):
      write(" ON CONSTRAINT ")
      identifier(name)
    }
    switch conflict.action {
    case .nothing, .replace: write(" DO NOTHING")
    case .update(let assignments, let filter):
      write(" DO UPDATE SET ")
      self.assignments(assignments)
      clause(" WHERE ", filter)
    }
  }

  private mutating func assignments(_ assignments: [Assignment]) {
    list(assignments) {
      if $1.columns.count == 1 {
        $0.identifier($1.columns[0])
      } else {
        $0.identifiers($1.columns)
      }
      $0.write(" = ")
      $0.expression($1.value)
    }
  }

  private mutating func update(_ update: UpdateStatement) {
    head(update.with, "UPDATE ", update.table, update.alias)
    write(" SET ")
    assignments(update.assignments)
    if !update.from.isEmpty {
      write(" FROM ")
      list(update.from) { $0.table($1) }
    }
    clause(" WHERE ", update.filter)
    returning(update.returning)
  }

  private mutating func delete(_ delete: DeleteStatement) {
    head(delete.with, "DELETE FROM ", delete.table, delete.alias)
    if !delete.using.isEmpty {
      write(" USING ")
      list(delete.using) { $0.table($1) }
    }
    clause(" WHERE ", delete.filter)
    returning(delete.returning)
  }

  private mutating func merge(_ merge: MergeStatement) {
    head(merge.with, "MERGE INTO ", merge.table, merge.alias)
    write(" USING ")
    if merge.source.isJoin {
      parenthesized { $0.table(merge.source) }
    } else {
      table(merge.source)
    }
    condition(merge.condition)
    for clause in merge.clauses { mergeClause(clause) }
    returning(merge.returning)
  }

  private mutating func mergeClause(_ clause: MergeClause) {
    write(" WHEN " + clause.match.rawValue)
    self.clause(" AND ", clause.condition)
    write(" THEN ")
    switch clause.action {
    case .delete: write("DELETE")
    case .nothing: write("DO NOTHING")
    case .insertDefaults: write("INSERT DEFAULT VALUES")
    case .error(let message):
      write("ERROR")
      self.clause(" ", message)
    case .update(let assignments, let isByName):
      write("UPDATE")
      if isByName { write(" BY NAME") }
      if !assignments.isEmpty {
        write(" SET ")
        self.assignments(assignments)
      }
    case .insert(let columns, let values, let isByName):
      write("INSERT")
      if isByName { write(" BY NAME") }
      if !columns.isEmpty {
        write(" ")
        identifiers(columns)
      }
      if !values.isEmpty {
        write(" VALUES ")
        parenthesized { $0.expressions(values) }
      }
    }
  }

  mutating func describe(_ statement: DescribeStatement) {
    switch statement.subject {
    case .describeTable(let name): write("DESCRIBE \(name.sql)")
    case .describeQuery(let query):
      write("DESCRIBE ")
      self.query(query)
    case .describeFile(let path):
      write("DESCRIBE ")
      string(path)
    case .summarizeTable(let name): write("SUMMARIZE \(name.sql)")
    case .summarizeQuery(let query):
      write("SUMMARIZE ")
      self.query(query)
    case .summarizeFile(let path):
      write("SUMMARIZE ")
      string(path)
    case .tables(let schema): write("SHOW TABLES" + (schema.map { " FROM \($0.sql)" } ?? ""))
    case .allTables: write("SHOW ALL TABLES")
    case .schemas: write("SHOW SCHEMAS")
    case .databases: write("SHOW DATABASES")
    case .views: write("SHOW VIEWS")
    case .models: write("SHOW MODELS")
    case .functions: write("SHOW FUNCTIONS")
    case .settings: write("SHOW ALL")
    case .setting(let name): write("SHOW \(name.sql)")
    case .create(let name): write("SHOW CREATE TABLE \(name.sql)")
    }
  }
}

extension Statement {
  /// As SQL: only queries, INSERT, UPDATE, DELETE and MERGE; other statements keep their own text.
  package var sql: String? {
    switch kind {
    case .select, .insert, .update, .delete, .merge:
      var printer = SQLPrinter()
      printer.modification(self)
      return printer.text
    default: return nil
    }
  }
}
