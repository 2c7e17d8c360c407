import OlapColumns

/// Lists one after the other, as DuckDB has them: a NULL list counts as empty for list_concat
/// (`nullIsEmpty`) and makes the result of `||` NULL.
enum ListConcatenation {
  static func bind(_ types: [SQLType], nullIsEmpty: Bool = true) throws -> BoundScalar {
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
        if !nullIsEmpty, row.contains(where: { $0.isNull }) { return .null }
        return .list(
          row.flatMap { value -> [Value] in
            if case .list(let elements) = value { return elements }
            return []
          })
      })
  }
}
