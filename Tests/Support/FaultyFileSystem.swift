import Glibc
package import OlapStorage
import Synchronization

/// A disk in memory that can lose power and fail calls: the storage tests' twin of the real file system.
///
/// What was written but not flushed may be lost, torn at a sector, or survive out of order when the
/// power goes. A file's directory entry survives only after its directory was flushed.
package final class FaultyFileSystem: FileSystem {
  /// What happens at call `at` (1 = the first) that changes or flushes something.
  package enum Fault: Sendable {
    case none
    /// The power goes: this call and all later ones fail.
    case powerCut(at: Int)
    /// This call alone fails with `code`.
    case failure(at: Int, code: Int32)
  }

  enum Change: Sendable {
    case write(offset: Int, bytes: [UInt8])
    case truncate(Int)
  }

  final class Node: Sendable {
    struct State: Sendable {
      var current: [UInt8] = []
      var durable: [UInt8] = []
      var pending: [Change] = []
      var isEntryDurable = false
      var isLocked = false
    }
    let state = Mutex(State())
  }

  private struct State: Sendable {
    var nodes: [String: Node] = [:]
    var calls = 0
    var fault: Fault = .none
    var isOff = false
  }
  private let state = Mutex(State())

  package init() {}

  /// Calls so far that changed or flushed something.
  package var callCount: Int { state.withLock { $0.calls } }
  package var paths: [String] { state.withLock { $0.nodes.keys.sorted() } }

  package func arm(_ fault: Fault) {
    state.withLock { state in
      state.calls = 0
      state.fault = fault
      state.isOff = false
    }
  }

  /// The disk as found after a power cut, in one of its possible states.
  package func afterPowerCut(seed: UInt64) -> FaultyFileSystem {
    var random = SeededGenerator(seed: seed)
    let result = FaultyFileSystem()
    let nodes: [String: Node] = state.withLock { $0.nodes }
    for (path, node) in nodes.sorted(by: { $0.key < $1.key }) {
      let old: Node.State = node.state.withLock { $0 }
      if !old.isEntryDurable && random.below(2) == 0 { continue }
      var bytes: [UInt8] = old.durable
      for change in old.pending where random.below(3) > 0 {
        FaultyFileSystem.apply(FaultyFileSystem.torn(change, &random), to: &bytes)
      }
      let fresh = Node()
      fresh.state.withLock { state in
        state.current = bytes
        state.durable = bytes
        state.isEntryDurable = true
      }
      result.state.withLock { $0.nodes[path] = fresh }
    }
    return result
  }

  private static func torn(_ change: Change, _ random: inout SeededGenerator) -> Change {
    guard case .write(let offset, let bytes) = change, random.below(3) == 0 else { return change }
    let sectors: Int = random.below(bytes.count / 512 + 1)
    return .write(offset: offset, bytes: Array(bytes.prefix(sectors * 512)))
  }

  static func apply(_ change: Change, to content: inout [UInt8]) {
    switch change {
    case .truncate(let count):
      if count < content.count {
        content.removeSubrange(count...)
      } else {
        content += [UInt8](repeating: 0, count: count - content.count)
      }
    case .write(let offset, let bytes):
      if content.count < offset + bytes.count {
        content += [UInt8](repeating: 0, count: offset + bytes.count - content.count)
      }
      content.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }
  }

  /// Flips one bit of a file.
  package func flipBit(_ path: String, byteOffset: Int, bit: Int) {
    guard let node = state.withLock({ $0.nodes[path] }) else { return }
    node.state.withLock { state in
      state.current[byteOffset] ^= 1 << UInt8(bit)
      state.durable = state.current
      state.pending = []
    }
  }

  package func bytes(_ path: String) -> [UInt8] {
    state.withLock { $0.nodes[path] }?.state.withLock { $0.current } ?? []
  }

  /// A copy of the disk, all of it durable.
  package func copy() -> FaultyFileSystem {
    let result = FaultyFileSystem()
    for path in paths {
      let content: [UInt8] = bytes(path)
      let node = Node()
      node.state.withLock { state in
        state.current = content
        state.durable = content
        state.isEntryDurable = true
      }
      result.state.withLock { $0.nodes[path] = node }
    }
    return result
  }

  func count(_ path: String, _ action: String) throws(StorageError) {
    let code: Int32? = state.withLock { state in
      state.calls += 1
      if state.isOff { return EIO }
      switch state.fault {
      case .none: return nil
      case .powerCut(let at):
        if state.calls >= at { state.isOff = true }
        return state.isOff ? EIO : nil
      case .failure(let at, let code): return state.calls == at ? code : nil
      }
    }
    if code == ENOSPC { throw .full(path: path) }
    if let code { throw .io(errno: code, path: path, action: action) }
  }

  package func open(_ path: String, mode: FileMode) throws(StorageError) -> any StorageFile {
    if let known = state.withLock({ $0.nodes[path] }) {
      return FaultyFile(disk: self, node: known, path: path)
    }
    guard case .createOrReadWrite = mode else {
      throw .io(errno: ENOENT, path: path, action: "open")
    }
    try count(path, "create")
    let node = Node()
    state.withLock { $0.nodes[path] = node }
    return FaultyFile(disk: self, node: node, path: path)
  }

  package func exists(_ path: String) -> Bool { state.withLock { $0.nodes[path] != nil } }

  package func remove(_ path: String) throws(StorageError) {
    try count(path, "remove")
    state.withLock { $0.nodes[path] = nil }
  }

  package func rename(_ path: String, to target: String) throws(StorageError) {
    try count(path, "rename")
    state.withLock { state in
      state.nodes[target] = state.nodes[path]
      state.nodes[path] = nil
    }
  }

  package func synchroniseDirectory(of path: String) throws(StorageError) {
    try count(path, "flush")
    for node in state.withLock({ Array($0.nodes.values) }) {
      node.state.withLock { $0.isEntryDurable = true }
    }
  }
}

/// An open file of the faulty disk.
final class FaultyFile: StorageFile {
  let path: String
  private let disk: FaultyFileSystem
  private let node: FaultyFileSystem.Node
  private let holdsLock = Mutex(false)

  init(disk: FaultyFileSystem, node: FaultyFileSystem.Node, path: String) {
    self.disk = disk
    self.node = node
    self.path = path
  }

  deinit { close() }

  private func change(_ change: FaultyFileSystem.Change) {
    node.state.withLock { state in
      FaultyFileSystem.apply(change, to: &state.current)
      state.pending.append(change)
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) -> Int
  {
    node.state.withLock { state in
      let n: Int = max(0, min(buffer.count, state.current.count - offset))
      if n > 0 {
        state.current.withUnsafeBytes { source in
          buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<(offset + n)]))
        }
      }
      return n
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    let copy = [UInt8](bytes)
    do throws(StorageError) {
      try disk.count(path, "write")
    } catch {
      // A failed write may have written a part.
      change(.write(offset: offset, bytes: Array(copy.prefix(copy.count / 2))))
      throw error
    }
    change(.write(offset: offset, bytes: copy))
  }

  func synchronise() throws(StorageError) {
    try disk.count(path, "flush")
    node.state.withLock { state in
      state.durable = state.current
      state.pending = []
    }
  }

  func truncate(to byteCount: Int) throws(StorageError) {
    try disk.count(path, "truncate")
    change(.truncate(byteCount))
  }

  func reserve(_ byteCount: Int) throws(StorageError) { try disk.count(path, "reserve") }

  func byteCount() throws(StorageError) -> Int { node.state.withLock { $0.current.count } }

  func lock(exclusive: Bool) throws(StorageError) -> Bool {
    let isTaken: Bool = node.state.withLock { state in
      defer { state.isLocked = true }
      return state.isLocked
    }
    if !isTaken { holdsLock.withLock { $0 = true } }
    return !isTaken
  }

  func close() {
    let held: Bool = holdsLock.withLock { held in
      defer { held = false }
      return held
    }
    if held { node.state.withLock { $0.isLocked = false } }
  }
}
