import Glibc

/// Whole small text files: scripts, histories, project files.
public enum TextFile {
  /// The file's text; bytes that are no UTF-8 are repaired.
  ///
  /// - Throws: `OlapError` (`io`) when it cannot be read.
  public static func read(_ path: String) throws -> String {
    guard let file = fopen(path, "re") else {
      throw OlapError(.io, "cannot open \"\(path)\": \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      bytes.append(contentsOf: buffer[..<count])
      if count < buffer.count { break }
    }
    guard ferror(file) == 0 else {
      throw OlapError(.io, "cannot read \"\(path)\": \(String(cString: strerror(errno)))")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Replaces the file's contents.
  ///
  /// - Throws: `OlapError` (`io`) when it cannot be written.
  public static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "we") else {
      throw OlapError(.io, "cannot write \"\(path)\": \(String(cString: strerror(errno)))")
    }
    let bytes = Array(text.utf8)
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else {
      throw OlapError(.io, "cannot write \"\(path)\": \(String(cString: strerror(errno)))")
    }
  }
}
