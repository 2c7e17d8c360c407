/// A scalar expression with its place in the text.
///
/// Spellings that mean a function arrive as a call of it, so that the binder sees one form:
/// `EXTRACT(f FROM x)` is `date_part('f', x)`, `x AT TIME ZONE z` `timezone(z, x)`,
/// `SUBSTRING(x FROM a FOR b)` `substring(x, a, b)`, `POSITION(a IN b)` `position(b, a)`,
/// `TRIM(LEADING c FROM x)` `ltrim(x, c)`, `OVERLAY(a PLACING b FROM c FOR d)` `overlay(a, b, c, d)`,
/// `CURRENT_DATE` `current_date()`. `x::T` and `DATE '…'` are casts.
///
/// The height of a tree is limited by the parser (`Parser.depthMax`), so recursive walks are safe.
package struct Expression: Hashable, Sendable {
  package var kind: Kind
  package var range: SourceRange

  package init(_ kind: Kind, range: SourceRange = .none) {
    self.kind = kind
    self.range = range
  }

  package indirect enum Kind: Hashable, Sendable {
    case literal(Literal)
    /// `INTERVAL '1 day'` (no unit: the string says it), `INTERVAL 7 DAY`, `INTERVAL (x + 1) HOUR`.
    case interval(Expression, unit: IntervalUnit?)
    /// `a`, `t.a`, `s.t.a`, `t.a.field`: one or more parts; the binder finds where columns end and
    /// struct fields begin.
    case column([Identifier])
    /// `*`, `t.*`, with EXCLUDE, REPLACE, RENAME.
    case star(Star)
    /// `COLUMNS('regex')`, `COLUMNS(*)`, `COLUMNS(c -> …)`.
    case columns(ColumnsExpression)
    case parameter(Parameter)
    /// `#1`: the n-th column of FROM.
    case positional(Int)
    /// `DEFAULT` as a value of INSERT, UPDATE or MERGE.
    case defaultValue

    case unary(UnaryOperator, Expression)
    case postfix(PostfixOperator, Expression)
    case binary(BinaryOperator, Expression, Expression)
    /// `a AND b AND c`: two or more.
    case conjunction([Expression])
    /// `a OR b OR c`: two or more.
    case disjunction([Expression])
    /// `a || b || c`: two or more; concatenates strings, lists or blobs from left to right.
    case concatenation([Expression])

    case isNull(Expression, negated: Bool)
    /// `IS [NOT] TRUE | FALSE | UNKNOWN`; unknown is `nil`.
    case isBoolean(Expression, Bool?, negated: Bool)
    /// `IS DISTINCT FROM`; negated: `IS NOT DISTINCT FROM`.
    case isDistinct(Expression, Expression, negated: Bool)
    case between(Expression, lower: Expression, upper: Expression, symmetric: Bool, negated: Bool)
    case inList(Expression, [Expression], negated: Bool)
    case inSubquery(Expression, SelectStatement, negated: Bool)
    /// `x IN list_expression`.
    case inCollection(Expression, Expression, negated: Bool)
    case pattern(Expression, PatternKind, Expression, escape: Expression?, negated: Bool)
    case quantified(Expression, BinaryOperator, Quantifier, QuantifiedOperand)
    case exists(SelectStatement)
    case subquery(SelectStatement)
    /// `ARRAY(SELECT …)`: a list of the one column.
    case arraySubquery(SelectStatement)

    case cast(Expression, TypeName, isTry: Bool)
    case collate(Expression, ObjectName)
    case caseWhen(operand: Expression?, branches: [CaseBranch], otherwise: Expression?)
    case function(FunctionCall)
    case lambda(parameters: [Identifier], body: Expression)

    /// `(1, 2)` and `ROW(1, 2)`.
    case row([Expression])
    /// `[1, 2]` and `ARRAY[1, 2]`.
    case list([Expression])
    case structure([StructEntry])
    case map([MapEntry])
    case listComprehension(ListComprehension)
    /// `x[1]`, `x['key']`.
    case element(Expression, Expression)
    /// `x[1:3]`, `x[:-:2]`.
    case slice(Expression, lower: Expression?, upper: Expression?, step: Expression?)
    /// `(expression).name`.
    case field(Expression, Identifier)
  }
}

/// `WHEN condition THEN result`.
package struct CaseBranch: Hashable, Sendable {
  package var condition: Expression
  package var result: Expression

  package init(condition: Expression, result: Expression) {
    self.condition = condition
    self.result = result
  }
}

/// `'a': 1` in `{'a': 1}`.
package struct StructEntry: Hashable, Sendable {
  package var name: Identifier
  package var value: Expression

  package init(name: Identifier, value: Expression) {
    self.name = name
    self.value = value
  }
}

/// `k: v` in `MAP {k: v}`.
package struct MapEntry: Hashable, Sendable {
  package var key: Expression
  package var value: Expression

  package init(key: Expression, value: Expression) {
    self.key = key
    self.value = value
  }
}

/// `[body FOR x, i IN source IF condition]`.
package struct ListComprehension: Hashable, Sendable {
  package var body: Expression
  /// The element's name and, when given, the 1-based position's.
  package var variables: [Identifier]
  package var source: Expression
  package var condition: Expression?

  package init(
    body: Expression, variables: [Identifier], source: Expression, condition: Expression?
  ) {
    self.body = body
    self.variables = variables
    self.source = source
    self.condition = condition
  }
}

/// A value given at execution.
package enum Parameter: Hashable, Sendable {
  /// `?` (numbered from 1 in order of appearance) and `$1`.
  case number(Int)
  /// `$name` and `:name`.
  case name(String)
}

/// `ANY`/`SOME` or `ALL`.
package enum Quantifier: String, Hashable, Sendable {
  case any = "ANY"
  case all = "ALL"
}

/// What `ANY` or `ALL` ranges over.
package indirect enum QuantifiedOperand: Hashable, Sendable {
  case subquery(SelectStatement)
  /// A list expression.
  case collection(Expression)
}
