internal import OlapCatalog

extension Connection {
  /// Runs `body` with the unqualified names of stored texts (definitions, rules, tests) looked up in the
  /// schema of what they belong to before the session's, and never among temporary tables: neither USE nor
  /// what a session made for itself changes what a model means.
  ///
  /// - Parameter seesTemporaryTables: for a text that is declared, where a temporary table is a mistake.
  func inSchema<R>(
    _ schema: String, seesTemporaryTables: Bool = false, _ body: () throws -> R
  ) rethrows -> R {
    let saved = (homeSchema, self.seesTemporaryTables)
    homeSchema = schema
    self.seesTemporaryTables = seesTemporaryTables
    defer { (homeSchema, self.seesTemporaryTables) = saved }
    return try body()
  }
}
