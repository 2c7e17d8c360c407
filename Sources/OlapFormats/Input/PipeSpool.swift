import Glibc
internal import OlapColumns

/// A pipe's bytes in a file without a name, which lives as long as this object.
final class PipeSpool: Sendable {
  private let descriptor: Int32
  var location: String { "/proc/self/fd/\(descriptor)" }

  init(_ path: String) throws {
    let source = open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else {
      throw ComputeError.file(path, "cannot open (\(String(cString: strerror(errno))))")
    }
    defer { close(source) }
    var template = Array("/tmp/olap-input-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw ComputeError.file(
        path, "cannot make a temporary file (\(String(cString: strerror(errno)))) for")
    }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(source, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw ComputeError.file(path, "cannot read (\(String(cString: strerror(errno))))")
      }
      if count == 0 { return }
      var written = 0
      while written < count {
        let part = buffer.withUnsafeBytes {
          write(descriptor, $0.baseAddress.unsafelyUnwrapped + written, count - written)
        }
        guard part > 0 || errno == EINTR else {
          throw ComputeError.file(
            path, "cannot copy to a temporary file (\(String(cString: strerror(errno))))")
        }
        written += max(0, part)
      }
    }
  }

  deinit { close(descriptor) }
}
