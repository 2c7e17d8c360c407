/// `*` or `t.*` with what it leaves out, changes and renames.
package struct Star: Hashable, Sendable {
  /// Empty for a bare `*`; otherwise the parts before `.*`.
  package var qualifier: [Identifier]
  /// `EXCLUDE (a, t.b)`.
  package var exclude: [ObjectName]
  /// `REPLACE (expression AS a)`.
  package var replace: [StarReplacement]
  /// `RENAME (a AS b)`.
  package var rename: [StarRename]
  /// `* [NOT] LIKE 'x%'` and the other pattern forms: keeps the columns whose names match.
  package var filter: StarFilter?

  package init(
    qualifier: [Identifier] = [], exclude: [ObjectName] = [], replace: [StarReplacement] = [],
    rename: [StarRename] = [], filter: StarFilter? = nil
  ) {
    self.qualifier = qualifier
    self.exclude = exclude
    self.replace = replace
    self.rename = rename
    self.filter = filter
  }
}

/// `expression AS column` of REPLACE.
package struct StarReplacement: Hashable, Sendable {
  package var expression: Expression
  package var column: Identifier

  package init(expression: Expression, column: Identifier) {
    self.expression = expression
    self.column = column
  }
}

/// `column AS name` of RENAME.
package struct StarRename: Hashable, Sendable {
  package var column: ObjectName
  package var name: Identifier

  package init(column: ObjectName, name: Identifier) {
    self.column = column
    self.name = name
  }
}

/// A pattern on column names.
package struct StarFilter: Hashable, Sendable {
  package var kind: PatternKind
  package var pattern: String
  package var isNegated: Bool

  package init(kind: PatternKind, pattern: String, isNegated: Bool) {
    self.kind = kind
    self.pattern = pattern
    self.isNegated = isNegated
  }
}

/// `COLUMNS(…)`: stands for several columns; the expression around it is repeated for each.
package struct ColumnsExpression: Hashable, Sendable {
  package var selection: Selection
  /// `*COLUMNS(…)`: the columns become several arguments of the one call around it.
  package var isUnpacked: Bool

  package indirect enum Selection: Hashable, Sendable {
    case star(Star)
    /// `COLUMNS('regex')`: matched anywhere in the name.
    case regex(String)
    /// `COLUMNS(['a', 'b'])`.
    case names([String])
    /// `COLUMNS(c -> c LIKE 'x%')`: over names.
    case lambda(parameter: Identifier, body: Expression)
  }

  package init(selection: Selection, isUnpacked: Bool = false) {
    self.selection = selection
    self.isUnpacked = isUnpacked
  }
}
