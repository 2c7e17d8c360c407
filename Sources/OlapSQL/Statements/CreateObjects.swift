/// `CREATE [OR REPLACE] [TEMP] [RECURSIVE] VIEW [IF NOT EXISTS] name (columns) AS query`.
package struct CreateViewStatement: Hashable, Sendable {
  package var name: ObjectName
  package var conflict: CreateConflict
  package var isTemporary: Bool
  package var isRecursive: Bool
  package var columns: [Identifier]
  package var query: SelectStatement
  package var range: SourceRange

  package init(
    name: ObjectName, conflict: CreateConflict = .error, isTemporary: Bool = false,
    isRecursive: Bool = false, columns: [Identifier] = [], query: SelectStatement,
    range: SourceRange = .none
  ) {
    self.name = name
    self.conflict = conflict
    self.isTemporary = isTemporary
    self.isRecursive = isRecursive
    self.columns = columns
    self.query = query
    self.range = range
  }
}

/// `CREATE SCHEMA [IF NOT EXISTS] name`.
package struct CreateSchemaStatement: Hashable, Sendable {
  package var name: ObjectName
  package var conflict: CreateConflict
  package var range: SourceRange

  package init(name: ObjectName, conflict: CreateConflict = .error, range: SourceRange = .none) {
    self.name = name
    self.conflict = conflict
    self.range = range
  }
}

/// `CREATE [TEMP] SEQUENCE name START 1 INCREMENT 1 MINVALUE … MAXVALUE … [NO] CYCLE`.
package struct CreateSequenceStatement: Hashable, Sendable {
  package var name: ObjectName
  package var conflict: CreateConflict
  package var isTemporary: Bool
  package var start: Int?
  package var increment: Int?
  package var minimum: Int?
  package var maximum: Int?
  package var isCyclic: Bool
  package var range: SourceRange

  package init(
    name: ObjectName, conflict: CreateConflict = .error, isTemporary: Bool = false,
    start: Int? = nil, increment: Int? = nil, minimum: Int? = nil, maximum: Int? = nil,
    isCyclic: Bool = false, range: SourceRange = .none
  ) {
    self.name = name
    self.conflict = conflict
    self.isTemporary = isTemporary
    self.start = start
    self.increment = increment
    self.minimum = minimum
    self.maximum = maximum
    self.isCyclic = isCyclic
    self.range = range
  }
}

/// `CREATE TYPE name AS type`; `ENUM (SELECT …)` takes the values from a query.
package struct CreateTypeStatement: Hashable, Sendable {
  package var name: ObjectName
  package var conflict: CreateConflict
  package var isTemporary: Bool
  package var definition: Definition
  package var range: SourceRange

  package indirect enum Definition: Hashable, Sendable {
    case type(TypeName)
    case enumeration(SelectStatement)
  }

  package init(
    name: ObjectName, conflict: CreateConflict = .error, isTemporary: Bool = false,
    definition: Definition, range: SourceRange = .none
  ) {
    self.name = name
    self.conflict = conflict
    self.isTemporary = isTemporary
    self.definition = definition
    self.range = range
  }
}

/// `CREATE MACRO name(a, b := 1) AS expression | TABLE query`; several overloads by comma.
package struct CreateMacroStatement: Hashable, Sendable {
  package var name: ObjectName
  package var conflict: CreateConflict
  package var isTemporary: Bool
  package var overloads: [Overload]
  package var range: SourceRange

  package struct Overload: Hashable, Sendable {
    package var parameters: [MacroParameter]
    package var body: Body

    package init(parameters: [MacroParameter], body: Body) {
      self.parameters = parameters
      self.body = body
    }
  }

  package indirect enum Body: Hashable, Sendable {
    case scalar(Expression)
    case table(SelectStatement)
  }

  package init(
    name: ObjectName, conflict: CreateConflict = .error, isTemporary: Bool = false,
    overloads: [Overload], range: SourceRange = .none
  ) {
    self.name = name
    self.conflict = conflict
    self.isTemporary = isTemporary
    self.overloads = overloads
    self.range = range
  }
}

/// Parameter of a macro.
package struct MacroParameter: Hashable, Sendable {
  package var name: Identifier
  package var type: TypeName?
  package var defaultValue: Expression?

  package init(name: Identifier, type: TypeName? = nil, defaultValue: Expression? = nil) {
    self.name = name
    self.type = type
    self.defaultValue = defaultValue
  }
}

/// `CREATE [UNIQUE] INDEX [IF NOT EXISTS] name ON table [USING method] (…) [WHERE …]`.
package struct CreateIndexStatement: Hashable, Sendable {
  /// `nil`: the engine makes one up.
  package var name: ObjectName?
  package var conflict: CreateConflict
  package var isUnique: Bool
  package var table: ObjectName
  package var method: Identifier?
  package var elements: [IndexElement]
  package var filter: Expression?
  package var options: [StatementOption]
  package var range: SourceRange

  package init(
    name: ObjectName?, conflict: CreateConflict = .error, isUnique: Bool = false,
    table: ObjectName, method: Identifier? = nil, elements: [IndexElement],
    filter: Expression? = nil, options: [StatementOption] = [], range: SourceRange = .none
  ) {
    self.name = name
    self.conflict = conflict
    self.isUnique = isUnique
    self.table = table
    self.method = method
    self.elements = elements
    self.filter = filter
    self.options = options
    self.range = range
  }
}

/// `CREATE TASK name WAREHOUSE = w SCHEDULE = '…' AS statement`.
package struct CreateTaskStatement: Hashable, Sendable {
  package var name: ObjectName
  package var conflict: CreateConflict
  package var options: [StatementOption]
  package var body: Statement
  package var range: SourceRange

  package init(
    name: ObjectName, conflict: CreateConflict = .error, options: [StatementOption] = [],
    body: Statement, range: SourceRange = .none
  ) {
    self.name = name
    self.conflict = conflict
    self.options = options
    self.body = body
    self.range = range
  }
}
