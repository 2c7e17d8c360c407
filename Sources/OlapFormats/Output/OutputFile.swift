import CZlib
import CZstd
import Glibc
internal import OlapColumns

/// A file being written, packed as its name or an option says. Not thread-safe.
final class OutputFile {
  private enum Kind {
    case plain(Int32)
    case gzip(gzFile)
    case zstd(Int32, OpaquePointer)
  }
  private let kind: Kind
  private let path: String
  private var packed: [UInt8] = []
  private var isClosed = false

  /// Creates or empties the file; "/dev/stdout" is written as it is.
  init(path: String, compression: Compression?) throws {
    self.path = path
    let isStream = path == "/dev/stdin" || path == "/dev/stdout" || path == "-"
    let descriptor =
      isStream ? dup(STDOUT_FILENO) : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw ComputeError.file(path, "cannot write (\(String(cString: strerror(errno))))")
    }
    let folded = path.lowercased()
    let named: Compression =
      folded.hasSuffix(".gz") ? .gzip : folded.hasSuffix(".zst") ? .zstd : .none
    switch compression ?? named {
    case .none: kind = .plain(descriptor)
    case .gzip:
      guard let stream = gzdopen(descriptor, "wb6") else {
        close(descriptor)
        throw ComputeError.file(path, "cannot start compressing")
      }
      kind = .gzip(stream)
    case .zstd:
      guard let stream = ZSTD_createCStream() else {
        close(descriptor)
        throw ComputeError.file(path, "cannot start compressing")
      }
      ZSTD_initCStream(stream, 3)
      kind = .zstd(descriptor, stream)
      packed = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
    }
  }

  deinit {
    if isClosed { return }
    switch kind {
    case .plain(let descriptor): close(descriptor)
    case .gzip(let stream): gzclose(stream)
    case .zstd(let descriptor, let stream):
      ZSTD_freeCStream(stream)
      close(descriptor)
    }
  }

  func write(_ bytes: [UInt8]) throws {
    if bytes.isEmpty { return }
    switch kind {
    case .plain(let descriptor): try writeRaw(descriptor, bytes, count: bytes.count)
    case .gzip(let stream):
      let written = bytes.withUnsafeBytes { gzwrite(stream, $0.baseAddress, UInt32($0.count)) }
      guard Int(written) == bytes.count else { throw failure() }
    case .zstd(let descriptor, let stream):
      try bytes.withUnsafeBytes { source in
        var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        while input.pos < input.size {
          try pack(descriptor) { ZSTD_compressStream(stream, &$0, &input) }
        }
      }
    }
  }

  /// Ends the file; nothing was written for certain before.
  func finish() throws {
    switch kind {
    case .plain(let descriptor):
      isClosed = true
      guard close(descriptor) == 0 else { throw failure() }
    case .gzip(let stream):
      isClosed = true
      guard gzclose(stream) == Z_OK else { throw failure() }
    case .zstd(let descriptor, let stream):
      var remaining = 1
      while remaining > 0 {
        remaining = try pack(descriptor) { ZSTD_endStream(stream, &$0) }
      }
      isClosed = true
      ZSTD_freeCStream(stream)
      guard close(descriptor) == 0 else { throw failure() }
    }
  }

  @discardableResult
  private func pack(
    _ descriptor: Int32, _ body: (inout ZSTD_outBuffer) -> Int
  ) throws -> Int {
    var result = 0
    let count = packed.withUnsafeMutableBytes { bytes -> Int in
      var output = ZSTD_outBuffer(dst: bytes.baseAddress, size: bytes.count, pos: 0)
      result = body(&output)
      return output.pos
    }
    guard ZSTD_isError(result) == 0 else { throw failure() }
    try writeRaw(descriptor, packed, count: count)
    return result
  }

  private func writeRaw(_ descriptor: Int32, _ bytes: [UInt8], count: Int) throws {
    var written = 0
    while written < count {
      let part = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.unsafelyUnwrapped + written, count - written)
      }
      if part < 0, errno == EINTR { continue }
      guard part > 0 else { throw failure() }
      written += part
    }
  }

  private func failure() -> ComputeError {
    ComputeError.file(path, "cannot write (\(String(cString: strerror(errno))))")
  }
}
