import Glibc
internal import OlapColumns

/// Finds out how CSV files are written by looking: at their beginnings, and at places further in.
package struct CSVSniffer {
  private static let sampleByteCount = 1 << 20
  private static let laterSampleByteCount = 1 << 16
  private static let largestSampleByteCount = 1 << 30
  /// A sample that holds fewer records is made larger.
  private static let fewestRecords = 4
  /// Files whose values are looked at; of the others only the header.
  private static let valueFileCount = 16
  private static let windowCount = 16
  private static let windowByteCount = 1 << 15

  private let options: CSVOptions
  private var columns: [CSVColumn] = []
  private var texts: [[StringView]] = []
  private var hasEmptyText: [Bool] = []
  private var files: [CSVFile] = []
  private var firstDialect: CSVDialect?
  private var firstNames: [String] = []
  private var firstFieldCount = 0
  /// What the texts point into.
  private var keepers: [AnyObject] = []

  private init(_ options: CSVOptions) { self.options = options }

  /// Dialect, names and types of the files, with what `options` say taken as given.
  package static func sniff(_ inputs: InputFiles, _ options: CSVOptions) throws -> CSVSchema {
    guard !inputs.paths.isEmpty else {
      throw ComputeError(.invalidArgument, "read_csv needs at least one file")
    }
    var sniffer = CSVSniffer(options)
    for index in inputs.paths.indices {
      try sniffer.add(path: inputs.paths[index], location: inputs.locations[index])
    }
    if sniffer.firstDialect == nil {
      guard options.definesColumns else {
        throw ComputeError(
          .invalidArgument,
          "\(inputs.paths[0]): the file is empty, so it has no columns; give columns = {…}")
      }
      sniffer.columns = options.types.map { CSVColumn(name: $0.name, type: $0.type) }
    }
    try sniffer.settleTypes()
    let width = sniffer.columns.count
    for index in sniffer.files.indices {
      let missing = width - sniffer.files[index].fields.count
      sniffer.files[index].fields += Array(repeating: nil, count: max(0, missing))
    }
    return CSVSchema(
      columns: sniffer.columns, files: sniffer.files, nullTexts: options.nullTexts,
      partitions: try inputs.partitions(options.files), isByName: sniffer.isByName)
  }

  private mutating func add(path: String, location: String) throws {
    let isFirst = firstDialect == nil
    var size = isFirst ? CSVSniffer.sampleByteCount : CSVSniffer.laterSampleByteCount
    if options.sampleRowCount == .max { size = 1 << 30 }
    var sample = try CSVSample(location: location, options: options.files, byteCount: size)
    if sample.isEmpty {
      var file = CSVFile(path: path, dialect: CSVDialect(), fieldCount: 0, fields: [])
      file.dialect.hasHeader = false
      files.append(file)
      return
    }
    var dialect = dialect(of: sample)
    var records = sample.cut(dialect, limit: options.sampleRowCount)
    // Fields of megabytes: look further, until there are records to judge by.
    while records.count < min(CSVSniffer.fewestRecords, options.sampleRowCount), !sample.isWhole,
      size < CSVSniffer.largestSampleByteCount
    {
      size *= 8
      sample = try CSVSample(location: location, options: options.files, byteCount: size)
      dialect = self.dialect(of: sample)
      records = sample.cut(dialect, limit: options.sampleRowCount)
    }
    keepers.append(sample)
    if records.count == 0 {
      // Nothing but comments and blank lines.
      files.append(CSVFile(path: path, dialect: dialect, fieldCount: 0, fields: []))
      return
    }
    try Cancellation.check()
    let layout = CSVLayout(sample, records, &dialect, options, firstNames: firstNames)
    if layout.cutAgain { records = sample.cut(dialect, limit: options.sampleRowCount) }
    let file = try place(
      CSVFile(path: path, dialect: dialect, fieldCount: layout.fieldCount, fields: []), layout)
    files.append(file)
    guard files.count <= CSVSniffer.valueFileCount else { return }
    collect(records, from: dialect.hasHeader ? 1 : 0, file)
    if isFirst, !records.hasQuotedNewline {
      let (more, memory) = try sample.cutWindows(
        dialect, fieldCount: layout.fieldCount, windows: CSVSniffer.windowCount,
        windowByteCount: CSVSniffer.windowByteCount)
      for buffer in memory { keepers.append(buffer) }
      collect(more, from: 0, file)
    }
  }

  /// The first file's dialect when it cuts this one as well, else a fresh look.
  private func dialect(of sample: CSVSample) -> CSVDialect {
    if let firstDialect, options.skip != nil || firstDialect.skip == 0 {
      var trial = firstDialect
      trial.newline = sample.newline
      let records = sample.cut(trial, limit: 100)
      if records.problemCount == 0, records.usualFieldCount == firstFieldCount { return trial }
    }
    return CSVDialectSniffer.sniff(sample, options)
  }

  /// Finds the file's columns among those known, adding new ones.
  private mutating func place(_ file: CSVFile, _ layout: CSVLayout) throws -> CSVFile {
    var file = file
    if firstDialect == nil {
      firstDialect = file.dialect
      firstNames = layout.names
      firstFieldCount = layout.fieldCount
      for name in layout.names { addColumn(name) }
      file.fields = layout.names.indices.map { $0 }
      if options.definesColumns, file.dialect.hasHeader {
        file.fields = reordered(layout) ?? file.fields
      }
      return file
    }
    file.fields = Array(repeating: nil, count: columns.count)
    let known = columns.map { $0.name.lowercased() }
    let names = layout.names.map { $0.lowercased() }
    if options.definesColumns || !file.dialect.hasHeader {
      guard layout.fieldCount == firstFieldCount || options.nullPadding || options.files.unionByName
      else { throw mismatch(file, layout) }
      for position in 0..<min(layout.fieldCount, columns.count) { file.fields[position] = position }
      return file
    }
    for (position, name) in names.enumerated() {
      if let column = known.firstIndex(of: name) {
        file.fields[column] = position
      } else if options.files.unionByName {
        addColumn(layout.names[position])
        file.fields.append(position)
      } else {
        throw mismatch(file, layout)
      }
    }
    if !options.files.unionByName, file.fields.contains(where: { $0 == nil }) {
      throw mismatch(file, layout)
    }
    return file
  }

  /// With `columns = {…}`: the header's order when it names the same columns.
  private func reordered(_ layout: CSVLayout) -> [Int?]? {
    let header = layout.header.map { $0.lowercased() }
    let wanted = columns.map { $0.name.lowercased() }
    guard Set(header) == Set(wanted), Set(header).count == header.count else { return nil }
    return wanted.map { header.firstIndex(of: $0) }
  }

  private func mismatch(_ file: CSVFile, _ layout: CSVLayout) -> ComputeError {
    ComputeError(
      .invalidArgument,
      "the columns of \"\(file.path)\" (\(layout.names.joined(separator: ", "))) are not those of "
        + "\"\(files[0].path)\" (\(firstNames.joined(separator: ", "))); union_by_name = true takes "
        + "the columns of all files")
  }

  private mutating func addColumn(_ name: String) {
    columns.append(CSVColumn(name: name, type: .varchar))
    texts.append([])
    hasEmptyText.append(false)
  }

  /// Adds the records' texts to their columns, NULLs left out, blanks trimmed.
  private mutating func collect(_ records: CSVSampleRecords, from first: Int, _ file: CSVFile) {
    for index in first..<max(first, records.count) where !records.isBroken[index] {
      if index & 0xfff == 0xfff, Cancellation.isRequested { return }
      let record = records.record(index)
      for (column, position) in file.fields.enumerated() {
        guard let position, position < record.count else { continue }
        let field = record[record.startIndex + position]
        if isNull(field) { continue }
        texts[column].append(
          field.isQuoted && field.view.count == 0 ? field.view : field.view.trimmed)
      }
    }
  }

  private func isNull(_ field: SampleField) -> Bool {
    if field.isQuoted { return false }
    if field.view.count == 0 { return true }
    return options.nullTexts.contains { text in
      field.view.withBytes { $0.elementsEqual(text) }
    }
  }

  // MARK: Types

  private mutating func settleTypes() throws {
    if options.definesColumns {
      for index in columns.indices where index < options.types.count {
        columns[index].type = options.types[index].type
      }
    }
    let given = try givenTypes()
    let sniffer = TextTypeSniffer(options: options, delimiter: firstDialect?.delimiter ?? [])
    let found =
      options.allVarchar
      ? columns.map { _ in (type: SQLType.varchar, format: CSVFieldFormat()) }
      : sniffer.sniff(texts, wanted: given)
    try Cancellation.check()
    for index in columns.indices {
      columns[index].type = given[index] ?? found[index].type
      var format = found[index].format
      if let point = options.decimalPoint { format.numbers.point = point }
      if let thousands = options.thousands { format.numbers.thousands = thousands }
      switch columns[index].type {
      case .date: format.moments = options.dateFormat ?? format.moments
      case .timestamp, .timestampOf, .timestampTZ:
        format.moments = options.timestampFormat ?? format.moments
      default: break
      }
      columns[index].format = format
    }
  }

  /// Whether the columns are the target's by name.
  private var isByName: Bool {
    guard let target = options.target else { return true }
    guard firstDialect?.hasHeader == true || !options.names.isEmpty else { return false }
    if target.prefersNames { return true }
    return Set(columns.map { $0.name.lowercased() })
      == Set(target.columns.map { $0.name.lowercased() })
  }

  /// Types that were said, per column.
  private func givenTypes() throws -> [SQLType?] {
    if let target = options.target {
      if !isByName {
        return columns.indices.map { $0 < target.columns.count ? target.columns[$0].type : nil }
      }
      return columns.map { column in
        target.columns.first { $0.name.lowercased() == column.name.lowercased() }?.type
      }
    }
    if options.definesColumns {
      return columns.indices.map { $0 < options.types.count ? options.types[$0].type : nil }
    }
    let isPositional =
      options.typesArePositional
      || (options.ignoresUnknownTypes && firstDialect?.hasHeader == false)
    if isPositional {
      return columns.indices.map { $0 < options.types.count ? options.types[$0].type : nil }
    }
    var given: [String: SQLType] = [:]
    for (name, type) in options.types { given[name.lowercased()] = type }
    if !options.ignoresUnknownTypes {
      let names = Set(columns.map { $0.name.lowercased() })
      for (name, _) in options.types where !names.contains(name.lowercased()) {
        throw ComputeError(
          .invalidArgument,
          "types name a column \"\(name)\" that the file does not have; it has "
            + columns.map { $0.name }.joined(separator: ", "))
      }
    }
    return columns.map { given[$0.name.lowercased()] }
  }
}
