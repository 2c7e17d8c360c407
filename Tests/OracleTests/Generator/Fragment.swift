/// What a piece of SQL stands for; only pieces of the same sort can replace each other.
enum Sort: Hashable, Sendable {
  case integer, text, boolean, real
  case decimal, date
  /// Anything else: clauses, lists, tables.
  case other

  /// The smallest expression of the sort, tried when a failing query is shrunk.
  var simplest: [String] {
    switch self {
    case .integer: ["1", "0"]
    case .text: ["'a'"]
    case .boolean: ["(1 = 1)", "(1 = 0)"]
    case .real: ["0.5"]
    case .decimal: ["1.5"]
    case .date: ["DATE '2024-02-29'"]
    case .other: []
    }
  }
}

/// A piece of SQL text that knows its parts, so that a failing query can be cut down.
struct Fragment: Sendable {
  enum Piece: Sendable {
    case text(String)
    case part(Fragment)
  }

  var sort: Sort
  var pieces: [Piece]
  /// The text may be left out altogether.
  var isOptional = false
  /// Not nil = a list: its parts are separated by this, and all but one may be left out.
  var separator: String?

  init(_ sort: Sort, _ template: Template) {
    self.sort = sort
    pieces = template.pieces
  }

  static func list(_ parts: [Fragment], separator: String = ", ") -> Fragment {
    var result = Fragment(.other, "")
    result.pieces = parts.map { .part($0) }
    result.separator = separator
    return result
  }

  static func optional(_ template: Template) -> Fragment {
    var result = Fragment(.other, template)
    result.isOptional = true
    return result
  }

  static let none = Fragment(.other, "")

  var text: String {
    var result = ""
    write(to: &result)
    return result
  }

  private func write(to result: inout String) {
    for (index, piece) in pieces.enumerated() {
      if let separator, index > 0 { result += separator }
      switch piece {
      case .text(let text): result += text
      case .part(let part): part.write(to: &result)
      }
    }
  }

  /// The parts, itself first, with the path that leads to each.
  func walk(_ path: [Int] = [], _ visit: ([Int], Fragment) -> Void) {
    visit(path, self)
    for (index, piece) in pieces.enumerated() {
      if case .part(let part) = piece { part.walk(path + [index], visit) }
    }
  }

  /// The same tree with the part at `path` changed by `change`; nil takes the part out.
  func replacing(_ path: ArraySlice<Int>, _ change: (Fragment) -> Fragment?) -> Fragment? {
    guard let index = path.first else { return change(self) }
    guard case .part(let part) = pieces[index] else { return self }
    var result = self
    if let fresh = part.replacing(path.dropFirst(), change) {
      result.pieces[index] = .part(fresh)
    } else {
      result.pieces.remove(at: index)
    }
    return result
  }
}

/// SQL text with fragments in its interpolations.
struct Template: ExpressibleByStringInterpolation, Sendable {
  var pieces: [Fragment.Piece] = []

  init(stringLiteral value: String) { pieces = [.text(value)] }
  init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

  struct StringInterpolation: StringInterpolationProtocol {
    var pieces: [Fragment.Piece] = []
    init(literalCapacity: Int, interpolationCount: Int) {}
    mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { pieces.append(.text(literal)) }
    }
    mutating func appendInterpolation(_ fragment: Fragment) { pieces.append(.part(fragment)) }
    mutating func appendInterpolation(_ text: String) { pieces.append(.text(text)) }
    mutating func appendInterpolation(_ number: Int) { pieces.append(.text(String(number))) }
  }
}
