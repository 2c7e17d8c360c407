extension SQLPrinter {
  /// Binds tighter than any operator.
  private static let primary = 14

  /// An expression, in parentheses when it binds looser than `minimum`.
  mutating func expression(_ expression: Expression, _ minimum: Int = 0) {
    if SQLPrinter.precedence(expression.kind) < minimum {
      parenthesized { $0.kind(expression.kind) }
    } else {
      kind(expression.kind)
    }
  }

  mutating func expressions(_ expressions: [Expression]) {
    list(expressions) { $0.expression($1) }
  }

  private static func precedence(_ kind: Expression.Kind) -> Int {
    switch kind {
    case .disjunction: Precedence.or
    case .conjunction: Precedence.and
    case .unary(.not, _): Precedence.not
    case .isNull, .isBoolean, .isDistinct: Precedence.isTest
    case .quantified: Precedence.comparison
    case .between, .inList, .inSubquery, .inCollection, .pattern: Precedence.range
    case .star(let star): star.filter == nil ? primary : Precedence.range
    case .concatenation, .unary(.bitwiseNot, _): Precedence.other
    case .binary(let binary, let left, _): precedence(binary, left)
    case .collate: Precedence.collate
    case .unary, .postfix: Precedence.sign
    case .lambda: 0
    default: primary
    }
  }

  private static func precedence(_ binary: BinaryOperator, _ left: Expression) -> Int {
    switch binary {
    case .add, .subtract: return Precedence.additive
    case .multiply, .divide, .integerDivide, .modulo: return Precedence.multiplicative
    case .power: return Precedence.power
    case .jsonExtract:
      // `x -> …` at the beginning of an argument would be a lambda.
      switch left.kind {
      case .column(let parts) where parts.count == 1: return 0
      case .row: return 0
      default: return Precedence.other
      }
    default: return binary.isComparison ? Precedence.comparison : Precedence.other
    }
  }

  private mutating func kind(_ kind: Expression.Kind) {
    switch kind {
    case .literal(let value): literal(value)
    case .interval(let value, let unit): interval(value, unit)
    case .column(let parts): dotted(parts)
    case .star(let star): self.star(star)
    case .columns(let columns): self.columns(columns)
    case .parameter(.number(let number)): write("$\(number)")
    case .parameter(.name(let name)): write("$\(name)")
    case .positional(let number): write("#\(number)")
    case .defaultValue: write("DEFAULT")
    case .unary(let symbol, let operand): unary(symbol, operand)
    case .postfix(let symbol, let operand):
      expression(operand, SQLPrinter.primary)
      write(symbol.rawValue)
    case .binary(let binary, let left, let right):
      let precedence = max(SQLPrinter.precedence(binary, left), Precedence.comparison)
      let level = binary == .jsonExtract ? Precedence.other : precedence
      infix(left, level, " \(binary.rawValue) ", right, level + 1)
    case .conjunction(let operands): chain(operands, " AND ", Precedence.not)
    case .disjunction(let operands): chain(operands, " OR ", Precedence.and)
    case .concatenation(let operands): chain(operands, " || ", Precedence.additive)
    default: predicate(kind)
    }
  }

  private mutating func predicate(_ kind: Expression.Kind) {
    switch kind {
    case .isNull(let operand, let negated):
      expression(operand, Precedence.isTest)
      write(negated ? " IS NOT NULL" : " IS NULL")
    case .isBoolean(let operand, let value, let negated):
      expression(operand, Precedence.isTest)
      write(negated ? " IS NOT " : " IS ")
      write(value.map { $0 ? "TRUE" : "FALSE" } ?? "UNKNOWN")
    case .isDistinct(let left, let right, let negated):
      let words = negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM "
      infix(left, Precedence.isTest, words, right, Precedence.comparison)
    case .between(let operand, let lower, let upper, let symmetric, let negated):
      expression(operand, Precedence.other)
      write(negated ? " NOT BETWEEN " : " BETWEEN ")
      if symmetric { write("SYMMETRIC ") }
      infix(lower, Precedence.other, " AND ", upper, Precedence.other)
    case .inList(let operand, let items, let negated):
      membership(operand, negated)
      parenthesized { $0.expressions(items) }
    case .inSubquery(let operand, let query, let negated):
      membership(operand, negated)
      parenthesized { $0.query(query) }
    case .inCollection(let operand, let collection, let negated):
      membership(operand, negated)
      // A parenthesis here would make a list.
      if case .row(let items) = collection.kind, items.count > 1 { write("ROW") }
      expression(collection, Precedence.other)
    case .pattern(let operand, let kind, let pattern, let escape, let negated):
      self.pattern(operand, kind, pattern, escape, negated)
    case .quantified(let left, let binary, let quantifier, let operand):
      expression(left, Precedence.comparison)
      write(" \(binary.rawValue) \(quantifier.rawValue) ")
      parenthesized {
        switch operand {
        case .subquery(let query): $0.query(query)
        case .collection(let collection): $0.expression(collection)
        }
      }
    default: call(kind)
    }
  }

  private mutating func call(_ kind: Expression.Kind) {
    switch kind {
    case .exists(let query):
      write("EXISTS ")
      parenthesized { $0.query(query) }
    case .subquery(let query):
      parenthesized { $0.query(query) }
    case .arraySubquery(let query):
      write("ARRAY")
      parenthesized { $0.query(query) }
    case .cast(let operand, let type, let isTry):
      write(isTry ? "TRY_CAST" : "CAST")
      parenthesized {
        $0.expression(operand)
        $0.write(" AS ")
        $0.type(type)
      }
    case .collate(let operand, let name):
      expression(operand, Precedence.collate)
      write(" COLLATE ")
      self.name(name)
    case .caseWhen(let operand, let branches, let otherwise):
      caseWhen(operand, branches, otherwise)
    case .function(let call): function(call)
    case .lambda(let parameters, let body):
      write("lambda ")
      list(parameters) { $0.identifier($1) }
      write(": ")
      expression(body)
    default: nested(kind)
    }
  }

  private mutating func nested(_ kind: Expression.Kind) {
    switch kind {
    case .row(let items):
      if items.count < 2 { write("ROW") }
      parenthesized { $0.expressions(items) }
    case .list(let items):
      write("[")
      expressions(items)
      write("]")
    case .structure(let entries):
      write("{")
      list(entries) {
        $0.string($1.name.text)
        $0.write(": ")
        $0.expression($1.value)
      }
      write("}")
    case .map(let entries):
      write("MAP {")
      list(entries) {
        $0.expression($1.key)
        $0.write(": ")
        $0.expression($1.value)
      }
      write("}")
    case .listComprehension(let comprehension): self.comprehension(comprehension)
    case .element(let operand, let index):
      expression(operand, SQLPrinter.primary)
      write("[")
      expression(index)
      write("]")
    case .slice(let operand, let lower, let upper, let step):
      slice(operand, lower, upper, step)
    case .field(let operand, let name):
      parenthesized { $0.expression(operand) }
      write(".")
      identifier(name)
    default: break
    }
  }

  // MARK: Operators

  private mutating func infix(
    _ left: Expression, _ leftMinimum: Int, _ symbol: String, _ right: Expression,
    _ rightMinimum: Int
  ) {
    expression(left, leftMinimum)
    write(symbol)
    expression(right, rightMinimum)
  }

  private mutating func chain(_ operands: [Expression], _ symbol: String, _ minimum: Int) {
    for (i, operand) in operands.enumerated() {
      if i > 0 { write(symbol) }
      expression(operand, minimum)
    }
  }

  private mutating func unary(_ symbol: UnaryOperator, _ operand: Expression) {
    write(symbol.rawValue)
    switch symbol {
    case .not:
      write(" ")
      expression(operand, Precedence.isTest)
    case .bitwiseNot:
      expression(operand, Precedence.additive)
    case .negate, .plus:
      // `--` would begin a comment.
      if case .unary = operand.kind { write(" ") }
      expression(operand, Precedence.sign)
    }
  }

  private mutating func membership(_ operand: Expression, _ negated: Bool) {
    expression(operand, Precedence.other)
    write(negated ? " NOT IN " : " IN ")
  }

  private mutating func pattern(
    _ operand: Expression, _ kind: PatternKind, _ pattern: Expression, _ escape: Expression?,
    _ negated: Bool
  ) {
    let word: String
    switch kind {
    case .regex: word = negated ? "!~" : "~"
    case .regexIgnoringCase: word = negated ? "!~*" : "~*"
    default: word = SQLPrinter.patternWord(kind, negated: negated)
    }
    expression(operand, Precedence.other)
    write(" \(word) ")
    let isRegex = kind == .regex || kind == .regexIgnoringCase
    expression(pattern, isRegex ? Precedence.additive : Precedence.other)
    if let escape {
      write(" ESCAPE ")
      expression(escape, Precedence.other)
    }
  }

  static func patternWord(_ kind: PatternKind, negated: Bool) -> String {
    let word =
      switch kind {
      case .like: "LIKE"
      case .ilike: "ILIKE"
      case .glob: "GLOB"
      case .similarTo: "SIMILAR TO"
      case .regex: "~"
      case .regexIgnoringCase: "~*"
      }
    return negated ? "NOT " + word : word
  }

  // MARK: Operands

  private mutating func literal(_ literal: Literal) {
    switch literal {
    case .null: write("NULL")
    case .boolean(let value): write(value ? "TRUE" : "FALSE")
    case .integer(let digits), .decimal(let digits), .double(let digits): write(digits)
    case .string(let value): string(value)
    case .blob(let bytes):
      let digits = Array("0123456789ABCDEF")
      write("x'" + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) + "'")
    }
  }

  private mutating func interval(_ value: Expression, _ unit: IntervalUnit?) {
    write("INTERVAL ")
    if case .literal(let literal) = value.kind, literal.isStringOrNumber {
      self.literal(literal)
    } else {
      parenthesized { $0.expression(value) }
    }
    if let unit { write(" " + unit.rawValue) }
  }

  mutating func star(_ star: Star) {
    for part in star.qualifier {
      identifier(part)
      write(".")
    }
    write("*")
    if !star.exclude.isEmpty {
      write(" EXCLUDE ")
      parenthesized { $0.list(star.exclude) { $0.name($1) } }
    }
    if !star.replace.isEmpty {
      write(" REPLACE ")
      parenthesized {
        $0.list(star.replace) {
          $0.expression($1.expression)
          $0.write(" AS ")
          $0.identifier($1.column)
        }
      }
    }
    if !star.rename.isEmpty {
      write(" RENAME ")
      parenthesized {
        $0.list(star.rename) {
          $0.name($1.column)
          $0.write(" AS ")
          $0.identifier($1.name)
        }
      }
    }
    if let filter = star.filter {
      write(" \(SQLPrinter.patternWord(filter.kind, negated: filter.isNegated)) ")
      string(filter.pattern)
    }
  }

  private mutating func columns(_ columns: ColumnsExpression) {
    write(columns.isUnpacked ? "*COLUMNS" : "COLUMNS")
    parenthesized {
      switch columns.selection {
      case .star(let star): $0.star(star)
      case .regex(let regex): $0.string(regex)
      case .names(let names):
        $0.write("[")
        $0.list(names) { $0.string($1) }
        $0.write("]")
      case .lambda(let parameter, let body):
        $0.kind(.lambda(parameters: [parameter], body: body))
      }
    }
  }

  private mutating func caseWhen(
    _ operand: Expression?, _ branches: [CaseBranch], _ otherwise: Expression?
  ) {
    write("CASE")
    if let operand {
      write(" ")
      expression(operand)
    }
    for branch in branches {
      write(" WHEN ")
      expression(branch.condition)
      write(" THEN ")
      expression(branch.result)
    }
    if let otherwise {
      write(" ELSE ")
      expression(otherwise)
    }
    write(" END")
  }

  private mutating func comprehension(_ comprehension: ListComprehension) {
    write("[")
    expression(comprehension.body)
    write(" FOR ")
    list(comprehension.variables) { $0.identifier($1) }
    write(" IN ")
    expression(comprehension.source)
    if let condition = comprehension.condition {
      write(" IF ")
      expression(condition)
    }
    write("]")
  }

  private mutating func slice(
    _ operand: Expression, _ lower: Expression?, _ upper: Expression?, _ step: Expression?
  ) {
    expression(operand, SQLPrinter.primary)
    write("[")
    if let lower { expression(lower) }
    write(" : ")
    if let upper { expression(upper) } else if step != nil { write("-") }
    if let step {
      write(" : ")
      expression(step)
    }
    write("]")
  }

  // MARK: Calls

  mutating func function(_ call: FunctionCall) {
    functionName(call)
    parenthesized {
      if call.isStar { $0.write("*") }
      if call.isDistinct { $0.write("DISTINCT ") }
      if call.arguments.count == 1, call.arguments[0].value.kind == .star(Star()) {
        // `f(*)` without them is another call.
        $0.parenthesized { $0.argument(call.arguments[0]) }
      } else {
        $0.list(call.arguments) { $0.argument($1) }
      }
      if !call.orderBy.isEmpty {
        $0.write(call.arguments.isEmpty ? "ORDER BY " : " ORDER BY ")
        $0.list(call.orderBy) { $0.orderByItem($1) }
      }
    }
    if !call.withinGroup.isEmpty {
      write(" WITHIN GROUP (ORDER BY ")
      list(call.withinGroup) { $0.orderByItem($1) }
      write(")")
    }
    if let treatment = call.nullTreatment {
      write(treatment == .ignoreNulls ? " IGNORE NULLS" : " RESPECT NULLS")
    }
    if let filter = call.filter {
      write(" FILTER (WHERE ")
      expression(filter)
      write(")")
    }
    switch call.over {
    case .named(let name):
      write(" OVER ")
      identifier(name)
    case .inline(let window):
      write(" OVER ")
      self.window(window)
    case nil: break
    }
  }

  mutating func argument(_ argument: FunctionArgument) {
    if let name = argument.name {
      identifier(name)
      write(" := ")
    }
    if case .lambda = argument.value.kind {
      expression(argument.value)
    } else {
      expression(argument.value, 1)
    }
  }

  /// Names that are also syntax are quoted unless the call is one the syntax's parser takes.
  private mutating func functionName(_ call: FunctionCall) {
    guard call.name.parts.count == 1,
      let keyword = Keyword.byText[call.name.base.text.lowercased()],
      call.name.base.text.utf8.allSatisfy(Lexer.continuesIdentifier)
    else { return name(call.name) }
    let isPlain = call.isPlain && call.arguments.allSatisfy { $0.name == nil }
    switch keyword {
    case .currentDate, .currentTime, .currentTimestamp, .localtime, .localtimestamp, .currentUser,
      .currentRole, .currentCatalog, .currentSchema, .sessionUser:
      let isKeyword = isPlain && call.arguments.isEmpty && call.name.base.text == keyword.rawValue
      write(isKeyword ? keyword.rawValue : SQLPrinter.always(quoted: call.name.base.text))
    case .position, .substring, .overlay, .trim, .extract:
      let isCall =
        isPlain && !call.arguments.isEmpty && (keyword != .trim || call.arguments.count < 3)
      write(isCall ? call.name.base.text : SQLPrinter.always(quoted: call.name.base.text))
    case .left, .right, .glob, .map, .grouping, .range, .date, .time, .timestamp:
      write(call.name.base.text)
    default: name(call.name)
    }
  }

  // MARK: Types

  mutating func type(_ type: TypeName) {
    switch type.kind {
    case .named(let name, let arguments):
      if name.parts.count == 1, name.base.text.lowercased() == "interval" {
        write(name.base.text)
      } else {
        self.name(name)
      }
      if !arguments.isEmpty { parenthesized { $0.list(arguments) { $0.write("\($1)") } } }
    case .list(let element):
      self.type(element)
      write("[]")
    case .array(let element, let count):
      if count < 0 {
        write("ARRAY")
        parenthesized {
          $0.type(element)
          $0.write(", \(count)")
        }
      } else {
        self.type(element)
        write("[\(count)]")
      }
    case .structure(let fields): self.fields("STRUCT", fields)
    case .union(let fields): self.fields("UNION", fields)
    case .map(let key, let value):
      write("MAP")
      parenthesized {
        $0.type(key)
        $0.write(", ")
        $0.type(value)
      }
    case .enumeration(let values):
      write("ENUM")
      parenthesized { $0.list(values) { $0.string($1) } }
    }
  }

  private mutating func fields(_ word: String, _ fields: [StructField]) {
    write(word)
    parenthesized {
      $0.list(fields) {
        $0.identifier($1.name)
        $0.write(" ")
        $0.type($1.type)
      }
    }
  }
}

extension Literal {
  /// Whether the literal may stand behind INTERVAL without parentheses.
  var isStringOrNumber: Bool {
    switch self {
    case .integer, .decimal, .double, .string: true
    default: false
    }
  }
}
