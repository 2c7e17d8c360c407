import Glibc

extension Vector {
  /// All rows of the vectors one after the other. Vectors over one dictionary stay dictionary
  /// encoded; constants of one value stay constant; everything else becomes flat.
  package static func concatenated(_ vectors: [Vector], type: SQLType) -> Vector {
    let parts: [Vector] = vectors.filter { $0.count > 0 }
    guard let first = parts.first else { return Vector.empty(type) }
    if parts.count == 1 { return first }
    let count: Int = parts.reduce(0) { $0 + $1.count }
    // Valid, and seen by nobody: what a cancelled statement makes is thrown away.
    if count > Cancellation.rowStride && Cancellation.isRequested {
      return blank(type, count: count)
    }
    if first.encoding == .constant, first.validity?[0] == 0,
      parts.allSatisfy({ $0.encoding == .constant && $0.validity?[0] == 0 })
    {
      return first.broadcast(row: 0, count: count)
    }
    if first.encoding == .dictionary, let shared = first.dictionary,
      parts.allSatisfy({
        $0.encoding == .dictionary && $0.dictionary === shared
          && $0.codeByteCount == first.codeByteCount
      })
    {
      let buffer = joined(parts, itemBytes: first.codeByteCount, count: count)
      return Vector(
        type: type, encoding: .dictionary, count: count, data: buffer.memory.bytes,
        validity: buffer.validity, owner: buffer.memory, codeByteCount: first.codeByteCount,
        dictionary: shared)
    }
    if first.encoding == .frame,
      parts.allSatisfy({
        $0.encoding == .frame && $0.codeByteCount == first.codeByteCount
          && $0.frameBase == first.frameBase && $0.frameMultiplier == first.frameMultiplier
      })
    {
      let buffer = joined(parts, itemBytes: first.codeByteCount, count: count)
      return Vector(
        type: type, encoding: .frame, count: count, data: buffer.memory.bytes,
        validity: buffer.validity, owner: buffer.memory, codeByteCount: first.codeByteCount,
        frameBase: first.frameBase, frameMultiplier: first.frameMultiplier,
        bounds: unitedBounds(parts))
    }
    return concatenatedFlat(parts.map { $0.flattened() }, type: type, count: count)
  }

  /// A flat vector of no particular (but valid) values, made quickly.
  private static func blank(_ type: SQLType, count: Int) -> Vector {
    let physical: PhysicalType = type.physicalType
    let buffer = Buffer(byteCount: count * physical.byteCount)
    Buffer.blank(buffer.bytes, buffer.byteCount, from: 0)
    var children: [Vector] = []
    if physical == .structure, let fields = type.childFields {
      children = fields.map { blank($0.type, count: count) }
    } else if physical == .list {
      children = [empty(type.elementType ?? .null).flattened()]
    }
    return Vector(
      type: type, encoding: .flat, count: count, data: buffer.bytes, validity: nil, owner: buffer,
      children: children)
  }

  private static func concatenatedFlat(_ parts: [Vector], type: SQLType, count: Int) -> Vector {
    let physical: PhysicalType = type.physicalType
    let buffer = joined(parts, itemBytes: physical.byteCount, count: count)
    var children: [Vector] = []
    switch physical {
    case .structure:
      guard let fields = type.childFields else { break }
      children = fields.indices.map { field in
        concatenated(parts.map { $0.children[field] }, type: fields[field].type)
      }
    case .list:
      children = [joinedElements(parts, type: type, entries: buffer.memory)]
    case .string:
      var last: AnyObject?
      for part in parts where part.owner !== last {
        buffer.memory.keep(part.owner)
        last = part.owner
      }
    default: break
    }
    return Vector(
      type: type, encoding: .flat, count: count, data: buffer.memory.bytes,
      validity: buffer.validity, owner: buffer.memory, bounds: unitedBounds(parts),
      children: children)
  }

  private static func unitedBounds(_ parts: [Vector]) -> ClosedRange<Int64>? {
    guard var low = parts[0].bounds?.lowerBound, var high = parts[0].bounds?.upperBound
    else { return nil }
    for part in parts {
      guard let bounds = part.bounds else { return nil }
      low = Swift.min(low, bounds.lowerBound)
      high = Swift.max(high, bounds.upperBound)
    }
    return low...high
  }

  /// Copies data and validity bytes of equally encoded parts behind each other.
  private static func joined(_ parts: [Vector], itemBytes: Int, count: Int)
    -> (memory: Buffer, validity: UnsafeMutablePointer<UInt8>?)
  {
    let nullable: Bool = parts.contains { $0.validity != nil }
    let valueBytes: Int = (count * itemBytes + 63) & ~63
    let buffer = Buffer(byteCount: valueBytes + (nullable ? count : 0))
    let mask: UnsafeMutablePointer<UInt8>? =
      nullable ? (buffer.bytes + valueBytes).assumingMemoryBound(to: UInt8.self) : nil
    var row = 0
    var nextLook = Cancellation.rowStride
    for part in parts {
      if row >= nextLook {
        nextLook = row + Cancellation.rowStride
        if Cancellation.isRequested {
          Buffer.blank(buffer.bytes, buffer.byteCount, from: row * itemBytes)
          break
        }
      }
      if itemBytes > 0 {
        memcpy(buffer.bytes + row * itemBytes, part.data, part.count * itemBytes)
      }
      if let mask {
        if let own = part.validity {
          memcpy(mask + row, own, part.count)
        } else {
          memset(mask + row, 1, part.count)
        }
      }
      row += part.count
    }
    return (buffer, mask)
  }

  /// Element vectors of list parts behind each other; shifts the joined entries to match.
  private static func joinedElements(_ parts: [Vector], type: SQLType, entries: Buffer) -> Vector {
    let shared: Vector = parts[0].children[0]
    if parts.allSatisfy({ $0.children[0] === shared }) { return shared }
    // Each part contributes only the elements its rows can reach.
    var elements: [Vector] = []
    var base = 0
    var row = 0
    if Cancellation.isRequested {
      // Entries of which nobody will ask: none may point behind the elements.
      Buffer.blank(entries.bytes, entries.byteCount, from: 0, always: true)
      return shared
    }
    let out = entries.bytes.assumingMemoryBound(to: ListEntry.self)
    for part in parts {
      let reached: Range<Int> = part.reachedElements()
      elements.append(part.children[0].sliced(reached))
      let shift: Int = base - reached.lowerBound
      for i in row..<(row + part.count) {
        let entry: ListEntry = out[i]
        out[i] =
          entry.count == 0 || !part.isValid(i - row)
          ? ListEntry(offset: base, count: 0)
          : ListEntry(offset: Int(entry.offset) + shift, count: Int(entry.count))
      }
      base += reached.count
      row += part.count
    }
    return concatenated(elements, type: type.elementType ?? .null).flattened()
  }

  /// The range of the element vector that the valid rows of a flat list vector refer to.
  func reachedElements() -> Range<Int> {
    let entries = values(ListEntry.self)
    let available: Int = children[0].count
    var low: Int = available
    var high = 0
    for i in 0..<count {
      if let validity, validity[i] == 0 { continue }
      let entry: ListEntry = entries[i]
      if entry.count == 0 { continue }
      low = Swift.min(low, Int(entry.offset))
      high = Swift.max(high, Int(entry.offset) + Int(entry.count))
    }
    return low < high ? low..<Swift.min(high, available) : 0..<0
  }
}
