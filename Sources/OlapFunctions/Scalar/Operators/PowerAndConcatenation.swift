import Glibc
import OlapColumns

extension ScalarFunction {
  static let power = ScalarFunction(
    "^", aliases: ["**", "pow", "power"], summary: "One number to the power of another.",
    example: ("2 ^ 10", "1024.0"),
    overloads: [.binary(.double, .double, to: .double) { (a: Double, b: Double) in pow(a, b) }])

  static let concatenate = ScalarFunction(
    "||", summary: "Two strings, blobs or lists one after the other; NULL with a NULL.",
    example: ("'olap' || 'db'", "olapdb"), overloads: [Concatenation.operatorOverload])
}

enum Concatenation {
  /// Lists join lists, blobs blobs; everything else is joined as text.
  static let operatorOverload = ScalarOverload([.any, .any], variadic: .any) { types, _ in
    if types.contains(where: { isList($0) }) {
      return try ListConcatenation.bind(types, nullIsEmpty: false)
    }
    let type: SQLType =
      types.allSatisfy { $0 == .blob || $0 == .null }
      ? .blob : types.allSatisfy { $0 == .bit || $0 == .null } ? .bit : .varchar
    return BoundScalar(
      argumentTypes: types.map { _ in type }, returnType: type, kernel: kernel(type))
  }

  static func isList(_ type: SQLType) -> Bool {
    switch type {
    case .list, .array: true
    default: false
    }
  }

  private static func kernel(_ type: SQLType) -> ScalarKernel {
    { arguments, count, context in
      try ScalarLift.evaluate(arguments, count, type) { vectors, n in
        let cells: [Cells<StringView>] = vectors.map { Cells<StringView>($0) }
        return try ScalarLift.fillText(type, vectors, n, limit: context.resultLimit) { i, output in
          var size = 0
          for cell in cells { size += cell[i].count }
          try output.require(size)
          return output.built { bytes in for cell in cells { bytes.append(cell[i]) } }
        }
      }
    }
  }
}
