/// An error of computing with values: overflow, bad cast, bad argument. Raised once per vector.
package struct ComputeError: Error, Sendable, CustomStringConvertible {
  package enum Kind: String, Sendable {
    case overflow, invalidCast, invalidArgument, divisionByZero, constraint, outOfMemory, cancelled
  }
  package let kind: Kind
  /// What went wrong and how to remedy it, as one sentence.
  package let message: String
  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
  package var description: String { message }
}
