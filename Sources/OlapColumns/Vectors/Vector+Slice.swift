extension Vector {
  /// The rows of `range` without copying; shares memory and owner.
  package func sliced(_ range: Range<Int>) -> Vector {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice out of bounds")
    if range.count == count { return self }
    if encoding == .constant { return broadcast(row: 0, count: range.count) }
    let start: Int = range.lowerBound
    let step: Int = encoding == .flat ? physical.byteCount : codeByteCount
    return Vector(
      type: type, encoding: encoding, count: range.count, data: data + start * step,
      validity: validity.map { $0 + start }, owner: owner, codeByteCount: codeByteCount,
      dictionary: dictionary, frameBase: frameBase, frameMultiplier: frameMultiplier,
      bounds: bounds,
      children: physical == .structure ? children.map { $0.sliced(range) } : children)
  }
}

extension Chunk {
  /// The rows of `range` without copying.
  package func sliced(_ range: Range<Int>) -> Chunk {
    Chunk(columns: columns.map { $0.sliced(range) }, count: range.count)
  }

  /// The selected rows, every column in its own encoding.
  package func gathered(_ selection: Selection) -> Chunk {
    gathered(selection.indexes, count: selection.count)
  }

  /// The rows at `indexes`, every column in its own encoding.
  package func gathered(_ indexes: UnsafePointer<UInt32>, count: Int) -> Chunk {
    Chunk(columns: columns.map { $0.gathered(indexes, count: count) }, count: count)
  }

  /// The chunks one after the other; `types` are the column types (needed when there is no chunk).
  package static func concatenated(_ chunks: [Chunk], types: [SQLType]) -> Chunk {
    let columns: [Vector] = types.indices.map { column in
      Vector.concatenated(chunks.map { $0.columns[column] }, type: types[column])
    }
    return Chunk(columns: columns, count: chunks.reduce(0) { $0 + $1.count })
  }

  /// Bytes the rows take.
  package var byteCount: Int { columns.reduce(0) { $0 + $1.byteCount } }
}
