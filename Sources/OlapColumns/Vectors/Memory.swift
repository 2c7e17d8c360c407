import Glibc

/// memcmp for use inside inlined code of other modules.
@inlinable package func memoryCompare(
  _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int
) -> Int { Int(memcmp(left, right, count)) }

/// Whether `count` bytes are equal.
@inlinable package func memoryEqual(
  _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int
) -> Bool { memcmp(left, right, count) == 0 }

/// Aligned raw memory owned by reference: what vectors, segments and hash tables stand on.
///
/// Memory is uninitialised, 64-byte aligned and padded with 64 readable bytes past `byteCount`,
/// so vector loads may run over the end.
package final class Buffer: @unchecked Sendable {
  package let bytes: UnsafeMutableRawPointer
  package let byteCount: Int
  /// What `malloc` gave: asking it for 64-byte alignment would cut up its memory at every call.
  private let allocation: UnsafeMutableRawPointer
  /// Objects whose memory the contents point into (string heaps, segments).
  package private(set) var retained: [AnyObject] = []

  package init(byteCount: Int) {
    self.byteCount = byteCount
    guard let memory = malloc(byteCount + 64 + 48) else {
      // What statements ask for is checked against memory_limit before it comes here, so this is a limit
      // that lies beyond what the machine has.
      fatalError(
        "the system has no \(byteCount) bytes of memory left; set memory_limit below what it has")
    }
    allocation = memory
    // Memory comes aligned to 16 bytes.
    bytes = memory.alignedUp(toMultipleOf: 64)
  }

  deinit { releaseMemory(allocation, byteCount: byteCount) }

  /// Copies; a copy that takes long ends with zeros (which are valid values of every type) once the
  /// statement is cancelled.
  package static func copy(
    _ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, byteCount: Int
  ) {
    if byteCount <= longCopy {
      memcpy(target, source, byteCount)
      return
    }
    var start = 0
    while start < byteCount {
      let part = Swift.min(longCopy, byteCount - start)
      if Cancellation.isRequested {
        Buffer.blank(target, byteCount, from: start)
        return
      }
      memcpy(target + start, source + start, part)
      start += part
    }
  }

  /// Zeros the bytes from `from` on of memory just allocated, for values that nobody will see. Large memory
  /// comes from the system as zeros; unless it has been written (`always`) that is relied upon.
  static func blank(
    _ start: UnsafeMutableRawPointer, _ byteCount: Int, from: Int, always: Bool = false
  ) {
    if byteCount >= 64 << 20 && !always { return }
    memset(start + from, 0, byteCount - from)
  }

  private static let longCopy = 8 << 20

  /// Keeps `object` alive as long as this buffer.
  package func keep(_ object: AnyObject?) {
    if let object { retained.append(object) }
  }
}

/// Memory for a hash table of `byteCount` bytes, to be freed with `free`; large ones ask for huge pages,
/// which saves most TLB misses.
/// - Throws: `.outOfMemory` when the system refuses.
package func allocateTable(byteCount: Int) throws -> UnsafeMutableRawPointer {
  // 14 is MADV_HUGEPAGE.
  let (alignment, advice): (Int, Int32) = byteCount >= 4 << 20 ? (2 << 20, 14) : (64, 0)
  guard let memory = aligned_alloc(alignment, (byteCount + alignment - 1) & ~(alignment - 1))
  else {
    throw ComputeError(
      .outOfMemory,
      "out of memory: the system refused \(byteCount) bytes for a hash table; SET memory_limit to less"
        + " than the memory there is, so that tables go to disk in time")
  }
  if advice != 0 { madvise(memory, byteCount, advice) }
  return memory
}

/// Frees memory of `aligned_alloc`. Giving gigabytes back to the system takes long, so what a cancelled
/// statement leaves behind is freed by another thread.
package func releaseMemory(_ bytes: UnsafeMutableRawPointer, byteCount: Int) {
  if byteCount < 16 << 20 || !Cancellation.isRequested { return free(bytes) }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  pthread_attr_setstacksize(&attributes, 1 << 18)
  var thread = pthread_t()
  let status = pthread_create(
    &thread, &attributes,
    { bytes in
      free(bytes)
      return nil
    }, bytes)
  if status != 0 { free(bytes) }
}

/// An append-only arena for string bytes; pointers into it stay valid for its life.
package final class StringHeap: @unchecked Sendable {
  private var blocks: [Buffer] = []
  private var next: UnsafeMutableRawPointer?
  private var remaining = 0
  /// Bytes allocated so far, for memory accounting.
  package private(set) var byteCount = 0

  package init() {}

  /// Room for `count` bytes; the caller fills them before anyone reads.
  package func allocate(_ count: Int) -> UnsafeMutableRawPointer {
    if count > remaining {
      let size = Swift.max(count, Swift.min(1 << 20, Swift.max(4096, byteCount)))
      let block = Buffer(byteCount: size)
      blocks.append(block)
      byteCount += size
      next = block.bytes
      remaining = size
    }
    let result = next.unsafelyUnwrapped
    next = result + count
    remaining -= count
    return result
  }

  /// Copies the bytes and returns a view of the copy (inline when short: nothing is allocated).
  package func add(_ bytes: UnsafeRawBufferPointer) -> StringView {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return .empty }
    if bytes.count <= 12 { return StringView(base, count: bytes.count) }
    let memory = allocate(bytes.count)
    memcpy(memory, base, bytes.count)
    return StringView(UnsafeRawPointer(memory), count: bytes.count)
  }

  /// Copies a view whose bytes may go away.
  package func add(_ view: StringView) -> StringView {
    view.isInline ? view : add(UnsafeRawBufferPointer(start: view.pointer, count: view.count))
  }

  /// Copies a Swift string's UTF-8.
  package func add(_ string: String) -> StringView {
    var copy = string
    return copy.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }
}
