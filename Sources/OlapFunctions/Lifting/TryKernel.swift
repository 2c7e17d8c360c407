import OlapColumns

/// A function under TRY: rows that fail become NULL.
package enum TryKernel {
  /// The call's overload with a kernel that never fails for a row's values. Cancelling and running out
  /// of memory still end the statement.
  package static func guarded(_ bound: BoundScalar) -> BoundScalar {
    let kernel: ScalarKernel = bound.kernel
    let type: SQLType = bound.returnType
    return BoundScalar(argumentTypes: bound.argumentTypes, returnType: type) {
      arguments, count, context in
      do {
        return try kernel(arguments, count, context)
      } catch let error as ComputeError where error.isOfValues {
        let builder = VectorBuilder(type: type, capacity: count)
        for i in 0..<count {
          do {
            let row: [Vector] = arguments.map { $0.sliced(i..<(i + 1)) }
            builder.append(from: try kernel(row, 1, context), row: 0)
          } catch let error as ComputeError where error.isOfValues {
            builder.appendNull()
          }
        }
        return builder.finish()
      }
    }
  }

  /// The function under another name, so that no rule takes the guarded call for the plain one.
  package static func renamed(_ function: ScalarFunction) -> ScalarFunction {
    ScalarFunction(
      "try \(function.name)", summary: function.summary, stability: function.stability,
      handlesNull: function.handlesNull, overloads: function.overloads)
  }
}

extension ComputeError {
  fileprivate var isOfValues: Bool { kind != .cancelled && kind != .outOfMemory }
}
