/// Shipment records of three countries' customs, as they come, and the master list of companies.
///
/// From these the models derive the standardised shipments, the ledger and the profiles of 381 buyers
/// and 79 exporters whose figures `TradePlan` fixes, as of 2025-11-30.
struct TradeProfilesDataset {
  /// The day as of which the profiles are looked at.
  static let clock = CalendarDay(year: 2025, month: 11, day: 30)
  private static let partnerCount: Int = 180

  let folder: String
  let copies: Int
  var organizations: [TradeOrganization] = []
  var shipments: [TradeShipment] = []
  var random = RandomSource(seed: 1, stream: 200)

  init(_ arguments: inout CommandArguments) throws(DatasetError) {
    copies = try arguments.integer("repeat", default: 1, in: 1...10_000)
    folder = try arguments.folder()
    try arguments.finish()
  }

  mutating func generate() throws(DatasetError) {
    var organizationFile = try DelimitedWriter(
      path: "\(folder)/organizations_master.csv", header: TradeOrganization.columns)
    var shipmentFile = try DelimitedWriter(
      path: "\(folder)/stg_shipments_raw.csv", header: TradeShipment.columns)
    var nextRawID = 1
    for copy in 0..<copies {
      makeCopy(copy)
      for organization in organizations where organization.isInMaster {
        organization.write(to: &organizationFile)
      }
      for shipment in shipments {
        shipment.write(rawID: nextRawID, organizations, to: &shipmentFile)
        nextRawID += 1
      }
    }
    try organizationFile.finish()
    try shipmentFile.finish()
  }

  /// One whole set of companies and shipments, in the order of their dates.
  private mutating func makeCopy(_ copy: Int) {
    random = RandomSource(seed: 1, stream: 200, row: copy)
    organizations = []
    shipments = []
    for _ in 0..<Self.partnerCount { _ = addOrganization(nil, copy) }
    for group in TradePlan.buyers { addBuyers(group, copy) }
    for group in TradePlan.exporters { addExporters(group, copy) }
    let order = shipments.indices.sorted {
      (shipments[$0].day, $0) < (shipments[$1].day, $1)
    }
    shipments = order.map { shipments[$0] }
  }

  private mutating func addOrganization(_ country: TradeCountry?, _ copy: Int) -> Int {
    let index = organizations.count
    organizations.append(
      TradeOrganization(
        number: copy * 100_000 + index + 1, index: index, copy: copy, country: country,
        isPartner: index < Self.partnerCount))
    return index
  }

  private mutating func addBuyers(_ group: TradePlan.BuyerGroup, _ copy: Int) {
    let counts = Apportionment.parts(
      of: group.shipmentCount, count: group.companyCount, within: group.shipments, &random)
    let totals = Apportionment.parts(
      of: group.cents, count: group.companyCount, within: group.persona.cents, &random)
    for (count, total) in zip(counts, totals) {
      let buyer = addOrganization(group.country, copy)
      let values = Apportionment.parts(
        of: total, count: count, within: 1_000...1_500_000_000, &random)
      var days = (0..<count).map { _ in Self.clock.number - random.between(5, 729) }
      keepFromGrowing(&days, values, group.persona)
      for (day, value) in zip(days, values) {
        addShipment(.imported, group.country, party: buyer, day: day, cents: value)
      }
    }
  }

  /// The report has no growing buyers: moves the last year's shipments of one that would be a year back.
  private func keepFromGrowing(
    _ days: inout [Int], _ values: [Int], _ persona: TradePlan.Persona
  ) {
    let yearAgo = Self.clock.number - 365
    let recent = zip(days, values).reduce(0) { $0 + ($1.0 >= yearAgo ? $1.1 : 0) }
    let earlier = values.reduce(0, +) - recent
    guard persona == .mid || persona == .value, earlier > 0, recent * 10 > earlier * 14 else {
      return
    }
    days = days.map { $0 >= yearAgo ? $0 - 365 : $0 }
  }

  private mutating func addExporters(_ group: TradePlan.ExporterGroup, _ copy: Int) {
    let counts = Apportionment.parts(
      of: group.shipmentCount, count: group.companyCount, within: group.shipments, &random)
    let totals = Apportionment.parts(
      of: group.cents, count: group.companyCount, within: group.companyCents, &random)
    var unstableLeft = group.unstableCount
    for (count, total) in zip(counts, totals) {
      let exporter = addOrganization(group.country, copy)
      let isUnstable = unstableLeft > 0 && count >= 12
      if isUnstable { unstableLeft -= 1 }
      let values = Apportionment.parts(
        of: total, count: count, within: 10_000...4_000_000_000, &random)
      for (day, value) in zip(exportDays(count: count, isUnstable: isUnstable), values) {
        addShipment(.exported, group.country, party: exporter, day: day, cents: value)
      }
    }
  }

  /// Most of an exporter's shipments are older than a year; the last year's fall into no month,
  /// one, or two of equal number, which is what "moderate" stability means; an unstable exporter has
  /// one in a month and eight or more in the next.
  private mutating func exportDays(count: Int, isUnstable: Bool) -> [Int] {
    let firstMonth = CalendarDay(year: 2025, month: random.between(1, 8), day: 1).number
    let style = random.below(3)
    let recent = isUnstable ? max(9, count / 3) : style == 0 ? 0 : max(2, count / 6 * 2)
    return (0..<count).map { index in
      if index >= recent { return Self.clock.number - random.between(370, 729) }
      let isFirst = isUnstable ? index == 0 : style == 1 || index % 2 == 0
      // The 28 days of one month, or those from the month's 35th day: within the next one.
      return firstMonth + (isFirst ? random.below(28) : 31 + random.below(27))
    }
  }

  private mutating func addShipment(
    _ direction: TradeShipment.Direction, _ country: TradeCountry, party: Int, day: Int,
    cents: Int
  ) {
    let good = random.below(TradeVocabulary.goods.count)
    let price = TradeVocabulary.goods[good].price
    let kilograms = max(1, cents * random.between(85, 115) / 100 / price)
    shipments.append(
      TradeShipment(
        direction: direction, country: country, day: day, party: party,
        partner: random.chance(percent: 3) ? nil : random.below(Self.partnerCount),
        partnerCountry: random.pick(TradeVocabulary.partners), good: good,
        kilograms: random.chance(percent: 2) ? 0 : kilograms,
        isInTonnes: random.chance(percent: 15), cents: cents, spelling: random.below(3)))
  }
}
