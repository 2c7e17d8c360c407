package import OlapColumns

extension Chunk {
  /// Memory that holding the chunk takes, without walking through long columns: lengths of strings are
  /// sampled, dictionaries belong to whoever made them.
  package var heldByteCount: Int { columns.reduce(0) { $0 + $1.heldByteCount } }

  /// Memory that its rows take once they are laid out flat.
  package var flatByteCount: Int { columns.reduce(0) { $0 + $1.flatByteCount } }
}

extension Vector {
  private static let sampleCount = 16

  fileprivate var heldByteCount: Int {
    switch encoding {
    case .dictionary, .frame: count * codeByteCount + (validity == nil ? 0 : count)
    case .constant: 64
    case .flat: flatByteCount
    }
  }

  fileprivate var flatByteCount: Int {
    if count == 0 { return 0 }
    switch physical {
    case .list, .structure: return encoding == .constant ? count * byteCount : byteCount
    case .string: return count * (17 + sampledLength())
    default: return count * (physical.byteCount + 1)
    }
  }

  /// Mean bytes per row of strings that are not inline.
  private func sampledLength() -> Int {
    let source: Vector
    switch encoding {
    case .dictionary: source = dictionary ?? self
    case .flat, .constant, .frame: source = self
    }
    let rows = source.encoding == .constant ? 1 : source.count
    if rows == 0 { return 0 }
    let step = Swift.max(1, rows / Vector.sampleCount)
    let views = source.values(StringView.self)
    var total = 0
    var sampled = 0
    var row = 0
    while row < rows {
      if source.isValid(row) && !views[row].isInline { total += views[row].count }
      sampled += 1
      row += step
    }
    return (total + sampled - 1) / sampled
  }
}
