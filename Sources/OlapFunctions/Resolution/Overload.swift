import OlapColumns

/// One list of parameters of a function and what a call of these types becomes.
protocol Overload {
  associatedtype Bound
  var parameters: [Parameter] { get }
  /// The type of any further arguments.
  var variadic: Parameter? { get }
  var bind: @Sendable (_ types: [SQLType], _ constants: [Value?]) throws -> Bound { get }
}
