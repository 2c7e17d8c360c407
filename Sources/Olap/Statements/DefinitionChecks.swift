internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

/// Binds the expressions of a definition once, so that CREATE and ALTER refuse what no row could pass.
struct DefinitionChecks {
  private let table: TableEntry
  private let columns: [PlanColumn]
  private var binder: Binder

  init(_ connection: Connection, _ table: TableEntry, snapshot: Snapshot) {
    self.table = table
    let planning = SessionPlanning(
      connection: connection, snapshot: snapshot,
      evaluation: connection.evaluationContext(snapshot: snapshot))
    let allocator = ColumnIDAllocator()
    columns = table.columns.map { allocator.column($0.name, $0.type) }
    binder = Binder(context: planning, allocator: allocator, allowsModelWrites: false)
  }

  /// CHECK, DEFAULT and generated columns as they are written in CREATE TABLE.
  mutating func check(
    _ nodes: [OlapSQL.ColumnDefinition], _ constraints: [TableConstraint]
  ) throws {
    for node in nodes {
      for constraint in node.constraints {
        switch constraint.kind {
        case .check(let expression): try condition(expression)
        case .generated(let expression, _):
          _ = try binder.bindTableExpression(expression, table: table, columns: columns)
        case .defaultValue(let expression): try defaultValue(expression, of: node.name.text)
        default: break
        }
      }
    }
    for constraint in constraints {
      if case .check(let expression) = constraint.kind { try condition(expression) }
    }
  }

  mutating func defaultValue(_ expression: Expression, of column: String) throws {
    guard let position = table.columnIndex(column) else { return }
    _ = try binder.bindDefault(expression, as: table.columns[position].type)
  }

  private mutating func condition(_ expression: Expression) throws {
    _ = try binder.bindTableExpression(expression, table: table, columns: columns, as: .boolean)
  }
}
