import Glibc
internal import OlapColumns

/// Finds the type of each column from sample texts, all columns of a file together: a column that could
/// be read in two ways is read as its neighbours are.
struct TextTypeSniffer {
  /// What the texts of one column allow.
  private struct Evidence {
    var texts: [StringView]
    var type: SQLType?
    var styles: [NumberStyle] = []
    var formats: [MomentFormat] = []
  }

  let options: CSVOptions
  let delimiter: [UInt8]

  /// Types and formats of columns; a column's texts are without NULLs, trimmed.
  ///
  /// `wanted` are types that are settled already: for them only the spelling is looked for, the one that
  /// most texts have.
  func sniff(
    _ columns: [[StringView]], wanted: [SQLType?] = []
  ) -> [(type: SQLType, format: CSVFieldFormat)] {
    var evidence = columns.enumerated().map { index, texts in
      let type = index < wanted.count ? wanted[index] : nil
      return type.map { examine(texts, wanted: $0) } ?? examine(texts)
    }
    settleNumbers(&evidence)
    settleMoments(&evidence)
    return evidence.map { column in
      var format = CSVFieldFormat()
      let type = column.type ?? .varchar
      if let style = column.styles.first { format.numbers = style }
      if let moments = column.formats.first { format.moments = moments }
      return (type, format)
    }
  }

  private func examine(_ texts: [StringView]) -> Evidence {
    var result = Evidence(texts: texts)
    guard !texts.isEmpty, !texts.anyHolds({ $0.count == 0 }) else {
      result.type = .varchar
      return result
    }
    if texts.allHold({ isTruth($0) }) {
      result.type = .boolean
      return result
    }
    result.styles = styles(texts)
    if !result.styles.isEmpty { return result }
    for type in [SQLType.time, .date, .timestamp, .timestampTZ] where fits(texts, type) {
      result.type = type
      if let given = type == .date ? options.dateFormat : options.timestampFormat {
        // A format that was given is the only one.
        result.type = nil
        result.formats = [given]
      }
      if result.type != nil { return result }
    }
    if let format = timeFormat(texts) {
      result.type = .time
      result.formats = [format]
      return result
    }
    result.formats = formats(texts)
    if result.formats.isEmpty { result.type = .varchar }
    return result
  }

  /// The way of writing times of day, other than ISO's, that all texts follow.
  private func timeFormat(_ texts: [StringView]) -> MomentFormat? {
    MomentFormat.times.first { format in
      texts.allHold { $0.withBytes { format.time($0) != nil } }
    }
  }

  /// Evidence for the spelling of a type that is settled.
  private func examine(_ texts: [StringView], wanted: SQLType) -> Evidence {
    if wanted == .time {
      var result = Evidence(texts: texts, type: .time)
      if !texts.isEmpty, let format = timeFormat(texts) { result.formats = [format] }
      return result
    }
    guard wanted.isNumeric || wanted == .date || wanted == .timestamp || wanted == .timestampTZ
    else {
      return Evidence(texts: texts, type: wanted)
    }
    let whole = examine(texts)
    if wanted.isNumeric ? !whole.styles.isEmpty : (whole.type != .varchar && whole.styles.isEmpty) {
      return whole
    }
    // Some texts do not fit: the spelling that fits most of them shows which.
    let sample = Array(texts.prefix(2000))
    var best = Evidence(texts: [], type: wanted)
    if wanted.isNumeric {
      let fits: (NumberStyle, StringView) -> Bool = { style, view in
        view.withBytes { style.shape($0.bindMemory(to: UInt8.self)) != nil }
      }
      let fitting = mostFitting(NumberStyle.candidates, sample, fits)
      best.texts = sample.filter { view in fitting.allSatisfy { fits($0, view) } }
      best.styles = fitting
    } else {
      let zone = TimeZone.utc
      let fits: (MomentFormat, StringView) -> Bool = { format, view in
        view.withBytes { bytes in
          format.hasTime
            ? format.timestamp(bytes, utc: false, zone: zone) != nil : format.date(bytes) != nil
        }
      }
      let iso = sample.reduce(0) { count, view in
        count + (view.withBytes { DateTimeParser.timestamp($0) != nil } ? 1 : 0)
      }
      let formats = mostFitting(MomentFormat.dates + MomentFormat.timestamps, sample, fits)
      let matched = formats.first.map { format in
        sample.reduce(0) { $0 + (fits(format, $1) ? 1 : 0) }
      }
      if let matched, matched > iso { best.formats = formats }
    }
    return best
  }

  /// The candidates that fit the most texts; none when none fits any.
  private func mostFitting<T>(
    _ candidates: [T], _ texts: [StringView], _ fits: (T, StringView) -> Bool
  ) -> [T] {
    let counts = candidates.map { candidate in
      texts.reduce(0) { $0 + (fits(candidate, $1) ? 1 : 0) }
    }
    guard let most = counts.max(), most > 0 else { return [] }
    return zip(candidates, counts).compactMap { $1 == most ? $0 : nil }
  }

  private func isTruth(_ view: StringView) -> Bool {
    guard view.count == 4 || view.count == 5 else { return false }
    let text = view.string.lowercased()
    return text == "true" || text == "false"
  }

  // MARK: Numbers

  private func styles(_ texts: [StringView]) -> [NumberStyle] {
    guard
      texts[0].withBytes({ bytes in bytes.contains { $0 >= 0x30 && $0 <= 0x39 } })
        || texts.anyHolds({ isSpecialNumber($0) })
    else { return [] }
    let allowed = NumberStyle.candidates.filter { style in
      (options.decimalPoint == nil || style.point == options.decimalPoint)
        && (options.thousands == nil || style.thousands == options.thousands)
    }
    var given: [NumberStyle] = []
    if allowed.isEmpty, let thousands = options.thousands {
      given = [NumberStyle(point: options.decimalPoint ?? UInt8(ascii: "."), thousands: thousands)]
    }
    return (allowed + given).filter { style in
      var hasDigits = false
      var seen = 0
      for view in texts {
        seen += 1
        if seen & 0x3fff == 0, Cancellation.isRequested { return false }
        if isSpecialNumber(view) { continue }
        let shape = view.withBytes { style.shape($0.bindMemory(to: UInt8.self)) }
        if shape == nil { return false }
        hasDigits = true
      }
      return hasDigits
    }
  }

  private func isSpecialNumber(_ view: StringView) -> Bool {
    guard view.count <= 9 else { return false }
    switch view.string.lowercased() {
    case "nan", "inf", "-inf", "+inf", "infinity", "-infinity": return true
    default: return false
    }
  }

  /// Chooses among styles that fit: by the columns that leave no doubt, then by what is usual.
  private func settleNumbers(_ columns: inout [Evidence]) {
    let comma = UInt8(ascii: ",")
    var commaPoints = 0
    var pointPoints = 0
    for column in columns where !column.styles.isEmpty {
      let points = Set(column.styles.filter { usesPoint($0, column) }.map { $0.point })
      if points == [comma] { commaPoints += 1 }
      if points == [UInt8(ascii: ".")], !column.styles.contains(where: { $0.point == comma }) {
        pointPoints += 1
      }
    }
    // Where commas part fields they seldom are decimal points.
    let prefersComma =
      commaPoints > pointPoints || (commaPoints == pointPoints && delimiter != [comma])
    for index in columns.indices where !columns[index].styles.isEmpty {
      let style = chosen(columns[index], prefersComma: prefersComma, commaSeen: commaPoints > 0)
      columns[index].styles = [style]
      columns[index].type = numberType(columns[index].texts, style)
      if columns[index].type == .varchar { columns[index].styles = [] }
    }
  }

  /// Whether a text has what is the decimal point under the style.
  private func usesPoint(_ style: NumberStyle, _ column: Evidence) -> Bool {
    column.texts.anyHolds { view in view.withBytes { bytes in bytes.contains(style.point) } }
  }

  private func chosen(
    _ column: Evidence, prefersComma: Bool, commaSeen: Bool
  ) -> NumberStyle {
    let styles = column.styles
    let plain = styles.contains(.plain)
    let comma = UInt8(ascii: ",")
    let hasComma = column.texts.anyHolds { $0.withBytes { bytes in bytes.contains(comma) } }
    let hasPoint = column.texts.anyHolds { $0.withBytes { bytes in bytes.contains(0x2e) } }
    if plain, !hasComma {
      // `1.234`: a fraction, unless the file writes decimal commas and all points part thousands.
      let grouped = NumberStyle(point: comma, thousands: [0x2e])
      if hasPoint, commaSeen, prefersComma, styles.contains(grouped) { return grouped }
      return .plain
    }
    let preferred = styles.filter { $0.point == comma }
    let other = styles.filter { $0.point != comma }
    if prefersComma { return preferred.first ?? other.first ?? .plain }
    return other.first ?? preferred.first ?? .plain
  }

  private func numberType(_ texts: [StringView], _ style: NumberStyle) -> SQLType {
    var type = SQLType.bigint
    var seen = 0
    for view in texts {
      seen += 1
      if seen & 0x3fff == 0, Cancellation.isRequested { return .varchar }
      if isSpecialNumber(view) { return .double }
      guard let shape = view.withBytes({ style.shape($0.bindMemory(to: UInt8.self)) }) else {
        return .varchar
      }
      if shape.hasPoint || shape.hasExponent {
        type = .double
      } else if type == .bigint, shape.digits > 18 {
        type = wideType(view, style) ?? .double
      }
      if type == .double, !shape.hasPoint, !shape.hasExponent, shape.digits > 38 { return .varchar }
    }
    return type
  }

  private func wideType(_ view: StringView, _ style: NumberStyle) -> SQLType? {
    let digits = view.string.utf8.filter { $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2d }
    let text = String(decoding: digits, as: UTF8.self)
    if Int64(text) != nil { return .bigint }
    return Int128(text) != nil ? .hugeint : nil
  }

  // MARK: Dates and times

  private func fits(_ texts: [StringView], _ type: SQLType) -> Bool {
    guard texts.allHold({ looksLikeMoment($0, type) }) else { return false }
    if type == .timestamp, texts.anyHolds({ hasZone($0) }) { return false }
    if type == .timestampTZ, !texts.allHold({ hasZone($0) }) { return false }
    var fits = true
    let seen = Cancellation.strides(texts.count) { range in
      if fits { fits = casts(texts[range], to: type) }
    }
    return fits && seen == texts.count
  }

  private func casts(_ texts: ArraySlice<StringView>, to type: SQLType) -> Bool {
    let builder = StringVectorBuilder(type: .varchar, capacity: texts.count)
    for view in texts { builder.append(view) }
    let vector = builder.finish()
    guard let cast = try? Cast.cast(vector, to: type, isTry: true, timeZoneName: "UTC") else {
      return false
    }
    let flat = cast.flattened()
    return (0..<texts.count).allSatisfy { flat.isValid($0) }
  }

  /// A cheap look that keeps casts from accepting what nobody means as a date.
  private func looksLikeMoment(_ view: StringView, _ type: SQLType) -> Bool {
    view.withBytes { text in
      guard let first = text.first, first >= 0x30, first <= 0x39 else { return false }
      let hasColon = text.contains(0x3a)
      let separators = text.reduce(0) { $0 + ($1 == 0x2d || $1 == 0x2f ? 1 : 0) }
      switch type {
      case .time: return hasColon && separators == 0
      case .date: return separators == 2 && !hasColon && text.count >= 8
      default: return separators >= 2 && text.count >= 8
      }
    }
  }

  private func hasZone(_ view: StringView) -> Bool {
    view.withBytes { text in
      guard let colon = text.firstIndex(of: 0x3a) else { return false }
      return text[colon...].contains { byte in
        byte == 0x2b || byte == 0x2d || (byte | 0x20 >= 97 && byte | 0x20 <= 122)
      }
    }
  }

  private func formats(_ texts: [StringView]) -> [MomentFormat] {
    let zone = TimeZone.utc
    // What cannot hold a date is seen at once.
    guard texts.allHold({ $0.count >= 6 && $0.count <= 48 }) else { return [] }
    guard texts[0].withBytes({ bytes in bytes.contains { $0 >= 0x30 && $0 <= 0x39 } }) else {
      return []
    }
    if let given = options.timestampFormat ?? options.dateFormat {
      let fitting = [options.dateFormat, options.timestampFormat].compactMap { $0 }.filter {
        format in
        texts.allHold { view in
          view.withBytes { bytes in
            format.hasTime
              ? format.timestamp(bytes, utc: false, zone: zone) != nil : format.date(bytes) != nil
          }
        }
      }
      if !fitting.isEmpty || given.hasTime { return fitting }
    }
    let dates = MomentFormat.dates.filter { format in
      texts.allHold { view in view.withBytes { format.date($0) != nil } }
    }
    if !dates.isEmpty { return dates }
    return MomentFormat.timestamps.filter { format in
      texts.allHold { view in
        view.withBytes { format.timestamp($0, utc: false, zone: zone) != nil }
      }
    }
  }

  /// Where both orders of day and month fit, the order of a column without doubt decides.
  private func settleMoments(_ columns: inout [Evidence]) {
    var dayFirst = 0
    var monthFirst = 0
    for column in columns {
      let orders = Set(column.formats.compactMap { $0.isDayFirst })
      if orders == [true] { dayFirst += 1 }
      if orders == [false] { monthFirst += 1 }
    }
    for index in columns.indices
    where !columns[index].formats.isEmpty && columns[index].type != .time {
      let formats = columns[index].formats
      let wanted = monthFirst > dayFirst ? false : true
      let format = formats.first { $0.isDayFirst ?? wanted == wanted } ?? formats[0]
      columns[index].formats = [format]
      columns[index].type = format.hasZone ? .timestampTZ : format.hasTime ? .timestamp : .date
    }
  }
}

/// Texts may be all of a large file, so questions about them end early when the statement is cancelled;
/// the answer is not used then.
extension [StringView] {
  fileprivate func allHold(_ condition: (StringView) -> Bool) -> Bool {
    var holds = true
    let seen = Cancellation.strides(count) { range in
      if holds { holds = self[range].allSatisfy(condition) }
    }
    return holds && seen == count
  }

  fileprivate func anyHolds(_ condition: (StringView) -> Bool) -> Bool {
    !allHold { !condition($0) }
  }
}
