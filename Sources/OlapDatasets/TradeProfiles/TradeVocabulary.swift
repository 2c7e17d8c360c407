/// The names and goods of the trade data.
enum TradeVocabulary {
  /// Two words make a company; the first list times the second is the number of names.
  static let firstWords: [String] = [
    "Amber", "Bahari", "Cakra", "Delta", "Evergreen", "Falcon", "Garuda", "Harbour", "Indigo",
    "Jasmine", "Kilimo", "Lotus", "Mandala", "Nusantara", "Ocean", "Prima", "Quest", "Rajawali",
    "Savanna", "Tiara", "Umoja", "Vega", "Wijaya", "Xenon", "Yatra", "Zamani", "Acacia", "Baobab",
    "Cendana", "Dhow",
  ]
  static let secondWords: [String] = [
    "Traders", "Industries", "Polymers", "Foods", "Textiles", "Chemicals", "Steel", "Motors",
    "Pharma", "Packaging", "Plastics", "Agro", "Logistics", "Electricals", "Papers", "Ceramics",
    "Rubber", "Marine", "Coffee", "Spices",
  ]
  static func suffix(_ country: TradeCountry?) -> String {
    switch country {
    case .india: "Pvt. Ltd."
    case .indonesia: "PT, Tbk."
    case .kenya: "Ltd."
    case nil: "Co., Inc."
    }
  }

  /// Eight digits as customs writes them, and a price in cents per kilogram.
  static let goods: [(code: String, name: String, price: Int)] = [
    ("39011010", "LLDPE, film grade", 128), ("39021000", "Polypropylene granules", 119),
    ("39041010", "PVC resin, suspension grade", 96), ("40011000", "Natural rubber latex", 142),
    ("72083840", "Hot rolled coil \"HR\" 3.0 mm", 68), ("72142000", "Reinforcing bars", 59),
    ("09011100", "Coffee, arabica, not roasted", 462), ("09024010", "Black tea, CTC", 231),
    ("09041100", "Pepper, whole", 512), ("15119020", "RBD palm olein", 94),
    ("17019990", "Cane sugar, refined", 61), ("10063020", "Basmati rice", 104),
    ("30049099", "Medicaments, retail packs", 3_840), ("29362700", "Vitamin C", 910),
    ("48025690", "Copier paper, A4 80 gsm", 98), ("52010015", "Raw cotton", 189),
    ("61091000", "T-shirts of cotton", 1_120), ("64039190", "Footwear, leather", 2_340),
    ("73181500", "Screws and bolts", 274), ("84159000", "Air conditioner parts", 820),
    ("85044090", "Power supplies", 2_760), ("85414011", "Solar cells", 1_430),
    ("87089900", "Motor vehicle parts", 690), ("94036000", "Wooden furniture", 338),
  ]
  static let partners: [String] = [
    "CHINA", "SINGAPORE", "UNITED ARAB EMIRATES", "NETHERLANDS", "UNITED STATES", "GERMANY",
    "JAPAN", "VIETNAM", "SOUTH AFRICA", "UGANDA", "TANZANIA", "MALAYSIA",
  ]
}
