extension Vector {
  /// `count` rows of one value; `.null` gives a constant NULL. The value must be one of `type`.
  package static func constant(_ value: Value, type: SQLType, count: Int) -> Vector {
    if value.isNull { return nulls(type, count: count) }
    let builder = VectorBuilder(type: type, capacity: 1)
    builder.append(value)
    return builder.finish().broadcast(row: 0, count: count)
  }

  /// `count` NULL rows.
  package static func nulls(_ type: SQLType, count: Int) -> Vector {
    let valueBytes: Int = Swift.max(type.physicalType.byteCount, 8)
    let buffer = Buffer(byteCount: valueBytes + 8)
    buffer.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: valueBytes + 8)
    var children: [Vector] = []
    if let fields = type.childFields {
      children = fields.map { nulls($0.type, count: count) }
    } else if let element = type.elementType {
      children = [Vector.empty(element)]
    }
    let validity = (buffer.bytes + valueBytes).assumingMemoryBound(to: UInt8.self)
    return Vector(
      type: type, encoding: .constant, count: count, data: buffer.bytes, validity: validity,
      owner: buffer, children: children)
  }

  /// A flat vector of no rows.
  package static func empty(_ type: SQLType) -> Vector {
    VectorBuilder(type: type, capacity: 0).finish()
  }

  /// Row `row` repeated `count` times as a constant vector; shares memory with this one.
  package func broadcast(row: Int, count: Int) -> Vector {
    switch encoding {
    case .constant:
      if physical == .structure {
        return Vector(
          type: type, encoding: .constant, count: count, data: data, validity: validity,
          owner: owner, children: children.map { $0.broadcast(row: 0, count: count) })
      }
      return Vector(
        type: type, encoding: .constant, count: count, data: data, validity: validity,
        owner: owner, bounds: bounds, children: children)
    case .flat:
      if !isValid(row) { return Vector.nulls(type, count: count) }
      if physical == .structure {
        return Vector(
          type: type, encoding: .constant, count: count, data: data, validity: nil,
          owner: owner, children: children.map { $0.broadcast(row: row, count: count) })
      }
      return Vector(
        type: type, encoding: .constant, count: count, data: data + row * physical.byteCount,
        validity: nil, owner: owner, children: children)
    case .dictionary:
      guard isValid(row), let dictionary else { return Vector.nulls(type, count: count) }
      return dictionary.broadcast(row: code(at: row), count: count)
    case .frame:
      return sliced(row..<(row + 1)).flattened().broadcast(row: 0, count: count)
    }
  }

  /// The code of row `i` of a dictionary or frame vector.
  func code(at i: Int) -> Int {
    switch codeByteCount {
    case 1: Int(values(UInt8.self)[i])
    case 2: Int(values(UInt16.self)[i])
    default: Int(values(UInt32.self)[i])
    }
  }

  /// Whether no row is NULL (looks at the validity bytes when there are any).
  package func isAllValid() -> Bool {
    guard let validity else { return true }
    if encoding == .constant { return count == 0 || validity[0] != 0 }
    return Reduce.countOnes(validity, count: count) == count
  }

  /// Whether every row is NULL.
  package func isAllNull() -> Bool {
    guard let validity else { return count == 0 }
    if encoding == .constant { return count == 0 || validity[0] == 0 }
    return Reduce.countOnes(validity, count: count) == 0
  }

  /// Bytes the vector's own rows take (long strings by their length, children included).
  package var byteCount: Int {
    var total: Int = validity == nil ? 0 : (encoding == .constant ? 1 : count)
    switch encoding {
    case .flat: total += count * physical.byteCount
    case .constant: total += physical.byteCount
    case .dictionary, .frame: total += count * codeByteCount
    }
    if physical == .string && (encoding == .flat || encoding == .constant) {
      let n: Int = encoding == .constant ? 1 : count
      let views = values(StringView.self)
      for i in 0..<n where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
        total += views[i].isInline ? 0 : views[i].count
      }
    }
    if let dictionary { total += dictionary.byteCount }
    for child in children { total += child.byteCount }
    return total
  }
}
