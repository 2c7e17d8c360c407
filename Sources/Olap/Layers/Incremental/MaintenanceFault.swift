/// Bugs that tests plant to see that the comparison with a rebuild finds them.
package enum MaintenanceFault: Sendable {
  /// Changes on the right side of outer, semi and anti joins are overlooked.
  case ignoresRightSides
}
