internal import OlapColumns
internal import OlapSQL

/// One column of a relation in FROM.
struct ScopeColumn {
  let column: PlanColumn
  let folded: String
  /// Not part of `*`.
  var isHidden = false
  /// Found only with its relation's name: the columns of `excluded`.
  var isQualifiedOnly = false

  init(_ column: PlanColumn, isHidden: Bool = false) {
    self.column = column
    self.folded = column.name.lowercased()
    self.isHidden = isHidden
  }
}

/// One relation of FROM under the name it has there.
struct ScopeTable {
  let name: String
  let folded: String
  /// Schema and database, when the relation may be written with them.
  let schema: String?
  let database: String?
  var columns: [ScopeColumn]
  /// `rowid`, for tables.
  var rowID: PlanColumn?

  init(
    name: String, schema: String? = nil, database: String? = nil, columns: [PlanColumn],
    rowID: PlanColumn? = nil
  ) {
    self.name = name
    self.folded = name.lowercased()
    self.schema = schema?.lowercased()
    self.database = database?.lowercased()
    self.columns = columns.map { ScopeColumn($0) }
    self.rowID = rowID
  }

  func column(_ folded: String) -> ScopeColumn? { columns.first { $0.folded == folded } }
}

/// A column that USING or NATURAL made of one column of each side.
struct MergedColumn {
  let name: String
  let folded: String
  let expression: BoundExpression
  let sources: Set<ColumnID>
}

/// The relations that a piece of FROM makes visible.
struct Fragment {
  var tables: [ScopeTable] = []
  var merged: [MergedColumn] = []

  static func + (left: Fragment, right: Fragment) -> Fragment {
    Fragment(tables: left.tables + right.tables, merged: left.merged + right.merged)
  }

  /// Ids of all columns, hidden ones too.
  var columnIDs: Set<ColumnID> {
    var ids: Set<ColumnID> = []
    for table in tables {
      for column in table.columns { ids.insert(column.column.id) }
      if let rowID = table.rowID { ids.insert(rowID.id) }
    }
    return ids
  }
}

/// What a name in an expression may mean at one level of query nesting.
final class Scope {
  let parent: Scope?
  /// Where in the parent's block the subquery of this level stands; nil for what is part of FROM.
  var place: SubqueryPlace?
  /// Whether the level's SELECT list is what the statement shows.
  var isResult = false
  var fragment = Fragment()
  /// Every column that FROM of this level ever made; narrower views of FROM never shrink it.
  var owned: Set<ColumnID> = []
  /// Columns of outer levels that this level mentions, directly or further inside.
  var correlated: Set<ColumnID> = []
  var commonTables: CommonTables
  /// The SELECT block being bound at this level.
  var select: SelectState?
  /// Parameters of the lambdas around the expression being bound, innermost last.
  var lambdaColumns: [PlanColumn] = []
  /// Arguments of the macro being expanded at this level.
  var macroArguments: [String: BoundExpression] = [:]

  init(parent: Scope?, commonTables: CommonTables) {
    self.parent = parent
    self.commonTables = commonTables
  }

  /// Makes the relations of a fragment known as this level's own.
  func own(_ fragment: Fragment) { owned.formUnion(fragment.columnIDs) }

  /// Records a mention of `id` in this level and all levels between here and its owner.
  func markMention(of id: ColumnID) {
    var scope: Scope? = self
    while let current = scope, !current.owns(id) {
      current.correlated.insert(id)
      scope = current.parent
    }
  }

  func owns(_ id: ColumnID) -> Bool {
    owned.contains(id) || lambdaColumns.contains { $0.id == id }
  }
}

/// Where in a SELECT block a subquery stands: it decides whether aggregates inside may be the block's.
struct SubqueryPlace {
  let clause: Clause
  let isInAggregate: Bool
}

/// The part of a statement an expression stands in; it decides what may be written.
enum Clause: String {
  case select = "SELECT"
  case filter = "WHERE"
  case groupBy = "GROUP BY"
  case having = "HAVING"
  case qualify = "QUALIFY"
  case orderBy = "ORDER BY"
  case distinctOn = "DISTINCT ON"
  case join = "JOIN"
  case values = "VALUES"
  case check = "CHECK"
  case defaultValue = "DEFAULT"
  case generated = "GENERATED"
  case limit = "LIMIT"
  case tableFunction = "table function"
  case returning = "RETURNING"
  case assignment = "SET"
  case merge = "MERGE"

  /// Whether aggregates of the level may be written here.
  var allowsAggregates: Bool {
    switch self {
    case .select, .having, .qualify, .orderBy, .distinctOn: true
    default: false
    }
  }
  var allowsWindows: Bool {
    switch self {
    case .select, .qualify, .orderBy, .distinctOn: true
    default: false
    }
  }
}

/// Where an expression is bound.
struct ExpressionContext {
  var scope: Scope
  var clause: Clause
  var isInAggregate = false
  var isInWindow = false
  /// Select items with positions below may be named by alias; nil = none.
  var aliasLimit: Int? = nil

  init(_ scope: Scope, _ clause: Clause, aliasLimit: Int? = nil) {
    self.scope = scope
    self.clause = clause
    self.aliasLimit = aliasLimit
  }
}

/// Case-insensitive comparison as identifiers need it.
func sameName(_ left: String, _ right: String) -> Bool {
  left == right || left.lowercased() == right.lowercased()
}
