import Glibc
package import OlapColumns

/// Finds out how CSV files are written by looking at their beginning.
package enum CSVSniffer {
  private static let sampleByteCount = 1 << 20

  /// Dialect, names and types of the files, with what `options` say taken as given.
  package static func sniff(_ paths: [String], _ options: CSVOptions) throws -> CSVSchema {
    guard let first = paths.first else {
      throw ComputeError(.invalidArgument, "read_csv needs at least one file")
    }
    let sample = try readSample(first)
    var dialect = CSVDialect()
    dialect.skip = options.skip ?? 0
    dialect.comment = options.comment
    dialect.nullTexts = options.nullTexts
    dialect.nullPadding = options.nullPadding
    dialect.ignoresErrors = options.ignoresErrors
    dialect.escape = options.escape
    dialect.dateFormat = options.dateFormat
    dialect.timestampFormat = options.timestampFormat
    dialect.thousands = options.thousands
    if let quote = options.quote { dialect.quote = quote }
    dialect.delimiter = options.delimiter ?? chooseDelimiter(sample, dialect)
    var records = cut(sample, dialect, limit: options.sampleRowCount)
    if records.isEmpty {
      if options.definesColumns {
        return CSVSchema(
          dialect: dialect, names: options.types.map { $0.name },
          types: options.types.map { $0.type })
      }
      throw ComputeError(
        .invalidArgument, "\(first): the file is empty, so it has no columns; give columns = {…}")
    }
    let columnCount =
      options.definesColumns
      ? options.types.count : mostCommonCount(records, padding: options.nullPadding)
    records.removeAll { $0.count < columnCount && $0.count == 1 && ($0[0].text.isEmpty) }
    dialect.hasHeader = options.hasHeader ?? looksLikeHeader(records, columnCount, dialect)
    let names = columnNames(records, columnCount, dialect, options)
    let body = dialect.hasHeader ? Array(records.dropFirst()) : records
    dialect.decimalComma = options.decimalComma ?? usesDecimalComma(body, columnCount, dialect)
    let types = try columnTypes(body, names, &dialect, options)
    return CSVSchema(dialect: dialect, names: names, types: types)
  }

  struct Field {
    var text: String
    var isQuoted: Bool
  }

  private static func readSample(_ path: String) throws -> [UInt8] {
    // Standard input can be read once only; its columns must be given or it is all text.
    let file = try InputFile(path: path)
    guard file.byteCount != nil else { return try PipeSample.take(path) }
    var bytes = [UInt8](repeating: 0, count: sampleByteCount)
    var count = 0
    try bytes.withUnsafeMutableBytes { buffer in
      while count < buffer.count {
        guard let base = buffer.baseAddress else { break }
        let got = try file.read(into: base + count, count: buffer.count - count)
        if got == 0 { break }
        count += got
      }
    }
    let isWhole = count < sampleByteCount
    bytes.removeLast(bytes.count - count)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    if !isWhole, let last = bytes.lastIndex(of: UInt8(ascii: "\n")) {
      bytes.removeSubrange((last + 1)...)
    }
    return bytes
  }

  /// The delimiter that cuts the most records into the same number (above one) of fields.
  private static func chooseDelimiter(_ sample: [UInt8], _ dialect: CSVDialect) -> UInt8 {
    var best = dialect.delimiter
    var bestScore = 0.0
    for candidate in [",", ";", "\t", "|", ":"].map({ $0.utf8.first ?? 44 }) {
      var trial = dialect
      trial.delimiter = candidate
      let records = cut(sample, trial, limit: 500)
      let count = mostCommonCount(records, padding: false)
      guard count > 1, !records.isEmpty else { continue }
      let agreeing = records.filter { $0.count == count }.count
      let share = Double(agreeing) / Double(records.count)
      // Agreement first, then more columns; a colon is a delimiter only when nothing else is.
      let score = share * share * (1 + Double(min(count, 50)) / 100) * (candidate == 58 ? 0.5 : 1)
      if score > bestScore + 1e-9 {
        bestScore = score
        best = candidate
      }
    }
    return best
  }

  static func cut(_ sample: [UInt8], _ dialect: CSVDialect, limit: Int) -> [[Field]] {
    var records: [[Field]] = []
    var record: [Field] = []
    var field: [UInt8] = []
    var isQuoted = false
    var wasQuoted = false
    var skip = dialect.skip
    var index = 0
    let newline = UInt8(ascii: "\n")
    while index < sample.count, skip > 0 {
      if sample[index] == newline { skip -= 1 }
      index += 1
    }
    func endField() {
      if !wasQuoted, field.last == UInt8(ascii: "\r") { field.removeLast() }
      record.append(Field(text: String(decoding: field, as: UTF8.self), isQuoted: wasQuoted))
      field.removeAll(keepingCapacity: true)
      wasQuoted = false
    }
    func endRecord() {
      endField()
      let isBlank = record.count == 1 && record[0].text.isEmpty && !record[0].isQuoted
      let isComment = dialect.comment != nil && record[0].text.utf8.first == dialect.comment
      if !isBlank && !isComment { records.append(record) }
      record = []
    }
    while index < sample.count, records.count < limit {
      let byte = sample[index]
      if isQuoted {
        if let escape = dialect.escape, escape != dialect.quote, byte == escape,
          index + 1 < sample.count
        {
          field.append(sample[index + 1])
          index += 2
          continue
        }
        if byte == dialect.quote {
          if index + 1 < sample.count, sample[index + 1] == byte,
            dialect.escape == nil || dialect.escape == byte
          {
            field.append(byte)
            index += 2
            continue
          }
          isQuoted = false
        } else {
          field.append(byte)
        }
      } else if byte == dialect.quote, field.isEmpty, !wasQuoted {
        isQuoted = true
        wasQuoted = true
      } else if byte == dialect.delimiter {
        endField()
      } else if byte == newline {
        endRecord()
      } else if !(wasQuoted && byte == UInt8(ascii: "\r")) {
        field.append(byte)
      }
      index += 1
    }
    if records.count < limit, !field.isEmpty || !record.isEmpty || wasQuoted { endRecord() }
    return records
  }

  private static func mostCommonCount(_ records: [[Field]], padding: Bool) -> Int {
    if padding { return records.map { $0.count }.max() ?? 0 }
    var counts: [Int: Int] = [:]
    for record in records { counts[record.count, default: 0] += 1 }
    return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
  }

  private static let candidates: [SQLType] = [
    .boolean, .bigint, .double, .time, .date, .timestamp, .timestampTZ,
  ]

  /// A header is text over columns of other types; over all-text columns, distinct names that the
  /// column does not repeat.
  private static func looksLikeHeader(
    _ records: [[Field]], _ columnCount: Int, _ dialect: CSVDialect
  ) -> Bool {
    guard let first = records.first, first.count == columnCount else { return false }
    if first.contains(where: { $0.text.isEmpty }) { return false }
    let folded = first.map { $0.text.lowercased() }
    guard Set(folded).count == folded.count else { return false }
    if first.contains(where: { isTyped($0.text, dialect) }) { return false }
    let body = records.dropFirst().prefix(1000)
    if body.isEmpty { return true }
    for column in 0..<columnCount {
      let texts = body.compactMap {
        $0.count > column && !$0[column].text.isEmpty ? $0[column].text : nil
      }
      if !texts.isEmpty, texts.allSatisfy({ isTyped($0, dialect) }) { return true }
    }
    return (0..<columnCount).allSatisfy { column in
      !body.contains { $0.count > column && $0[column].text == first[column].text }
    }
  }

  private static func isTyped(_ text: String, _ dialect: CSVDialect) -> Bool {
    candidates.contains { fits([text], $0, dialect) }
      || DateFormats.match([text], isDate: true) != nil
  }

  /// Names from the header or `columnN`; duplicates get a suffix.
  private static func columnNames(
    _ records: [[Field]], _ columnCount: Int, _ dialect: CSVDialect, _ options: CSVOptions
  ) -> [String] {
    if options.definesColumns { return options.types.map { $0.name } }
    var names: [String] = (0..<columnCount).map { index in
      if dialect.hasHeader, let header = records.first, index < header.count,
        !header[index].text.isEmpty
      {
        return header[index].text.trimmed
      }
      return columnCount > 10 && index < 10 ? "column0\(index)" : "column\(index)"
    }
    for (index, name) in options.names.enumerated() where index < names.count {
      names[index] = name
    }
    var seen: Set<String> = []
    for index in names.indices {
      let base = names[index]
      var suffix = 1
      while !seen.insert(names[index].lowercased()).inserted {
        names[index] = "\(base)_\(suffix)"
        suffix += 1
      }
    }
    return names
  }

  private static func usesDecimalComma(
    _ records: [[Field]], _ columnCount: Int, _ dialect: CSVDialect
  ) -> Bool {
    guard dialect.delimiter != UInt8(ascii: ",") else { return false }
    var found = false
    for column in 0..<columnCount {
      let texts = records.compactMap {
        $0.count > column && !$0[column].text.isEmpty ? $0[column].text : nil
      }
      guard !texts.isEmpty, texts.contains(where: { $0.utf8.contains(44) }) else { continue }
      if texts.allSatisfy({ isDecimalComma($0) }) { found = true }
    }
    // A point decimal anywhere would be misread.
    let hasPoint = records.contains {
      $0.contains { Double($0.text) != nil && $0.text.utf8.contains(46) }
    }
    return found && !hasPoint
  }

  private static func isDecimalComma(_ text: String) -> Bool {
    var commas = 0
    for (index, byte) in text.utf8.enumerated() {
      if byte == 44 {
        commas += 1
      } else if !(byte >= 48 && byte <= 57) && !(index == 0 && (byte == 45 || byte == 43)) {
        return false
      }
    }
    return commas <= 1 && text.utf8.contains { $0 >= 48 && $0 <= 57 }
  }

  private static func columnTypes(
    _ records: [[Field]], _ names: [String], _ dialect: inout CSVDialect, _ options: CSVOptions
  ) throws -> [SQLType] {
    var given: [String: SQLType] = [:]
    for (name, type) in options.types { given[name.lowercased()] = type }
    if !options.typesArePositional, !options.ignoresUnknownTypes, !options.definesColumns {
      for (name, _) in options.types
      where !names.contains(where: { $0.lowercased() == name.lowercased() }) {
        throw ComputeError(
          .invalidArgument,
          "types name a column \"\(name)\" that the file does not have; it has "
            + names.joined(separator: ", "))
      }
    }
    var result: [SQLType] = []
    for (column, name) in names.enumerated() {
      if options.typesArePositional || (!dialect.hasHeader && options.ignoresUnknownTypes) {
        if column < options.types.count {
          result.append(options.types[column].type)
          continue
        }
      } else if let type = given[name.lowercased()] {
        result.append(type)
        continue
      }
      if options.allVarchar {
        result.append(.varchar)
        continue
      }
      let fields = records.compactMap { $0.count > column ? $0[column] : nil }
      result.append(type(of: fields, &dialect))
    }
    return result
  }

  private static func type(of fields: [Field], _ dialect: inout CSVDialect) -> SQLType {
    let nulls = dialect.nullTexts.map { String(decoding: $0, as: UTF8.self) }
    let texts = fields.compactMap { field -> String? in
      if !field.isQuoted, field.text.isEmpty || nulls.contains(field.text) { return nil }
      return field.text
    }
    guard !texts.isEmpty else { return .varchar }
    // An empty quoted field is a text.
    if texts.contains("") { return .varchar }
    for type in candidates where fits(texts, type, dialect) { return type }
    if dialect.dateFormat == nil, let format = DateFormats.match(texts, isDate: true) {
      dialect.dateFormat = format
      return .date
    }
    if dialect.timestampFormat == nil, let format = DateFormats.match(texts, isDate: false) {
      dialect.timestampFormat = format
      return .timestamp
    }
    return .varchar
  }

  private static func fits(_ texts: [String], _ type: SQLType, _ dialect: CSVDialect) -> Bool {
    switch type {
    case .boolean:
      return texts.allSatisfy { ["true", "false"].contains($0.lowercased()) }
    case .bigint:
      return texts.allSatisfy { text in
        let body = text.utf8.first == 45 || text.utf8.first == 43 ? text.dropFirst() : text[...]
        // Leading zeros are codes (postcodes, phone numbers), not numbers.
        if body.count > 1, body.first == "0" { return false }
        return Int64(text) != nil
      }
    case .double:
      return texts.allSatisfy { text in
        let plain = CSVText.normalise(text, dialect, .double)
        guard let first = plain.utf8.first, first != 32 else { return false }
        let body = first == 45 || first == 43 ? plain.dropFirst() : plain[...]
        if body.count > 1, body.first == "0", body.dropFirst().first != ".",
          body.dropFirst().first != "e"
        {
          return false
        }
        guard
          body.first?.isNumber ?? false || body.first == "."
            || ["nan", "inf"].contains(body.lowercased())
        else { return false }
        return Double(plain) != nil
      }
    default:
      if type == .timestamp, texts.contains(where: { hasZone($0) }) { return false }
      return texts.prefix(2000).allSatisfy { text in
        guard looksLikeMoment(text, type) else { return false }
        let one = Vector.constant(
          .varchar(CSVText.normalise(text, dialect, type)), type: .varchar, count: 1)
        guard let result = try? Cast.cast(one, to: type, isTry: true, timeZoneName: "UTC") else {
          return false
        }
        return result.isValid(0)
      }
    }
  }

  /// A cheap look that keeps casts from accepting what nobody means as a date.
  private static func looksLikeMoment(_ text: String, _ type: SQLType) -> Bool {
    guard let first = text.utf8.first, first >= 48, first <= 57 else { return false }
    let hasColon = text.utf8.contains(58)
    let hasDash = text.utf8.contains(45) || text.utf8.contains(47)
    switch type {
    case .time: return hasColon && !hasDash
    case .date: return hasDash && !hasColon
    default: return hasDash
    }
  }

  private static func hasZone(_ text: String) -> Bool {
    guard let colon = text.utf8.firstIndex(of: 58) else { return false }
    return text.utf8[colon...].contains { $0 == 43 || $0 == 45 || $0 == 90 || $0 == 122 }
  }
}

/// Orders of day, month and year that files use beside ISO.
enum DateFormats {
  private static let dates = [
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y",
    "%m/%d/%y", "%d/%m/%y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y",
  ]
  private static let times = ["%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p"]

  /// The first format under which every text is a real date (or timestamp).
  static func match(_ texts: [String], isDate: Bool) -> String? {
    let formats = isDate ? dates : dates.flatMap { date in times.map { date + " " + $0 } }
    let type: SQLType = isDate ? .date : .timestamp
    return formats.first { format in
      texts.prefix(2000).allSatisfy { text in
        guard let rewritten = DateOrder.rewrite(text, format) else { return false }
        let one = Vector.constant(.varchar(rewritten), type: .varchar, count: 1)
        return (try? Cast.cast(one, to: type, isTry: true, timeZoneName: "UTC"))?.isValid(0)
          ?? false
      }
    }
  }
}

/// Pipes cannot be read twice.
enum PipeSample {
  static func take(_ path: String) throws -> [UInt8] {
    throw ComputeError(
      .invalidArgument,
      "\(path): the columns of a pipe cannot be found by looking; load it into an existing table or give "
        + "columns = {…}, header = true|false and delim")
  }
}

extension String {
  /// Without blanks around it.
  var trimmed: String {
    var view = self[...]
    while view.first?.isWhitespace ?? false { view.removeFirst() }
    while view.last?.isWhitespace ?? false { view.removeLast() }
    return String(view)
  }
}
