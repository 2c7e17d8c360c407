internal import OlapColumns

/// What is expected of a plan's output: rows, and per column the distinct values and bounds.
struct RelationEstimate {
  /// At least one, so that products never collapse.
  var rows: Double
  var columns: [ColumnID: ColumnEstimate] = [:]
  /// Rows of the base relation before filters: shows how far filters reduced it.
  var unfilteredRows: Double

  init(rows: Double, columns: [ColumnID: ColumnEstimate] = [:], unfilteredRows: Double? = nil) {
    self.rows = max(rows, 1)
    self.columns = columns
    self.unfilteredRows = max(unfilteredRows ?? rows, 1)
  }

  func column(_ id: ColumnID) -> ColumnEstimate {
    columns[id] ?? ColumnEstimate(distinct: rows)
  }

  /// Expected distinct values of an expression.
  func distinct(_ expression: BoundExpression) -> Double {
    switch expression {
    case .constant: return 1
    case .column(let id, _): return min(column(id).distinct, rows)
    default:
      var product: Double = 1
      for id in expression.columns { product = min(product * column(id).distinct, rows) }
      return max(product, 1)
    }
  }

  /// The values a key is drawn from.
  func domain(_ expression: BoundExpression) -> Double {
    switch expression {
    case .constant: return 1
    case .column(let id, _): return column(id).domain
    default:
      var product: Double = 1
      for id in expression.columns { product *= column(id).domain }
      return min(product, max(unfilteredRows, 1))
    }
  }

  /// The same columns in fewer (or more) rows.
  func scaled(to newRows: Double) -> RelationEstimate {
    var copy = self
    copy.rows = max(newRows, 1)
    if copy.rows < rows {
      for (id, column) in columns where column.distinct > copy.rows {
        copy.columns[id]?.distinct = copy.rows
      }
    }
    return copy
  }
}

struct ColumnEstimate {
  /// Distinct values in the relation as it is.
  var distinct: Double
  /// Distinct values before conditions on other columns: what a join partner draws from.
  var domain: Double
  var minimum: Value?
  var maximum: Value?
  var nullFraction: Double = 0

  init(
    distinct: Double, minimum: Value? = nil, maximum: Value? = nil, nullFraction: Double = 0
  ) {
    self.distinct = max(distinct, 1)
    self.domain = max(distinct, 1)
    self.minimum = minimum
    self.maximum = maximum
    self.nullFraction = nullFraction
  }
}
