import CZlib
import CZstd
import Glibc
internal import OlapColumns

/// How a file's bytes are packed.
package enum Compression: String, Sendable {
  case none, gzip, zstd

  /// From an option: `auto` (nil), `none`, `gzip`, `zstd`.
  package static func parse(_ text: String) throws -> Compression? {
    switch text.lowercased() {
    case "auto", "auto_detect", "": return nil
    case "none", "uncompressed": return Compression.none
    case "gzip", "gz": return .gzip
    case "zstd", "zst": return .zstd
    default:
      throw ComputeError(
        .invalidArgument, "compression takes auto, none, gzip or zstd, not \"\(text)\"")
    }
  }
}

/// A sequential byte source: a plain, gzip or zstd file, or a pipe. Not thread-safe.
///
/// What packs a regular file is read from its first bytes, whatever its name says; a pipe's from its name.
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
  /// Whether the bytes are the file's own, so that one may start in the middle.
  package var isPlain: Bool { if case .plain = kind { byteCount != nil } else { false } }
  /// Bytes taken from the disk so far.
  package private(set) var consumed = 0
  private var compressed: [UInt8] = []
  private var compressedPosition = 0
  private var compressedCount = 0
  private var isInsideFrame = false

  package init(path: String, compression: Compression? = nil) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ComputeError.file(path, "cannot open (\(String(cString: strerror(errno))))")
    }
    var status = stat()
    let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    if status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw ComputeError.file(path, "cannot read a folder as a file; give a pattern such as *.csv:")
    }
    byteCount = isRegular ? Int(status.st_size) : nil
    switch compression ?? InputFile.packing(descriptor, path, isRegular: isRegular) {
    case .gzip:
      guard let stream = gzdopen(descriptor, "rb") else {
        close(descriptor)
        throw ComputeError.file(path, "cannot start decompressing")
      }
      gzbuffer(stream, 1 << 18)
      kind = .gzip(stream)
    case .zstd:
      guard let stream = ZSTD_createDStream() else {
        close(descriptor)
        throw ComputeError.file(path, "cannot start decompressing")
      }
      ZSTD_initDStream(stream)
      kind = .zstd(descriptor, stream)
      compressed = [UInt8](repeating: 0, count: 1 << 18)
    case .none:
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
      kind = .plain(descriptor)
    }
  }

  private static func packing(
    _ descriptor: Int32, _ path: String, isRegular: Bool
  ) -> Compression {
    var head: [UInt8] = [0, 0, 0, 0]
    if isRegular {
      let count = pread(descriptor, &head, 4, 0)
      if count >= 2, head[0] == 0x1f, head[1] == 0x8b { return .gzip }
      if count == 4, head == [0x28, 0xb5, 0x2f, 0xfd] { return .zstd }
      return .none
    }
    let folded = path.lowercased()
    return folded.hasSuffix(".gz") ? .gzip : folded.hasSuffix(".zst") ? .zstd : .none
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

  /// Goes on reading at a byte of a plain file.
  package func seek(to offset: Int) {
    if case .plain(let descriptor) = kind { lseek(descriptor, off_t(offset), SEEK_SET) }
  }

  /// Up to `count` bytes; 0 at the end.
  ///
  /// - Throws: `ComputeError` for damaged or truncated compressed data.
  package func read(into buffer: UnsafeMutableRawPointer, count: Int) throws -> Int {
    switch kind {
    case .plain(let descriptor):
      let result = try readRaw(descriptor, buffer, count)
      consumed += result
      return result
    case .gzip(let stream): return try readGzip(stream, buffer, count)
    case .zstd(let descriptor, let stream):
      return try readZstd(descriptor, stream, buffer, count)
    }
  }

  /// Fills the buffer as far as the file goes.
  package func fill(_ buffer: UnsafeMutableRawPointer, count: Int) throws -> Int {
    var filled = 0
    while filled < count {
      let got = try read(into: buffer + filled, count: count - filled)
      if got == 0 { break }
      filled += got
    }
    return filled
  }

  private func readRaw(
    _ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int
  ) throws -> Int {
    while true {
      let result = Glibc.read(descriptor, buffer, count)
      if result >= 0 { return result }
      if errno != EINTR {
        throw ComputeError.file(path, "cannot read (\(String(cString: strerror(errno))))")
      }
    }
  }

  private func readGzip(
    _ stream: gzFile, _ buffer: UnsafeMutableRawPointer, _ count: Int
  ) throws -> Int {
    let wanted = min(count, 1 << 30)
    let result = Int(gzread(stream, buffer, UInt32(wanted)))
    if result < wanted {
      // A short read is the end of the data, or of what there is of it.
      var code: Int32 = 0
      _ = gzerror(stream, &code)
      if code == Z_BUF_ERROR {
        throw ComputeError.file(
          path, "the gzip data ends too early (the file was cut off); fetch it again:")
      }
      guard result >= 0, code >= 0 else { throw ComputeError.file(path, "damaged gzip data in") }
    }
    consumed = Int(gzoffset(stream))
    return result
  }

  private func readZstd(
    _ descriptor: Int32, _ stream: OpaquePointer, _ buffer: UnsafeMutableRawPointer, _ count: Int
  ) throws -> Int {
    var output = ZSTD_outBuffer(dst: buffer, size: count, pos: 0)
    while output.pos == 0 {
      if compressedPosition == compressedCount {
        compressedCount = try compressed.withUnsafeMutableBytes { bytes in
          guard let base = bytes.baseAddress else { return 0 }
          return try readRaw(descriptor, base, bytes.count)
        }
        compressedPosition = 0
        if compressedCount == 0 {
          if isInsideFrame {
            throw ComputeError.file(
              path, "the zstd data ends too early (the file was cut off); fetch it again:")
          }
          return 0
        }
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
      isInsideFrame = result != 0
    }
    return output.pos
  }
}
