import CIntrinsics
import Glibc
internal import OlapColumns

/// Text from the beginning of a file, and windows from further in, cut into records on demand.
final class CSVSample {
  private let buffer: Buffer
  private let count: Int
  let heap = StringHeap()
  /// The whole file is in the sample.
  let isWhole: Bool
  let isPlain: Bool
  private let input: TextInput

  /// - Parameter byteCount: how much to look at.
  init(location: String, options: FileOptions, byteCount: Int) throws {
    input = try TextInput(
      path: location, compression: options.compression, encoding: options.encoding)
    isPlain = input.isPlain
    let known = min(
      byteCount, max(4096, input.isPlain ? (input.byteCount ?? byteCount) : byteCount))
    buffer = Buffer(byteCount: known + 1)
    var filled = 0
    while filled <= known {
      let got = try input.fill(buffer.bytes + filled, count: min(1 << 23, known + 1 - filled))
      if got == 0 { break }
      filled += got
      try Cancellation.check()
    }
    isWhole = filled <= known
    let base = buffer.bytes.assumingMemoryBound(to: UInt8.self)
    if !isWhole {
      // Whole lines only.
      let newline = UInt8(ascii: "\n")
      var last = filled
      while last > 0, base[last - 1] != newline { last -= 1 }
      if last > 0 { filled = last }
    }
    count = filled
    memset(buffer.bytes + filled, 0, 64)
  }

  var isEmpty: Bool { count == 0 }
  var base: UnsafePointer<UInt8> {
    UnsafePointer(buffer.bytes.assumingMemoryBound(to: UInt8.self))
  }
  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

  func contains(_ byte: UInt8) -> Bool { memchr(buffer.bytes, Int32(byte), count) != nil }

  /// `\r` when lines end so and in no other way.
  var newline: UInt8 {
    contains(UInt8(ascii: "\r")) && !contains(UInt8(ascii: "\n"))
      ? UInt8(ascii: "\r") : UInt8(ascii: "\n")
  }

  /// Records of the first `byteLimit` bytes under a dialect.
  func cut(_ dialect: CSVDialect, limit: Int, byteLimit: Int = .max) -> CSVSampleRecords {
    var end = base + min(count, byteLimit)
    if end < base + count {
      while end > base, end[-1] != dialect.newline { end -= 1 }
      if end == base { end = base + min(count, byteLimit) }
    }
    return CSVSample.cut(
      from: base, to: end, dialect, limit: limit, heap: heap,
      isCutOff: end < base + count || !isWhole)
  }

  static func cut(
    from start: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>, _ dialect: CSVDialect,
    limit: Int, heap: StringHeap, isCutOff: Bool
  ) -> CSVSampleRecords {
    let tokenizer = CSVTokenizer(dialect: dialect, columnCount: 0)
    var result = CSVSampleRecords()
    var p = start
    for _ in 0..<dialect.skip where p < end {
      p = olap_find_either(p, end, dialect.newline, dialect.newline)
      if p < end { p += 1 }
    }
    while p < end, result.count < limit {
      if result.count & 0xfff == 0xfff, Cancellation.isRequested { break }
      if tokenizer.isSkipped(p, end) {
        p = olap_find_either(p, end, dialect.newline, dialect.newline)
        if p < end { p += 1 }
        continue
      }
      let first = result.fields.count
      let (next, problem) = tokenizer.cutRecord(from: p, to: end, heap: heap, into: &result.fields)
      if let problem {
        if isCutOff, next >= end || isCutInField(problem, next, end, tokenizer, result, heap) {
          result.fields.removeSubrange(first...)
          break
        }
        result.problemCount += 1
      } else if !result.hasQuotedNewline {
        let lines = olap_count_byte(p, next - p, dialect.newline)
        if lines > 1 { result.hasQuotedNewline = true }
      }
      result.offsets.append(p - start)
      result.isBroken.append(problem != nil)
      result.ends.append(result.fields.count)
      p = next
    }
    return result
  }

  /// Whether a quote is open because the sample ends inside its field: a quote gone astray is followed
  /// by a line like the records before it, the text of a long field is not.
  private static func isCutInField(
    _ problem: CSVRecordProblem, _ next: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ tokenizer: CSVTokenizer, _ records: CSVSampleRecords, _ heap: StringHeap
  ) -> Bool {
    guard case .openQuote = problem else { return false }
    let usual = records.usualFieldCount
    guard usual > 1 else { return true }
    var following: [SampleField] = []
    let (_, problem) = tokenizer.cutRecord(from: next, to: end, heap: heap, into: &following)
    return problem != nil || following.count != usual
  }

  /// Records from places spread over the rest of a plain file; only whole ones of `fieldCount` fields.
  func cutWindows(
    _ dialect: CSVDialect, fieldCount: Int, windows: Int, windowByteCount: Int
  ) throws -> (records: CSVSampleRecords, keepers: [Buffer]) {
    var result = CSVSampleRecords()
    var keepers: [Buffer] = []
    guard isPlain, !isWhole, let total = input.byteCount, total > count + windowByteCount else {
      return (result, keepers)
    }
    let span = total - count - windowByteCount
    for window in 0..<windows {
      let offset = count + span * window / max(1, windows - 1)
      input.seek(to: offset)
      let memory = Buffer(byteCount: windowByteCount)
      let got = try input.fill(memory.bytes, count: windowByteCount)
      memset(memory.bytes + got, 0, windowByteCount + 64 - got)
      let start = UnsafePointer(memory.bytes.assumingMemoryBound(to: UInt8.self))
      guard
        let first = memchr(start, Int32(dialect.newline), got).map({
          UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) + 1
        })
      else { continue }
      var end = start + got
      if offset + got < total {
        while end > first, end[-1] != dialect.newline { end -= 1 }
      }
      guard end > first else { continue }
      var plain = dialect
      plain.skip = 0
      let part = CSVSample.cut(
        from: first, to: end, plain, limit: .max, heap: heap, isCutOff: true)
      keepers.append(memory)
      for index in 0..<part.count where !part.isBroken[index] {
        let record = part.record(index)
        guard record.count == fieldCount else { continue }
        result.fields += record
        result.ends.append(result.fields.count)
        result.offsets.append(0)
        result.isBroken.append(false)
      }
    }
    return (result, keepers)
  }
}
