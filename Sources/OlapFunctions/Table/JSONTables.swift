import OlapColumns

/// json_each (the children of a value) and json_tree (all descendants), with SQLite's columns.
extension TableFunction {
  static let jsonEach = TableFunction(
    "json_each", aliases: ["jsonb_each", "jsonb_array_elements", "json_array_elements"],
    summary: "The members of a JSON object or elements of an array, a row each.",
    example: ("SELECT count(*) FROM json_each('[1, 2]')", "2")
  ) { arguments, _ in try JSONTable.bind(arguments, isTree: false) }

  static let jsonTree = TableFunction(
    "json_tree", summary: "Every value within a JSON document, a row each.",
    example: ("SELECT count(*) FROM json_tree('[1, [2]]')", "4")
  ) { arguments, _ in try JSONTable.bind(arguments, isTree: true) }
}

/// json_each and json_tree over a column: per column of the table a list for each document, unnested
/// side by side.
package enum JSONLateral {
  /// The columns of a function that can be used so; nil for other functions.
  package static func columns(of function: String) -> [TableFunction.Column]? {
    switch function {
    case "json_each", "jsonb_each", "jsonb_array_elements", "json_array_elements", "json_tree":
      JSONTable.columns
    default: nil
    }
  }

  /// The scalar function that gives one column's list. Its name cannot be written as a call.
  package static func scalar(_ function: String, _ column: String) -> String {
    "\(function == "json_tree" ? "json_tree" : "json_each") \(column)"
  }

  static let scalars: [ScalarFunction] = [false, true].flatMap { isTree in
    JSONTable.columns.enumerated().map { position, column in
      let overloads: [ScalarOverload] = [SQLType.json, .varchar].flatMap { type in
        [[type], [type, .varchar]].map { arguments in
          .boxed(arguments, to: .list(column.type)) { row in
            .list(try JSONTable.rows(row, isTree: isTree).map { $0[position] })
          }
        }
      }
      return ScalarFunction(
        scalar(isTree ? "json_tree" : "json_each", column.name),
        summary: "One column of json_each over a column of documents.", overloads: overloads)
    }
  }
}

enum JSONTable {
  static let columns: [TableFunction.Column] = [
    .init("key", .varchar), .init("value", .json), .init("type", .varchar), .init("atom", .json),
    .init("id", .ubigint), .init("parent", .ubigint), .init("fullkey", .varchar),
    .init("path", .varchar),
  ]

  static func bind(
    _ arguments: [(SQLType, Value)], isTree: Bool
  ) throws -> TableFunction.Bound {
    guard let first = arguments.first else {
      throw ComputeError.invalid("json_each needs a JSON document")
    }
    let found: [[Value]] =
      first.1.isNull ? [] : try rows(arguments.map { $0.1 }, isTree: isTree)
    return TableFunction.Bound(columns: columns, rowCount: found.count) { request in
      var next = 0
      return GeneratorSource {
        if next >= found.count { return nil }
        let range: Range<Int> = next..<Swift.min(found.count, next + VectorSize.current)
        next = range.upperBound
        let vectors: [Vector] = request.projection.map { column in
          let builder = VectorBuilder(type: columns[column].type, capacity: range.count)
          for i in range { builder.append(found[i][column]) }
          return builder.finish()
        }
        return Chunk(columns: vectors, count: range.count)
      }
    }
  }

  /// The rows for a document and a path within it.
  static func rows(_ arguments: [Value], isTree: Bool) throws -> [[Value]] {
    let root: JSONValue = try JSONExtraction.document(arguments[0])
    var path = "$"
    if arguments.count > 1, case .varchar(let text) = arguments[1] { path = text }
    guard let start = try JSONPath(path).first(in: root) else { return [] }
    var walk = Walk(isTree: isTree)
    walk.visit(start, path)
    return walk.rows
  }

  /// Depth first; the parser has limited the depth.
  private struct Walk {
    let isTree: Bool
    var rows: [[Value]] = []
    private var next: Int128 = 0

    init(isTree: Bool) { self.isTree = isTree }

    mutating func visit(_ root: JSONValue, _ path: String) {
      if isTree || root.isScalar { emit(root, .null, .null, path, path) }
      let id: Int128 = next - 1
      if !root.isScalar { children(root, path, isTree ? .hugeint(id) : .null) }
    }

    private mutating func children(_ value: JSONValue, _ path: String, _ parent: Value) {
      switch value {
      case .array(let elements):
        for (i, element) in elements.enumerated() {
          child(element, .varchar(String(i)), parent, "\(path)[\(i)]", path)
        }
      case .object(let members):
        for member in members {
          let isPlain: Bool = member.key.utf8.allSatisfy {
            $0 == 0x5f || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || (0x30...0x39).contains($0)
          }
          let key: String = isPlain ? member.key : "\"\(member.key)\""
          child(member.value, .varchar(member.key), parent, "\(path).\(key)", path)
        }
      default: break
      }
    }

    private mutating func child(
      _ value: JSONValue, _ key: Value, _ parent: Value, _ full: String, _ path: String
    ) {
      emit(value, key, parent, full, path)
      if isTree && !value.isScalar { children(value, full, .hugeint(next - 1)) }
    }

    private mutating func emit(
      _ value: JSONValue, _ key: Value, _ parent: Value, _ full: String, _ path: String
    ) {
      let text: Value = .varchar(value.text)
      rows.append([
        key, text, .varchar(value.typeName), value.isScalar && value != .null ? text : .null,
        .hugeint(next), parent,
        .varchar(full), .varchar(path),
      ])
      next += 1
    }
  }
}
