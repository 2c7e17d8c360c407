/// What a query or statement reads, by name; found without a catalog.
package struct Dependencies: Hashable, Sendable {
  /// Tables and views in order of first appearance, each once (names compare without case); CTEs are
  /// not among them. The first argument of `changes(t, …)` is.
  package var tables: [ObjectName] = []
  /// Files read by `FROM 'path'`.
  package var files: [String] = []
  /// Lower-case names of all functions called, table functions included.
  package var functions: Set<String> = []
  /// Tables written by modifications.
  package var targets: [ObjectName] = []
  /// Whether a parameter occurs.
  package var hasParameters: Bool = false

  package init(of query: SelectStatement) {
    self = Dependencies { $0.walk(query) }
  }

  package init(of statement: Statement) {
    self = Dependencies { $0.walk(statement) }
  }

  package init(of expression: Expression) {
    self = Dependencies { $0.walk(expression) }
  }

  private init(_ walk: (inout SyntaxWalker) -> Void) {
    var tables: [ObjectName] = []
    var seen: Set<String> = []
    var files: [String] = []
    var functions: Set<String> = []
    var targets: [ObjectName] = []
    var hasParameters = false
    func add(_ name: ObjectName) {
      if seen.insert(name.text.lowercased()).inserted { tables.append(name) }
    }
    var walker = SyntaxWalker(
      onExpression: { expression in
        switch expression.kind {
        case .function(let call):
          functions.insert(call.name.text.lowercased())
          if call.name.base.text.lowercased() == "changes", let table = call.tableArgument {
            add(table)
          }
        case .parameter: hasParameters = true
        default: break
        }
      },
      onTable: { table, isCommonTable in
        switch table.kind {
        case .table(let name, _): if !isCommonTable { add(name) }
        case .file(let path): files.append(path)
        default: break
        }
      },
      onTarget: { targets.append($0) })
    walk(&walker)
    self.tables = tables
    self.files = files
    self.functions = functions
    self.targets = targets
    self.hasParameters = hasParameters
  }
}

extension FunctionCall {
  /// The table a first argument names, as a name or a string.
  package var tableArgument: ObjectName? {
    switch arguments.first?.value.kind {
    case .column(let parts): ObjectName(parts, range: parts[0].range)
    case .literal(.string(let text)):
      ObjectName(text.split(separator: ".").map { Identifier(String($0)) })
    default: nil
    }
  }
}
