import OlapColumns

/// Aggregates that keep one whole row per group: first, last, any_value, arg_min, arg_max, and
/// min/max of nested types.
///
/// Kept rows are copied to chunks of their own; a slot names chunk and row. Rows that lost are
/// dropped when they outnumber the groups.
final class PickAccumulator: AggregateAccumulator {
  enum Rule: Sendable {
    case first, last
    /// Smallest or greatest key; the earliest row wins among equals.
    case least, greatest
  }

  struct Slot: BitwiseCopyable {
    var chunk: UInt32
    var row: UInt32
    static var none: Slot { Slot(chunk: .max, row: 0) }
    var isNone: Bool { chunk == .max }
  }

  private let rule: Rule
  private let types: [SQLType]
  /// The column that is compared; rows where it is NULL do not count. nil: no comparison.
  private let keyColumn: Int?
  /// Whether rows with a NULL in column 0 are passed over.
  private let skipsNull: Bool
  private let slots = GroupArray<Slot>(initial: .none)
  private var chunks: [[Vector]] = []
  private var rowCount = 0
  private var heldBytes = 0

  init(rule: Rule, types: [SQLType], keyColumn: Int? = nil, skipsNull: Bool = false) {
    self.rule = rule
    self.types = types
    self.keyColumn = keyColumn
    self.skipsNull = skipsNull
  }

  var byteCount: Int { slots.byteCount + heldBytes }
  func reserve(groupCount: Int) { slots.reserve(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    offer(arguments, count) { Int(groups[$0]) }
  }

  func updateAll(arguments: [Vector], count: Int) throws {
    offer(arguments, count) { _ in 0 }
  }

  /// Rows of `arguments` compete for their groups; winners are copied once at the end.
  private func offer(_ arguments: [Vector], _ count: Int, _ group: (Int) -> Int) {
    let incoming = UInt32(chunks.count)
    var touched: [Int] = []
    let slot = slots.pointer
    for i in 0..<count {
      if skipsNull && !arguments[0].isValid(i) { continue }
      if let keyColumn, !arguments[keyColumn].isValid(i) { continue }
      let g: Int = group(i)
      if slot[g].isNone {
        touched.append(g)
      } else if !wins(arguments, i, slot[g], incoming) {
        continue
      } else if slot[g].chunk != incoming {
        touched.append(g)
      }
      slot[g] = Slot(chunk: incoming, row: UInt32(truncatingIfNeeded: i))
    }
    if touched.isEmpty { return }
    keep(arguments, touched)
  }

  private func wins(_ arguments: [Vector], _ i: Int, _ held: Slot, _ incoming: UInt32) -> Bool {
    switch rule {
    case .first: return false
    case .last: return true
    case .least, .greatest:
      let column: Int = keyColumn ?? 0
      let best: Vector =
        held.chunk == incoming ? arguments[column] : chunks[Int(held.chunk)][column]
      let order: Int = Compare.order(arguments[column], i, best, Int(held.row))
      return rule == .least ? order < 0 : order > 0
    }
  }

  private func keep(_ arguments: [Vector], _ touched: [Int]) {
    let slot = slots.pointer
    let chunk = UInt32(chunks.count)
    let rows: [UInt32] = touched.map { slot[$0].row }
    for (k, g) in touched.enumerated() {
      slot[g] = Slot(chunk: chunk, row: UInt32(truncatingIfNeeded: k))
    }
    let copies: [Vector] = zip(types, arguments).map { type, argument in
      let builder = VectorBuilder(type: type, capacity: rows.count)
      builder.append(argument.gathered(rows, count: rows.count), 0..<rows.count)
      return builder.finish()
    }
    push(copies, touched.count)
    if rowCount > slots.count * 2 + 4096 { compact() }
  }

  private func push(_ vectors: [Vector], _ count: Int) {
    chunks.append(vectors)
    rowCount += count
    heldBytes += vectors.reduce(0) { $0 + $1.byteCount }
  }

  private func compact() {
    let all: [Vector] = rows(first: 0, count: slots.count, includingUnset: false)
    var next: UInt32 = 0
    for g in 0..<slots.count where !slots.pointer[g].isNone {
      slots.pointer[g] = Slot(chunk: 0, row: next)
      next += 1
    }
    chunks = []
    rowCount = 0
    heldBytes = 0
    push(all, Int(next))
  }

  /// The kept rows of groups in order; groups without one as NULL or left out.
  private func rows(first: Int, count: Int, includingUnset: Bool) -> [Vector] {
    types.indices.map { column in
      let builder = VectorBuilder(type: types[column], capacity: Swift.max(count, 1))
      for g in first..<(first + count) {
        let slot: Slot = slots.pointer[g]
        if slot.isNone {
          if includingUnset { builder.appendNull() }
        } else {
          builder.append(from: chunks[Int(slot.chunk)][column], row: Int(slot.row))
        }
      }
      return builder.finish()
    }
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? PickAccumulator else { return }
    try mergeStates(other.exportStates(first: 0, count: count), groups: groups, count: count)
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    rows(first: first, count: count, includingUnset: true)[0]
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    let isSet = Vector.flat(.boolean, count: count)
    let flags = isSet.values(UInt8.self)
    for i in 0..<count { flags[i] = slots.pointer[first + i].isNone ? 0 : 1 }
    return rows(first: first, count: count, includingUnset: true) + [isSet]
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    let flags: Vector = states[types.count].flattened()
    let isSet = flags.values(UInt8.self)
    let selection = Selection(capacity: count)
    let targets = Selection(capacity: count)
    for i in 0..<count where isSet[i] != 0 {
      selection.indexes[selection.count] = UInt32(truncatingIfNeeded: i)
      targets.indexes[selection.count] = groups[i]
      selection.count += 1
    }
    if selection.count == 0 { return }
    let rows: [Vector] = states.prefix(types.count).map {
      $0.gathered(selection.indexes, count: selection.count)
    }
    offer(rows, selection.count) { Int(targets.indexes[$0]) }
    withExtendedLifetime(flags) {}
  }
}

extension AggregateFunction {
  static let first = AggregateFunction(
    "first", aliases: ["arbitrary", "first_value_agg"],
    summary: "The value of the first row, NULL included.",
    example: ("SELECT first(x) FROM (VALUES (3), (1)) t(x)", "3"), isOrderSensitive: true,
    overloads: [pickOverload(.first, skipsNull: false)])

  static let last = AggregateFunction(
    "last", summary: "The value of the last row, NULL included.",
    example: ("SELECT last(x) FROM (VALUES (3), (1)) t(x)", "1"), isOrderSensitive: true,
    overloads: [pickOverload(.last, skipsNull: false)])

  static let anyValue = AggregateFunction(
    "any_value", summary: "The first non-NULL value.",
    example: ("SELECT any_value(x) FROM (VALUES (NULL), (1)) t(x)", "1"), isOrderSensitive: true,
    overloads: [pickOverload(.first, skipsNull: true)])

  static let argumentMinimum = AggregateFunction(
    "arg_min", aliases: ["argmin", "min_by"],
    summary: "The first argument of the row with the smallest second one; a list with a third: n.",
    example: ("SELECT arg_min(x, y) FROM (VALUES ('a', 2), ('b', 1)) t(x, y)", "b"),
    isOrderSensitive: true, overloads: argumentOverloads(.least, isMinimum: true, skipsNull: true))

  static let argumentMaximum = AggregateFunction(
    "arg_max", aliases: ["argmax", "max_by"],
    summary: "The first argument of the row with the greatest second one; a list with a third: n.",
    example: ("SELECT arg_max(x, y) FROM (VALUES ('a', 2), ('b', 1)) t(x, y)", "a"),
    isOrderSensitive: true,
    overloads: argumentOverloads(.greatest, isMinimum: false, skipsNull: true))

  static let argumentMinimumNull = AggregateFunction(
    "arg_min_null", summary: "As arg_min, but the first argument may be NULL.",
    example: ("SELECT arg_min_null(x, y) FROM (VALUES ('a', 2), (NULL, 1)) t(x, y)", "NULL"),
    isOrderSensitive: true, overloads: argumentOverloads(.least, isMinimum: true, skipsNull: false))

  static let argumentMaximumNull = AggregateFunction(
    "arg_max_null", summary: "As arg_max, but the first argument may be NULL.",
    example: ("SELECT arg_max_null(x, y) FROM (VALUES (NULL, 2), ('b', 1)) t(x, y)", "NULL"),
    isOrderSensitive: true,
    overloads: argumentOverloads(.greatest, isMinimum: false, skipsNull: false))

  private static func pickOverload(
    _ rule: PickAccumulator.Rule, skipsNull: Bool
  ) -> AggregateOverload {
    AggregateOverload([.any]) { types, _ in
      BoundAggregate(argumentTypes: types, returnType: types[0], stateTypes: [types[0], .boolean]) {
        PickAccumulator(rule: rule, types: types, skipsNull: skipsNull)
      }
    }
  }

  private static func argumentOverloads(
    _ rule: PickAccumulator.Rule, isMinimum: Bool, skipsNull: Bool
  ) -> [AggregateOverload] {
    [
      AggregateOverload([.any, .any]) { types, _ in
        BoundAggregate(
          argumentTypes: types, returnType: types[0], stateTypes: [types[0], types[1], .boolean]
        ) { PickAccumulator(rule: rule, types: types, keyColumn: 1, skipsNull: skipsNull) }
      },
      AggregateOverload([.any, .any, .exact(.bigint)]) { types, constants in
        try topAggregate(types, constants, isMinimum: isMinimum, hasKey: true)
      },
    ]
  }
}
