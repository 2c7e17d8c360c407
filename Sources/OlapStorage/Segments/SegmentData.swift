import Glibc
internal import OlapColumns

/// Memory of a loaded segment; counted against the budget until the last vector over it is gone.
final class SegmentMemory: @unchecked Sendable {
  private(set) var buffers: [Buffer] = []
  private let budget: MemoryBudget?
  private var byteCount = 0

  init(budget: MemoryBudget?) { self.budget = budget }

  deinit { budget?.release(byteCount, for: .bufferPool) }

  func allocate(_ count: Int) -> UnsafeMutableRawPointer {
    let buffer = Buffer(byteCount: count)
    keep(buffer)
    return buffer.bytes
  }

  func keep(_ buffer: Buffer) {
    buffers.append(buffer)
    budget?.reserve(buffer.byteCount, for: .bufferPool)
    byteCount += buffer.byteCount
  }

  var total: Int { byteCount }
}

/// A segment in memory, decompressed but still encoded. Vectors are slices of it without copying, save
/// for text, whose 16-byte views are made slice by slice.
final class SegmentData: @unchecked Sendable {
  private enum Form {
    case vector(Vector)
    /// `offsets` has rowCount + 1 entries; validity one byte a row or nil.
    case text(
      type: SQLType, count: Int, offsets: UnsafePointer<UInt32>, bytes: UnsafePointer<UInt8>,
      validity: UnsafeMutablePointer<UInt8>?)
  }
  private let form: Form
  let memory: SegmentMemory
  /// Zones in which all rows have one value read as constants; only set for encoded forms.
  private let zones: ZoneTable?

  init(vector: Vector, memory: SegmentMemory, zones: ZoneTable?) {
    form = .vector(vector)
    self.memory = memory
    self.zones = zones
  }

  init(
    type: SQLType, count: Int, offsets: UnsafePointer<UInt32>, bytes: UnsafePointer<UInt8>,
    validity: UnsafeMutablePointer<UInt8>?, memory: SegmentMemory
  ) {
    form = .text(type: type, count: count, offsets: offsets, bytes: bytes, validity: validity)
    self.memory = memory
    zones = nil
  }

  var byteCount: Int { memory.total }

  /// Rows `range` in the segment's encoding.
  func slice(_ range: Range<Int>) -> Vector {
    switch form {
    case .vector(let vector):
      if let zones, vector.encoding != .constant, range.count > 1 {
        let zone: Int = range.lowerBound / ZoneTable.zoneRowCount
        if range.upperBound <= (zone + 1) * ZoneTable.zoneRowCount, zone < zones.count,
          zones.minimums[zone] == zones.maximums[zone], zones.nullCounts[zone] == 0
        {
          return vector.broadcast(row: range.lowerBound, count: range.count)
        }
      }
      return vector.sliced(range)
    case .text(let type, _, let offsets, let bytes, let validity):
      let buffer = Buffer(byteCount: range.count * 16)
      buffer.keep(memory)
      let views = buffer.bytes.assumingMemoryBound(to: StringView.self)
      let first: UnsafePointer<UInt32> = offsets + range.lowerBound
      for i in 0..<range.count {
        views[i] = StringView(
          UnsafeRawPointer(bytes + Int(first[i])), count: Int(first[i + 1] &- first[i]))
      }
      return Vector(
        type: type, encoding: .flat, count: range.count, data: buffer.bytes,
        validity: validity.map { $0 + range.lowerBound }, owner: buffer)
    }
  }

  /// Rows `range.lowerBound + indexes[i]`.
  func gather(_ range: Range<Int>, _ indexes: UnsafePointer<UInt32>, count: Int) -> Vector {
    if case .vector = form { return slice(range).gathered(indexes, count: count) }
    return gathered(indexes, count: count, base: range.lowerBound)
  }

  /// Rows `base + offsets[i]` in the segment's encoding.
  func gathered(_ rows: UnsafePointer<UInt32>, count: Int, base: Int = 0) -> Vector {
    switch form {
    case .vector(let vector): return vector.gathered(rows, count: count)
    case .text(let type, _, let offsets, let bytes, let validity):
      let result = Vector.flat(type, count: count, nullable: validity != nil, keeping: memory)
      let views = result.values(StringView.self)
      for i in 0..<count {
        let row: Int = base + Int(rows[i])
        views[i] = StringView(
          UnsafeRawPointer(bytes + Int(offsets[row])), count: Int(offsets[row + 1] &- offsets[row]))
      }
      if let validity, let out = result.validity {
        for i in 0..<count { out[i] = validity[base + Int(rows[i])] }
      }
      return result
    }
  }

  /// Appends rows `rows[0 ..< count]` to a column of their type.
  func append(_ rows: UnsafePointer<UInt32>, count: Int, to result: inout GatheredColumn) {
    switch form {
    case .vector(let vector): result.append(vector, rows: rows, count: count)
    case .text(_, _, let offsets, let bytes, let validity):
      result.append(
        offsets: offsets, bytes: bytes, validity: validity.map { UnsafePointer($0) }, rows: rows,
        count: count, owner: memory)
    }
  }

  /// All rows.
  var whole: Vector {
    switch form {
    case .vector(let vector): vector
    case .text(_, let count, _, _, _): slice(0..<count)
    }
  }
}
