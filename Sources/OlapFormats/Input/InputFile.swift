import CZlib
import CZstd
import Glibc
package import OlapColumns

/// A sequential byte source: a plain, gzip or zstd file, or a pipe.
package final class InputFile {
  private enum Kind {
    case plain(Int32)
    case gzip(gzFile)
    case zstd(Int32, OpaquePointer)
  }
  private let kind: Kind
  package let path: String
  /// Bytes of the file on disk; nil for pipes.
  package let byteCount: Int?
  /// Bytes taken from the disk so far.
  package private(set) var consumed = 0
  private var compressed: [UInt8] = []
  private var compressedPosition = 0
  private var compressedCount = 0

  package init(path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ComputeError.file(path, "cannot open (\(String(cString: strerror(errno))))")
    }
    var status = stat()
    let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    if status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw ComputeError.file(path, "cannot read a folder as a file:")
    }
    byteCount = isRegular ? Int(status.st_size) : nil
    let folded = path.lowercased()
    if folded.hasSuffix(".gz") {
      guard let stream = gzdopen(descriptor, "rb") else {
        throw ComputeError.file(path, "cannot start decompressing")
      }
      gzbuffer(stream, 1 << 18)
      kind = .gzip(stream)
    } else if folded.hasSuffix(".zst") {
      guard let stream = ZSTD_createDStream() else {
        throw ComputeError.file(path, "cannot start decompressing")
      }
      ZSTD_initDStream(stream)
      kind = .zstd(descriptor, stream)
      compressed = [UInt8](repeating: 0, count: 1 << 18)
    } else {
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
      kind = .plain(descriptor)
    }
  }

  deinit {
    switch kind {
    case .plain(let descriptor): close(descriptor)
    case .gzip(let stream): gzclose(stream)
    case .zstd(let descriptor, let stream):
      ZSTD_freeDStream(stream)
      close(descriptor)
    }
  }

  /// Up to `count` bytes; 0 at the end.
  package func read(into buffer: UnsafeMutableRawPointer, count: Int) throws -> Int {
    switch kind {
    case .plain(let descriptor):
      while true {
        let result = Glibc.read(descriptor, buffer, count)
        if result >= 0 {
          consumed += result
          return result
        }
        if errno != EINTR {
          throw ComputeError.file(path, "cannot read (\(String(cString: strerror(errno))))")
        }
      }
    case .gzip(let stream):
      let result = Int(gzread(stream, buffer, UInt32(min(count, 1 << 30))))
      guard result >= 0 else { throw ComputeError.file(path, "damaged gzip data in") }
      consumed = Int(gzoffset(stream))
      return result
    case .zstd(let descriptor, let stream):
      return try readZstd(descriptor, stream, buffer, count)
    }
  }

  private func readZstd(
    _ descriptor: Int32, _ stream: OpaquePointer, _ buffer: UnsafeMutableRawPointer, _ count: Int
  ) throws -> Int {
    var output = ZSTD_outBuffer(dst: buffer, size: count, pos: 0)
    while output.pos == 0 {
      if compressedPosition == compressedCount {
        compressedCount = compressed.withUnsafeMutableBytes {
          Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        compressedPosition = 0
        if compressedCount <= 0 { return 0 }
        consumed += compressedCount
      }
      let result = compressed.withUnsafeBytes { bytes -> Int in
        var input = ZSTD_inBuffer(
          src: bytes.baseAddress, size: compressedCount, pos: compressedPosition)
        let code = ZSTD_decompressStream(stream, &output, &input)
        compressedPosition = input.pos
        return code
      }
      if ZSTD_isError(result) != 0 { throw ComputeError.file(path, "damaged zstd data in") }
    }
    return output.pos
  }
}

/// Glob patterns to paths.
package enum GlobPattern {
  /// The paths a pattern means, sorted; a path without wildcards is itself.
  package static func expand(_ pattern: String) throws -> [String] {
    guard pattern.contains(where: { $0 == "*" || $0 == "?" || $0 == "[" }) else { return [pattern] }
    var result = glob_t()
    defer { globfree(&result) }
    let code = glob(pattern, 0, nil, &result)
    guard code == 0, let paths = result.gl_pathv else {
      throw ComputeError(.invalidArgument, "No files found that match the pattern \"\(pattern)\"")
    }
    return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
  }
}
