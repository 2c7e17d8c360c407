internal import CZstd
import Glibc
internal import OlapCatalog
internal import OlapColumns
import Synchronization

/// Pages of the file held by whoever holds this object; freed when the last reference goes.
///
/// Everything that may still read the pages holds the lease: row groups of live snapshots, and the
/// state the current header names. So pages are reused only when no reader and no recovery needs them.
final class ExtentLease: Sendable {
  let file: DataFile
  let extent: Extent
  init(file: DataFile, extent: Extent) {
    self.file = file
    self.extent = extent
  }
  deinit { file.release(extent) }
}

/// The database file: extents of 4 KiB pages, allocated, written once, read and verified.
final class DataFile: Sendable {
  static let pageByteCount = 4096
  /// Pages 0 and 1 hold the two header slots.
  static let headerPageCount = 2

  let file: any StorageFile
  let allocator: Mutex<PageAllocator>

  init(file: any StorageFile, allocator: PageAllocator) {
    self.file = file
    self.allocator = Mutex(allocator)
  }

  var path: String { file.path }

  func release(_ extent: Extent) { allocator.withLock { $0.release(extent) } }

  /// Takes pages for `byteCount` bytes.
  func allocate(_ byteCount: Int) -> ExtentLease {
    let pages: Int = (byteCount + DataFile.pageByteCount - 1) / DataFile.pageByteCount
    return ExtentLease(file: self, extent: allocator.withLock { $0.allocate(Swift.max(1, pages)) })
  }

  /// Gives free pages at the file's end back to the file system.
  func trim() throws(StorageError) {
    let size: Int = try file.byteCount()
    let pages: Int = allocator.withLock { $0.trimEnd() }
    if pages * DataFile.pageByteCount < size {
      try file.truncate(to: pages * DataFile.pageByteCount)
    }
  }

  /// Reads `byteCount` bytes and checks them.
  func readChecked(
    at offset: Int, byteCount: Int, checksum: UInt32, into buffer: UnsafeMutableRawPointer,
    what: String
  ) throws(StorageError) {
    let target = UnsafeMutableRawBufferPointer(start: buffer, count: byteCount)
    guard try file.read(into: target, at: offset) == byteCount else {
      throw .corrupt(file: path, byteOffset: offset, what: "\(what) ends beyond the file's end")
    }
    guard
      Checksum.of(UnsafeRawBufferPointer(target), address: UInt64(offset)) == checksum
    else {
      throw .corrupt(file: path, byteOffset: offset, what: "the checksum of \(what) does not match")
    }
  }

  func readChecked(
    at offset: Int, byteCount: Int, checksum: UInt32, what: String
  ) throws(StorageError) -> [UInt8] {
    // A damaged length must not ask for absurd memory.
    guard byteCount >= 0, byteCount <= 1 << 36, try file.byteCount() - offset >= byteCount else {
      throw .corrupt(file: path, byteOffset: offset, what: "\(what) ends beyond the file's end")
    }
    let buffer = Buffer(byteCount: byteCount)
    try readChecked(
      at: offset, byteCount: byteCount, checksum: checksum, into: buffer.bytes, what: what)
    return [UInt8](UnsafeRawBufferPointer(start: buffer.bytes, count: byteCount))
  }

  // MARK: Segments

  /// Reads, checks and decompresses a segment.
  func read(
    _ header: SegmentHeader, in lease: ExtentLease, budget: MemoryBudget
  ) throws(StorageError) -> SegmentData {
    let memory = SegmentMemory(budget: budget)
    let loaded: LoadedSegment = try load(header, lease.extent, memory)
    do {
      // The segment outlives the statement that reads it first.
      return try Cancellation.shielding { () throws(CodingError) -> SegmentData in
        try SegmentDecoder.decode(loaded, memory: memory)
      }
    } catch {
      throw .corrupt(file: path, byteOffset: lease.extent.byteOffset, what: error.what)
    }
  }

  private func load(
    _ header: SegmentHeader, _ extent: Extent, _ memory: SegmentMemory
  ) throws(StorageError) -> LoadedSegment {
    var loaded = LoadedSegment(header: header)
    for stream in header.streams {
      let bytes: UnsafeMutableRawPointer = try load(stream, extent, memory)
      loaded.streams.append((stream.kind, bytes, stream.rawByteCount))
    }
    for child in header.children { loaded.children.append(try load(child, extent, memory)) }
    return loaded
  }

  private func load(
    _ stream: StreamDescriptor, _ extent: Extent, _ memory: SegmentMemory
  ) throws(StorageError) -> UnsafeMutableRawPointer {
    let address: Int = extent.byteOffset + stream.byteOffset
    guard stream.byteOffset + stream.storedByteCount <= extent.byteCount,
      stream.rawByteCount <= 1 << 36, stream.transformedByteCount <= 1 << 36
    else {
      throw .corrupt(file: path, byteOffset: address, what: "a stream lies outside its extent")
    }
    let stored = Buffer(byteCount: stream.storedByteCount)
    try readChecked(
      at: address, byteCount: stream.storedByteCount, checksum: stream.checksum,
      into: stored.bytes, what: "a segment")
    var transformed: Buffer = stored
    if stream.isCompressed {
      transformed = Buffer(byteCount: stream.transformedByteCount)
      let size: Int = ZSTD_decompress(
        transformed.bytes, stream.transformedByteCount, stored.bytes, stream.storedByteCount)
      guard size == stream.transformedByteCount else {
        throw .corrupt(file: path, byteOffset: address, what: "a zstd frame does not decompress")
      }
    } else if stream.storedByteCount != stream.transformedByteCount {
      throw .corrupt(file: path, byteOffset: address, what: "a stream has the wrong length")
    }
    if stream.transform == .none || (stream.transform == .planes && stream.itemByteCount == 1) {
      guard stream.transformedByteCount == stream.rawByteCount else {
        throw .corrupt(file: path, byteOffset: address, what: "a stream has the wrong length")
      }
      memory.keep(transformed)
      return transformed.bytes
    }
    let raw: UnsafeMutableRawPointer = memory.allocate(stream.rawByteCount)
    guard StreamTransform.undo(stream, transformed.bytes, into: raw) else {
      throw .corrupt(file: path, byteOffset: address, what: "a stream does not decode")
    }
    return raw
  }
}
