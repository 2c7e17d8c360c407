import OlapColumns

/// List functions over boxed elements.
enum ListFunction {
  static func distinct(_ values: [Value]) -> [Value] {
    var seen = Set<Value>()
    var result: [Value] = []
    Cancellation.strides(values.count) { range in
      for value in values[range] where seen.insert(value).inserted { result.append(value) }
    }
    return result
  }

  /// (list) → a list of the same type.
  static func sameType(
    _ body: @escaping @Sendable ([Value]) -> [Value]
  ) -> ScalarOverload {
    let type = { @Sendable (types: [SQLType]) -> SQLType in .list(types[0].elementType ?? .null) }
    return .boxed([.anyList], to: type) { row in
      guard case .list(let elements) = row[0] else { return .null }
      return .list(body(elements))
    }
  }

  /// (list, element) or (element, list) → list, with the element's type unified.
  static func withElement(
    elementFirst: Bool, _ body: @escaping @Sendable ([Value], Value) -> [Value]
  ) -> ScalarOverload {
    ScalarOverload(elementFirst ? [.any, .anyList] : [.anyList, .any]) { types, constants in
      let listAt: Int = elementFirst ? 1 : 0
      // An integer that is written out is an INTEGER here, whatever the list holds.
      var literal = constants[1 - listAt]
      if case .integer? = literal { literal = nil }
      guard
        let common = FunctionResolver.unify([
          (types[listAt].elementType ?? .null, nil), (types[1 - listAt], literal),
        ])
      else { throw ComputeError.invalid("Cannot add a \(types[1 - listAt]) to \(types[listAt])") }
      let type: SQLType = .list(common)
      return BoundScalar(
        argumentTypes: elementFirst ? [common, type] : [type, common], returnType: type,
        kernel: ScalarLift.boxedNullable(type) { row in
          let elements: [Value] = if case .list(let own) = row[listAt] { own } else { [] }
          return .list(body(elements, row[1 - listAt]))
        })
    }
  }

  /// `texts` with the empty text where `lists` has a list without elements.
  static func emptyListsAsEmptyText(_ texts: Vector, _ lists: Vector, _ count: Int) -> Vector {
    let flat: Vector = lists.flattened()
    let isEmpty: [Bool] = withExtendedLifetime(flat) {
      let entries = flat.values(ListEntry.self)
      return (0..<count).map { flat.isValid($0) && entries[$0].count == 0 }
    }
    if !isEmpty.contains(true) { return texts }
    let builder = VectorBuilder(type: .varchar, capacity: count)
    for i in 0..<count { builder.append(isEmpty[i] ? .varchar("") : texts.value(at: i)) }
    return builder.finish()
  }

  /// Sorts a list by SQL order; NULLs last unless asked.
  static func sorted(
    _ lists: Vector, count: Int, _ options: (Int) throws -> (descending: Bool, nullsFirst: Bool)
  ) throws -> Vector {
    // Rows may share elements: each gets its own, so that all fit the selection.
    let flat: Vector = lists.flattened().compactedElements()
    let entries = flat.values(ListEntry.self)
    let selection = Selection(capacity: flat.children[0].count)
    let result = Vector.flat(
      flat.type, count: count, sharing: flat.validity, validityOwner: flat.owner)
    let out = result.values(ListEntry.self)
    for i in 0..<count {
      out[i] = ListEntry(offset: selection.count, count: 0)
      guard flat.isValid(i) else { continue }
      let (descending, nullsFirst) = try options(i)
      let rows: [Int] = (0..<Int(entries[i].count)).map { Int(entries[i].offset) + $0 }
      let elements: Vector = flat.children[0]
      let nulls: [Int] = rows.filter { !elements.isValid($0) }
      let values: [Int] = try RowOrder.sorted(
        rows.filter { elements.isValid($0) }, by: elements, descending: descending)
      for row in nullsFirst ? nulls + values : values + nulls {
        selection.indexes[selection.count] = UInt32(row)
        selection.count += 1
      }
      out[i] = ListEntry(offset: Int(out[i].offset), count: rows.count)
    }
    let elements: Vector = flat.children[0].gathered(selection.indexes, count: selection.count)
    return Vector(
      type: flat.type, encoding: .flat, count: count, data: result.data,
      validity: result.validity, owner: result.owner, children: [elements])
  }

  static func sortOverloads(descending: Bool) -> [ScalarOverload] {
    let plain = ScalarOverload([.anyList]) { types, _ in
      let type: SQLType = .list(types[0].elementType ?? .null)
      return BoundScalar(argumentTypes: [type], returnType: type) { arguments, count, _ in
        try sorted(arguments[0], count: count) { _ in (descending, false) }
      }
    }
    let ordered: [ScalarOverload] = (1...2).map { extra in
      ScalarOverload([.anyList] + (0..<extra).map { _ in .exact(.varchar) }) { types, _ in
        let type: SQLType = .list(types[0].elementType ?? .null)
        return BoundScalar(
          argumentTypes: [type] + types.dropFirst(), returnType: type
        ) { arguments, count, _ in
          try sorted(arguments[0], count: count) { i in
            let order: String = try word(arguments[1], i, ["ASC", "DESC"])
            let nulls: String =
              extra == 2 ? try word(arguments[2], i, ["NULLS FIRST", "NULLS LAST"]) : "NULLS LAST"
            return ((order == "DESC") != descending, nulls == "NULLS FIRST")
          }
        }
      }
    }
    return [plain] + ordered
  }

  private static func word(_ vector: Vector, _ i: Int, _ allowed: [String]) throws -> String {
    if case .varchar(let text) = vector.value(at: i), allowed.contains(text.uppercased()) {
      return text.uppercased()
    }
    throw ComputeError.invalid("Sort option must be one of \(allowed.joined(separator: ", "))")
  }

  /// Applies an aggregate function to every list.
  static func aggregate(_ name: String, _ types: [SQLType], _ constants: [Value?]) throws
    -> BoundScalar
  {
    guard let function = FunctionRegistry.builtin.aggregates[name.lowercased()] else {
      throw ComputeError.invalid("Aggregate Function with name \(name) does not exist!")
    }
    let element: SQLType = types[0].elementType ?? .null
    let bound: BoundAggregate = try FunctionResolver.resolve(
      function, types: [element] + types.dropFirst(),
      constants: [nil] + constants.dropFirst())
    let tail: [SQLType] = Array(bound.argumentTypes.dropFirst())
    return BoundScalar(
      argumentTypes: [.list(bound.argumentTypes[0])] + tail, returnType: bound.returnType
    ) { arguments, count, _ in
      let lists: Vector = arguments[0].flattened()
      let entries = lists.values(ListEntry.self)
      let accumulator: any AggregateAccumulator = bound.makeAccumulator()
      accumulator.reserve(groupCount: Swift.max(count, 1))
      let groups = Selection(capacity: lists.children[0].count)
      let rows = Selection(capacity: lists.children[0].count)
      var n = 0
      var pacer = Cancellation.Pacer()
      for i in 0..<count where lists.isValid(i) {
        for k in 0..<Int(entries[i].count) {
          try pacer.tick()
          rows.indexes[n] = entries[i].offset + UInt32(k)
          groups.indexes[n] = UInt32(i)
          n += 1
          // Entries of different rows may share elements: flush before the room runs out.
          if n == rows.capacity {
            try feed(accumulator, lists, arguments, groups, rows, n)
            n = 0
          }
        }
      }
      try feed(accumulator, lists, arguments, groups, rows, n)
      let result: Vector = try accumulator.finalize(first: 0, count: count)
      guard let validity = lists.validity else { return result }
      let flat: Vector = result.flattened()
      let mask = RowMask([lists, flat], count: count)
      _ = validity
      return flat.withValidity(
        mask.bytes, owner: OwnerList([mask.owner, flat.owner].compactMap { $0 }))
    }
  }

  private static func feed(
    _ accumulator: any AggregateAccumulator, _ lists: Vector, _ arguments: [Vector],
    _ groups: Selection, _ rows: Selection, _ n: Int
  ) throws {
    try Cancellation.forEachStride(n) { range in
      let (first, count) = (range.lowerBound, range.count)
      let values: Vector = lists.children[0].gathered(rows.indexes + first, count: count)
      let rest: [Vector] = arguments.dropFirst().map {
        $0.gathered(groups.indexes + first, count: count)
      }
      try accumulator.update(
        groups: groups.indexes + first, arguments: [values] + rest, count: count)
    }
  }
}
