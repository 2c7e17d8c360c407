/// Why a model's rows cannot be maintained from the changes of its inputs; the model is recomputed.
package struct MaintenanceRefusal: Error, Sendable, CustomStringConvertible {
  /// A clause for people: "random() gives another value each time".
  package let reason: String
  /// Of the definition that is refused, so that a later change of it is noticed. Nil: nothing tells whether
  /// its rows would be the same.
  package var fingerprint: UInt64?
  package init(_ reason: String) { self.reason = reason }
  package var description: String { reason }
}
