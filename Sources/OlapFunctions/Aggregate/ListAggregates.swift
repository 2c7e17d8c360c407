import Glibc
import OlapColumns

/// Aggregates that gather or count values.
extension AggregateFunction {
  static let list = AggregateFunction(
    "list", aliases: ["array_agg"], summary: "All values as a list, NULLs included.",
    example: ("SELECT list(x) FROM (VALUES (1), (2)) t(x)", "[1, 2]"), isOrderSensitive: true,
    overloads: [
      AggregateOverload([.any]) { types, _ in
        collecting(types, to: .list(types[0]), skipsNull: false) { rows, count in
          var pacer = Cancellation.Pacer()
          return .list(
            try (0..<count).map {
              try pacer.tick()
              return rows[0].value(at: $0)
            })
        }
      }
    ])

  static let stringAggregate = AggregateFunction(
    "string_agg", aliases: ["group_concat", "listagg"],
    summary: "The values as one text, separated by ',' or the second argument.",
    example: ("SELECT string_agg(x, '-') FROM (VALUES ('a'), ('b')) t(x)", "a-b"),
    isOrderSensitive: true,
    overloads: [
      AggregateOverload([.any]) { _, _ in joined([.varchar]) },
      AggregateOverload([.any, .exact(.varchar)]) { _, _ in joined([.varchar, .varchar]) },
    ])

  private static func joined(_ types: [SQLType]) -> BoundAggregate {
    collecting(types, to: .varchar) { rows, count in
      let text: Vector = rows[0].flattened()
      let separators: Vector? = rows.count > 1 ? rows[1].flattened() : nil
      var bytes: [UInt8] = []
      var pacer = Cancellation.Pacer()
      for i in 0..<count {
        try pacer.tick()
        if i > 0 {
          if let separators {
            if separators.isValid(i) { bytes.append(separators.values(StringView.self)[i]) }
          } else {
            bytes.append(0x2c)
          }
        }
        bytes.append(text.values(StringView.self)[i])
      }
      return .varchar(String(decoding: bytes, as: UTF8.self))
    }
  }

  static let mode = AggregateFunction(
    "mode", summary: "The most frequent value, the smallest of several.",
    example: ("SELECT mode(x) FROM (VALUES (1), (3), (2), (3), (2)) t(x)", "2"),
    overloads: [
      AggregateOverload([.any]) { types, _ in
        collecting(types, to: types[0]) { rows, count in
          let runs: [(first: Int, count: Int)] = try Frequencies.of(rows[0], count)
          // The smallest of several, not the first: a refresh meets rows in another order than a rebuild.
          var best = runs[0]
          for run in runs where run.count > best.count { best = run }
          return rows[0].value(at: best.first)
        }
      }
    ])

  static let histogram = AggregateFunction(
    "histogram", summary: "A map from each value to how often it occurs.",
    example: ("SELECT histogram(x) FROM (VALUES (1), (2), (2)) t(x)", "{1=1, 2=2}"),
    overloads: [
      AggregateOverload([.any]) { types, _ in
        collecting(types, to: .map(key: types[0], value: .ubigint)) { rows, count in
          .map(
            try Frequencies.of(rows[0], count).map {
              (key: rows[0].value(at: $0.first), value: .hugeint(Int128($0.count)))
            })
        }
      }
    ])

  static let entropy = AggregateFunction(
    "entropy", summary: "The entropy of the values in bits.",
    example: ("SELECT entropy(x) FROM (VALUES (1), (2)) t(x)", "1.0"),
    overloads: [
      AggregateOverload([.any]) { types, _ in
        collecting(types, to: .double, empty: .double(0)) { rows, count in
          let total = Double(count)
          var result = 0.0
          for run in try Frequencies.of(rows[0], count) {
            let share: Double = Double(run.count) / total
            result -= share * log2(share)
          }
          return .double(result == 0 ? 0 : result)
        }
      }
    ])

  static let approximateTop = AggregateFunction(
    "approx_top_k", summary: "The k most frequent values, most frequent first; here it is exact.",
    example: ("SELECT approx_top_k(x, 1) FROM (VALUES (1), (2), (2)) t(x)", "[2]"),
    overloads: [
      AggregateOverload([.any, .exact(.bigint)]) { types, constants in
        guard case .integer(let k)? = constants[1], k > 0, k < 1_000_000 else {
          throw ComputeError.invalid("Invalid input for approx_top_k: k must be a constant above 0")
        }
        let bound = collecting([types[0]], to: .list(types[0])) { rows, count in
          let runs = try Frequencies.of(rows[0], count).sorted {
            ($1.count, $0.first) < ($0.count, $1.first)
          }
          return .list(runs.prefix(Int(k)).map { rows[0].value(at: $0.first) })
        }
        return Quantile.ignoringTail(bound, [.bigint])
      }
    ])

  static let approximateCountDistinct = AggregateFunction(
    "approx_count_distinct", aliases: ["approx_distinct"],
    summary: "About how many different values there are (HyperLogLog, error about 1.6 %).",
    example: ("SELECT approx_count_distinct(x) FROM (VALUES (1), (2), (2)) t(x)", "2"),
    ignoresDistinct: true,
    overloads: [
      AggregateOverload([.any]) { types, _ in
        BoundAggregate(argumentTypes: types, returnType: .bigint, stateTypes: [.blob]) {
          DistinctSketchAccumulator()
        }
      }
    ])
}

/// How often each value occurs.
enum Frequencies {
  /// Values in ascending order: the first row of each and how many there are.
  static func of(_ vector: Vector, _ count: Int) throws -> [(first: Int, count: Int)] {
    let order: [Int] = try RowOrder.sorted(Array(0..<count), by: vector)
    var runs: [(first: Int, count: Int)] = []
    var pacer = Cancellation.Pacer()
    for row in order {
      try pacer.tick()
      if let last = runs.last, Compare.order(vector, last.first, vector, row) == 0 {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((row, 1))
      }
    }
    return runs
  }
}

/// HyperLogLog with 4096 registers a group, kept as an array only once a group has rows.
/// Source: Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation
/// algorithm" (2007).
final class DistinctSketchAccumulator: AggregateAccumulator {
  private static let bits: UInt64 = 12
  private static let registerCount = 1 << 12
  private var registers: [[UInt8]] = []

  private(set) var byteCount = 0
  func reserve(groupCount: Int) {
    while registers.count < groupCount { registers.append([]) }
  }

  private func add(_ hash: UInt64, _ group: Int) {
    if registers[group].isEmpty {
      registers[group] = [UInt8](repeating: 0, count: Self.registerCount)
      byteCount += Self.registerCount
    }
    let index = Int(hash >> (64 - Self.bits))
    let rank = UInt8((hash << Self.bits | 1 << (Self.bits - 1)).leadingZeroBitCount + 1)
    if registers[group][index] < rank { registers[group][index] = rank }
  }

  private func run(_ vector: Vector, _ count: Int, _ group: (Int) -> Int) {
    let hashes = Buffer(byteCount: Swift.max(count, 1) * 8)
    let out = hashes.bytes.assumingMemoryBound(to: UInt64.self)
    Hash.hash([vector], count: count, into: out)
    for i in 0..<count where vector.isValid(i) { add(out[i], group(i)) }
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    run(arguments[0], count) { Int(groups[$0]) }
  }
  func updateAll(arguments: [Vector], count: Int) throws { run(arguments[0], count) { _ in 0 } }

  private func join(_ other: [UInt8], _ group: Int) {
    if other.count != Self.registerCount { return }
    if registers[group].isEmpty {
      registers[group] = other
      byteCount += Self.registerCount
      return
    }
    for i in 0..<Self.registerCount where registers[group][i] < other[i] {
      registers[group][i] = other[i]
    }
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? DistinctSketchAccumulator else { return }
    for i in 0..<count { join(other.registers[i], Int(groups[i])) }
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    let vector = Vector.flat(.bigint, count: count)
    for i in 0..<count { vector.values(Int64.self)[i] = estimate(registers[first + i]) }
    return vector
  }

  private func estimate(_ registers: [UInt8]) -> Int64 {
    if registers.isEmpty { return 0 }
    let m = Double(Self.registerCount)
    var sum = 0.0
    var zeros = 0
    for rank in registers {
      sum += 1 / Double(UInt64(1) << UInt64(rank))
      zeros += rank == 0 ? 1 : 0
    }
    let raw: Double = 0.7213 / (1 + 1.079 / m) * m * m / sum
    if raw <= 2.5 * m && zeros > 0 { return Int64((m * log(m / Double(zeros))).rounded()) }
    return Int64(raw.rounded())
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    let builder = StringVectorBuilder(type: .blob, capacity: count)
    for i in 0..<count { registers[first + i].withUnsafeBytes { builder.append($0) } }
    return [builder.finish()]
  }

  func mergeStates(_ states: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    let vector: Vector = states[0].flattened()
    for i in 0..<count { join(vector.values(StringView.self)[i].array, Int(groups[i])) }
  }
}
