/// Reads TZif files (RFC 8536), version 2 and up; version 1 data is used when that is all there is.
enum TimeZoneFile {
  /// The zone of a file's bytes; nil when they are not a whole TZif file.
  static func parse(_ bytes: [UInt8], name: String) -> TimeZone? {
    guard let first = Header(bytes, at: 0) else { return nil }
    if first.version < 2 { return body(bytes, first, wordBytes: 4, name: name)?.zone }
    guard let second = Header(bytes, at: 44 + first.bodyByteCount(wordBytes: 4)),
      let data = body(bytes, second, wordBytes: 8, name: name)
    else { return nil }
    return data.zone
  }

  private struct Header {
    let start: Int
    let version: Int
    let utcCount: Int
    let standardCount: Int
    let leapCount: Int
    let transitionCount: Int
    let typeCount: Int
    let characterCount: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard start >= 0, start + 44 <= bytes.count,
        Array(bytes[start..<(start + 4)]) == [0x54, 0x5a, 0x69, 0x66]
      else { return nil }
      self.start = start
      version = bytes[start + 4] == 0 ? 1 : Int(bytes[start + 4]) - 0x30
      utcCount = Int(bigEndian(bytes, start + 20, 4))
      standardCount = Int(bigEndian(bytes, start + 24, 4))
      leapCount = Int(bigEndian(bytes, start + 28, 4))
      transitionCount = Int(bigEndian(bytes, start + 32, 4))
      typeCount = Int(bigEndian(bytes, start + 36, 4))
      characterCount = Int(bigEndian(bytes, start + 40, 4))
      for n in [utcCount, standardCount, leapCount, transitionCount, typeCount, characterCount]
      where n < 0 || n > 1 << 20 { return nil }
    }

    func bodyByteCount(wordBytes: Int) -> Int {
      transitionCount * (wordBytes + 1) + typeCount * 6 + characterCount
        + leapCount * (wordBytes + 4) + standardCount + utcCount
    }
  }

  private static func bigEndian(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int64 {
    var value: UInt64 = 0
    for i in 0..<count { value = value << 8 | UInt64(bytes[start + i]) }
    // Sign-extends the narrow form.
    return count == 4
      ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
  }

  private static func body(_ bytes: [UInt8], _ header: Header, wordBytes: Int, name: String)
    -> (zone: TimeZone, end: Int)?
  {
    let start: Int = header.start + 44
    let end: Int = start + header.bodyByteCount(wordBytes: wordBytes)
    guard end <= bytes.count, header.typeCount > 0 else { return nil }
    let n: Int = header.transitionCount
    let codes: Int = start + n * wordBytes
    let types: Int = codes + n
    let characters: Int = types + header.typeCount * 6
    var typeOffsets: [Int32] = []
    var typeNames: [String] = []
    for i in 0..<header.typeCount {
      typeOffsets.append(Int32(truncatingIfNeeded: bigEndian(bytes, types + i * 6, 4)))
      let nameStart: Int = characters + Int(bytes[types + i * 6 + 5])
      let limit: Int = characters + header.characterCount
      guard nameStart <= limit else { return nil }
      typeNames.append(
        String(decoding: bytes[nameStart..<limit].prefix { $0 != 0 }, as: UTF8.self))
    }
    var transitions: [Int64] = []
    var offsets: [Int32] = []
    var names: [String] = []
    for i in 0..<n {
      let type = Int(bytes[codes + i])
      guard type < header.typeCount else { return nil }
      transitions.append(bigEndian(bytes, start + i * wordBytes, wordBytes))
      offsets.append(typeOffsets[type])
      names.append(typeNames[type])
    }
    // Footer: newline, POSIX rule, newline.
    var rule: PosixTimeZoneRule?
    if wordBytes == 8, end < bytes.count, bytes[end] == 0x0a {
      rule = PosixTimeZoneRule(Array(bytes[(end + 1)...].prefix { $0 != 0x0a }))
    }
    let zone = TimeZone(
      name: name, transitions: transitions, offsets: offsets, abbreviations: names,
      firstOffset: typeOffsets[0], firstAbbreviation: typeNames[0], rule: rule)
    return (zone, end)
  }
}
