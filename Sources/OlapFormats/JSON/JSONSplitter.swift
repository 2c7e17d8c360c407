import Glibc
internal import OlapColumns

/// Finds the ends of values in one JSON file.
final class JSONSplitter: RecordSplitter {
  private let format: JSONFormat
  private let path: String

  init(format: JSONFormat, path: String) {
    self.format = format
    self.path = path
  }

  /// The opening bracket of an array.
  func preamble(_ base: UnsafePointer<UInt8>, _ count: Int) throws -> Int {
    guard format == .array else { return 0 }
    let start = JSONScanner.skipBlanks(base, base + count)
    guard start < base + count else { return count }
    guard start.pointee == UInt8(ascii: "[") else {
      throw ComputeError.file(path, "format = 'array', but the text does not start with [ in")
    }
    return start + 1 - base
  }

  func emergencyBorder(_ base: UnsafePointer<UInt8>, from: Int, count: Int) -> Int? {
    guard format == .newlineDelimited, let newline = memchr(base + from, 10, count - from) else {
      return nil
    }
    return UnsafePointer(newline.assumingMemoryBound(to: UInt8.self)) + 1 - base
  }

  func lastBorder(_ base: UnsafePointer<UInt8>, from start: Int, count: Int) -> Int {
    if format == .newlineDelimited {
      var last = count
      while last > start, base[last - 1] != 10 { last -= 1 }
      return last
    }
    let end = base + count
    var p = base + start
    var border = start
    var depth = 0
    while p < end {
      switch p.pointee {
      case UInt8(ascii: "\""):
        var hasEscapes = false
        guard let close = JSONScanner.stringEnd(p + 1, end, &hasEscapes) else { return border }
        p = close
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth = max(0, depth - 1)
        if depth == 0, format == .unstructured { border = p + 1 - base }
      case UInt8(ascii: ",") where depth == 0 && format == .array: border = p + 1 - base
      case UInt8(ascii: "\n") where depth == 0 && format == .unstructured: border = p + 1 - base
      default: break
      }
      p += 1
    }
    return border
  }
}
