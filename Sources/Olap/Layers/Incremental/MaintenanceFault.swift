/// Bugs that tests plant to see that the comparison with a rebuild finds them.
package enum MaintenanceFault: Sendable, CaseIterable {
  /// Changes on the right side of outer, semi and anti joins are overlooked.
  case ignoresRightSides
  /// Rows deleted from inputs are overlooked.
  case ignoresDeletes
  /// Rows that cross a boundary because the clock moved are overlooked.
  case ignoresClock
  /// Of several groups that changed one is left as it was.
  case forgetsOneGroup
}
