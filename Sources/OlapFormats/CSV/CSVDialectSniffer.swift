import Glibc
internal import OlapColumns

/// Finds delimiter, quote, escape, comments and skipped lines of one sample.
enum CSVDialectSniffer {
  private static let trialByteCount = 1 << 16
  private static let trialRecordCount = 500
  private static let delimiters: [[UInt8]] = [
    [UInt8(ascii: ",")], [UInt8(ascii: ";")], [9], [UInt8(ascii: "|")],
    [UInt8(ascii: "|"), UInt8(ascii: "|")], [UInt8(ascii: "^")], [UInt8(ascii: "~")], [1],
    [UInt8(ascii: ":")],
  ]

  static func sniff(_ sample: CSVSample, _ options: CSVOptions) -> CSVDialect {
    var dialect = CSVDialect()
    var options = options
    dialect.nullPadding = options.nullPadding
    dialect.skip = options.skip ?? 0
    if options.delimiter == nil, options.skip == nil, let delimiter = saidDelimiter(sample) {
      options.delimiter = [delimiter]
      dialect.skip = 1
    }
    dialect.newline = options.newline ?? sample.newline
    if let comment = options.comment {
      dialect.comment = comment
    } else {
      dialect.comment = leadingComment(sample) ? UInt8(ascii: "#") : nil
    }
    choose(sample, options, &dialect)
    if options.comment == nil, dialect.comment != nil { keepCommentedHeader(sample, &dialect) }
    return dialect
  }

  /// The delimiter that a first line `sep=;` gives, which spreadsheets write for each other.
  private static func saidDelimiter(_ sample: CSVSample) -> UInt8? {
    let line = sample.bytes.prefix(6)
    guard line.count == 6,
      line.prefix(4).map({ $0 | 0x20 }) == Array("sep=".utf8).map({ $0 | 0x20 }),
      line[5] == 10 || line[5] == 13
    else { return nil }
    return line[4]
  }

  /// Whether the sample starts with `#` lines and goes on with others.
  private static func leadingComment(_ sample: CSVSample) -> Bool {
    guard sample.bytes.first == UInt8(ascii: "#") else { return false }
    var isLineStart = true
    for byte in sample.bytes {
      if isLineStart, byte != UInt8(ascii: "#"), byte != 10, byte != 13 { return true }
      isLineStart = byte == 10 || byte == 13
    }
    return false
  }

  /// `#id,name` above the data is its header, not a comment.
  private static func keepCommentedHeader(_ sample: CSVSample, _ dialect: inout CSVDialect) {
    var plain = dialect
    plain.comment = nil
    let all = sample.cut(plain, limit: 1000, byteLimit: trialByteCount)
    var last = -1
    while last + 1 < all.count, isComment(all, last + 1) { last += 1 }
    guard last >= 0, last + 1 < all.count else { return }
    let usual = sample.cut(dialect, limit: 1000, byteLimit: trialByteCount).usualFieldCount
    guard usual > 1, all.fieldCount(last) == usual else { return }
    dialect.comment = nil
    dialect.skip += last
  }

  private static func isComment(_ records: CSVSampleRecords, _ index: Int) -> Bool {
    records.record(index).first?.view.withBytes { $0.first == UInt8(ascii: "#") } ?? false
  }

  private struct Score {
    var value = -1.0
    var quotedFields = 0
  }

  private static func choose(
    _ sample: CSVSample, _ options: CSVOptions, _ dialect: inout CSVDialect
  ) {
    var best = Score()
    var winner = dialect
    if let delimiter = options.delimiter { winner.delimiter = delimiter }
    for quoting in quotings(sample, options) {
      for delimiter in options.delimiter.map({ [$0] }) ?? delimiters {
        guard delimiter.allSatisfy({ sample.contains($0) }) else { continue }
        var trial = dialect
        trial.delimiter = delimiter
        trial.quote = quoting.quote
        trial.escape = quoting.escape
        let score = score(sample, trial)
        // A later quoting must be better, not merely as good.
        if score.value > best.value + 1e-9 {
          best = score
          winner = trial
        }
      }
    }
    if best.value <= 0 {
      // One column: only the quoting matters.
      if let quoting = quotings(sample, options).first {
        winner.quote = quoting.quote
        winner.escape = quoting.escape
      }
    }
    dialect = winner
  }

  private static func quotings(
    _ sample: CSVSample, _ options: CSVOptions
  ) -> [(quote: UInt8?, escape: UInt8?)] {
    let double = UInt8(ascii: "\"")
    let single = UInt8(ascii: "'")
    let backslash = UInt8(ascii: "\\")
    if let quote = options.quote {
      if let escape = options.escape { return [(quote, escape)] }
      return sample.contains(backslash) ? [(quote, nil), (quote, backslash)] : [(quote, nil)]
    }
    if let escape = options.escape { return [(double, escape)] }
    var result: [(quote: UInt8?, escape: UInt8?)] = [(double, nil)]
    if sample.contains(double), sample.contains(backslash) { result.append((double, backslash)) }
    if sample.contains(single) {
      result.append((single, nil))
      if sample.contains(backslash) { result.append((single, backslash)) }
    }
    return result
  }

  /// How well a dialect cuts the sample: records that agree on a number of fields above one, without
  /// problems.
  private static func score(_ sample: CSVSample, _ dialect: CSVDialect) -> Score {
    let records = sample.cut(dialect, limit: trialRecordCount, byteLimit: trialByteCount)
    let usual = records.usualFieldCount
    guard usual > 1, records.count > 0 else { return Score() }
    var agreeing = 0
    var first = records.count
    for index in 0..<records.count
    where !records.isBroken[index] && records.fieldCount(index) == usual {
      agreeing += 1
      first = min(first, index)
    }
    let isColon = dialect.delimiter == [UInt8(ascii: ":")]
    // Titles above the table do not count against it; colons are mostly those of times.
    let judged = records.count - (isColon ? 0 : min(first, 100))
    guard agreeing * (isColon ? 1 : 2) >= judged else { return Score() }
    let quoted = records.fields.reduce(0) { $0 + ($1.isQuoted ? 1 : 0) }
    let share = Double(agreeing) / Double(judged)
    // Agreement first, then more columns; a colon is a delimiter only when nothing else is. Quoted
    // fields speak for the quote that made them.
    var value = share * share * (1 + Double(min(usual, 50)) / 100)
    if isColon { value *= 0.5 }
    // A way that needs no lines skipped is the likelier one.
    if first > 0 { value *= 0.8 }
    if dialect.delimiter.count > 1 { value *= 1.2 }
    if dialect.quote == UInt8(ascii: "'"), quoted == 0 { value *= 0.5 }
    value *= 1 - 0.5 * Double(records.problemCount) / Double(records.count)
    if dialect.escape == nil, unevenBackslashes(records) { value *= 0.9 }
    return Score(value: value, quotedFields: quoted)
  }

  /// Whether quoted fields end in a backslash: it escapes what was taken for the closing quote.
  private static func unevenBackslashes(_ records: CSVSampleRecords) -> Bool {
    records.fields.contains { field in
      field.isQuoted && field.view.withBytes { $0.last == UInt8(ascii: "\\") }
    }
  }
}
