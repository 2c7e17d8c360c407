import Glibc

/// Appends commits to the log and makes them durable, many at a time.
///
/// `append` is called by the writer alone, in commit order; `synchronise` by any thread: one flush
/// serves all that wait. After a failed flush nothing is written any more: what the kernel did with
/// the pages is unknown, and only a replay from the file tells.
final class LogWriter: @unchecked Sendable {
  private static let growth = 1 << 20

  let file: any StorageFile
  private let lock = ConditionLock()
  private var salt: UInt64
  private var position: Int
  private var synced: Int
  private var reserved: Int
  private var isFlushing = false
  private var failure: StorageError?

  /// A writer behind the last whole frame of a log.
  init(file: any StorageFile, salt: UInt64, position: Int) {
    self.file = file
    self.salt = salt
    self.position = position
    synced = position
    reserved = position
  }

  /// Bytes of the log in use.
  var byteCount: Int {
    lock.lock()
    defer { lock.unlock() }
    return position
  }

  /// Empties the log for a new checkpoint. Only when no commit is in flight.
  func reset(salt: UInt64) throws(StorageError) {
    lock.lock()
    defer { lock.unlock() }
    if let failure { throw failure }
    do throws(StorageError) {
      try file.truncate(to: 0)
      try file.write(LogFrame.logHeader(salt: salt), at: 0)
    } catch {
      // A log without its header would take commits that recovery cannot trust.
      failure = .writesEnded(error.description)
      throw error
    }
    self.salt = salt
    position = LogFrame.logHeaderByteCount
    synced = 0
    reserved = position
  }

  /// Writes a commit; the position to synchronise to. On failure the log is as before.
  func append(_ payload: [UInt8], csn: CSN) throws(StorageError) -> Int {
    lock.lock()
    let start: Int = position
    let frame: [UInt8] = LogFrame.encode(
      payload, csn: csn, position: start, synced: synced, salt: salt)
    let failed: StorageError? = failure
    lock.unlock()
    if let failed { throw failed }
    do throws(StorageError) {
      if start + frame.count > reserved {
        // Growing in steps keeps the size, and so the inode, out of most flushes.
        let wanted: Int = start + frame.count + LogWriter.growth
        try file.reserve(wanted)
        reserved = wanted
      }
      try file.write(frame, at: start)
    } catch {
      // What was written in part must not be taken for a frame's beginning later.
      do throws(StorageError) {
        try file.truncate(to: start)
        reserved = start
      } catch let second {
        end(second)
      }
      throw error
    }
    lock.lock()
    position = start + frame.count
    let result: Int = position
    lock.unlock()
    return result
  }

  private func end(_ error: StorageError) {
    lock.lock()
    if failure == nil { failure = .writesEnded(error.description) }
    lock.unlock()
    lock.wakeAll()
  }

  /// Ends all writing: a flush elsewhere failed.
  func endWrites(_ error: StorageError) { end(error) }

  var writesEnded: StorageError? {
    lock.lock()
    defer { lock.unlock() }
    return failure
  }

  /// Returns when everything up to `wanted` is durable.
  func synchronise(to wanted: Int) throws(StorageError) {
    lock.lock()
    while true {
      if let failure {
        lock.unlock()
        throw failure
      }
      if synced >= wanted {
        lock.unlock()
        return
      }
      if !isFlushing { break }
      lock.wait()
    }
    isFlushing = true
    let target: Int = position
    lock.unlock()
    var problem: StorageError?
    do throws(StorageError) { try file.synchronise() } catch { problem = error }
    lock.lock()
    isFlushing = false
    if let problem {
      failure = .writesEnded(problem.description)
    } else {
      synced = Swift.max(synced, target)
    }
    let failed: StorageError? = failure
    lock.unlock()
    lock.wakeAll()
    if let failed { throw failed }
  }
}
