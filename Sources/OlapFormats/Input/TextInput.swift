import Glibc
internal import OlapColumns

/// How a file's characters are written.
package enum TextEncoding: String, Sendable {
  case utf8 = "utf-8"
  case utf16LittleEndian = "utf-16le"
  case utf16BigEndian = "utf-16be"
  case latin1 = "latin-1"
  case windows1252 = "windows-1252"

  /// From an option's text; nil = find out.
  package static func parse(_ text: String) throws -> TextEncoding? {
    switch text.lowercased() {
    case "", "auto": return nil
    case "utf-8", "utf8": return .utf8
    // Without a byte order mark UTF-16 is little-endian in practice.
    case "utf-16", "utf16", "utf-16le", "utf-16-le", "utf16le": return .utf16LittleEndian
    case "utf-16be", "utf-16-be", "utf16be": return .utf16BigEndian
    case "latin-1", "latin1", "iso-8859-1", "iso8859-1": return .latin1
    case "windows-1252", "cp1252", "ansi": return .windows1252
    default:
      throw ComputeError(
        .invalidArgument,
        "encoding takes utf-8, utf-16, utf-16le, utf-16be, latin-1 or windows-1252, not \"\(text)\""
      )
    }
  }

  /// The encoding that a file's first bytes show: a byte order mark, or the zeros of UTF-16.
  static func detect(_ head: UnsafeRawBufferPointer) -> TextEncoding {
    if head.count >= 2, head[0] == 0xff, head[1] == 0xfe { return .utf16LittleEndian }
    if head.count >= 2, head[0] == 0xfe, head[1] == 0xff { return .utf16BigEndian }
    var zeros = [0, 0]
    let pairs = min(head.count, 2048) / 2
    for pair in 0..<pairs {
      if head[2 * pair] == 0 { zeros[0] += 1 }
      if head[2 * pair + 1] == 0 { zeros[1] += 1 }
    }
    guard pairs >= 4 else { return .utf8 }
    if zeros[1] * 10 > pairs * 7, zeros[0] * 10 < pairs { return .utf16LittleEndian }
    if zeros[0] * 10 > pairs * 7, zeros[1] * 10 < pairs { return .utf16BigEndian }
    return .utf8
  }
}

/// A file's text as UTF-8 without byte order mark, read front to back. Not thread-safe.
package final class TextInput {
  private let file: InputFile
  private var encoding: TextEncoding
  private var raw: [UInt8] = []
  private var rawCount = 0
  private var decoded: [UInt8] = []
  private var decodedPosition = 0
  private var isAtEnd = false

  package var path: String { file.path }
  package var consumed: Int { file.consumed }
  package var byteCount: Int? { file.byteCount }
  /// Whether offsets in the text are offsets in the file.
  package var isPlain: Bool { file.isPlain && encoding == .utf8 }
  /// Bytes of the mark that were passed over.
  package private(set) var markByteCount = 0

  package init(
    path: String, compression: Compression? = nil, encoding: TextEncoding? = nil
  ) throws {
    let file = try InputFile(path: path, compression: compression)
    self.file = file
    var head = [UInt8](repeating: 0, count: 4096)
    let count = try head.withUnsafeMutableBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return 0 }
      return try file.fill(base, count: bytes.count)
    }
    head.removeLast(head.count - count)
    let found = head.withUnsafeBytes { TextEncoding.detect($0) }
    let hasMark16 = head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff])
    self.encoding = hasMark16 ? found : encoding ?? found
    if hasMark16 {
      markByteCount = 2
    } else if self.encoding == .utf8, head.starts(with: [0xef, 0xbb, 0xbf]) {
      markByteCount = 3
    }
    decoded = Array(head.dropFirst(markByteCount))
    if self.encoding != .utf8 {
      raw = decoded
      rawCount = raw.count
      raw.append(contentsOf: repeatElement(0, count: (1 << 18) - min(rawCount, 1 << 18)))
      decoded = []
      try decode(isLast: false)
    }
  }

  /// Goes on at a byte of a plain UTF-8 file.
  package func seek(to offset: Int) {
    decoded = []
    decodedPosition = 0
    file.seek(to: offset)
  }

  /// Fills the buffer as far as the text goes; fewer than `count` bytes mean the end.
  package func fill(_ buffer: UnsafeMutableRawPointer, count: Int) throws -> Int {
    var filled = 0
    while filled < count {
      if decodedPosition < decoded.count {
        let part = min(count - filled, decoded.count - decodedPosition)
        decoded.withUnsafeBytes {
          if let base = $0.baseAddress { memcpy(buffer + filled, base + decodedPosition, part) }
        }
        decodedPosition += part
        filled += part
        continue
      }
      if encoding == .utf8 {
        let got = try file.fill(buffer + filled, count: count - filled)
        return filled + got
      }
      if isAtEnd { return filled }
      try refill()
    }
    return filled
  }

  private func refill() throws {
    let room = raw.count - rawCount
    let got = try raw.withUnsafeMutableBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return 0 }
      return try file.fill(base + rawCount, count: room)
    }
    rawCount += got
    isAtEnd = got < room
    try decode(isLast: isAtEnd)
  }

  /// Turns the raw bytes into UTF-8; half a character stays for the next time.
  private func decode(isLast: Bool) throws {
    decoded.removeAll(keepingCapacity: true)
    decodedPosition = 0
    var used = 0
    switch encoding {
    case .utf8: return
    case .latin1, .windows1252:
      for i in 0..<rawCount { append(scalar: Windows1252.scalar(raw[i], encoding)) }
      used = rawCount
    case .utf16LittleEndian, .utf16BigEndian:
      let low = encoding == .utf16LittleEndian ? 0 : 1
      while used + 1 < rawCount {
        let unit = UInt32(raw[used + low]) | UInt32(raw[used + 1 - low]) << 8
        if unit & 0xfc00 == 0xd800 {
          guard used + 3 < rawCount else { break }
          let next = UInt32(raw[used + 2 + low]) | UInt32(raw[used + 3 - low]) << 8
          if next & 0xfc00 == 0xdc00 {
            append(scalar: 0x10000 + (unit & 0x3ff) << 10 + (next & 0x3ff))
            used += 4
            continue
          }
        }
        append(scalar: unit & 0xf800 == 0xd800 ? 0xfffd : unit)
        used += 2
      }
      if isLast, used < rawCount {
        throw ComputeError.file(path, "the UTF-16 text ends within a character:")
      }
    }
    raw.replaceSubrange(0..<(rawCount - used), with: Array(raw[used..<rawCount]))
    rawCount -= used
  }

  private func append(scalar: UInt32) {
    switch scalar {
    case 0..<0x80: decoded.append(UInt8(scalar))
    case 0x80..<0x800:
      decoded.append(UInt8(0xc0 | scalar >> 6))
      decoded.append(UInt8(0x80 | scalar & 0x3f))
    case 0x800..<0x10000:
      decoded.append(UInt8(0xe0 | scalar >> 12))
      decoded.append(UInt8(0x80 | scalar >> 6 & 0x3f))
      decoded.append(UInt8(0x80 | scalar & 0x3f))
    default:
      decoded.append(UInt8(0xf0 | scalar >> 18 & 7))
      decoded.append(UInt8(0x80 | scalar >> 12 & 0x3f))
      decoded.append(UInt8(0x80 | scalar >> 6 & 0x3f))
      decoded.append(UInt8(0x80 | scalar & 0x3f))
    }
  }
}

/// The characters of 0x80…0x9f in Windows' western code page; Latin-1 has controls there.
private enum Windows1252 {
  private static let upper: [UInt32] = [
    0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039,
    0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc,
    0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
  ]

  static func scalar(_ byte: UInt8, _ encoding: TextEncoding) -> UInt32 {
    encoding == .windows1252 && byte & 0xe0 == 0x80 ? upper[Int(byte & 0x1f)] : UInt32(byte)
  }
}

/// UTF-8 as RFC 3629 has it.
enum UTF8Text {
  /// The first byte that is no UTF-8, nil when all is.
  static func firstInvalid(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int? {
    var i = 0
    while i < count {
      let byte = start[i]
      if byte < 0x80 {
        // Eight plain letters at a time.
        while i + 8 <= count,
          UnsafeRawPointer(start + i).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
          i += 8
        }
        while i < count, start[i] < 0x80 { i += 1 }
        continue
      }
      guard let length = sequenceLength(start + i, count - i) else { return i }
      i += length
    }
    return nil
  }

  private static func sequenceLength(_ p: UnsafePointer<UInt8>, _ count: Int) -> Int? {
    func isTail(_ k: Int) -> Bool { k < count && p[k] & 0xc0 == 0x80 }
    switch p[0] {
    case 0xc2...0xdf: return isTail(1) ? 2 : nil
    case 0xe0...0xef:
      guard isTail(1), isTail(2) else { return nil }
      if p[0] == 0xe0, p[1] < 0xa0 { return nil }
      return p[0] == 0xed && p[1] >= 0xa0 ? nil : 3
    case 0xf0...0xf4:
      guard isTail(1), isTail(2), isTail(3) else { return nil }
      if p[0] == 0xf0, p[1] < 0x90 { return nil }
      return p[0] == 0xf4 && p[1] >= 0x90 ? nil : 4
    default: return nil
    }
  }
}
