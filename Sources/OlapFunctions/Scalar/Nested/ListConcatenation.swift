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
        let names = types.map { $0.description }.joined(separator: " and ")
        throw ComputeError.invalid("Cannot concatenate types \(names); an explicit cast is needed")
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
