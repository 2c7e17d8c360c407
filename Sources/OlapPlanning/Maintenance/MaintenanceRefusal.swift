/// Why a model's rows cannot be maintained from the changes of its inputs; the model is recomputed.
package struct MaintenanceRefusal: Error, Sendable, CustomStringConvertible {
  /// A clause for people: "random() gives another value each time".
  package let reason: String
  package init(_ reason: String) { self.reason = reason }
  package var description: String { reason }
}
