/// `COPY table (columns) FROM 'file' (options)`, `COPY table | (query) TO 'file' (options)`.
package struct CopyStatement: Hashable, Sendable {
  package var source: Source
  package var direction: Direction
  package var file: File
  package var options: [StatementOption]
  package var range: SourceRange

  package indirect enum Source: Hashable, Sendable {
    case table(ObjectName, columns: [Identifier])
    /// Only with TO.
    case query(SelectStatement)
  }

  package enum Direction: String, Hashable, Sendable {
    case from = "FROM"
    case to = "TO"
  }

  package indirect enum File: Hashable, Sendable {
    case path(String)
    /// `STDIN` or `STDOUT`.
    case standardStream
    /// A parameter or an expression in parentheses.
    case expression(Expression)
  }

  package init(
    source: Source, direction: Direction, file: File, options: [StatementOption] = [],
    range: SourceRange = .none
  ) {
    self.source = source
    self.direction = direction
    self.file = file
    self.options = options
    self.range = range
  }
}

/// `COPY FROM DATABASE a TO b [(SCHEMA|DATA)]`.
package struct CopyDatabaseStatement: Hashable, Sendable {
  package var source: Identifier
  package var target: Identifier
  package var part: Part
  package var range: SourceRange

  package enum Part: String, Hashable, Sendable {
    case all
    case schema
    case data
  }

  package init(
    source: Identifier, target: Identifier, part: Part = .all, range: SourceRange = .none
  ) {
    self.source = source
    self.target = target
    self.part = part
    self.range = range
  }
}

/// `EXPORT DATABASE ['name' TO] 'folder' (options)`.
package struct ExportDatabaseStatement: Hashable, Sendable {
  package var database: Identifier?
  package var folder: String
  package var options: [StatementOption]
  package var range: SourceRange

  package init(
    database: Identifier? = nil, folder: String, options: [StatementOption] = [],
    range: SourceRange = .none
  ) {
    self.database = database
    self.folder = folder
    self.options = options
    self.range = range
  }
}

/// `IMPORT DATABASE 'folder'`.
package struct ImportDatabaseStatement: Hashable, Sendable {
  package var folder: String
  package var range: SourceRange

  package init(folder: String, range: SourceRange = .none) {
    self.folder = folder
    self.range = range
  }
}
