/// What the trade data must add up to: groups of companies with their shipments and value.
///
/// The totals are those of the platform's report, so that its profiles come out to the dollar and
/// the shipment. A group's value lies within bounds that fix its persona.
struct TradePlan {
  enum Persona {
    case whale, mid, value, small, new

    /// Cents that a buyer of this persona imports in all.
    var cents: ClosedRange<Int> {
      switch self {
      case .whale: 100_000_000...1_500_000_000
      case .mid: 10_000_000...99_999_999
      case .value: 1_000_000...9_999_999
      case .small: 50_000...999_999
      case .new: 20_000...999_999
      }
    }
  }

  struct BuyerGroup {
    let country: TradeCountry
    let persona: Persona
    let companyCount: Int
    let shipmentCount: Int
    let shipments: ClosedRange<Int>
    let cents: Int
  }

  struct ExporterGroup {
    let country: TradeCountry
    let companyCount: Int
    let shipmentCount: Int
    let shipments: ClosedRange<Int>
    let cents: Int
    let companyCents: ClosedRange<Int>
    /// Companies whose few active months differ so much that they count as unstable.
    let unstableCount: Int
  }

  static let buyers: [BuyerGroup] = [
    BuyerGroup(
      country: .indonesia, persona: .whale, companyCount: 11, shipmentCount: 489,
      shipments: 5...120, cents: 4_023_056_300),
    BuyerGroup(
      country: .indonesia, persona: .mid, companyCount: 22, shipmentCount: 330,
      shipments: 2...60, cents: 520_000_000),
    BuyerGroup(
      country: .indonesia, persona: .value, companyCount: 22, shipmentCount: 160,
      shipments: 1...30, cents: 80_000_000),
    BuyerGroup(
      country: .indonesia, persona: .small, companyCount: 3, shipmentCount: 12,
      shipments: 3...10, cents: 1_500_000),
    BuyerGroup(
      country: .indonesia, persona: .new, companyCount: 7, shipmentCount: 11,
      shipments: 1...2, cents: 2_600_000),
    BuyerGroup(
      country: .kenya, persona: .whale, companyCount: 5, shipmentCount: 90,
      shipments: 3...40, cents: 992_111_700),
    BuyerGroup(
      country: .kenya, persona: .mid, companyCount: 29, shipmentCount: 186,
      shipments: 1...20, cents: 675_302_300),
    BuyerGroup(
      country: .kenya, persona: .value, companyCount: 145, shipmentCount: 480,
      shipments: 1...12, cents: 494_050_700),
    BuyerGroup(
      country: .kenya, persona: .small, companyCount: 18, shipmentCount: 66,
      shipments: 3...8, cents: 8_958_000),
    BuyerGroup(
      country: .kenya, persona: .new, companyCount: 119, shipmentCount: 180,
      shipments: 1...2, cents: 43_755_400),
  ]

  static let exporters: [ExporterGroup] = [
    ExporterGroup(
      country: .india, companyCount: 7, shipmentCount: 8_000, shipments: 300...3_000,
      cents: 81_306_573_800, companyCents: 1_000_000_000...30_000_000_000, unstableCount: 0),
    ExporterGroup(
      country: .indonesia, companyCount: 65, shipmentCount: 762, shipments: 4...60,
      cents: 44_101_375_700, companyCents: 10_000_000...4_000_000_000, unstableCount: 2),
    ExporterGroup(
      country: .kenya, companyCount: 7, shipmentCount: 703, shipments: 30...300,
      cents: 3_423_008_600, companyCents: 100_000_000...1_200_000_000, unstableCount: 1),
  ]
}

/// A country that reports its trade, each in a file format of its own.
enum TradeCountry: String {
  case india = "INDIA"
  case indonesia = "INDONESIA"
  case kenya = "KENYA"
}
