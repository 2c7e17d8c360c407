internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// ALTER TABLE of the fields of a STRUCT column, at any depth.
extension Connection {
  enum FieldChange {
    case add(String, SQLType, String?, ifNotExists: Bool)
    case drop(String, ifExists: Bool)
    case rename(String, to: String)
  }

  /// Rewrites the column with the changed struct at `path` (the column's name, then fields').
  func alterField(
    _ change: FieldChange, at path: [Identifier], of table: TableEntry, writer: WriteTransaction
  ) throws {
    guard let position = table.columnIndex(path[0].text) else {
      throw OlapError(
        .binder, "Table \"\(table.name)\" does not have a column with name \"\(path[0].text)\"",
        range: path[0].range.start..<path[0].range.end)
    }
    let column = table.columns[position]
    guard
      let (type, value) = try changed(
        column.type, quote(column.name), path.dropFirst(), change, owner: path[0])
    else { return }
    // The expression is parsed on its own, so that its places are those of this text.
    let text =
      "ALTER TABLE x ALTER COLUMN \(quote(column.name)) TYPE \(type) USING (\(value))"
    guard case .alterTable(let node)? = try Parser.parse(text).first?.kind,
      case .setType(let name, let newType, let expression)? = node.actions.first
    else { throw OlapError(.internal, "a changed struct has no type") }
    try setType(name, newType, using: expression, of: table, sql: text, writer: writer)
  }

  /// The changed type and the expression that gives its values; nil when IF [NOT] EXISTS leaves all
  /// as it is.
  private func changed(
    _ type: SQLType, _ value: String, _ path: ArraySlice<Identifier>, _ change: FieldChange,
    owner: Identifier
  ) throws -> (SQLType, String)? {
    guard case .structure(let fields) = type else {
      throw OlapError(
        .binder, "\"\(owner.text)\" is not a STRUCT: it is \(type)",
        range: owner.range.start..<owner.range.end)
    }
    var result: [(field: OlapColumns.StructField, value: String)] = fields.map {
      ($0, "(\(value)).\(quote($0.name))")
    }
    func place(_ name: String) -> Int? {
      fields.firstIndex { $0.name.lowercased() == name.lowercased() }
    }
    func missing(_ name: String) -> OlapError {
      OlapError(.catalog, "struct \"\(owner.text)\" has no field \"\(name)\"")
    }
    if let next = path.first {
      guard let i = place(next.text) else { throw missing(next.text) }
      guard
        let (inner, text) = try changed(
          fields[i].type, result[i].value, path.dropFirst(), change, owner: next)
      else { return nil }
      result[i] = (OlapColumns.StructField(name: fields[i].name, type: inner), text)
    } else {
      switch change {
      case .add(let name, let type, let fill, let ifNotExists):
        if place(name) != nil {
          if ifNotExists { return nil }
          throw OlapError(
            .catalog, "struct \"\(owner.text)\" already has a field \"\(name)\"")
        }
        result.append(
          (
            OlapColumns.StructField(name: name, type: type),
            "CAST((\(fill ?? "NULL")) AS \(type))"
          ))
      case .drop(let name, let ifExists):
        guard let i = place(name) else {
          if ifExists { return nil }
          throw missing(name)
        }
        guard fields.count > 1 else {
          throw OlapError(
            .catalog, "Cannot drop field \"\(name)\": it is the last one of \"\(owner.text)\"")
        }
        result.remove(at: i)
      case .rename(let name, let to):
        guard let i = place(name) else { throw missing(name) }
        if let other = place(to), other != i {
          throw OlapError(.catalog, "struct \"\(owner.text)\" already has a field \"\(to)\"")
        }
        result[i].field = OlapColumns.StructField(name: to, type: fields[i].type)
      }
    }
    let items = result.map { "\(quote($0.field.name)) := \($0.value)" }.joined(separator: ", ")
    return (
      .structure(result.map { $0.field }),
      "CASE WHEN (\(value)) IS NULL THEN NULL ELSE struct_pack(\(items)) END"
    )
  }
}
