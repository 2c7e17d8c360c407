import OlapColumns

extension ScalarFunction {
  static let listConcat = ScalarFunction(
    "list_concat", aliases: ["list_cat", "array_concat", "array_cat"],
    summary: "Lists one after the other.", example: ("list_concat([1], [2, 3])", "[1, 2, 3]"),
    handlesNull: true,
    overloads: [
      ScalarOverload([.any], variadic: .any) { types, _ in try ListConcatenation.bind(types) }
    ])
  static let listAppend = ScalarFunction(
    "list_append", aliases: ["array_append", "array_push_back"],
    summary: "The list with one more element.",
    example: ("list_append([2, 3], 4)", "[2, 3, 4]"), handlesNull: true,
    overloads: [ListFunction.withElement(elementFirst: false) { $0 + [$1] }])
  static let listPrepend = ScalarFunction(
    "list_prepend", aliases: ["array_prepend"], summary: "The list with one element before it.",
    example: ("list_prepend(3, [4, 5])", "[3, 4, 5]"), handlesNull: true,
    overloads: [ListFunction.withElement(elementFirst: true) { [$1] + $0 }])
  static let pushFront = ScalarFunction(
    "array_push_front", summary: "The list with one element before it.",
    example: ("array_push_front([4, 5], 3)", "[3, 4, 5]"), handlesNull: true,
    overloads: [ListFunction.withElement(elementFirst: false) { [$1] + $0 }])
  static let popBack = ScalarFunction(
    "array_pop_back", aliases: ["list_pop_back"], summary: "The list without its last element.",
    example: ("array_pop_back([4, 5])", "[4]"), overloads: [ListFunction.sameType { $0.dropLast() }]
  )
  static let popFront = ScalarFunction(
    "array_pop_front", aliases: ["list_pop_front"], summary: "The list without its first element.",
    example: ("array_pop_front([4, 5])", "[5]"),
    overloads: [ListFunction.sameType { Array($0.dropFirst()) }])
  static let listReverse = ScalarFunction(
    "list_reverse", aliases: ["array_reverse"], summary: "The list backwards.",
    example: ("list_reverse([1, 2])", "[2, 1]"),
    overloads: [ListFunction.sameType { $0.reversed() }])
  static let listDistinct = ScalarFunction(
    "list_distinct", aliases: ["array_distinct"], summary: "The elements once each, without NULLs.",
    example: ("list_distinct([1, 1, 2])", "[1, 2]"),
    overloads: [ListFunction.sameType { ListFunction.distinct($0.filter { !$0.isNull }) }])
  static let listUnique = ScalarFunction(
    "list_unique", aliases: ["array_unique"], summary: "How many different elements there are.",
    example: ("list_unique([1, 1, 2])", "2"),
    overloads: [
      .boxed([.anyList], to: { _ in .ubigint }) { row in
        guard case .list(let elements) = row[0] else { return .null }
        return .hugeint(Int128(Set(elements.filter { !$0.isNull }).count))
      }
    ])
  static let listSort = ScalarFunction(
    "list_sort", aliases: ["array_sort", "sort_array"],
    summary: "The list sorted; 'ASC' or 'DESC' and 'NULLS FIRST' or 'NULLS LAST' may follow.",
    example: ("list_sort([3, 1, 2])", "[1, 2, 3]"),
    overloads: ListFunction.sortOverloads(descending: false))
  static let listReverseSort = ScalarFunction(
    "list_reverse_sort", aliases: ["array_reverse_sort"], summary: "The list sorted downwards.",
    example: ("list_reverse_sort([3, 1, 2])", "[3, 2, 1]"),
    overloads: ListFunction.sortOverloads(descending: true))
  static let listAggregate = ScalarFunction(
    "list_aggregate", aliases: ["list_aggr", "aggregate", "array_aggregate", "array_aggr"],
    summary: "An aggregate function, by name, over the elements.",
    example: ("list_aggregate([1, 2, NULL], 'sum')", "3"),
    overloads: [
      ScalarOverload([.anyList, .exact(.varchar)], variadic: .any) { types, constants in
        guard case .varchar(let name)? = constants[1] else {
          throw ComputeError.invalid("The name of the aggregate must be a constant")
        }
        let bound = try ListFunction.aggregate(
          name, [types[0]] + types.dropFirst(2), [nil] + constants.dropFirst(2))
        return BoundScalar(
          argumentTypes: [bound.argumentTypes[0], .varchar] + bound.argumentTypes.dropFirst(),
          returnType: bound.returnType
        ) { arguments, count, context in
          try bound.kernel([arguments[0]] + arguments.dropFirst(2), count, context)
        }
      }
    ])

  /// list_sum(l), list_avg(l), …: the aggregate of that name over the elements.
  private static let listExamples: [String: (list: String, result: String)] = [
    "sum": ("[1, 2]", "3"), "avg": ("[1, 2]", "1.5"), "min": ("[2, 1]", "1"),
    "max": ("[2, 1]", "2"), "count": ("[1, NULL]", "1"), "median": ("[1, 2, 9]", "2.0"),
    "mode": ("[1, 1, 2]", "1"), "first": ("[4, 5]", "4"), "last": ("[4, 5]", "5"),
    "any_value": ("[NULL, 5]", "5"), "stddev_samp": ("[1, 1]", "0.0"),
    "stddev_pop": ("[1, 3]", "1.0"), "var_samp": ("[1, 3]", "2.0"), "var_pop": ("[1, 3]", "1.0"),
    "bool_and": ("[true, false]", "false"), "bool_or": ("[true, false]", "true"),
    "bit_and": ("[6, 3]", "2"), "bit_or": ("[6, 3]", "7"), "bit_xor": ("[6, 3]", "5"),
    "product": ("[2, 3]", "6.0"), "string_agg": ("['a', 'b']", "a,b"),
    "histogram": ("[1, 1]", "{1=2}"), "entropy": ("[1, 2]", "1.0"),
    "skewness": ("[1, 2, 3]", "0.0"), "kurtosis": ("[1, 2, 4, 9]", "1.5"),
    "mad": ("[1, 2, 9]", "1.0"), "approx_count_distinct": ("[1, 1, 2]", "2"),
    "sem": ("[1, 1]", "0.0"),
  ]

  static let listAggregates: [ScalarFunction] = [
    "sum", "avg", "min", "max", "count", "median", "mode", "first", "last", "any_value",
    "stddev_samp", "stddev_pop", "var_samp", "var_pop", "bool_and", "bool_or", "bit_and", "bit_or",
    "bit_xor", "product", "string_agg", "histogram", "entropy", "skewness", "kurtosis", "mad",
    "approx_count_distinct", "sem",
  ].map { name in
    ScalarFunction(
      "list_\(name)",
      aliases: name == "string_agg" ? [] : ["array_\(name)"],
      summary: "The aggregate \(name) over the elements of a list.",
      example: listExamples[name].map { ("list_\(name)(\($0.list))", $0.result) },
      overloads: [
        ScalarOverload([.anyList], variadic: .any) { types, constants in
          try ListFunction.aggregate(name, types, constants)
        },
        ScalarOverload([.anyList]) { types, constants in
          try ListFunction.aggregate(name, types, constants)
        },
      ])
  }

  static let toText = ScalarFunction(
    "array_to_string", aliases: ["list_to_string"],
    summary: "The elements of a list with a text between; NULLs are left out.",
    example: ("array_to_string(['a', NULL, 'b'], '-')", "a-b"),
    overloads: [
      ScalarOverload([.anyList], variadic: .any) { types, constants in
        let joined = try ListFunction.aggregate("string_agg", types, constants)
        return BoundScalar(argumentTypes: joined.argumentTypes, returnType: .varchar) {
          arguments, count, context in
          let texts: Vector = try joined.kernel(arguments, count, context)
          return ListFunction.emptyListsAsEmptyText(texts, arguments[0], count)
        }
      }
    ])

  static let flatten = ScalarFunction(
    "flatten", summary: "The lists in a list joined to one.",
    example: ("flatten([[1, 2], [3]])", "[1, 2, 3]"),
    overloads: [
      .boxed([.anyList], to: { .list($0[0].elementType?.elementType ?? .null) }) { row in
        guard case .list(let lists) = row[0] else { return .null }
        return .list(
          lists.flatMap { inner -> [Value] in
            if case .list(let elements) = inner { return elements }
            return []
          })
      }
    ])
  static let listResize = ScalarFunction(
    "list_resize", aliases: ["array_resize"],
    summary: "The list cut to n elements, or filled with NULL or a value.",
    example: ("list_resize([1], 2)", "[1, NULL]"),
    overloads: [
      .boxedLimited([.anyList, .exact(.bigint)], to: { .list($0[0].elementType ?? .null) }) {
        row, limit in try resized(row, .null, limit)
      },
      ScalarOverload([.anyList, .exact(.bigint), .any]) { types, constants in
        let own: SQLType = types[0].elementType ?? .null
        guard let element = FunctionResolver.unify([(own, nil), (types[2], constants[2])]) else {
          throw ComputeError.invalid("Cannot fill \(types[0]) with \(types[2])")
        }
        let type: SQLType = .list(element)
        return BoundScalar(
          argumentTypes: [type, .bigint, element], returnType: type,
          kernel: { arguments, count, context in
            try ScalarLift.boxedNullable(type) { row in
              row[0].isNull || row[1].isNull
                ? .null : try resized(row, row[2], context.resultLimit)
            }(arguments, count, context)
          })
      },
    ])

  private static func resized(
    _ row: [Value], _ fill: Value, _ limit: ResultLimit
  ) throws -> Value {
    guard case .list(let elements) = row[0], case .integer(let n) = row[1] else { return .null }
    if n < 0 { throw ComputeError.invalid("The new size \(n) is out of range") }
    if Int(n) <= elements.count { return .list(Array(elements.prefix(Int(n)))) }
    try limit.check(Int(n), times: MemoryLayout<Value>.stride)
    return .list(elements + Array(repeating: fill, count: Int(n) - elements.count))
  }

  static let listSelect = ScalarFunction(
    "list_select", aliases: ["array_select"], summary: "The elements at the given positions.",
    example: ("list_select([10, 20, 30], [1, 3])", "[10, 30]"),
    overloads: [
      .boxed([.anyList, .exact(.list(.bigint))], to: { .list($0[0].elementType ?? .null) }) { row in
        guard case .list(let elements) = row[0], case .list(let positions) = row[1]
        else { return .null }
        return .list(
          positions.map { position in
            guard case .integer(let n) = position else { return .null }
            let at: Int64 = n > 0 ? n - 1 : Int64(elements.count) + n
            return at >= 0 && at < Int64(elements.count) ? elements[Int(at)] : .null
          })
      }
    ])
  static let listWhere = ScalarFunction(
    "list_where", aliases: ["array_where"], summary: "The elements whose flag is true.",
    example: ("list_where([10, 20], [true, false])", "[10]"),
    overloads: [
      .boxed([.anyList, .exact(.list(.boolean))], to: { .list($0[0].elementType ?? .null) }) {
        row in
        guard case .list(let elements) = row[0], case .list(let flags) = row[1] else {
          return .null
        }
        // A flag behind the last element picks NULL.
        return .list(
          flags.indices.filter { flags[$0] == .boolean(true) }
            .map { $0 < elements.count ? elements[$0] : .null })
      }
    ])
  static let listZip = ScalarFunction(
    "list_zip", aliases: ["array_zip"], summary: "A list of structs of the lists' elements.",
    example: ("list_zip([1, 2], ['a', 'b'])", "[(1, a), (2, b)]"), handlesNull: true,
    overloads: [
      ScalarOverload([.anyList], variadic: .anyList) { types, _ in
        let type: SQLType = .list(
          .structure(
            types.enumerated().map {
              StructField(name: "", type: $0.element.elementType ?? .null)
            }))
        return BoundScalar(
          argumentTypes: types, returnType: type,
          kernel: ScalarLift.boxedNullable(type) { row in
            let lists: [[Value]] = row.map { if case .list(let own) = $0 { own } else { [] } }
            let length: Int = lists.map { $0.count }.max() ?? 0
            return .list(
              (0..<length).map { i in
                .structure(lists.map { i < $0.count ? $0[i] : .null })
              })
          })
      },
      listZip(truncatedLists: 1), listZip(truncatedLists: 2), listZip(truncatedLists: 3),
    ])

  /// `list_zip(a, b, true)`: the shortest list ends the result, with false the longest.
  private static func listZip(truncatedLists width: Int) -> ScalarOverload {
    let lists: [Parameter] = Array(repeating: .anyList, count: width)
    return ScalarOverload(lists + [.exact(.boolean)]) { types, _ in
      let type: SQLType = .list(
        .structure(
          types.prefix(width).map { StructField(name: "", type: $0.elementType ?? .null) }))
      return BoundScalar(
        argumentTypes: types, returnType: type,
        kernel: ScalarLift.boxedNullable(type) { row in
          let lists: [[Value]] = row.prefix(width).map {
            if case .list(let own) = $0 { own } else { [] }
          }
          let counts: [Int] = lists.map { $0.count }
          let isTruncated: Bool = row[width] == .boolean(true)
          let length: Int = (isTruncated ? counts.min() : counts.max()) ?? 0
          return .list(
            (0..<length).map { i in
              .structure(lists.map { i < $0.count ? $0[i] : .null })
            })
        })
    }
  }

  /// range(…) as a list; the table function of the same name gives rows.
  static let rangeList = ScalarFunction(
    "range", summary: "The list of numbers (or timestamps) from start up to, not including, stop.",
    example: ("range(3)", "[0, 1, 2]"), overloads: RangeList.overloads(isInclusive: false))
  static let seriesList = ScalarFunction(
    "generate_series",
    summary: "The list of numbers (or timestamps) from start to stop, both included.",
    example: ("generate_series(1, 3)", "[1, 2, 3]"),
    overloads: RangeList.overloads(isInclusive: true))
}

enum RangeList {
  static let countMax = 100_000_000

  static func overloads(isInclusive: Bool) -> [ScalarOverload] {
    (1...3).map { width in
      .fixed(Array(repeating: .bigint, count: width), to: .list(.bigint), numbers(isInclusive))
    } + [
      .boxed([.timestamp, .timestamp, .interval], to: .list(.timestamp)) { row in
        guard case .timestamp(let start) = row[0], case .timestamp(let stop) = row[1],
          case .interval(let step) = row[2]
        else { return .null }
        return .list(try timestamps(start, stop, step, isInclusive).map { .timestamp($0) })
      },
      .fixed([.timestampTZ, .timestampTZ, .interval], to: .list(.timestampTZ)) {
        arguments, count, context in
        let zone: TimeZone = try .require(context.timeZoneName)
        return try ScalarLift.boxed(.list(.timestampTZ)) { row -> Value in
          guard case .timestampTZ(let start) = row[0], case .timestampTZ(let stop) = row[1],
            case .interval(let step) = row[2]
          else { return .null }
          let moments: [Int64] = try timestamps(start, stop, step, isInclusive, in: zone)
          return .list(moments.map { .timestampTZ($0) })
        }(arguments, count, context)
      },
    ]
  }

  /// The kernel of range(stop), range(start, stop) and range(start, stop, step).
  private static func numbers(_ isInclusive: Bool) -> ScalarKernel {
    { arguments, count, context in
      try ScalarLift.evaluate(arguments, count, .list(.bigint)) { vectors, n in
        let bounds = RangeBounds(vectors)
        let mask = RowMask(vectors, count: n)
        let result = try withExtendedLifetime(vectors) { () throws -> Vector in
          var entries: [ListEntry] = []
          entries.reserveCapacity(n)
          var total = 0
          for i in 0..<n {
            let isPresent: Bool = mask.bytes.map { $0[i] != 0 } ?? true
            let (start, stop, step) = bounds[i]
            let length: Int = isPresent ? try self.count(start, stop, step, isInclusive) : 0
            try context.resultLimit.check(
              total.addingReportingOverflow(length).overflow
                ? .max : total + length, times: 8)
            if total + length > ResultLimit.mostElements {
              throw ComputeError.invalid("Lists of more than 2^32 elements are not supported")
            }
            entries.append(ListEntry(offset: total, count: length))
            total += length
          }
          let elements = Vector.flat(.bigint, count: total)
          let out = elements.values(Int64.self)
          var place = 0
          for i in 0..<n {
            let (start, _, step) = bounds[i]
            try Cancellation.forEachStride(Int(entries[i].count)) { range in
              for k in range { out[place &+ k] = start &+ Int64(k) &* step }
            }
            place += Int(entries[i].count)
            if i & 15 == 15 { try Cancellation.check() }
          }
          let lists = Vector.flat(.list(.bigint), count: n, children: [elements])
          let target = lists.values(ListEntry.self)
          for i in 0..<n { target[i] = entries[i] }
          return lists
        }
        return mask.bytes.map { result.withValidity($0, owner: mask.owner) } ?? result
      }
    }
  }

  /// Start, stop and step of each row; without a step it is 1, without a start 0.
  private struct RangeBounds {
    private let cells: [Cells<Int64>]
    init(_ vectors: [Vector]) { cells = vectors.map { Cells($0) } }

    subscript(i: Int) -> (start: Int64, stop: Int64, step: Int64) {
      switch cells.count {
      case 1: (0, cells[0][i], 1)
      case 2: (cells[0][i], cells[1][i], 1)
      default: (cells[0][i], cells[1][i], cells[2][i])
      }
    }
  }

  /// How many numbers a range has.
  static func count(_ start: Int64, _ stop: Int64, _ step: Int64, _ isInclusive: Bool) throws -> Int
  {
    if step == 0 { throw ComputeError.invalid("interval cannot be 0!") }
    let distance: Int128 = Int128(stop) - Int128(start)
    if (distance > 0) != (step > 0) && distance != 0 { return 0 }
    let whole: Int128 = distance / Int128(step)
    let isExact: Bool = distance % Int128(step) == 0
    let result: Int128 = isInclusive || !isExact ? whole + 1 : whole
    return Int(Swift.min(result, Int128(Int.max)))
  }

  static func timestamps(
    _ start: Int64, _ stop: Int64, _ step: Interval, _ isInclusive: Bool, in zone: TimeZone? = nil
  ) throws -> [Int64] {
    if !Calendar.isFinite(timestamp: start) || !Calendar.isFinite(timestamp: stop) {
      throw ComputeError.invalid("RANGE with infinite bounds is not supported")
    }
    let size: Int128 = step.normalisedMicroseconds
    if size == 0 { throw ComputeError.invalid("interval cannot be 0!") }
    var result: [Int64] = []
    var current: Int64 = start
    while size > 0
      ? (isInclusive ? current <= stop : current < stop)
      : (isInclusive ? current >= stop : current > stop)
    {
      result.append(current)
      if result.count & 0xffff == 0 { try Cancellation.check() }
      if result.count > countMax {
        throw ComputeError.invalid("A list of more than \(countMax) values")
      }
      let next: Int64 =
        try zone.map { try DateArithmetic.move(current, step, in: $0) }
        ?? DateArithmetic.move(current, step)
      if next == current { break }
      current = next
    }
    return result
  }
}
