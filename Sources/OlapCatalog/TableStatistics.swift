package import OlapColumns

/// What is known about one column of a table snapshot, for the optimizer. All optional, all bounds.
package struct ColumnStatistics: Sendable {
  package var minimum: Value?
  package var maximum: Value?
  package var nullCount: Int?
  /// Estimated distinct values (HyperLogLog).
  package var distinctCount: Int?
  package init(
    minimum: Value? = nil, maximum: Value? = nil, nullCount: Int? = nil, distinctCount: Int? = nil
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.nullCount = nullCount
    self.distinctCount = distinctCount
  }
}

/// Row count and column statistics (parallel to TableEntry.columns) of a table snapshot.
package struct TableStatistics: Sendable {
  package var rowCount: Int
  package var columns: [ColumnStatistics]
  package init(rowCount: Int, columns: [ColumnStatistics]) {
    self.rowCount = rowCount
    self.columns = columns
  }
}
