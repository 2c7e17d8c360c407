import Glibc

/// The messages of system calls.
enum SystemCall {
  static func message(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    if strerror_r(code, &buffer, buffer.count) != 0 { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func failure(_ path: String, _ action: String) -> StorageError {
    let code: Int32 = errno
    if code == ENOSPC || code == EDQUOT { return .full(path: path) }
    return .io(errno: code, path: path, action: action)
  }
}

/// Files of the local machine.
package struct LinuxFileSystem: FileSystem {
  package init() {}

  package func open(_ path: String, mode: FileMode) throws(StorageError) -> any StorageFile {
    let flags: Int32 =
      switch mode {
      case .read: O_RDONLY
      case .readWrite: O_RDWR
      case .createOrReadWrite: O_RDWR | O_CREAT
      }
    let descriptor: Int32 = Glibc.open(path, flags | O_CLOEXEC, 0o600)
    if descriptor < 0 { throw SystemCall.failure(path, "open") }
    return LinuxFile(descriptor: descriptor, path: path)
  }

  package func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  package func remove(_ path: String) throws(StorageError) {
    if unlink(path) != 0 && errno != ENOENT { throw SystemCall.failure(path, "remove") }
  }

  package func rename(_ path: String, to target: String) throws(StorageError) {
    if Glibc.rename(path, target) != 0 { throw SystemCall.failure(path, "rename") }
  }

  package func synchroniseDirectory(of path: String) throws(StorageError) {
    let directory: String = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor: Int32 = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw SystemCall.failure(directory, "open") }
    defer { Glibc.close(descriptor) }
    // Some file systems cannot flush a directory and say so with EINVAL.
    if fsync(descriptor) != 0 && errno != EINVAL { throw SystemCall.failure(directory, "flush") }
  }
}

/// One open file descriptor.
final class LinuxFile: StorageFile {
  let path: String
  private let descriptor: Int32

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { Glibc.close(descriptor) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) -> Int
  {
    var done = 0
    while done < buffer.count {
      let n: Int = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, offset + done)
      if n < 0 {
        if errno == EINTR { continue }
        throw SystemCall.failure(path, "read")
      }
      if n == 0 { break }
      done += n
    }
    return done
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    var done = 0
    while done < bytes.count {
      let n: Int = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, offset + done)
      if n < 0 {
        if errno == EINTR { continue }
        throw SystemCall.failure(path, "write")
      }
      done += n
    }
  }

  func synchronise() throws(StorageError) {
    // No second try after a failure: the kernel may have dropped the pages and forgotten the error.
    if fdatasync(descriptor) != 0 { throw SystemCall.failure(path, "flush") }
  }

  func truncate(to byteCount: Int) throws(StorageError) {
    if ftruncate(descriptor, byteCount) != 0 { throw SystemCall.failure(path, "truncate") }
  }

  func reserve(_ byteCount: Int) throws(StorageError) {
    let code: Int32 = posix_fallocate(descriptor, 0, byteCount)
    // File systems without preallocation refuse; writing then finds out by itself.
    if code == ENOSPC || code == EDQUOT { throw .full(path: path) }
  }

  func byteCount() throws(StorageError) -> Int {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw SystemCall.failure(path, "inspect") }
    return Int(status.st_size)
  }

  func lock(exclusive: Bool) throws(StorageError) -> Bool {
    if flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 { return true }
    if errno == EWOULDBLOCK { return false }
    throw SystemCall.failure(path, "lock")
  }

  func close() { _ = flock(descriptor, LOCK_UN) }
}
