import OlapColumns

/// A path into a document: `$.a.b[0]`, `$."key with dots"`, `$.a[*]`, `$[#-1]`, `/a/b/0`, or a bare key.
struct JSONPath {
  enum Step {
    case key(String)
    /// Negative counts from the end.
    case index(Int)
    case anyKey, anyIndex
  }
  let steps: [Step]
  /// Whether the path may match several values, so that the result is a list.
  var isWildcard: Bool {
    steps.contains {
      switch $0 {
      case .anyKey, .anyIndex: true
      default: false
      }
    }
  }

  init(index: Int) { steps = [.index(index)] }

  /// - Throws: for a malformed `$` path.
  init(_ text: String) throws {
    if text.hasPrefix("/") {
      steps = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
        if let index = Int(part), index >= 0 { return .index(index) }
        return .key(JSONPath.unescaped(String(part)))
      }
    } else if text.hasPrefix("$") {
      steps = try JSONPath.dollar(text)
    } else {
      steps = [.key(text)]
    }
  }

  /// Of a JSON pointer: ~1 is /, ~0 is ~.
  private static func unescaped(_ part: String) -> String {
    var result = ""
    var rest = Substring(part)
    while let first = rest.first {
      if rest.hasPrefix("~1") {
        result += "/"
        rest = rest.dropFirst(2)
      } else if rest.hasPrefix("~0") {
        result += "~"
        rest = rest.dropFirst(2)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static func dollar(_ text: String) throws -> [Step] {
    var steps: [Step] = []
    var rest: Substring = text.dropFirst()
    func fail() -> ComputeError {
      .invalid("JSON path error in '\(text)' near '\(rest)': write $.key, $[0], $.* or $[*]")
    }
    while let first = rest.first {
      if first == "." {
        rest = rest.dropFirst()
        if rest.first == "\"" {
          guard let end = rest.dropFirst().firstIndex(of: "\"") else { throw fail() }
          steps.append(.key(String(rest[rest.index(after: rest.startIndex)..<end])))
          rest = rest[rest.index(after: end)...]
        } else if rest.first == "*" {
          steps.append(.anyKey)
          rest = rest.dropFirst()
        } else {
          let key: Substring = rest.prefix { $0 != "." && $0 != "[" }
          if key.isEmpty { throw fail() }
          steps.append(.key(String(key)))
          rest = rest.dropFirst(key.count)
        }
      } else if first == "[" {
        guard let end = rest.firstIndex(of: "]") else { throw fail() }
        let inside: Substring = rest[rest.index(after: rest.startIndex)..<end]
        if inside == "*" {
          steps.append(.anyIndex)
        } else if inside.hasPrefix("\""), inside.hasSuffix("\""), inside.count >= 2 {
          steps.append(.key(String(inside.dropFirst().dropLast())))
        } else if inside.hasPrefix("#-"), let index = Int(inside.dropFirst(2)) {
          steps.append(.index(-index))
        } else if let index = Int(inside) {
          steps.append(.index(index))
        } else {
          throw fail()
        }
        rest = rest[rest.index(after: end)...]
      } else {
        throw fail()
      }
    }
    return steps
  }

  /// Every value the path leads to.
  func values(in document: JSONValue) -> [JSONValue] {
    var current: [JSONValue] = [document]
    for step in steps {
      current = current.flatMap { value -> [JSONValue] in
        switch (step, value) {
        case (.key(let key), .object(let members)):
          return members.first { $0.key == key }.map { [$0.value] } ?? []
        case (.index(let index), .array(let elements)):
          let at: Int = index < 0 ? elements.count + index : index
          return elements.indices.contains(at) ? [elements[at]] : []
        case (.index(let index), .object(let members)):
          return members.first { $0.key == String(index) }.map { [$0.value] } ?? []
        case (.anyKey, .object(let members)): return members.map { $0.value }
        case (.anyIndex, .array(let elements)): return elements
        default: return []
        }
      }
    }
    return current
  }

  func first(in document: JSONValue) -> JSONValue? { values(in: document).first }
}
