import OlapColumns

/// Chooses the overload of a call by the least implicit casting and binds it to types.
package enum FunctionResolver {
  /// Resolves a scalar call. `types` are the arguments' types as written (`.null` for an untyped
  /// NULL), `constants` the values of arguments that are constants.
  /// - Throws: `.invalidArgument` naming the candidates when nothing fits.
  package static func resolve(
    _ function: ScalarFunction, types: [SQLType], constants: [Value?]
  ) throws(ComputeError) -> BoundScalar {
    try resolve(function.name, function.overloads, types, constants)
  }

  /// Resolves an aggregate call; as for scalars.
  package static func resolve(
    _ function: AggregateFunction, types: [SQLType], constants: [Value?]
  ) throws(ComputeError) -> BoundAggregate {
    try resolve(function.name, function.overloads, types, constants)
  }

  private static func resolve<Candidate: Overload>(
    _ name: String, _ overloads: [Candidate], _ types: [SQLType], _ constants: [Value?]
  ) throws(ComputeError) -> Candidate.Bound {
    var best: (cost: Int, types: [SQLType], overload: Candidate)?
    for overload in overloads {
      guard
        let match = match(
          overload.parameters, overload.variadic, types: types, constants: constants)
      else { continue }
      if best == nil || match.cost < best!.cost { best = (match.cost, match.types, overload) }
    }
    guard let best else {
      throw noMatch(
        name, types, overloads.map { signature($0.parameters, $0.variadic) })
    }
    do {
      return try best.overload.bind(best.types, constants)
    } catch let error as ComputeError {
      throw error
    } catch {
      throw ComputeError(.invalidArgument, "\(error)")
    }
  }

  private static func noMatch(
    _ name: String, _ types: [SQLType], _ candidates: [String]
  ) -> ComputeError {
    let given: String = types.map { $0.description }.joined(separator: ", ")
    let list: String = candidates.map { "\n\t\(name)(\($0))" }.joined()
    return ComputeError(
      .invalidArgument,
      "No function matches the given name and argument types '\(name)(\(given))'. "
        + "You might need to add explicit type casts.\n\tCandidate functions:\(list)")
  }

  private static func signature(_ parameters: [Parameter], _ variadic: Parameter?) -> String {
    var parts: [String] = parameters.map { $0.description }
    if let variadic { parts.append("[\(variadic.description)...]") }
    return parts.joined(separator: ", ")
  }
}

extension Parameter: CustomStringConvertible {
  /// As error messages and `olap.functions` spell it.
  package var description: String {
    switch self {
    case .exact(let type): type.description
    case .any, .anyCommon: "ANY"
    case .anyDecimal: "DECIMAL"
    case .anyInteger: "INTEGRAL"
    case .anyNumeric: "NUMERIC"
    case .anyList: "ANY[]"
    case .anyStruct: "STRUCT"
    case .anyMap: "MAP(ANY, ANY)"
    case .anyEnum: "ENUM"
    case .lambda: "LAMBDA"
    }
  }
}
