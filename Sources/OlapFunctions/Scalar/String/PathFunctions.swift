import OlapColumns

/// Functions over file paths; a last argument chooses the separators: 'system' and 'forward_slash'
/// mean /, 'backslash' \, 'both_slash' either (the default).
extension ScalarFunction {
  static let parseFileName = ScalarFunction(
    "parse_filename", summary: "The last part of a path; with true, without its extension.",
    example: ("parse_filename('/data/orders.csv', true)", "orders"),
    overloads: PathFunction.overloads { parts, trims in
      let name: Substring = parts.last ?? ""
      guard trims, let dot = name.lastIndex(of: "."), dot != name.startIndex else {
        return .varchar(String(name))
      }
      return .varchar(String(name[..<dot]))
    })
  static let parseDirectoryName = ScalarFunction(
    "parse_dirname", summary: "The first folder of a path.",
    example: ("parse_dirname('data/2024/orders.csv')", "data"),
    overloads: [
      .boxed([.varchar], to: .varchar) { row in
        guard case .varchar(let text) = row[0] else { return .null }
        if text.hasPrefix("/") { return .varchar("/") }
        let parts: [Substring] = PathFunction.parts(text)
        return .varchar(parts.count > 1 ? String(parts[0]) : "")
      }
    ])
  static let parseDirectoryPath = ScalarFunction(
    "parse_dirpath", summary: "The folders of a path.",
    example: ("parse_dirpath('/data/2024/orders.csv')", "/data/2024"),
    overloads: [
      .boxed([.varchar], to: .varchar) { row in
        guard case .varchar(let text) = row[0] else { return .null }
        let end: String.Index? = text.lastIndex { $0 == "/" || $0 == "\\" }
        guard let end else { return .varchar("") }
        return .varchar(end == text.startIndex ? "/" : String(text[..<end]))
      }
    ])
  static let parsePath = ScalarFunction(
    "parse_path", summary: "The parts of a path as a list.",
    example: ("parse_path('/data/orders.csv')", "[/, data, orders.csv]"),
    overloads: [
      .boxed([.varchar], to: .list(.varchar)) { row in
        guard case .varchar(let text) = row[0] else { return .null }
        let root: [Value] = text.hasPrefix("/") ? [.varchar("/")] : []
        return .list(root + PathFunction.parts(text).map { .varchar(String($0)) })
      }
    ])
  static let pathJoin = ScalarFunction(
    "path_join", summary: "Paths joined by /; an absolute one starts anew.",
    example: ("path_join('data', 'orders.csv')", "data/orders.csv"),
    overloads: [
      ScalarOverload([.exact(.varchar)], variadic: .exact(.varchar)) { types, _ in
        BoundScalar(
          argumentTypes: types, returnType: .varchar,
          kernel: ScalarLift.boxed(.varchar) { row in
            var result = ""
            for case .varchar(let part) in row {
              if part.hasPrefix("/") || result.isEmpty {
                result = part
              } else {
                result += result.hasSuffix("/") ? part : "/" + part
              }
            }
            return .varchar(result)
          })
      }
    ])
  static let parseFormattedBytes = ScalarFunction(
    "parse_formatted_bytes", summary: "A size such as 1.5 KiB as a number of bytes.",
    example: ("parse_formatted_bytes('1.5 KiB')", "1536"),
    overloads: [
      .boxed([.varchar], to: .ubigint) { row in
        guard case .varchar(let text) = row[0] else { return .null }
        guard let bytes = PathFunction.byteCount(text) else {
          throw ComputeError.invalid("\"\(text)\" is not a size such as 1.5 KiB")
        }
        return .hugeint(bytes)
      }
    ])
}

enum PathFunction {
  static func parts(_ text: String) -> [Substring] {
    text.split { $0 == "/" || $0 == "\\" }
  }

  /// (path) and (path, without extension).
  static func overloads(
    _ body: @escaping @Sendable ([Substring], Bool) -> Value
  ) -> [ScalarOverload] {
    [
      .boxed([.varchar], to: .varchar) { row in
        guard case .varchar(let text) = row[0] else { return .null }
        return body(parts(text), false)
      },
      .boxed([.varchar, .boolean], to: .varchar) { row in
        guard case .varchar(let text) = row[0], case .boolean(let trims) = row[1] else {
          return .null
        }
        return body(parts(text), trims)
      },
    ]
  }

  /// Decimal units count by 1000, binary ones by 1024.
  static func byteCount(_ text: String) -> Int128? {
    let folded: String = text.lowercased().filter { $0 != " " }
    let digits: Substring = folded.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(String(digits)), number >= 0 else { return nil }
    let units: [String: Double] = [
      "": 1, "b": 1, "byte": 1, "bytes": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "k": 1e3,
      "m": 1e6, "g": 1e9, "t": 1e12, "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30, "tib": 0x1p40,
    ]
    guard let unit = units[String(folded.dropFirst(digits.count))], number * unit < 0x1p64 else {
      return nil
    }
    return Int128(number * unit)
  }
}
