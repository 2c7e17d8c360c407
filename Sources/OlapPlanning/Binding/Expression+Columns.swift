internal import OlapSQL

extension Expression {
  /// Whether the expression is `*COLUMNS(…)`, which stands for several.
  var isUnpackedColumns: Bool {
    if case .columns(let columns) = kind { columns.isUnpacked } else { false }
  }

  /// The first COLUMNS(…) inside, subqueries and unpacked ones left out.
  var firstColumnsExpression: ColumnsExpression? {
    if case .columns(let columns) = kind { return columns.isUnpacked ? nil : columns }
    var found: ColumnsExpression?
    _ = mapOperands { operand in
      if found == nil { found = operand.firstColumnsExpression }
      return operand
    }
    return found
  }

  /// A copy with every COLUMNS(…) replaced.
  func replacingColumns(with replacement: Expression) -> Expression {
    if case .columns(let columns) = kind, !columns.isUnpacked {
      return Expression(replacement.kind, range: range)
    }
    return mapOperands { $0.replacingColumns(with: replacement) }
  }

  /// A copy over rewritten operands; queries inside stay as they are.
  func mapOperands(_ f: (Expression) -> Expression) -> Expression {
    var copy = self
    switch kind {
    case .unary(let operation, let operand): copy.kind = .unary(operation, f(operand))
    case .postfix(let operation, let operand): copy.kind = .postfix(operation, f(operand))
    case .binary(let operation, let left, let right):
      copy.kind = .binary(operation, f(left), f(right))
    case .conjunction(let items): copy.kind = .conjunction(items.map(f))
    case .disjunction(let items): copy.kind = .disjunction(items.map(f))
    case .concatenation(let items): copy.kind = .concatenation(items.map(f))
    case .isNull(let operand, let negated): copy.kind = .isNull(f(operand), negated: negated)
    case .isBoolean(let operand, let value, let negated):
      copy.kind = .isBoolean(f(operand), value, negated: negated)
    case .isDistinct(let left, let right, let negated):
      copy.kind = .isDistinct(f(left), f(right), negated: negated)
    case .between(let operand, let lower, let upper, let symmetric, let negated):
      copy.kind = .between(
        f(operand), lower: f(lower), upper: f(upper), symmetric: symmetric, negated: negated)
    case .inList(let operand, let items, let negated):
      copy.kind = .inList(f(operand), items.map(f), negated: negated)
    case .inSubquery(let operand, let query, let negated):
      copy.kind = .inSubquery(f(operand), query, negated: negated)
    case .inCollection(let operand, let list, let negated):
      copy.kind = .inCollection(f(operand), f(list), negated: negated)
    case .pattern(let operand, let pattern, let text, let escape, let negated):
      copy.kind = .pattern(
        f(operand), pattern, f(text), escape: escape.map(f), negated: negated)
    case .cast(let operand, let type, let isTry):
      copy.kind = .cast(f(operand), type, isTry: isTry)
    case .collate(let operand, let name): copy.kind = .collate(f(operand), name)
    case .caseWhen(let operand, let branches, let otherwise):
      copy.kind = .caseWhen(
        operand: operand.map(f),
        branches: branches.map {
          OlapSQL.CaseBranch(condition: f($0.condition), result: f($0.result))
        }, otherwise: otherwise.map(f))
    case .function(var call):
      call.arguments = call.arguments.map { FunctionArgument(name: $0.name, value: f($0.value)) }
      call.filter = call.filter.map(f)
      call.orderBy = call.orderBy.map { item in
        var result = item
        result.expression = f(item.expression)
        return result
      }
      copy.kind = .function(call)
    case .row(let items): copy.kind = .row(items.map(f))
    case .list(let items): copy.kind = .list(items.map(f))
    case .structure(let entries):
      copy.kind = .structure(entries.map { StructEntry(name: $0.name, value: f($0.value)) })
    case .element(let base, let index): copy.kind = .element(f(base), f(index))
    case .field(let base, let name): copy.kind = .field(f(base), name)
    default: break
    }
    return copy
  }
}
