/// A company of the master list.
struct TradeOrganization {
  let number: Int
  let index: Int
  let copy: Int
  let country: TradeCountry?
  let isPartner: Bool

  static let columns: [String] = [
    "org_uuid", "name_normalized", "country", "org_type", "created_at",
  ]

  /// Three trading partners are missing from the master list.
  var isInMaster: Bool { !(isPartner && index % 60 == 59) }

  /// The company's name as it writes it itself.
  var name: String {
    let first = TradeVocabulary.firstWords
    let second = TradeVocabulary.secondWords
    let shuffled = index * 7 % (first.count * second.count)
    let words = first[shuffled % first.count] + " " + second[shuffled / first.count]
    let round = index / (first.count * second.count) + copy * 2
    let ordinal = round == 0 ? "" : " \(round + 1)"
    return "\(words)\(ordinal) \(TradeVocabulary.suffix(country))"
  }

  /// Upper case letters, digits and single spaces.
  var normalizedName: String {
    let kept = name.uppercased().unicodeScalars.filter {
      ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == " "
    }
    return String(String.UnicodeScalarView(kept))
  }

  func write(to file: inout DelimitedWriter) {
    file.numbered("00000000-0000-4000-8000-", number, width: 12)
    file.text(normalizedName)
    file.text(country?.rawValue)
    file.text(isPartner ? "PARTNER" : "TRADER")
    file.timestamp(CalendarDay(year: 2025, month: 11, day: 27).number * 86_400, suffix: "+00")
    file.endRow()
  }
}

/// One row of a customs file, everything still text.
struct TradeShipment {
  enum Direction: String {
    case imported = "IMPORT"
    case exported = "EXPORT"
  }

  let direction: Direction
  let country: TradeCountry
  let day: Int
  /// The buyer of an import, the supplier of an export, as an index of the organisations.
  let party: Int
  /// The other side, if the file names it.
  let partner: Int?
  let partnerCountry: String
  let good: Int
  let kilograms: Int
  let isInTonnes: Bool
  let cents: Int
  let spelling: Int

  static let columns: [String] = [
    "raw_id", "source_file", "reporting_country", "direction", "shipment_date", "hs_code",
    "goods_description", "quantity", "unit", "value_usd", "buyer_name", "supplier_name",
    "origin_country", "destination_country", "ingested_at",
  ]

  func write(rawID: Int, _ organizations: [TradeOrganization], to file: inout DelimitedWriter) {
    let date = CalendarDay(number: day).civil
    let month = "\(date.year)_\(date.month < 10 ? "0" : "")\(date.month)"
    let isImport = direction == .imported
    let partyName = spelled(organizations[party].name)
    let partnerName = partner.map { spelled(organizations[$0].name) }
    file.integer(rawID)
    file.text("\(country.rawValue.lowercased())_\(direction.rawValue.lowercased())_\(month).csv")
    file.text(country.rawValue)
    file.text(direction.rawValue)
    file.text(dateText)
    file.text(TradeVocabulary.goods[good].code)
    file.text(TradeVocabulary.goods[good].name)
    file.text(quantityText)
    file.text(isInTonnes ? "MTS" : "KGS")
    file.text(valueText)
    file.text(isImport ? partyName : partnerName)
    file.text(isImport ? partnerName : partyName)
    file.text(isImport ? partnerCountry : country.rawValue)
    file.text(isImport ? country.rawValue : partnerCountry)
    file.timestamp(
      CalendarDay(year: 2025, month: 11, day: 28).number * 86_400 + 32_400 + rawID % 3_600,
      suffix: "+00")
    file.endRow()
  }

  /// Customs officers write names as they please.
  private func spelled(_ name: String) -> String {
    switch spelling {
    case 0: name
    case 1: name.uppercased()
    default: " " + name.lowercased() + "."
    }
  }

  /// India writes day/month/year, the others year-month-day.
  private var dateText: String {
    let (year, month, day) = CalendarDay(number: day).civil
    let paddedMonth = "\(month < 10 ? "0" : "")\(month)"
    let paddedDay = "\(day < 10 ? "0" : "")\(day)"
    return country == .india
      ? "\(paddedDay)/\(paddedMonth)/\(year)" : "\(year)-\(paddedMonth)-\(paddedDay)"
  }

  private var quantityText: String? {
    if kilograms == 0 { return nil }
    guard isInTonnes else { return "\(kilograms).00" }
    let grams = String(kilograms % 1_000)
    return "\(kilograms / 1_000)." + String(repeating: "0", count: 3 - grams.count) + grams
  }

  /// Kenya separates thousands.
  private var valueText: String {
    var digits = String(cents / 100)
    if country == .kenya {
      var end = digits.count - 3
      while end > 0 {
        digits.insert(",", at: digits.index(digits.startIndex, offsetBy: end))
        end -= 3
      }
    }
    let fraction = cents % 100
    return "\(digits).\(fraction < 10 ? "0" : "")\(fraction)"
  }
}
