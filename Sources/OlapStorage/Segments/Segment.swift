internal import OlapCatalog
internal import OlapColumns
import Synchronization

/// One column of one sealed row group: its header, and its data when loaded or kept in memory.
final class Segment: Sendable {
  let header: SegmentHeader
  /// Bytes in the file; of a segment that lives in memory, its encoded bytes.
  let byteCountToRead: Int
  /// Where the bytes are; nil for segments that live in memory only.
  private let stored: StoredSegment?
  private let cached: Mutex<SegmentData?>
  private let lastUse = Atomic<UInt64>(0)

  struct StoredSegment: Sendable {
    let extent: ExtentLease
    let pool: BufferPool
  }

  /// A segment kept in memory.
  init(header: SegmentHeader, resident: SegmentData) {
    self.header = header
    byteCountToRead = header.byteCountToRead
    stored = nil
    cached = Mutex(resident)
  }

  /// A segment in the file, read when needed.
  init(header: SegmentHeader, extent: ExtentLease, pool: BufferPool) {
    self.header = header
    byteCountToRead = header.byteCountToRead
    stored = StoredSegment(extent: extent, pool: pool)
    cached = Mutex(nil)
  }

  var zoneMap: ZoneMap { header.zoneMap }

  /// The data, from memory or the file. The caller's reference pins it.
  func load() throws -> SegmentData {
    if let stored { lastUse.store(stored.pool.tick(), ordering: .relaxed) }
    // The lock is held while reading, so that no two threads read the same segment.
    return try cached.withLock { cached in
      if let cached { return cached }
      guard let stored else { throw CodingError("a segment in memory has lost its data") }
      let data: SegmentData = try stored.extent.file.read(
        header, in: stored.extent, budget: stored.pool.budget)
      if stored.pool.admit(self, byteCount: data.byteCount) { cached = data }
      return data
    }
  }

  /// Keeps data that has just been written, as if it had been read.
  func keep(_ data: SegmentData) {
    guard let stored else { return }
    lastUse.store(stored.pool.tick(), ordering: .relaxed)
    cached.withLock { cached in
      if cached == nil, stored.pool.admit(self, byteCount: data.byteCount) { cached = data }
    }
  }

  /// Drops the data when nobody uses it; the bytes freed.
  func evict() -> Int {
    cached.withLockIfAvailable { (cached: inout SegmentData?) -> Int in
      guard let data = cached else { return 0 }
      let count: Int = data.byteCount
      cached = nil
      return count
    } ?? 0
  }

  var useTick: UInt64 { lastUse.load(ordering: .relaxed) }
  var isLoaded: Bool { cached.withLock { $0 != nil } }
}

/// Which segments are in memory, and which to give up when memory is short (least recently used).
final class BufferPool: Sendable {
  private struct Entry {
    weak var segment: Segment?
    let byteCount: Int
  }
  let budget: MemoryBudget
  private let clock = Atomic<UInt64>(0)
  private let entries = Mutex<[Entry]>([])

  init(budget: MemoryBudget) { self.budget = budget }

  func tick() -> UInt64 { clock.add(1, ordering: .relaxed).newValue }

  /// Whether a segment just read may stay. Its memory is counted already.
  func admit(_ segment: Segment, byteCount: Int) -> Bool {
    if budget.used > budget.limit && reclaim(budget.used - budget.limit) == 0 { return false }
    entries.withLock { entries in
      if entries.count & 1023 == 1023 { entries.removeAll { $0.segment == nil } }
      entries.append(Entry(segment: segment, byteCount: byteCount))
    }
    return true
  }

  /// Evicts least recently used segments worth at least `byteCount`; the bytes freed.
  func reclaim(_ byteCount: Int) -> Int {
    let before: Int = budget.used(by: .bufferPool)
    var victims: [Segment] = entries.withLock { entries in
      let found: [Segment] = entries.compactMap { $0.segment }
      entries = found.map { Entry(segment: $0, byteCount: 0) }
      return found
    }
    victims.sort { $0.useTick < $1.useTick }
    var evicted: Set<ObjectIdentifier> = []
    for segment in victims {
      // Memory still pinned by vectors is released by them later: only what is gone counts.
      if before - budget.used(by: .bufferPool) >= byteCount { break }
      if segment.evict() > 0 { evicted.insert(ObjectIdentifier(segment)) }
    }
    entries.withLock { entries in
      entries.removeAll { entry in
        entry.segment.map { evicted.contains(ObjectIdentifier($0)) } ?? true
      }
    }
    return Swift.max(0, before - budget.used(by: .bufferPool))
  }

  /// Segments in memory and their bytes.
  var loaded: (count: Int, byteCount: Int) {
    let count: Int = entries.withLock { entries in
      entries.count { $0.segment?.isLoaded ?? false }
    }
    return (count, budget.used(by: .bufferPool))
  }
}
