/// The seam between storage and the operating system; tests put a faulty one here.
package protocol FileSystem: Sendable {
  /// Opens a file; a new one is created with mode 0600 less the umask.
  func open(_ path: String, mode: FileMode) throws(StorageError) -> any StorageFile
  func exists(_ path: String) -> Bool
  func remove(_ path: String) throws(StorageError)
  func rename(_ path: String, to target: String) throws(StorageError)
  /// Makes the directory entry of `path` durable.
  func synchroniseDirectory(of path: String) throws(StorageError)
}

/// How a file is opened.
package enum FileMode: Sendable { case read, readWrite, createOrReadWrite }

/// An open file. All calls may run on any thread.
package protocol StorageFile: AnyObject, Sendable {
  var path: String { get }
  /// Fills `buffer` from `offset`; returns the bytes read, fewer only at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) -> Int
  /// Writes all bytes at `offset`, growing the file when needed.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError)
  /// Makes data and size durable.
  func synchronise() throws(StorageError)
  func truncate(to byteCount: Int) throws(StorageError)
  /// Reserves space up to `byteCount` so that later writes cannot run out of it.
  func reserve(_ byteCount: Int) throws(StorageError)
  func byteCount() throws(StorageError) -> Int
  /// Takes the writer's (exclusive) or a reader's (shared) lock; false when another holds it.
  func lock(exclusive: Bool) throws(StorageError) -> Bool
  func close()
}

extension StorageFile {
  /// Writes an array's bytes.
  func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
    var failure: StorageError?
    bytes.withUnsafeBytes { buffer in
      do throws(StorageError) { try write(buffer, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
