internal import OlapColumns

/// Whether the first record of a table names its columns.
struct CSVHeaderRows {
  let records: CSVSampleRecords
  let first: Int
  let fieldCount: Int
  let options: CSVOptions

  func texts(_ index: Int) -> [String] {
    index < records.count ? records.record(index).map { $0.view.string } : []
  }

  /// Whether the first record repeats names that are known.
  func isHeader(_ known: [String]) -> Bool {
    guard !known.isEmpty, first < records.count else { return false }
    let folded = Set(known.map { $0.lowercased() })
    let texts = texts(first).map { $0.trimmed.lowercased() }
    return texts.contains { folded.contains($0) }
      && texts.allSatisfy { $0.isEmpty || folded.contains($0) }
  }

  /// A header is text over columns of other types; over all-text columns, distinct names that the
  /// column does not repeat.
  var looksLikeHeader: Bool {
    guard first < records.count, !records.isBroken[first] else { return false }
    let names = records.record(first)
    guard names.count <= fieldCount || fieldCount == 0 else { return true }
    let texts = names.map { $0.view.string.trimmed.lowercased() }
    let given = texts.filter { !$0.isEmpty }
    guard !given.isEmpty, Set(given).count == given.count || given.count == 1 || isOverTypes else {
      return false
    }
    if names.contains(where: { $0.view.count > 0 && isTyped([$0.view.trimmed]) }) { return false }
    let last = min(records.count, first + 1000)
    if first + 1 >= last { return !texts.contains("") }
    if isOverTypes { return true }
    if texts.contains("") { return false }
    return !(first + 1..<last).contains { index in
      zip(records.record(index), names).contains { $0.view == $1.view }
    }
  }

  /// Whether a column below the first record has a type.
  private var isOverTypes: Bool {
    (0..<fieldCount).contains { column in
      let body = views(column)
      return !body.isEmpty && isTyped(body)
    }
  }

  private func views(_ column: Int) -> [StringView] {
    var result: [StringView] = []
    for index in first + 1..<max(first + 1, min(records.count, first + 200)) {
      let record = records.record(index)
      guard column < record.count else { continue }
      let view = record[record.startIndex + column].view.trimmed
      if view.count == 0 { continue }
      let isNull = options.nullTexts.contains { text in view.withBytes { $0.elementsEqual(text) } }
      if !isNull { result.append(view) }
    }
    return result
  }

  private func isTyped(_ views: [StringView]) -> Bool {
    let sniffer = TextTypeSniffer(options: options, delimiter: [])
    return sniffer.sniff([views])[0].type != .varchar
  }

  /// Whether every record ends in an empty field: a delimiter at the end of each line.
  func lastIsEmpty(_ count: Int) -> Bool {
    guard count > 1, first < records.count else { return false }
    for index in first..<records.count where !records.isBroken[index] {
      let record = records.record(index)
      guard record.count >= count else { continue }
      let field = record[record.startIndex + count - 1]
      if field.view.count > 0 || field.isQuoted { return false }
    }
    return options.names.isEmpty && !options.typesArePositional
  }
}
