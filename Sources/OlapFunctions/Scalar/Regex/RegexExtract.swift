import OlapColumns

extension ScalarFunction {
  static let regexpExtract = ScalarFunction(
    "regexp_extract",
    aliases: ["regexp_substr"],
    summary: "The first match of the regular expression, or its group; '' without a match.",
    example: ("regexp_extract('2023-04-15', '(\\d+)-(\\d+)', 2)", "04"),
    overloads: [
      .binaryText(.varchar, .varchar) { (text: StringView, pattern: StringView, _: StringOutput) in
        try RegexText.first(text, Regex.compile(pattern, options: RegexOptions()), group: 0)
      },
      .ternaryText(.varchar, .varchar, .integer) {
        (text: StringView, pattern: StringView, group: Int32, _: StringOutput) in
        try RegexText.first(
          text, Regex.compile(pattern, options: RegexOptions()), group: Int(group))
      },
      .boxed([.varchar, .varchar, .integer, .varchar], to: .varchar) { row in
        guard case .varchar(let text) = row[0], case .integer(let group) = row[2] else {
          return .null
        }
        let regex: Regex = try RegexText.compile(row[1], row[3]).regex
        guard let groups = try RegexText.groups(text, regex, upTo: Int(group)) else {
          return .varchar("")
        }
        return .varchar(groups[Int(group)])
      },
      RegexText.named,
    ])

  static let regexpExtractAll = ScalarFunction(
    "regexp_extract_all",
    summary: "All matches of the regular expression, or of one of its groups.",
    example: ("regexp_extract_all('a1b22', '\\d+')", "[1, 22]"),
    overloads: [
      .boxed([.varchar, .varchar], to: .list(.varchar)) { try RegexText.all($0) },
      .boxed([.varchar, .varchar, .integer], to: .list(.varchar)) { try RegexText.all($0) },
      .boxed([.varchar, .varchar, .integer, .varchar], to: .list(.varchar)) {
        try RegexText.all($0)
      },
    ])

  static let regexpReplace = ScalarFunction(
    "regexp_replace",
    summary: "The string with the first match (with option 'g' all) replaced; \\1 is group 1.",
    example: ("regexp_replace('hello', '[lo]', '-', 'g')", "he---"),
    overloads: [
      .ternaryText(.varchar, .varchar, .varchar) {
        (text: StringView, pattern: StringView, by: StringView, output: StringOutput) in
        try RegexText.replace(
          text, Regex.compile(pattern, options: RegexOptions()), by, isGlobal: false, output)
      },
      .fixed([.varchar, .varchar, .varchar, .varchar], to: .varchar) { arguments, count, context in
        try ScalarLift.evaluate(arguments, count, .varchar) { vectors, n in
          let cells: [Cells<StringView>] = vectors.map { Cells($0) }
          return try ScalarLift.fillText(
            .varchar, vectors, n, limit: context.resultLimit
          ) { i, output in
            let options = try RegexOptions(cells[3][i])
            return try RegexText.replace(
              cells[0][i], Regex.compile(cells[1][i], options: options), cells[2][i],
              isGlobal: options.isGlobal, output)
          }
        }
      },
    ])

  static let regexpSplit = ScalarFunction(
    "string_split_regex",
    aliases: ["regexp_split_to_array", "str_split_regex", "regexp_split"],
    summary: "The string cut at every match of the regular expression.",
    example: ("string_split_regex('a, b;c', '[,;] *')", "[a, b, c]"),
    overloads: [
      .boxed([.varchar, .varchar], to: .list(.varchar)) { try RegexText.split($0) },
      .boxed([.varchar, .varchar, .varchar], to: .list(.varchar)) { try RegexText.split($0) },
    ])

  static let regexpCount = ScalarFunction(
    "regexp_count", summary: "How often the regular expression matches.",
    example: ("regexp_count('banana', 'an')", "2"),
    overloads: [
      .binary(.varchar, .varchar, to: .bigint) { (text: StringView, pattern: StringView) in
        let regex: Regex = try Regex.compile(pattern, options: RegexOptions())
        return Int64(text.withBytes { regex.allMatches($0, groups: 0).count })
      }
    ])

  static let regexpEscape = ScalarFunction(
    "regexp_escape", summary: "The string with every character special in patterns escaped.",
    example: ("regexp_escape('a.b')", "a\\.b"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        output.built { bytes in
          for byte in text.array {
            let isPlain: Bool =
              byte >= 0x80 || byte == 0x5f || (0x30...0x39).contains(byte)
              || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            if !isPlain { bytes.append(0x5c) }
            bytes.append(byte)
          }
        }
      }
    ])
}

/// What the regexp functions do with one string.
enum RegexText {
  static func compile(_ pattern: Value, _ letters: Value?) throws -> (
    regex: Regex, options: RegexOptions
  ) {
    guard case .varchar(let text) = pattern else {
      throw ComputeError.invalid("A regular expression must be a string")
    }
    let heap = StringHeap()
    var options = RegexOptions()
    if case .varchar(let given)? = letters { options = try RegexOptions(heap.add(given)) }
    return (try Regex.compile(heap.add(text), options: options), options)
  }

  static func checkGroup(_ group: Int, _ regex: Regex) throws {
    if group < 0 || group > regex.groupCount {
      throw ComputeError.invalid(
        "Group \(group) does not exist: the pattern has \(regex.groupCount) groups")
    }
  }

  static func first(_ text: StringView, _ regex: Regex, group: Int) throws -> StringView {
    try checkGroup(group, regex)
    var offsets = [Int64](repeating: -1, count: 2 * (group + 1))
    let isFound: Bool = text.withBytes { regex.find($0, into: &offsets) }
    guard isFound, offsets[2 * group] >= 0 else { return .empty }
    return text.slice(Int(offsets[2 * group])..<Int(offsets[2 * group + 1]))
  }

  /// Texts of the whole match and groups 1…upTo; nil without a match.
  static func groups(_ text: String, _ regex: Regex, upTo: Int) throws -> [String]? {
    try checkGroup(upTo, regex)
    let bytes: [UInt8] = Array(text.utf8)
    var offsets = [Int64](repeating: -1, count: 2 * (upTo + 1))
    guard bytes.withUnsafeBytes({ regex.find($0, into: &offsets) }) else { return nil }
    return (0...upTo).map { piece(bytes, offsets[2 * $0], offsets[2 * $0 + 1]) }
  }

  private static func piece(_ bytes: [UInt8], _ start: Int64, _ end: Int64) -> String {
    start < 0 ? "" : String(decoding: bytes[Int(start)..<Int(end)], as: UTF8.self)
  }

  /// regexp_extract(text, pattern, ['name', …]): a struct of the groups in order.
  static let named = ScalarOverload([
    .exact(.varchar), .exact(.varchar), .exact(.list(.varchar)),
  ]) { types, constants in
    guard case .list(let names)? = constants[2], !names.isEmpty else {
      throw ComputeError.invalid("The list of group names must be a constant and not empty")
    }
    let fields: [StructField] = names.map { name in
      if case .varchar(let text) = name { return StructField(name: text, type: .varchar) }
      return StructField(name: "", type: .varchar)
    }
    let type: SQLType = .structure(fields)
    return BoundScalar(
      argumentTypes: types, returnType: type,
      kernel: ScalarLift.boxed(type) { row in
        guard case .varchar(let text) = row[0] else { return .null }
        let regex: Regex = try compile(row[1], nil).regex
        let found: [String]? = try groups(text, regex, upTo: fields.count)
        return .structure(fields.indices.map { .varchar(found?[$0 + 1] ?? "") })
      })
  }

  static func all(_ row: [Value]) throws -> Value {
    guard case .varchar(let text) = row[0] else { return .null }
    let regex: Regex = try compile(row[1], row.count > 3 ? row[3] : nil).regex
    var group = 0
    if row.count > 2, case .integer(let given) = row[2] { group = Int(given) }
    try checkGroup(group, regex)
    let bytes: [UInt8] = Array(text.utf8)
    let found: [[Int64]] = bytes.withUnsafeBytes { regex.allMatches($0, groups: group) }
    return .list(found.map { .varchar(piece(bytes, $0[2 * group], $0[2 * group + 1])) })
  }

  static func split(_ row: [Value]) throws -> Value {
    guard case .varchar(let text) = row[0] else { return .null }
    let regex: Regex = try compile(row[1], row.count > 2 ? row[2] : nil).regex
    let bytes: [UInt8] = Array(text.utf8)
    var parts: [Value] = []
    var start: Int64 = 0
    for match in bytes.withUnsafeBytes({ regex.allMatches($0, groups: 0) }) {
      // An empty match at an edge cuts nothing.
      if match[1] == match[0] && (match[0] == start || match[0] == Int64(bytes.count)) { continue }
      parts.append(.varchar(piece(bytes, start, match[0])))
      start = match[1]
    }
    parts.append(.varchar(piece(bytes, start, Int64(bytes.count))))
    return .list(parts)
  }

  static func replace(
    _ text: StringView, _ regex: Regex, _ replacement: StringView, isGlobal: Bool,
    _ output: StringOutput
  ) throws -> StringView {
    let template: [UInt8] = replacement.array
    return try text.withBytes { bytes in
      let groups: Int = regex.groupCount
      var found: [[Int64]] = []
      if isGlobal {
        found = regex.allMatches(bytes, groups: groups)
      } else {
        var offsets = [Int64](repeating: -1, count: 2 * (groups + 1))
        if regex.find(bytes, into: &offsets) { found = [offsets] }
      }
      if found.isEmpty { return text }
      return try output.built { out in
        var position = 0
        for match in found {
          out.append(contentsOf: bytes[position..<Int(match[0])])
          try output.require(out.count)
          expand(template, match, bytes, &out)
          position = Int(match[1])
        }
        out.append(contentsOf: bytes[position...])
      }
    }
  }

  private static func expand(
    _ template: [UInt8], _ match: [Int64], _ text: UnsafeRawBufferPointer, _ out: inout [UInt8]
  ) {
    var i = 0
    while i < template.count {
      guard template[i] == 0x5c, i + 1 < template.count else {
        out.append(template[i])
        i += 1
        continue
      }
      let next: UInt8 = template[i + 1]
      let group = Int(next) - 0x30
      if (0...9).contains(group) {
        if 2 * group < match.count, match[2 * group] >= 0 {
          out.append(contentsOf: text[Int(match[2 * group])..<Int(match[2 * group + 1])])
        }
      } else {
        out.append(next)
      }
      i += 2
    }
  }
}
