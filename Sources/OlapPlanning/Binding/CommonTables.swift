internal import OlapColumns
internal import OlapSQL

/// The CTEs visible at a place, by folded name.
struct CommonTables {
  var entries: [String: CommonTable] = [:]

  subscript(name: String) -> CommonTable? {
    get { entries[name.lowercased()] }
    set { entries[name.lowercased()] = newValue }
  }
}

/// One CTE: bound when it is defined; read by scans of its materialisation, or bound anew per use.
final class CommonTable {
  enum Form {
    /// Computed once under this index.
    case materialized(index: Int)
    /// Bound anew for every use, where it was written.
    case inline(CommonTableExpression, CommonTables, Scope?)
    /// The recursive table inside its own step; reading it marks `isRead`.
    case working(index: Int)
    /// The recursive table before its columns are known.
    case undefined
  }
  let name: String
  var form: Form
  /// Names and types; ids are made per use.
  var columns: [PlanColumn]
  var isRead = false

  init(name: String, form: Form, columns: [PlanColumn]) {
    self.name = name
    self.form = form
    self.columns = columns
  }
}
