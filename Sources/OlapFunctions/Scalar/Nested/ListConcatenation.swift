import OlapColumns

/// Lists one after the other; a NULL list counts as empty, as DuckDB's list_concat has it.
enum ListConcatenation {
  static func bind(_ types: [SQLType]) throws -> BoundScalar {
    var element: SQLType = .null
    for type in types where type != .null {
      guard Concatenation.isList(type), let own = type.elementType,
        let common = TypeRules.commonType(element, own)
      else {
        throw ComputeError.invalid("Cannot concatenate types \(types.map { $0.description })")
      }
      element = common
    }
    let type: SQLType = .list(element)
    return BoundScalar(
      argumentTypes: types.map { _ in type }, returnType: type,
      kernel: ScalarLift.boxedNullable(type) { row in
        return .list(
          row.flatMap { value -> [Value] in
            if case .list(let elements) = value { return elements }
            return []
          })
      })
  }
}
