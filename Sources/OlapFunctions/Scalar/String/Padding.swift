import OlapColumns

extension ScalarFunction {
  static let leftPad = ScalarFunction(
    "lpad", summary: "The string filled on the left to n characters, or cut to them.",
    example: ("lpad('hi', 5, '>')", ">>>hi"), overloads: padding(isLeft: true))
  static let rightPad = ScalarFunction(
    "rpad", summary: "The string filled on the right to n characters, or cut to them.",
    example: ("rpad('hi', 5, '<')", "hi<<<"), overloads: padding(isLeft: false))

  private static func padding(isLeft: Bool) -> [ScalarOverload] {
    [
      .ternaryText(.varchar, .integer, .varchar) {
        (text: StringView, n: Int32, fill: StringView, output: StringOutput) in
        try pad(text, Int(n), fill, isLeft, output)
      },
      .binaryText(.varchar, .integer) { (text: StringView, n: Int32, output: StringOutput) in
        try pad(text, Int(n), output.text(" "), isLeft, output)
      },
    ]
  }

  private static func pad(
    _ text: StringView, _ n: Int, _ fill: StringView, _ isLeft: Bool, _ output: StringOutput
  ) throws -> StringView {
    let count: Int = Characters.count(text)
    if n <= count { return Characters.slice(text, 0, n) }
    let unit: Int = Characters.count(fill)
    if unit == 0 { throw ComputeError.invalid("Insufficient padding in LPAD or RPAD: it is empty") }
    try output.require(n - count, times: fill.count)
    let whole: Int = (n - count) / unit
    let rest: StringView = Characters.slice(fill, 0, (n - count) % unit)
    return output.built { out in
      if !isLeft { out.append(text) }
      for _ in 0..<whole { out.append(fill) }
      out.append(rest)
      if isLeft { out.append(text) }
    }
  }

  static let repeated = ScalarFunction(
    "repeat", summary: "The string or list n times over.", example: ("repeat('ab', 3)", "ababab"),
    overloads: [
      .binaryText(.varchar, .bigint) { (text: StringView, n: Int64, output: StringOutput) in
        if n <= 0 || text.count == 0 { return .empty }
        try output.require(Int(n), times: text.count)
        return output.built { out in for _ in 0..<n { out.append(text) } }
      },
      .boxedLimited([.anyList, .exact(.bigint)], to: { .list($0[0].elementType ?? .null) }) {
        row, limit in
        guard case .list(let elements) = row[0], case .integer(let n) = row[1] else { return .null }
        if n <= 0 || elements.isEmpty { return .list([]) }
        try limit.check(Int(n), times: elements.count * MemoryLayout<Value>.stride)
        return .list((0..<n).flatMap { _ in elements })
      },
    ])

  static let space = ScalarFunction(
    "space", summary: "A string of n spaces.", example: ("'[' || space(3) || ']'", "[   ]"),
    overloads: [
      .unaryText(.bigint) { (n: Int64, output: StringOutput) in
        try output.require(Swift.max(0, Int(n)))
        return output.built { out in
          for _ in 0..<Swift.max(n, 0) { out.append(0x20) }
        }
      }
    ])

  static let bar = ScalarFunction(
    "bar", summary: "A bar of blocks as long as x between min and max; width 80 unless given.",
    example: ("bar(5, 0, 20, 10) || '|'", "██▌       |"),
    overloads: [
      .boxed([.double, .double, .double], to: .varchar) { try drawBar($0, width: 80) },
      .boxed([.double, .double, .double, .double], to: .varchar) { row in
        guard case .double(let width) = row[3] else { return .null }
        return try drawBar(row, width: width)
      },
    ])

  private static func drawBar(_ row: [Value], width: Double) throws -> Value {
    guard case .double(let x) = row[0], case .double(let low) = row[1],
      case .double(let high) = row[2]
    else { return .null }
    guard width >= 1, width <= 1000, low.isFinite, high.isFinite else {
      throw ComputeError.invalid("bar needs finite bounds and a width between 1 and 1000")
    }
    let room = Int(width.rounded(.down))
    if x.isNaN || x <= low { return .varchar(String(repeating: " ", count: room)) }
    let share: Double = x >= high ? 1 : (x - low) / (high - low)
    let eighths = Int((share * width * 8).rounded(.down))
    let partial: [String] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let blocks: Int = eighths / 8 + (eighths % 8 > 0 ? 1 : 0)
    return .varchar(
      String(repeating: "█", count: eighths / 8) + partial[eighths % 8]
        + String(repeating: " ", count: Swift.max(0, room - blocks)))
  }
}
