/// A column of CREATE TABLE or ADD COLUMN.
package struct ColumnDefinition: Hashable, Sendable {
  package var name: Identifier
  /// `nil` only for generated columns and layer tables, whose type the expression gives. SERIAL types
  /// stay as written: the binder makes their sequence.
  package var type: TypeName?
  package var constraints: [ColumnConstraint]
  package var range: SourceRange

  package init(
    name: Identifier, type: TypeName?, constraints: [ColumnConstraint] = [],
    range: SourceRange = .none
  ) {
    self.name = name
    self.type = type
    self.constraints = constraints
    self.range = range
  }
}

/// A constraint or property written behind a column.
package struct ColumnConstraint: Hashable, Sendable {
  /// `CONSTRAINT name`.
  package var name: Identifier?
  package var kind: Kind
  package var range: SourceRange

  package indirect enum Kind: Hashable, Sendable {
    case notNull
    /// `NULL`: nullable, as without it.
    case null
    case primaryKey
    case unique
    case check(Expression)
    case defaultValue(Expression)
    case references(ForeignKeyTarget)
    /// `GENERATED ALWAYS AS (expression) [VIRTUAL|STORED]`.
    case generated(Expression, isStored: Bool)
    /// `GENERATED {ALWAYS | BY DEFAULT} AS IDENTITY`, AUTOINCREMENT.
    case identity(isAlways: Bool)
    case collate(ObjectName)
    /// `ENCRYPTED`.
    case encrypted
    /// `USING COMPRESSION name`: accepted.
    case compression(Identifier)
    /// `COMMENT 'text'`.
    case comment(String)
    /// `EXPECT (…) ON VIOLATION …`.
    case expectation(Expectation)
  }

  package init(name: Identifier? = nil, kind: Kind, range: SourceRange = .none) {
    self.name = name
    self.kind = kind
    self.range = range
  }
}

/// A constraint or property written as an element of the table.
package struct TableConstraint: Hashable, Sendable {
  package var name: Identifier?
  package var kind: Kind
  package var range: SourceRange

  package indirect enum Kind: Hashable, Sendable {
    case primaryKey([Identifier])
    case unique([Identifier])
    case check(Expression)
    case foreignKey([Identifier], ForeignKeyTarget)
    /// Inline `INDEX name (column DESC, …)`; the name is the constraint's.
    case index([IndexElement], isUnique: Bool)
    case expectation(Expectation)
  }

  package init(name: Identifier? = nil, kind: Kind, range: SourceRange = .none) {
    self.name = name
    self.kind = kind
    self.range = range
  }
}

/// `REFERENCES table (columns) ON DELETE … ON UPDATE …`.
package struct ForeignKeyTarget: Hashable, Sendable {
  package var table: ObjectName
  /// Empty: the primary key.
  package var columns: [Identifier]
  package var onDelete: ReferentialAction
  package var onUpdate: ReferentialAction

  package init(
    table: ObjectName, columns: [Identifier] = [], onDelete: ReferentialAction = .noAction,
    onUpdate: ReferentialAction = .noAction
  ) {
    self.table = table
    self.columns = columns
    self.onDelete = onDelete
    self.onUpdate = onUpdate
  }
}

package enum ReferentialAction: String, Hashable, Sendable {
  case noAction = "NO ACTION"
  case restrict = "RESTRICT"
  case cascade = "CASCADE"
  case setNull = "SET NULL"
  case setDefault = "SET DEFAULT"
}

/// A rule on rows: `EXPECT (…) ON VIOLATION action`.
package struct Expectation: Hashable, Sendable {
  package var rule: Rule
  package var action: Action
  package var range: SourceRange

  package indirect enum Rule: Hashable, Sendable {
    /// A condition on the row that holds or is unknown; may contain subqueries.
    case condition(Expression)
    /// `EXPECT UNIQUE (a, b)`.
    case unique([Identifier])
    /// `EXPECT NOT NULL (a, b)`.
    case notNull([Identifier])
    /// `EXPECT ACCEPTED VALUES (a IN ('x', 'y'))`.
    case acceptedValues(Identifier, [Expression])
    /// `EXPECT a REFERENCES t (b)`, `EXPECT RELATIONSHIP (a) REFERENCES t (b)`.
    case relationship([Identifier], table: ObjectName, columns: [Identifier])
    /// `EXPECT RANGE (a BETWEEN 1 AND 9)`.
    case range(Identifier, lower: Expression, upper: Expression)
    /// `EXPECT FRESH (a) WITHIN INTERVAL '1 day'`.
    case freshness(Identifier, within: Expression)
    /// `EXPECT ROW COUNT BETWEEN a AND b`.
    case rowCount(lower: Expression, upper: Expression)
    /// `EXPECT ROW COUNT DRIFT < 10%`, `… WITHIN 10 PERCENT`: against the refresh before.
    case rowCountDrift(percent: Expression)
  }

  package enum Action: String, Hashable, Sendable {
    case warn = "WARN"
    case drop = "DROP"
    case fail = "FAIL"
    case quarantine = "QUARANTINE"
  }

  package init(rule: Rule, action: Action, range: SourceRange = .none) {
    self.rule = rule
    self.action = action
    self.range = range
  }
}

/// `expression [ASC|DESC]` of an index.
package struct IndexElement: Hashable, Sendable {
  package var expression: Expression
  package var direction: SortDirection?

  package init(expression: Expression, direction: SortDirection? = nil) {
    self.expression = expression
    self.direction = direction
  }
}
