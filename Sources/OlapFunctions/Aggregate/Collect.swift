import OlapColumns

/// Aggregates that look at all values of a group at once: list, median, mode, histogram, …
///
/// Rows are appended to columns as they come, with their group beside them; at the end a counting
/// sort brings each group's rows together in order of arrival. Exported states are one list per
/// argument.
final class CollectAccumulator: AggregateAccumulator {
  /// From the rows of one group (one vector per argument, at least one row) to the result value.
  typealias Finish = @Sendable (_ rows: [Vector], _ count: Int) throws -> Value

  private let types: [SQLType]
  private let result: SQLType
  /// Whether rows with a NULL in the first argument are left out.
  private let skipsNull: Bool
  /// Value of a group without rows.
  private let empty: Value
  private let finish: Finish
  private var builders: [VectorBuilder]
  private var groups: [UInt32] = []
  private var groupCount = 0
  private var sorted: (starts: [Int], columns: [Vector])?

  init(
    types: [SQLType], result: SQLType, skipsNull: Bool, empty: Value = .null,
    finish: @escaping Finish
  ) {
    self.types = types
    self.result = result
    self.skipsNull = skipsNull
    self.empty = empty
    self.finish = finish
    builders = types.map { VectorBuilder(type: $0) }
  }

  private(set) var byteCount = 0

  func reserve(groupCount: Int) { self.groupCount = Swift.max(self.groupCount, groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    append(arguments, count) { groups[$0] }
  }

  func updateAll(arguments: [Vector], count: Int) throws { append(arguments, count) { _ in 0 } }

  private func append(_ arguments: [Vector], _ count: Int, _ group: (Int) -> UInt32) {
    if count == 0 { return }
    materialise()
    var rows: [Vector] = arguments
    var n: Int = count
    if skipsNull, let first = arguments.first, !first.isAllValid() {
      let selection = Selection(capacity: count)
      for i in 0..<count where first.isValid(i) {
        selection.indexes[selection.count] = UInt32(truncatingIfNeeded: i)
        selection.count += 1
      }
      n = selection.count
      if n == 0 { return }
      rows = arguments.map { $0.gathered(selection.indexes, count: n) }
      for k in 0..<n { groups.append(group(Int(selection.indexes[k]))) }
    } else {
      for i in 0..<count { groups.append(group(i)) }
    }
    for (builder, vector) in zip(builders, rows) { builder.append(vector, 0..<n) }
    byteCount += rows.reduce(n * 4) { $0 + $1.flatOrConstant.byteCount }
  }

  /// After sorting, builders are spent: start again from the sorted rows.
  private func materialise() {
    guard let sorted else { return }
    builders = types.map { VectorBuilder(type: $0) }
    var order: [UInt32] = []
    for g in 0..<(sorted.starts.count - 1) {
      order.append(
        contentsOf: repeatElement(UInt32(g), count: sorted.starts[g + 1] - sorted.starts[g]))
    }
    groups = order
    for (builder, column) in zip(builders, sorted.columns) {
      builder.append(column, 0..<column.count)
    }
    self.sorted = nil
  }

  /// Rows in group order and where each group starts.
  private func bringTogether() -> (starts: [Int], columns: [Vector]) {
    if let sorted, sorted.starts.count == groupCount + 1 { return sorted }
    materialise()
    var starts = [Int](repeating: 0, count: groupCount + 1)
    let order = Selection(capacity: groups.count)
    order.count = groups.count
    if groupCount == 1 {
      starts[1] = groups.count
    } else {
      for g in groups { starts[Int(g) + 1] += 1 }
      for g in 0..<groupCount { starts[g + 1] += starts[g] }
      var next: [Int] = starts
      Cancellation.strides(groups.count) { range in
        for row in range {
          let g = Int(groups[row])
          order.indexes[next[g]] = UInt32(truncatingIfNeeded: row)
          next[g] += 1
        }
      }
      if Cancellation.isRequested { for row in 0..<groups.count { order.indexes[row] = 0 } }
    }
    let columns: [Vector] = builders.map { builder in
      let column: Vector = builder.finish()
      return groupCount == 1 ? column : column.gathered(order.indexes, count: order.count)
    }
    let result = (starts: starts, columns: columns)
    sorted = result
    groups = []
    return result
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? CollectAccumulator, count > 0 else { return }
    let (starts, columns) = other.bringTogether()
    materialise()
    for g in 0..<count {
      self.groups.append(contentsOf: repeatElement(groups[g], count: starts[g + 1] - starts[g]))
    }
    let n: Int = starts[count]
    for (builder, column) in zip(builders, columns) {
      try Cancellation.check()
      builder.append(column, 0..<n)
    }
    byteCount += columns.reduce(n * 4) { $0 + $1.byteCount }
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    let (starts, columns) = bringTogether()
    try Cancellation.check()
    let builder = VectorBuilder(type: result, capacity: Swift.max(count, 1))
    var pacer = Cancellation.Pacer()
    for g in first..<(first + count) {
      try pacer.tick()
      let range: Range<Int> = starts[g]..<starts[g + 1]
      if range.isEmpty {
        builder.append(empty)
      } else {
        builder.append(try finish(columns.map { $0.sliced(range) }, range.count))
      }
    }
    return builder.finish()
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    let (starts, columns) = bringTogether()
    return zip(types, columns).map { type, column in
      let vector = Vector.flat(.list(type), count: count, children: [column])
      let entries = vector.values(ListEntry.self)
      for i in 0..<count {
        let start: Int = starts[first + i]
        entries[i] = ListEntry(offset: start, count: starts[first + i + 1] - start)
      }
      return vector
    }
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    materialise()
    for (k, state) in states.enumerated() {
      let lists: Vector = state.flattened()
      let entries = lists.values(ListEntry.self)
      for i in 0..<count {
        let range: Range<Int> =
          Int(entries[i].offset)..<(Int(entries[i].offset) + Int(entries[i].count))
        builders[k].append(lists.children[0], range)
        if k == 0 { for _ in range { self.groups.append(groups[i]) } }
      }
      byteCount += lists.byteCount
    }
  }
}

extension AggregateFunction {
  /// An aggregate over all values of a group.
  static func collecting(
    _ types: [SQLType], to result: SQLType, skipsNull: Bool = true, empty: Value = .null,
    _ finish: @escaping CollectAccumulator.Finish
  ) -> BoundAggregate {
    BoundAggregate(
      argumentTypes: types, returnType: result, stateTypes: types.map { .list($0) }
    ) {
      CollectAccumulator(
        types: types, result: result, skipsNull: skipsNull, empty: empty, finish: finish)
    }
  }

  /// min(x, n), max(x, n), arg_min(x, y, n), arg_max(x, y, n): a list of at most n values.
  static func topAggregate(
    _ types: [SQLType], _ constants: [Value?], isMinimum: Bool, hasKey: Bool
  ) throws -> BoundAggregate {
    let position: Int = hasKey ? 2 : 1
    guard case .integer(let limit)? = constants[position], limit > 0, limit < 1_000_000 else {
      throw ComputeError.invalid("n must be a constant between 1 and 999999")
    }
    let key: Int = hasKey ? 1 : 0
    return collecting(types, to: .list(types[0])) { rows, count in
      var order: [Int] = (0..<count).filter { rows[key].isValid($0) }
      order = try RowOrder.sorted(order, by: rows[key], descending: !isMinimum)
      return .list(order.prefix(Int(limit)).map { rows[0].value(at: $0) })
    }
  }
}
