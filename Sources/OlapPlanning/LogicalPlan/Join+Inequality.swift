package import OlapColumns

extension Join {
  /// Whether an inequality can find the partners of a row: one that compares the two sides by values that
  /// eight bytes can order. Without equalities such a join sorts its right side, unless that is short.
  package var hasInequality: Bool {
    if nullAware { return false }
    let left = Set(self.left.columns.map { $0.id })
    let right = Set(self.right.columns.map { $0.id })
    return conditions.contains { condition in
      guard case .comparison(let comparison, let a, let b) = condition, a.type == b.type,
        Join.ordersInEightBytes(a.type)
      else { return false }
      switch comparison {
      case .less, .lessOrEqual, .greater, .greaterOrEqual: break
      default: return false
      }
      var inA: Set<ColumnID> = []
      var inB: Set<ColumnID> = []
      a.collectColumns(into: &inA)
      b.collectColumns(into: &inB)
      return (inA.isSubset(of: left) && inB.isSubset(of: right) && !inB.isEmpty)
        || (inA.isSubset(of: right) && inB.isSubset(of: left) && !inA.isEmpty)
    }
  }

  package static func ordersInEightBytes(_ type: SQLType) -> Bool {
    switch type.physicalType {
    case .string, .list, .structure, .interval, .int128, .uint128: false
    default: true
    }
  }
}
