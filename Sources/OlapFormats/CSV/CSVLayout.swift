internal import OlapColumns

/// Where one file's header and records are, and what the columns are called.
struct CSVLayout {
  let fieldCount: Int
  let names: [String]
  /// The header's texts; empty without one.
  let header: [String]
  /// Lines were found that are to be skipped.
  let cutAgain: Bool

  init(
    _ sample: CSVSample, _ records: CSVSampleRecords, _ dialect: inout CSVDialect,
    _ options: CSVOptions, firstNames: [String]
  ) {
    var count = options.definesColumns ? options.types.count : records.usualFieldCount
    if options.nullPadding, !options.definesColumns {
      count = (0..<records.count).map { records.fieldCount($0) }.max() ?? count
    }
    var first = 0
    if options.skip == nil, !options.nullPadding {
      first = CSVLayout.preamble(records, count, dialect, options)
    }
    cutAgain = first > 0
    if first > 0 {
      let start = sample.base
      let limit = records.offsets[first]
      var lines = 0
      for i in 0..<limit where start[i] == dialect.newline { lines += 1 }
      dialect.skip = lines
    }
    let rows = CSVHeaderRows(records: records, first: first, fieldCount: count, options: options)
    let known =
      options.definesColumns
      ? options.types.map { $0.name }
      : firstNames.isEmpty ? options.target?.columns.map { $0.name } ?? [] : firstNames
    dialect.hasHeader = options.hasHeader ?? (rows.isHeader(known) || rows.looksLikeHeader)
    var texts = dialect.hasHeader ? rows.texts(first) : []
    if options.comment == nil, let first = texts.first, first.hasPrefix("#"), first.count > 1 {
      texts[0] = String(first.dropFirst())
    }
    header = texts.map { $0.trimmed }
    if !options.definesColumns,
      dialect.hasHeader || (options.types.isEmpty && options.target == nil),
      rows.lastIsEmpty(count)
    {
      count -= 1
    }
    fieldCount = count
    names = CSVLayout.names(header, count, options)
  }

  /// Records before the table: titles and the like, which have fewer fields.
  private static func preamble(
    _ records: CSVSampleRecords, _ count: Int, _ dialect: CSVDialect, _ options: CSVOptions
  ) -> Int {
    guard count > 1, !options.definesColumns else { return 0 }
    var first = 0
    while first < records.count, first < 100,
      records.isBroken[first] || records.fieldCount(first) != count
    {
      first += 1
    }
    guard first > 0, first < records.count, first < 100 else { return 0 }
    let rows = CSVHeaderRows(records: records, first: first, fieldCount: count, options: options)
    if options.hasHeader ?? rows.looksLikeHeader { return first }
    // A short first record may be a header that lacks names; a lone text is a title.
    return (0..<first).allSatisfy { records.fieldCount($0) == 1 } ? first : 0
  }

  /// Names from the header or `columnN`; duplicates get a suffix.
  private static func names(_ header: [String], _ count: Int, _ options: CSVOptions) -> [String] {
    if options.definesColumns { return options.types.map { $0.name } }
    var names: [String] = (0..<count).map { index in
      if index < header.count, !header[index].isEmpty {
        return options.normalizesNames ? normalised(header[index]) : header[index]
      }
      return count > 10 && index < 10 ? "column0\(index)" : "column\(index)"
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

  /// Lower case, digits and underscores.
  private static func normalised(_ name: String) -> String {
    var result = ""
    for letter in name.lowercased() {
      let isPlain = letter.isASCII && (letter.isLetter || letter.isNumber)
      if isPlain { result.append(letter) } else if result.last != "_" { result.append("_") }
    }
    while result.last == "_" { result.removeLast() }
    while result.first == "_" { result.removeFirst() }
    if result.isEmpty { return "column" }
    return result.first?.isNumber ?? false ? "_" + result : result
  }
}
