import Glibc
package import OlapColumns

/// A nameless temporary file of chunks, for operators over budget. Gone when released or after a crash.
///
/// Used by one thread at a time for writing; reads at finished positions may run concurrently.
package final class SpillFile: @unchecked Sendable {
  private let descriptor: Int32
  package private(set) var byteCount = 0

  /// Where a chunk lies in the file.
  package struct Position: Sendable {
    package let offset: Int
    package let byteCount: Int
  }

  package init(directory: String) throws {
    var template: [CChar] = Array((directory + "/olap-spill-XXXXXX").utf8CString)
    descriptor = mkstemp(&template)
    if descriptor < 0 {
      throw ComputeError(
        .outOfMemory,
        "cannot create a temporary file in \(directory): \(String(cString: strerror(errno)));"
          + " SET temp_directory to a writable directory")
    }
    unlink(template)
  }

  deinit { close(descriptor) }

  /// Appends one chunk (any encodings; it is read back flat).
  package func write(_ chunk: Chunk) throws -> Position {
    var writer = ChunkWriter()
    writer.write(chunk)
    let position = Position(offset: byteCount, byteCount: writer.bytes.count)
    try writer.bytes.withUnsafeBytes { try writeAll($0) }
    byteCount += writer.bytes.count
    return position
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let n = pwrite(
        descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(byteCount + done))
      if n < 0 && errno == EINTR { continue }
      if n <= 0 {
        throw ComputeError(
          .outOfMemory,
          "cannot write to a temporary file: \(String(cString: strerror(errno)));"
            + " free disk space, SET temp_directory elsewhere or raise memory_limit")
      }
      done += n
    }
  }

  /// Reads a chunk back; `types` are its column types.
  package func read(_ position: Position, types: [SQLType]) throws -> Chunk {
    let buffer = Buffer(byteCount: position.byteCount)
    var done = 0
    while done < position.byteCount {
      let n = pread(
        descriptor, buffer.bytes + done, position.byteCount - done, off_t(position.offset + done))
      if n < 0 && errno == EINTR { continue }
      if n <= 0 {
        throw ComputeError(
          .outOfMemory, "cannot read a temporary file back: \(String(cString: strerror(errno)))")
      }
      done += n
    }
    var reader = ChunkReader(buffer: buffer)
    return reader.readChunk(types: types)
  }
}

/// One spill file for several holders of one thread, made when the first of them spills.
package final class SharedSpillFile: @unchecked Sendable {
  private let directory: String
  private var file: SpillFile?
  package init(directory: String) { self.directory = directory }

  package func opened() throws -> SpillFile {
    if let file { return file }
    let made = try SpillFile(directory: directory)
    file = made
    return made
  }
}

/// Writes flat chunks as raw columns: row count, then per column its vector.
///
/// ```
/// vector := hasValidity u64, [validity bytes], values, extra
/// extra  := strings: heap byte count u64, bytes of long strings | list: child count u64, child vector
///           | structure: field vectors
/// ```
/// Every part is padded to 16 bytes, the alignment of 128-bit values.
/// Long strings are written with their offset into the heap bytes as the view's tail.
struct ChunkWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ chunk: Chunk) {
    write(word: chunk.count)
    for column in chunk.columns { write(column.flattened()) }
  }

  private mutating func write(word: Int) {
    withUnsafeBytes(of: Int64(word)) { write($0.baseAddress.unsafelyUnwrapped, 8) }
  }

  private mutating func write(_ memory: UnsafeRawPointer, _ byteCount: Int) {
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: memory, count: byteCount))
    while bytes.count & 15 != 0 { bytes.append(0) }
  }

  private mutating func write(_ vector: Vector) {
    let n = vector.count
    write(word: vector.validity == nil ? 0 : 1)
    if let validity = vector.validity { write(validity, n) }
    switch vector.physical {
    case .string: writeStrings(vector)
    case .list:
      let entries = vector.values(ListEntry.self)
      write(entries, n * 8)
      let child = vector.children[0]
      write(word: child.count)
      write(child.flattened())
    case .structure: for child in vector.children { write(child.flattened()) }
    default: write(vector.data, n * vector.physical.byteCount)
    }
  }

  private mutating func writeStrings(_ vector: Vector) {
    let views = vector.values(StringView.self)
    var heap: [UInt8] = []
    var relocated: [StringView] = []
    relocated.reserveCapacity(vector.count)
    for i in 0..<vector.count {
      let view = vector.isValid(i) ? views[i] : .empty
      if view.isInline {
        relocated.append(view)
      } else {
        relocated.append(StringView(head: view.head, tail: UInt64(heap.count)))
        heap.append(contentsOf: UnsafeRawBufferPointer(start: view.pointer, count: view.count))
      }
    }
    relocated.withUnsafeBytes { write($0.baseAddress ?? UnsafeRawPointer(vector.data), $0.count) }
    write(word: heap.count)
    heap.withUnsafeBytes { write($0.baseAddress ?? UnsafeRawPointer(vector.data), $0.count) }
  }
}

/// Reads what `ChunkWriter` wrote; vectors point into the buffer.
struct ChunkReader {
  private let buffer: Buffer
  private var offset = 0

  init(buffer: Buffer) { self.buffer = buffer }

  mutating func readChunk(types: [SQLType]) -> Chunk {
    let count = readWord()
    return Chunk(columns: types.map { readVector($0, count: count) }, count: count)
  }

  private mutating func readWord() -> Int {
    defer { offset += 16 }
    return Int(buffer.bytes.load(fromByteOffset: offset, as: Int64.self))
  }

  private mutating func skip(_ byteCount: Int) -> UnsafeMutableRawPointer {
    defer { offset += (byteCount + 15) & ~15 }
    return buffer.bytes + offset
  }

  private mutating func readVector(_ type: SQLType, count: Int) -> Vector {
    let hasValidity = readWord() != 0
    let validity = hasValidity ? skip(count).assumingMemoryBound(to: UInt8.self) : nil
    var children: [Vector] = []
    var data = buffer.bytes
    switch type.physicalType {
    case .string:
      data = skip(count * 16)
      relocate(data.assumingMemoryBound(to: StringView.self), count)
    case .list:
      data = skip(count * 8)
      let childCount = readWord()
      children = [readVector(type.elementType ?? .null, count: childCount)]
    case .structure:
      if let fields = type.childFields {
        for field in fields { children.append(readVector(field.type, count: count)) }
      }
    default: data = skip(count * type.physicalType.byteCount)
    }
    return Vector(
      type: type, encoding: .flat, count: count, data: data, validity: validity, owner: buffer,
      children: children)
  }

  private mutating func relocate(_ views: UnsafeMutablePointer<StringView>, _ count: Int) {
    let heapByteCount = readWord()
    let heap = skip(heapByteCount)
    for i in 0..<count where !views[i].isInline {
      views[i].tail &+= UInt64(UInt(bitPattern: heap))
    }
  }
}
