package import OlapColumns

/// A condition on one column that a file scan applies itself: rows it turns down are not read further, and
/// files whose name or folders it turns down are not opened.
package struct FileFilter: Sendable {
  package let column: FileColumn
  package let condition: ScanPredicate.Condition
  package init(column: FileColumn, condition: ScanPredicate.Condition) {
    self.column = column
    self.condition = condition
  }

  /// Whether it likely turns down enough rows to be worth a look ahead.
  var isSelective: Bool {
    switch condition {
    case .compare(.notEqual, _), .isNotNull, .runtime: false
    case .compare, .isIn, .isNull: true
    }
  }

  /// Rows of `vector` that pass, ascending.
  func passing(_ vector: Vector) -> Selection {
    let count = vector.count
    let result = Selection(capacity: count)
    switch condition {
    case .compare(let comparison, let value):
      let constant = Vector.constant(value, type: vector.type, count: count)
      Compare.select(comparison, vector, constant, count: count, into: result)
    case .isIn(let values):
      var marks = Array(repeating: false, count: count)
      for value in values {
        let part = Selection(capacity: count)
        let constant = Vector.constant(value, type: vector.type, count: count)
        Compare.select(.equal, vector, constant, count: count, into: part)
        for k in 0..<part.count { marks[Int(part.indexes[k])] = true }
      }
      for row in 0..<count where marks[row] { FileFilter.add(row, to: result) }
    case .isNull:
      for row in 0..<count where !vector.isValid(row) { FileFilter.add(row, to: result) }
    case .isNotNull:
      for row in 0..<count where vector.isValid(row) { FileFilter.add(row, to: result) }
    case .runtime: for row in 0..<count { FileFilter.add(row, to: result) }
    }
    return result
  }

  private static func add(_ row: Int, to selection: Selection) {
    selection.indexes[selection.count] = UInt32(truncatingIfNeeded: row)
    selection.count += 1
  }

  /// Whether any row of a file can pass, as far as its name and folders tell.
  static func admits(
    _ filters: [FileFilter], path: String, partitions: HivePartitions, file: Int
  ) -> Bool {
    filters.allSatisfy { filter in
      switch filter.column {
      case .filename:
        return filter.passing(.constant(.varchar(path), type: .varchar, count: 1)).count > 0
      case .partition(let index):
        guard file < partitions.values.count else { return true }
        let value = Vector.constant(
          partitions.values[file][index], type: partitions.types[index], count: 1)
        return filter.passing(value).count > 0
      default: return true
      }
    }
  }
}
