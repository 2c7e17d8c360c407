/// One SQL statement with its place in the text (without the semicolon).
package struct Statement: Hashable, Sendable {
  package var kind: Kind
  package var range: SourceRange

  package init(_ kind: Kind, range: SourceRange = .none) {
    self.kind = kind
    self.range = range
  }

  package indirect enum Kind: Hashable, Sendable {
    case select(SelectStatement)
    case insert(InsertStatement)
    case update(UpdateStatement)
    case delete(DeleteStatement)
    case truncate(TruncateStatement)
    case merge(MergeStatement)
    case copy(CopyStatement)
    case copyDatabase(CopyDatabaseStatement)
    case exportDatabase(ExportDatabaseStatement)
    case importDatabase(ImportDatabaseStatement)

    case createTable(CreateTableStatement)
    case createView(CreateViewStatement)
    case createSchema(CreateSchemaStatement)
    case createSequence(CreateSequenceStatement)
    case createType(CreateTypeStatement)
    case createMacro(CreateMacroStatement)
    case createIndex(CreateIndexStatement)
    case createTask(CreateTaskStatement)
    case createTrigger(CreateTriggerStatement)
    case alterTable(AlterTableStatement)
    case alterObject(AlterObjectStatement)
    case drop(DropStatement)
    case comment(CommentStatement)

    case createLayerTable(CreateLayerTableStatement)
    case alterLayerTable(AlterLayerTableStatement)
    case createTest(CreateTestStatement)
    case refresh(RefreshStatement)
    case restate(RestateStatement)
    case verify(VerifyStatement)
    case test(TestStatement)
    case explainRefresh(ExplainRefreshStatement)
    case explainRow(ExplainRowStatement)
    case applyChanges(ApplyChangesStatement)

    case attach(AttachStatement)
    case detach(DetachStatement)
    case use(UseStatement)
    case transaction(TransactionStatement)
    case prepare(PrepareStatement)
    case execute(ExecuteStatement)
    case deallocate(DeallocateStatement)
    case explain(ExplainStatement)
    case describe(DescribeStatement)
    case set(SetStatement)
    case reset(ResetStatement)
    case pragma(PragmaStatement)
    case checkpoint(CheckpointStatement)
    case vacuum(VacuumStatement)
    case call(CallStatement)
    case `extension`(ExtensionStatement)
  }
}

/// What CREATE does when the name is taken.
package enum CreateConflict: Hashable, Sendable {
  case error
  /// `IF NOT EXISTS`.
  case ignore
  /// `OR REPLACE`.
  case replace
}

/// `name = value` in WITH (…), COPY (…), ATTACH (…) and SET (…).
package struct StatementOption: Hashable, Sendable {
  package var name: Identifier
  /// `nil` for a bare flag such as HEADER.
  package var value: OptionValue?
  package var range: SourceRange

  package init(name: Identifier, value: OptionValue? = nil, range: SourceRange = .none) {
    self.name = name
    self.value = value
    self.range = range
  }
}

/// Value of an option.
package indirect enum OptionValue: Hashable, Sendable {
  /// A literal or any other expression; a bare word (`csv`, `updated_at`) is a column of one part.
  case expression(Expression)
  /// `(a, b)`: such as column names.
  case list([Expression])
  /// `*`: every column.
  case star
}
