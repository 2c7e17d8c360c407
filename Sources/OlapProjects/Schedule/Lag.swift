/// Times such as `5 minutes`, `90s`, `1 hour 30 minutes`, as TARGET LAG and `@lag` take them.
package enum Lag {
  /// Seconds, 1 at least; nil when the text is not such a time.
  package static func seconds(_ text: String) -> Int? {
    var total = 0
    var rest = text.lowercased()[...]
    var hasPart = false
    while true {
      rest = rest.drop { $0 == " " || $0 == "," }
      if rest.isEmpty { break }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let number = Int(digits) else { return nil }
      rest = rest.dropFirst(digits.count).drop { $0 == " " }
      let word = rest.prefix { $0.isLetter }
      guard let unit = unit(String(word)) else { return nil }
      rest = rest.dropFirst(word.count)
      let (part, overflow) = number.multipliedReportingOverflow(by: unit)
      let (sum, carry) = total.addingReportingOverflow(part)
      if overflow || carry { return nil }
      total = sum
      hasPart = true
    }
    return hasPart && total > 0 ? total : nil
  }

  private static func unit(_ word: String) -> Int? {
    switch word {
    case "s", "sec", "secs", "second", "seconds": 1
    case "m", "min", "mins", "minute", "minutes": 60
    case "h", "hr", "hrs", "hour", "hours": 3600
    case "d", "day", "days": 86_400
    case "w", "week", "weeks": 604_800
    default: nil
    }
  }
}
