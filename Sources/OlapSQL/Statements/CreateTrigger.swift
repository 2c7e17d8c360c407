/// `CREATE TRIGGER name BEFORE|AFTER event ON table [REFERENCING …] [FOR EACH ROW|STATEMENT] action`.
package struct CreateTriggerStatement: Hashable, Sendable {
  package var name: Identifier
  package var conflict: CreateConflict
  package var timing: Timing
  package var event: Event
  /// `UPDATE OF a, b`: empty for every column.
  package var columns: [Identifier]
  package var table: ObjectName
  /// `REFERENCING NEW TABLE AS name`.
  package var newTable: Identifier?
  package var oldTable: Identifier?
  package var isForEachRow: Bool
  /// INSERT, UPDATE, DELETE or MERGE.
  package var action: Statement
  package var range: SourceRange

  package enum Timing: String, Hashable, Sendable {
    case before = "BEFORE"
    case after = "AFTER"
  }

  package enum Event: String, Hashable, Sendable {
    case insert = "INSERT"
    case update = "UPDATE"
    case delete = "DELETE"
  }

  package init(
    name: Identifier, conflict: CreateConflict, timing: Timing, event: Event,
    columns: [Identifier], table: ObjectName, newTable: Identifier?, oldTable: Identifier?,
    isForEachRow: Bool, action: Statement, range: SourceRange
  ) {
    self.name = name
    self.conflict = conflict
    self.timing = timing
    self.event = event
    self.columns = columns
    self.table = table
    self.newTable = newTable
    self.oldTable = oldTable
    self.isForEachRow = isForEachRow
    self.action = action
    self.range = range
  }
}
