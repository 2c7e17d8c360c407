import OlapColumns

extension ScalarFunction {
  static let listValue = ScalarFunction(
    "list_value", aliases: ["list_pack"], summary: "A list of the arguments.",
    example: ("list_value(4, 5)", "[4, 5]"), handlesNull: true,
    overloads: [
      ScalarOverload([], variadic: .anyCommon) { types, _ in
        let element: SQLType = types.first ?? .null
        let type: SQLType = .list(element)
        return BoundScalar(argumentTypes: types, returnType: type) { arguments, count, _ in
          ListKernel.pack(arguments, count: count, element: element)
        }
      },
      ScalarOverload([]) { _, _ in
        BoundScalar(argumentTypes: [], returnType: .list(.null)) { _, count, _ in
          Vector.constant(.list([]), type: .list(.null), count: count)
        }
      },
    ])
  static let listExtract = ScalarFunction(
    "list_extract", aliases: ["list_element", "array_extract"],
    summary:
      "The n-th element of a list (negative from the end), character of a string or field of a struct.",
    example: ("list_extract([4, 5, 6], 3)", "6"),
    overloads: [
      ScalarOverload([.anyList, .exact(.bigint)]) { types, _ in
        let element: SQLType = types[0].elementType ?? .null
        return BoundScalar(argumentTypes: types, returnType: element) { arguments, count, _ in
          ListKernel.extract(arguments[0], arguments[1], count: count, element: element)
        }
      },
      .binaryText(.varchar, .bigint) { (text: StringView, n: Int64, _: StringOutput) in
        Characters.substring(text, n, 1)
      },
      StructFunction.extractByName, StructFunction.extractByPosition,
    ])
  static let listSlice = ScalarFunction(
    "list_slice", aliases: ["array_slice"],
    summary: "Elements (or characters) from one position to another, both 1-based and included.",
    example: ("list_slice([4, 5, 6], 2, 3)", "[5, 6]"), handlesNull: true,
    overloads: [
      ListKernel.slice([.anyList, .exact(.bigint), .exact(.bigint)]),
      ListKernel.slice([.anyList, .exact(.bigint), .exact(.bigint), .exact(.bigint)]),
      ListKernel.slice([.exact(.varchar), .exact(.bigint), .exact(.bigint)]),
    ])
  static let arrayLength = ScalarFunction(
    "array_length", aliases: ["list_length", "array_size"], summary: "Number of elements.",
    example: ("array_length([1, 2, 3])", "3"),
    overloads: [
      ListKernel.lengthOverload,
      .boxed([.anyList, .exact(.bigint)], to: { _ in .bigint }) { row in
        guard case .list(var elements) = row[0], case .integer(let dimension) = row[1]
        else { return .null }
        for _ in 1..<Swift.max(1, Swift.min(dimension, 16)) {
          guard case .list(let inner)? = elements.first else { return .null }
          elements = inner
        }
        return .integer(Int64(elements.count))
      },
    ])
  static let cardinality = ScalarFunction(
    "cardinality", summary: "Number of entries of a map or elements of a list.",
    example: ("cardinality(MAP {'a': 1})", "1"),
    overloads: [
      ScalarOverload([.anyMap]) { types, _ in
        BoundScalar(
          argumentTypes: types, returnType: .ubigint,
          kernel: ScalarLift.unary(.ubigint) { (entry: ListEntry) in UInt64(entry.count) })
      },
      ListKernel.lengthOverload,
    ])
}

/// Kernels that work on entries and children without boxing.
enum ListKernel {
  static let lengthOverload = ScalarOverload([.anyList]) { types, _ in
    BoundScalar(
      argumentTypes: types, returnType: .bigint,
      kernel: ScalarLift.unary(.bigint) { (entry: ListEntry) in Int64(entry.count) })
  }

  static func pack(_ arguments: [Vector], count: Int, element: SQLType) -> Vector {
    let builder = VectorBuilder(type: element, capacity: count * arguments.count)
    for i in 0..<count { for argument in arguments { builder.append(from: argument, row: i) } }
    let result = Vector.flat(.list(element), count: count, children: [builder.finish()])
    let entries = result.values(ListEntry.self)
    for i in 0..<count {
      entries[i] = ListEntry(offset: i * arguments.count, count: arguments.count)
    }
    return result
  }

  static func extract(
    _ lists: Vector, _ positions: Vector, count: Int, element: SQLType
  ) -> Vector {
    let list: Vector = lists.flatOrConstant
    let position: Vector = positions.flatOrConstant
    let entries = Cells<ListEntry>(list)
    let indexes = Cells<Int64>(position)
    let selection = Selection(capacity: count)
    for i in 0..<count {
      selection.indexes[i] = .max
      guard list.isValid(i), position.isValid(i) else { continue }
      let entry: ListEntry = entries[i]
      let index: Int64 = indexes[i]
      let at: Int64 = index > 0 ? index - 1 : index < 0 ? Int64(entry.count) + index : -1
      if at >= 0 && at < Int64(entry.count) { selection.indexes[i] = entry.offset + UInt32(at) }
    }
    guard let elements = list.children.first, elements.count > 0
    else { return Vector.nulls(element, count: count) }
    return elements.flattened().gathered(selection.indexes, count: count, nullWhere: .max)
  }

  static func slice(_ parameters: [Parameter]) -> ScalarOverload {
    ScalarOverload(parameters) { types, _ in
      var type: SQLType = types[0]
      if case .array(let element, _) = type { type = .list(element) }
      return BoundScalar(
        argumentTypes: [type] + types.dropFirst(), returnType: type,
        kernel: ScalarLift.boxedNullable(type) { row in
          if row.contains(where: { $0.isNull }) { return .null }
          func bound(_ i: Int) -> Int64? {
            if i < row.count, case .integer(let n) = row[i], n != ListSlice.openBound { return n }
            return nil
          }
          switch row[0] {
          case .list(let elements):
            let step: Int64 = bound(3) ?? 1
            if step == 0 { throw ComputeError.invalid("Slice step cannot be zero") }
            let (low, high) = range(elements.count, bound(1), bound(2))
            let picked: [Value] = low < high ? Array(elements[low..<high]) : []
            if step == 1 { return .list(picked) }
            let ordered: [Value] = step < 0 ? picked.reversed() : picked
            let width = Int(Swift.min(step.magnitude, UInt64(Int.max)))
            return .list(stride(from: 0, to: ordered.count, by: width).map { ordered[$0] })
          case .varchar(let text):
            let scalars = Array(text.unicodeScalars)
            let (low, high) = range(scalars.count, bound(1), bound(2))
            var result = String.UnicodeScalarView()
            if low < high { result.append(contentsOf: scalars[low..<high]) }
            return .varchar(String(result))
          default: return .null
          }
        })
    }
  }

  /// 1-based inclusive bounds, negative from the end, as a half-open range.
  private static func range(_ count: Int, _ from: Int64?, _ to: Int64?) -> (Int, Int) {
    let n = Int64(count)
    var low: Int64 = from ?? 1
    var high: Int64 = to ?? n
    if low < 0 { low = n + low + 1 }
    if high < 0 { high = n + high + 1 }
    return (Int(Swift.min(Swift.max(low, 1), n + 1)) - 1, Int(Swift.min(Swift.max(high, 0), n)))
  }
}

package enum ListSlice {
  /// Stands for a bound that `list[2:]` leaves out; a bound that is NULL makes the result NULL.
  package static let openBound = Int64.min
}

/// Struct access.
enum StructFunction {
  static let extractByName = ScalarOverload([.anyStruct, .exact(.varchar)]) { types, constants in
    guard case .structure(let fields) = types[0], case .varchar(let name)? = constants[1] else {
      throw ComputeError.invalid("struct_extract needs a constant field name")
    }
    guard let i = fields.firstIndex(where: { $0.name.lowercased() == name.lowercased() }) else {
      let names: String = fields.map { "\"\($0.name)\"" }.joined(separator: ", ")
      throw ComputeError.invalid("Could not find key \"\(name)\" in struct: it has \(names)")
    }
    return BoundScalar(argumentTypes: types, returnType: fields[i].type) { arguments, count, _ in
      field(arguments[0], i)
    }
  }

  static let extractByPosition = ScalarOverload([.anyStruct, .exact(.bigint)]) { types, constants in
    guard case .structure(let fields) = types[0], case .integer(let n)? = constants[1], n >= 1,
      n <= Int64(fields.count)
    else { throw ComputeError.invalid("struct_extract needs a constant position of a field") }
    return BoundScalar(argumentTypes: types, returnType: fields[Int(n) - 1].type) {
      arguments, count, _ in field(arguments[0], Int(n) - 1)
    }
  }

  /// Field `i` of each row, NULL where the struct is.
  static func field(_ vector: Vector, _ i: Int) -> Vector {
    let rows: Vector = vector.encoding == .dictionary ? vector.flattened() : vector
    if rows.encoding == .constant {
      return rows.isValid(0)
        ? rows.children[i] : Vector.nulls(rows.children[i].type, count: rows.count)
    }
    let child: Vector = rows.children[i]
    guard let mask = rows.validity else { return child }
    let flat: Vector = child.flattened()
    let combined = RowMask([rows, flat], count: rows.count)
    _ = mask
    return flat.withValidity(
      combined.bytes, owner: OwnerList([combined.owner, flat.owner].compactMap { $0 }))
  }
}
