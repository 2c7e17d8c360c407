import Glibc

extension Cast {
  /// LIST, ARRAY and MAP to one another: the elements are cast once, the entries shared.
  static func lists(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    guard let element = to.elementType else { throw unsupported(v.type, to) }
    let reached: Vector = v.compactedElements()
    let elements: Vector = try convert(reached.children[0], element, context).flattened()
    let result = Vector(
      type: to, encoding: .flat, count: v.count, data: reached.data, validity: reached.validity,
      owner: reached.owner, children: [elements])
    guard case .array(_, let count) = to else { return result }
    if case .array = v.type { return result }
    let entries = result.values(ListEntry.self)
    let flags = zeroed(v.count)
    for i in 0..<v.count where result.isValid(i) && Int(entries[i].count) != count {
      if !context.isTry {
        throw ComputeError(
          .invalidCast,
          "Cannot cast list with length \(entries[i].count) to array with length \(count)")
      }
      flags.bytes.storeBytes(of: 1, toByteOffset: i, as: UInt8.self)
    }
    return try settle(result, flags, source: v, to, context)
  }

  /// STRUCT to STRUCT by field name; fields without a source are NULL.
  static func structures(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    guard case .structure(let from) = v.type, case .structure(let fields) = to,
      let sources = fieldSources(from, fields)
    else { throw unsupported(v.type, to) }
    var children: [Vector] = []
    for (field, source) in zip(fields, sources) {
      if let source {
        let child: Vector = v.children[source].masked(by: v)
        children.append(try convert(child.flattened(), field.type, context).flattened())
      } else {
        children.append(Vector.nulls(field.type, count: v.count).flattened())
      }
    }
    return Vector(
      type: to, encoding: .flat, count: v.count, data: v.data, validity: v.validity,
      owner: v.owner, children: children)
  }

  /// Text to nested types.
  static func parseNested(
    _ v: Vector, _ to: SQLType, _ context: CastContext, isJSON: Bool
  ) throws -> Vector {
    let builder = VectorBuilder(type: to, capacity: v.count)
    let views = v.values(StringView.self)
    for i in 0..<v.count {
      guard v.isValid(i) else {
        builder.appendNull()
        continue
      }
      let tree: TextTree? = views[i].withBytes {
        isJSON ? JSONText.tree($0) : NestedText.tree($0)
      }
      do {
        guard let tree else { throw failure(v, i, to) }
        builder.append(try value(of: tree, to, context, isJSON: isJSON))
      } catch {
        guard context.isTry else { throw failure(v, i, to) }
        builder.appendNull()
      }
    }
    return builder.finish()
  }

  /// A parsed text as a value of `type`.
  private static func value(
    of tree: TextTree, _ type: SQLType, _ context: CastContext, isJSON: Bool
  ) throws -> Value {
    switch (tree, type) {
    case (.null, _): return .null
    case (.list, .varchar), (.record, .varchar), (.list, .json), (.record, .json):
      return .varchar(tree.text)
    case (.list(let items), .list(let element)):
      return .list(try items.map { try value(of: $0, element, context, isJSON: isJSON) })
    case (.list(let items), .array(let element, let count)):
      guard items.count == count else { throw mismatch(type) }
      return .list(try items.map { try value(of: $0, element, context, isJSON: isJSON) })
    case (.record(let pairs), .structure(let fields)):
      return .structure(
        try fields.map { field in
          let name: String = field.name.lowercased()
          guard let pair = pairs.last(where: { $0.name.lowercased() == name }) else { return .null }
          return try value(of: pair.tree, field.type, context, isJSON: isJSON)
        })
    case (.record(let pairs), .map(let key, let item)):
      return .map(
        try pairs.map { pair in
          (
            key: try value(of: .scalar(pair.name), key, context, isJSON: isJSON),
            value: try value(of: pair.tree, item, context, isJSON: isJSON)
          )
        })
    case (.scalar(let text), .structure(let fields)) where !isJSON:
      guard let items = NestedText.fields(ofRow: text), items.count <= fields.count else {
        throw mismatch(type)
      }
      return .structure(
        try fields.enumerated().map { position, field in
          // Fields without a value are NULL.
          guard position < items.count else { return .null }
          return try value(of: items[position], field.type, context, isJSON: isJSON)
        })
    case (.list(let items), .structure(let fields)) where items.isEmpty && fields.isEmpty:
      return .structure([])
    case (.scalar(let text), _) where !type.isNested, (.literal(let text), _) where !type.isNested:
      return try cast(
        .varchar(text), from: .varchar, to: type, isTry: context.isTry,
        timeZoneName: context.timeZoneName)
    default: throw mismatch(type)
    }
  }

  private static func mismatch(_ type: SQLType) -> ComputeError {
    ComputeError(.invalidCast, "The text does not have the shape of \(type)")
  }

  // MARK: JSON

  /// Any type to JSON: text is validated, everything else is printed.
  static func toJSON(_ v: Vector, _ context: CastContext) throws -> Vector {
    let flat: Vector = v.flattened()
    if v.type == .varchar {
      let views = flat.values(StringView.self)
      let flags = zeroed(flat.count)
      for i in 0..<flat.count where flat.isValid(i) {
        if views[i].withBytes({ JSONText.isValid($0) }) { continue }
        if !context.isTry {
          throw ComputeError(
            .invalidCast, "Malformed JSON: '\(views[i].string)' cannot be cast to JSON")
        }
        flags.bytes.storeBytes(of: 1, toByteOffset: i, as: UInt8.self)
      }
      return try settle(flat.reinterpreted(as: .json), flags, source: flat, .json, context)
    }
    let builder = StringVectorBuilder(type: .json, capacity: flat.count)
    let writer = JSONWriter(text: TextWriter(zone: try context.zone()))
    var cell = TextBuffer()
    for i in 0..<flat.count {
      guard flat.isValid(i) else {
        builder.appendNull()
        continue
      }
      cell.clear()
      writer.write(flat, i, to: &cell)
      builder.append(cell.raw)
    }
    return builder.finish()
  }

  /// JSON to any type: scalars by their text, arrays and objects by shape, `null` to NULL.
  static func parseJSON(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    if to.isNested { return try parseNested(v.flattened(), to, context, isJSON: true) }
    let flat: Vector = v.flattened()
    let texts = StringVectorBuilder(type: .varchar, capacity: flat.count)
    let views = flat.values(StringView.self)
    for i in 0..<flat.count {
      guard flat.isValid(i), let tree = views[i].withBytes({ JSONText.tree($0) }) else {
        texts.appendNull()
        continue
      }
      if case .null = tree { texts.appendNull() } else { texts.append(tree.text) }
    }
    return try convert(texts.finish(), to, context)
  }
}

extension Vector {
  /// A flat list vector whose elements are exactly those its valid rows use, in row order.
  package func compactedElements() -> Vector {
    let entries = values(ListEntry.self)
    var total = 0
    var isCompact = true
    for i in 0..<count where isValid(i) {
      if entries[i].count > 0 && Int(entries[i].offset) != total { isCompact = false }
      total += Int(entries[i].count)
    }
    if isCompact && total == children[0].count { return self }
    let result = Vector.flat(type, count: count, nullable: validity != nil)
    let picked = Selection(capacity: total)
    let out = result.values(ListEntry.self)
    for i in 0..<count {
      let entry: ListEntry = isValid(i) ? entries[i] : ListEntry(offset: 0, count: 0)
      out[i] = ListEntry(offset: picked.count, count: Int(entry.count))
      for k in 0..<Int(entry.count) {
        picked.indexes[picked.count] = entry.offset + UInt32(k)
        picked.count += 1
      }
    }
    if let mask = result.validity, let own = validity { memcpy(mask, own, count) }
    return Vector(
      type: type, encoding: .flat, count: count, data: result.data, validity: result.validity,
      owner: result.owner,
      children: [children[0].gathered(picked.indexes, count: total).flattened()])
  }

  /// This field of a struct with the struct's NULLs added, so that hidden values cannot raise.
  func masked(by parent: Vector) -> Vector {
    guard let outer = parent.validity else { return self }
    let flat: Vector = flattened()
    guard let own = flat.validity else { return flat.withValidity(outer, owner: parent.owner) }
    let both = Buffer(byteCount: count)
    let mask = both.bytes.assumingMemoryBound(to: UInt8.self)
    for i in 0..<count { mask[i] = own[i] & outer[i] }
    return flat.withValidity(mask, owner: both)
  }
}
