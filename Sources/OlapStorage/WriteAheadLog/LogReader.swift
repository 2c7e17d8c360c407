/// Reads a log: its whole commits, where they end, and whether something durable was lost.
struct LogReader {
  var frames: [LogFrame] = []
  /// Where the next frame goes; what lies behind is a torn tail.
  var end: Int = LogFrame.logHeaderByteCount
  /// Where a durable frame is damaged; later commits are lost.
  var damagedAt: Int?
  /// The salt in the log's header, when that is readable.
  var salt: UInt64?

  /// Reads a log that should belong to checkpoint `expectedSalt`.
  init(_ file: any StorageFile, expectedSalt: UInt64) throws(StorageError) {
    let count: Int = try file.byteCount()
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count + 8, alignment: 8)
    defer { memory.deallocate() }
    let log = UnsafeMutableRawBufferPointer(rebasing: memory[0..<count])
    guard try file.read(into: log, at: 0) == count else {
      throw .corrupt(file: file.path, byteOffset: count, what: "the log became shorter while read")
    }
    parse(UnsafeRawBufferPointer(log), expectedSalt)
  }

  private mutating func parse(_ log: UnsafeRawBufferPointer, _ expected: UInt64) {
    salt = LogFrame.salt(ofLogHeader: Array(log.prefix(LogFrame.logHeaderByteCount)))
    // A readable header with another salt: the log of another checkpoint. An unreadable one tells
    // nothing; the frames carry the salt too.
    if let salt, salt != expected { return }
    var position: Int = LogFrame.logHeaderByteCount
    while let frame = LogFrame.decode(log, at: position, salt: expected) {
      frames.append(frame)
      position = frame.end
    }
    end = position
    // Search what follows for a frame that knows this position to have been durable.
    var probe: Int = position
    while probe + LogFrame.headerByteCount <= log.count {
      if log.loadUnaligned(fromByteOffset: probe, as: UInt32.self) == LogFrame.magic,
        let later = LogFrame.decode(log, at: probe, salt: expected), later.synced > position
      {
        damagedAt = position
        return
      }
      probe += 8
    }
  }
}
