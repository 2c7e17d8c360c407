import OlapColumns

/// Table functions of this room.
enum TableFunctions {
  static let all: [TableFunction] = [
    .range, .generateSeries, .repeatRow, .generateSubscripts, .jsonEach, .jsonTree,
  ]
}

extension TableFunction {
  static let range = TableFunction(
    "range", summary: "Numbers (or timestamps) from start up to, not including, stop.",
    example: ("SELECT sum(range) FROM range(4)", "6")
  ) { arguments, _ in try RangeScan.bind("range", arguments, isInclusive: false) }

  static let generateSeries = TableFunction(
    "generate_series", summary: "Numbers (or timestamps) from start to stop, both included.",
    example: ("SELECT sum(generate_series) FROM generate_series(1, 3)", "6")
  ) { arguments, _ in try RangeScan.bind("generate_series", arguments, isInclusive: true) }

  /// repeat_row(values…, num_rows := n).
  static let repeatRow = TableFunction(
    "repeat_row", aliases: ["repeat"],
    summary: "One row n times: repeat_row(1, 'a', num_rows := 3).",
    example: ("SELECT count(*) FROM repeat_row(1, num_rows := 3)", "3")
  ) { arguments, named in
    var values: [(SQLType, Value)] = arguments
    var rows: Value? = named["num_rows"]?.1
    if rows == nil, values.count > 1 { rows = values.removeLast().1 }
    guard let wide = rows?.integerPayload, let count = Int(exactly: wide), count >= 0 else {
      throw ComputeError.invalid("repeat_row needs num_rows := a number from 0 up")
    }
    let columns: [Column] = values.enumerated().map { Column("column\($0.offset)", $0.element.0) }
    let kept: [(SQLType, Value)] = values
    return Bound(columns: columns, rowCount: count) { request in
      var next = 0
      return GeneratorSource {
        if next >= count { return nil }
        let n: Int = Swift.min(VectorSize.current, count - next)
        next += n
        return Chunk(
          columns: request.projection.map {
            Vector.constant(kept[$0].1, type: kept[$0].0, count: n)
          }, count: n)
      }
    }
  }

  static let generateSubscripts = TableFunction(
    "generate_subscripts", summary: "The positions of a list's elements.",
    example: ("SELECT count(*) FROM generate_subscripts([4, 5], 1)", "2")
  ) { arguments, _ in
    guard let first = arguments.first, case .list(let elements) = first.1 else {
      throw ComputeError.invalid("generate_subscripts needs a list")
    }
    return try RangeScan.numbers("generate_subscripts", 1, Int64(elements.count), 1, true)
  }
}

/// Scans of generated numbers and timestamps.
enum RangeScan {
  static func bind(
    _ name: String, _ arguments: [(SQLType, Value)], isInclusive: Bool
  ) throws -> TableFunction.Bound {
    if arguments.contains(where: { $0.1.isNull }) {
      return try numbers(name, 0, 0, 1, false)
    }
    if arguments.count == 3, arguments[2].0 == .interval {
      return try timestamps(name, arguments, isInclusive)
    }
    let values: [Int64] = try arguments.map { type, value in
      guard let wide = value.integerPayload, type.isInteger, let number = Int64(exactly: wide)
      else {
        throw ComputeError.invalid("\(name) needs integers, or two timestamps and an interval")
      }
      return number
    }
    switch values.count {
    case 1: return try numbers(name, 0, values[0], 1, isInclusive)
    case 2: return try numbers(name, values[0], values[1], 1, isInclusive)
    case 3: return try numbers(name, values[0], values[1], values[2], isInclusive)
    default: throw ComputeError.invalid("\(name) takes one to three arguments")
    }
  }

  static func numbers(
    _ name: String, _ start: Int64, _ stop: Int64, _ step: Int64, _ isInclusive: Bool
  ) throws -> TableFunction.Bound {
    let total: Int = try RangeList.count(start, stop, step, isInclusive)
    return TableFunction.Bound(columns: [.init(name, .bigint)], rowCount: total) { request in
      var next = 0
      return GeneratorSource {
        if next >= total { return nil }
        let n: Int = Swift.min(VectorSize.current, total - next)
        let first: Int64 = start &+ Int64(next) &* step
        let last: Int64 = first &+ Int64(n - 1) &* step
        next += n
        let columns: [Vector] = request.projection.map { _ in
          let vector = Vector.flat(
            .bigint, count: n, bounds: Swift.min(first, last)...Swift.max(first, last))
          let out = vector.values(Int64.self)
          for i in 0..<n { out[i] = first &+ Int64(i) &* step }
          return vector
        }
        return Chunk(columns: columns, count: n)
      }
    }
  }

  private static func timestamps(
    _ name: String, _ arguments: [(SQLType, Value)], _ isInclusive: Bool
  ) throws -> TableFunction.Bound {
    let isZoned: Bool = arguments[0].0 == .timestampTZ
    let type: SQLType = isZoned ? .timestampTZ : .timestamp
    func moment(_ i: Int) throws -> Int64 {
      let value: Value = try Cast.cast(
        arguments[i].1, from: arguments[i].0, to: type, isTry: false, timeZoneName: "UTC")
      return Int64(truncatingIfNeeded: value.integerPayload ?? 0)
    }
    guard case .interval(let step) = arguments[2].1 else {
      throw ComputeError.invalid("\(name) of timestamps needs an interval")
    }
    let values: [Int64] = try RangeList.timestamps(moment(0), moment(1), step, isInclusive)
    return TableFunction.Bound(columns: [.init(name, type)], rowCount: values.count) { request in
      var next = 0
      return GeneratorSource {
        if next >= values.count { return nil }
        let n: Int = Swift.min(VectorSize.current, values.count - next)
        let columns: [Vector] = request.projection.map { _ in
          let vector = Vector.flat(type, count: n)
          for i in 0..<n { vector.values(Int64.self)[i] = values[next + i] }
          return vector
        }
        next += n
        return Chunk(columns: columns, count: n)
      }
    }
  }
}
