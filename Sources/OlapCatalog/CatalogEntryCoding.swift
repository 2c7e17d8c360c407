internal import OlapColumns

/// Catalog entries as bytes, for the log and the manifest. A leading version byte per entry lets later
/// releases add fields at the end.
extension ByteWriter {
  private static let entryVersion: UInt8 = 1

  package mutating func write(_ entry: CatalogEntry) {
    write(ByteWriter.entryVersion)
    switch entry {
    case .schema(let e):
      write(UInt8(0))
      write(varint: e.id)
      write(e.name)
    case .table(let e):
      write(UInt8(1))
      write(e)
    case .view(let e):
      head(2, e.id, e.schema, e.name)
      write(e.columnNames) { $0.write($1) }
      write(e.sql)
      write(e.isTemporary)
      write(e.comment)
    case .sequence(let e):
      head(3, e.id, e.schema, e.name)
      for number in [e.start, e.increment, e.minimum, e.maximum, e.next] { write(number) }
      write(e.isCyclic)
      write(e.ownedBy != nil)
      if let owner = e.ownedBy { write(varint: owner) }
    case .type(let e):
      head(4, e.id, e.schema, e.name)
      write(e.type)
    case .macro(let e):
      head(5, e.id, e.schema, e.name)
      write(e.isTable)
      write(e.sql)
    case .index(let e):
      head(6, e.id, e.schema, e.name)
      write(varint: e.table)
      write(e.isUnique)
      write(e.sql)
    case .test(let e):
      head(7, e.id, e.schema, e.name)
      write(e.isError)
      write(e.model)
      write(e.sql)
    }
  }

  private mutating func head(_ tag: UInt8, _ id: EntryID, _ schema: String, _ name: String) {
    write(tag)
    write(varint: id)
    write(schema)
    write(name)
  }

  private mutating func write(_ e: TableEntry) {
    write(varint: e.id)
    write(e.schema)
    write(e.name)
    write(e.columns) { writer, column in
      writer.write(column.name)
      writer.write(column.type)
      writer.write(column.isNullable)
      writer.write(column.defaultSQL)
      writer.write(column.generatedSQL)
      writer.write(column.comment)
    }
    write(e.columnIDs) { $0.write(varint: UInt64($1)) }
    write(varint: UInt64(e.nextColumnID))
    write(e.keys) { writer, key in
      writer.write(key.name)
      writer.write(key.columns) { $0.write(count: $1) }
      writer.write(key.isPrimary)
    }
    write(e.checks) { writer, check in
      writer.write(check.name)
      writer.write(check.sql)
    }
    write(e.foreignKeys) { writer, key in
      writer.write(key.name)
      writer.write(key.columns) { $0.write(count: $1) }
      writer.write(varint: key.target)
      writer.write(key.targetColumns) { $0.write(count: $1) }
      writer.write(key.onDelete.rawValue)
      writer.write(key.onUpdate.rawValue)
    }
    write(e.sortedBy) { $0.write(count: $1) }
    write(e.isTemporary)
    write(e.layer?.rawValue)
    write(e.model != nil)
    if let model = e.model {
      write(model.sql)
      write(model.mode.rawValue)
      write(model.lag)
      write(model.onFallbackError)
      write(model.dependsOn) { $0.write(varint: $1) }
    }
    write(e.expectations) { writer, expectation in
      writer.write(expectation.name)
      writer.write(expectation.sql)
      writer.write(expectation.onViolation.rawValue)
    }
    write(e.owner)
    write(e.comment)
    write(e.tags) { $0.write($1) }
    write(e.options.sorted { $0.key < $1.key }) { writer, option in
      writer.write(option.key)
      writer.write(option.value)
    }
  }
}

extension ByteReader {
  package mutating func catalogEntry() throws(CodingError) -> CatalogEntry {
    let version: UInt8 = try byte()
    guard version == 1 else { throw CodingError("catalog entry version \(version) is unknown") }
    let tag: UInt8 = try byte()
    let id: EntryID = try varint()
    if tag == 0 { return .schema(SchemaEntry(id: id, name: try string())) }
    let schema: String = try string()
    let name: String = try string()
    switch tag {
    case 1: return .table(try tableEntry(id, schema, name))
    case 2:
      var view = ViewEntry(
        id: id, schema: schema, name: name, columnNames: try strings(), sql: try string())
      view.isTemporary = try flag()
      view.comment = try optionalString()
      return .view(view)
    case 3:
      var sequence = SequenceEntry(
        id: id, schema: schema, name: name, start: try int64(), increment: try int64(),
        minimum: try int64(), maximum: try int64())
      sequence.next = try int64()
      sequence.isCyclic = try flag()
      if try flag() { sequence.ownedBy = try varint() }
      return .sequence(sequence)
    case 4: return .type(TypeEntry(id: id, schema: schema, name: name, type: try type()))
    case 5:
      return .macro(
        MacroEntry(id: id, schema: schema, name: name, isTable: try flag(), sql: try string()))
    case 6:
      return .index(
        IndexEntry(
          id: id, schema: schema, name: name, table: try varint(), isUnique: try flag(),
          sql: try string()))
    case 7:
      return .test(
        TestEntry(
          id: id, schema: schema, name: name, isError: try flag(), model: try optionalString(),
          sql: try string()))
    default: throw CodingError("catalog entry tag \(tag) is unknown")
    }
  }

  private mutating func strings() throws(CodingError) -> [String] {
    try array { (r: inout ByteReader) throws(CodingError) in try r.string() }
  }
  private mutating func positions() throws(CodingError) -> [Int] {
    try array { (r: inout ByteReader) throws(CodingError) in try r.count(limit: 1 << 20) }
  }
  private mutating func label<T: RawRepresentable>(
    _: T.Type
  ) throws(CodingError) -> T where T.RawValue == String {
    let text: String = try string()
    guard let value = T(rawValue: text) else { throw CodingError("label '\(text)' is unknown") }
    return value
  }

  private mutating func tableEntry(
    _ id: EntryID, _ schema: String, _ name: String
  ) throws(CodingError) -> TableEntry {
    let columns: [ColumnDefinition] = try array { (r: inout ByteReader) throws(CodingError) in
      ColumnDefinition(
        name: try r.string(), type: try r.type(), isNullable: try r.flag(),
        defaultSQL: try r.optionalString(), generatedSQL: try r.optionalString(),
        comment: try r.optionalString())
    }
    var e = TableEntry(id: id, schema: schema, name: name, columns: columns)
    e.columnIDs = try array { (r: inout ByteReader) throws(CodingError) in
      UInt32(truncatingIfNeeded: try r.varint())
    }
    guard e.columnIDs.count == columns.count else { throw CodingError("column ids are missing") }
    e.nextColumnID = UInt32(truncatingIfNeeded: try varint())
    e.keys = try array { (r: inout ByteReader) throws(CodingError) in
      KeyConstraint(
        name: try r.optionalString(), columns: try r.positions(), isPrimary: try r.flag())
    }
    e.checks = try array { (r: inout ByteReader) throws(CodingError) in
      CheckConstraint(name: try r.optionalString(), sql: try r.string())
    }
    e.foreignKeys = try array { (r: inout ByteReader) throws(CodingError) in
      ForeignKeyConstraint(
        name: try r.optionalString(), columns: try r.positions(), target: try r.varint(),
        targetColumns: try r.positions(), onDelete: try r.label(ForeignKeyConstraint.Action.self),
        onUpdate: try r.label(ForeignKeyConstraint.Action.self))
    }
    e.sortedBy = try positions()
    let limit: Int = columns.count
    guard (e.keys.flatMap { $0.columns } + e.sortedBy).allSatisfy({ $0 < limit }) else {
      throw CodingError("a key names a column that does not exist")
    }
    e.isTemporary = try flag()
    if let layer = try optionalString() { e.layer = Layer(rawValue: layer) }
    if try flag() {
      e.model = ModelDefinition(
        sql: try string(), mode: try label(ModelDefinition.Mode.self), lag: try optionalString(),
        onFallbackError: try flag(),
        dependsOn: try array { (r: inout ByteReader) throws(CodingError) in try r.varint() })
    }
    e.expectations = try array { (r: inout ByteReader) throws(CodingError) in
      Expectation(
        name: try r.string(), sql: try r.string(),
        onViolation: try r.label(Expectation.Violation.self))
    }
    e.owner = try optionalString()
    e.comment = try optionalString()
    e.tags = try strings()
    for _ in 0..<(try count(limit: remaining)) {
      let key: String = try string()
      e.options[key] = try string()
    }
    return e
  }
}
