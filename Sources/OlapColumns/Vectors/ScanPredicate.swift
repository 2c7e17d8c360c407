/// A simple condition on one column that a table scan evaluates itself: it prunes row groups and
/// zones by their zone maps and removes the remaining rows in code space. It is exact: a scan returns
/// only rows that satisfy every predicate (NULL satisfies only `isNull`).
package struct ScanPredicate: Sendable {
  package enum Condition: Sendable {
    /// column op constant; the constant has the column's type and is not NULL.
    case compare(ComparisonOperator, Value)
    /// column IN (constants without NULL).
    case isIn([Value])
    case isNull
    case isNotNull
    /// Filled in while the query runs (join filters, the top-n bound); passes all until published.
    case runtime(any RuntimeFilter)
  }
  /// Position in the table's column list.
  package let column: Int
  package let condition: Condition
  package init(column: Int, condition: Condition) {
    self.column = column
    self.condition = condition
  }
}

/// A filter that another operator publishes while scans run.
package protocol RuntimeFilter: AnyObject, Sendable {
  /// Inclusive bounds of values that may pass, once published; used with zone maps.
  var bounds: (minimum: Value, maximum: Value)? { get }
  /// Whether a value between two order keys may pass; nil when only `bounds` can tell.
  func mayPass(minimum: Int64, maximum: Int64) -> Bool?
  /// Keeps the rows of `selection` (positions into `vector`) that may pass; false positives allowed.
  func filter(_ vector: Vector, _ selection: Selection)
}

extension RuntimeFilter {
  package func mayPass(minimum: Int64, maximum: Int64) -> Bool? { nil }
}

/// The six comparisons and the two NULL-aware ones.
package enum ComparisonOperator: UInt8, Sendable, Hashable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  /// IS DISTINCT FROM: NULL is a value.
  case distinctFrom
  case notDistinctFrom

  /// The operator with its sides exchanged.
  package var flipped: ComparisonOperator {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    default: self
    }
  }
  /// The operator that holds exactly when this one is false (for non-null sides).
  package var negated: ComparisonOperator {
    switch self {
    case .equal: .notEqual
    case .notEqual: .equal
    case .less: .greaterOrEqual
    case .lessOrEqual: .greater
    case .greater: .lessOrEqual
    case .greaterOrEqual: .less
    case .distinctFrom: .notDistinctFrom
    case .notDistinctFrom: .distinctFrom
    }
  }
  package var symbol: String {
    switch self {
    case .equal: "="
    case .notEqual: "<>"
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    case .distinctFrom: "IS DISTINCT FROM"
    case .notDistinctFrom: "IS NOT DISTINCT FROM"
    }
  }
}
