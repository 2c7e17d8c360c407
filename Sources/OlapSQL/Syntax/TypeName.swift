/// A type as written, not yet resolved.
package struct TypeName: Hashable, Sendable {
  package var kind: Kind
  package var range: SourceRange

  package indirect enum Kind: Hashable, Sendable {
    /// `DECIMAL(10, 2)`, `VARCHAR(255)`, `myschema.mood`. Spellings of several words arrive as one:
    /// `DOUBLE PRECISION` is `DOUBLE`, `CHARACTER VARYING` `VARCHAR`, `TIMESTAMP WITH TIME ZONE`
    /// `TIMESTAMPTZ`, `TIME WITH TIME ZONE` `TIMETZ`.
    case named(ObjectName, arguments: [Int])
    /// `T[]`, `LIST(T)`.
    case list(TypeName)
    /// `T[3]`, `ARRAY(T, 3)`.
    case array(TypeName, count: Int)
    /// `STRUCT(a INTEGER, b VARCHAR)`, `ROW(…)`.
    case structure([StructField])
    /// `MAP(K, V)`.
    case map(key: TypeName, value: TypeName)
    /// `UNION(a INTEGER, b VARCHAR)`.
    case union([StructField])
    /// `ENUM('a', 'b')`.
    case enumeration([String])
  }

  package init(_ kind: Kind, range: SourceRange = .none) {
    self.kind = kind
    self.range = range
  }

  /// A type of one word without arguments.
  package init(_ name: String, range: SourceRange = .none) {
    self.init(
      .named(ObjectName([Identifier(name, range: range)], range: range), arguments: []),
      range: range)
  }
}

/// Field of a struct or union type.
package struct StructField: Hashable, Sendable {
  package var name: Identifier
  package var type: TypeName

  package init(name: Identifier, type: TypeName) {
    self.name = name
    self.type = type
  }
}
