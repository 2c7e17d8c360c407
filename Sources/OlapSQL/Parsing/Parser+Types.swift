extension Parser {
  /// A type with its arguments and array suffixes.
  mutating func typeName() throws(ParseError) -> TypeName {
    depth += 1
    defer { depth -= 1 }
    try checkDepth()
    let start = token.start
    var type = TypeName(try baseType(), range: range(from: start))
    var suffixCount = 0
    while true {
      if isAt(.leftBracket), peek(1).symbol == .rightBracket {
        index += 2
        type = TypeName(.list(type), range: range(from: start))
      } else if isAt(.leftBracket), peek(1).kind == .integer, peek(2).symbol == .rightBracket {
        index += 1
        let count = try integer()
        index += 1
        type = TypeName(.array(type, count: count), range: range(from: start))
      } else if isAt(.array), peek(1).symbol != .leftParenthesis {
        index += 1
        type = TypeName(.list(type), range: range(from: start))
      } else {
        return type
      }
      suffixCount += 1
      if suffixCount > 64 { throw error("this type is nested too deeply", at: range(from: start)) }
    }
  }

  private mutating func baseType() throws(ParseError) -> TypeName.Kind {
    let token = self.token
    let opens = peek(1).symbol == .leftParenthesis
    switch token.keyword {
    case .struct where opens:
      index += 1
      return .structure(try fields())
    case .row where opens:
      index += 1
      return .structure(try fields())
    case .union where opens:
      index += 1
      return .union(try fields())
    case .map where opens:
      index += 1
      try expect(.leftParenthesis)
      let key = try typeName()
      try expect(.comma)
      let value = try typeName()
      try expect(.rightParenthesis)
      return .map(key: key, value: value)
    case .list where opens:
      index += 1
      try expect(.leftParenthesis)
      let element = try typeName()
      try expect(.rightParenthesis)
      return .list(element)
    case .array where opens:
      index += 1
      try expect(.leftParenthesis)
      let element = try typeName()
      var count: Int?
      if accept(.comma) { count = try integer() }
      try expect(.rightParenthesis)
      return count.map { .array(element, count: $0) } ?? .list(element)
    case .enum where opens:
      index += 1
      return .enumeration(try parenthesized { (p) throws(ParseError) in try p.string() })
    case .interval:
      return try intervalType()
    default:
      return try namedType()
    }
  }

  private mutating func fields() throws(ParseError) -> [StructField] {
    try parenthesized { (p) throws(ParseError) in
      let name = try p.label("a field name")
      return StructField(name: name, type: try p.typeName())
    }
  }

  private mutating func intervalType() throws(ParseError) -> TypeName.Kind {
    let name = takeIdentifier()
    if isAt(.leftParenthesis) { _ = try typeArguments() }
    if token.kind == .word, token.keyword != nil, IntervalUnit(spelling: text(token)) != nil {
      index += 1
      if accept(.to) { _ = try label("an interval field") }
    }
    return .named(ObjectName([name], range: name.range), arguments: [])
  }

  /// Joins spellings of several words: `DOUBLE PRECISION`, `TIMESTAMP WITH TIME ZONE`, …
  private mutating func namedType() throws(ParseError) -> TypeName.Kind {
    let first = token
    guard isName(first) || first.keyword?.isFunctionOrTypeName == true else {
      throw unexpected("a type name")
    }
    var name = try objectName("a type name")
    var arguments: [Int] = []
    func one(_ text: String) -> ObjectName {
      ObjectName([Identifier(text, range: name.range)], range: name.range)
    }
    switch first.keyword {
    case .double:
      if accept(.precision) { name = one("DOUBLE") }
    case .character, .char:
      if accept(.varying) { name = one("VARCHAR") }
    default: break
    }
    if isAt(.leftParenthesis) { arguments = try typeArguments() }
    if first.keyword == .timestamp || first.keyword == .time {
      if isAt(.with, .time) {
        index += 1
        try expect(.time, .zone)
        name = one(first.keyword == .timestamp ? "TIMESTAMPTZ" : "TIMETZ")
      } else if isAt(.without, .time) {
        index += 1
        try expect(.time, .zone)
      }
    }
    return .named(name, arguments: arguments)
  }

  private mutating func typeArguments() throws(ParseError) -> [Int] {
    try parenthesized { (p) throws(ParseError) in try p.integer("a type argument") }
  }
}
