/// A product of the shop's catalogue.
struct KeycrmProduct {
  let id: Int
  let name: String
  let sku: String
  let categoryID: Int?
  let brand: String?
  /// Prices are in hundredths of a hryvnia.
  let price: Int
  let purchasedPrice: Int
  let stock: Int
  let isArchived: Bool
  let createdAt: Int

  static let columns: [String] = [
    "id", "name", "sku", "category_id", "brand", "price", "purchased_price", "quantity",
    "is_archived", "created_at", "updated_at",
  ]

  /// The first `count` products; the popular ones come first.
  static func catalogue(count: Int, seed: UInt64, createdAt: Int) -> [KeycrmProduct] {
    (0..<count).map { index in
      var random = RandomSource(
        seed: seed, stream: KeycrmDataset.Stream.product.rawValue, row: index)
      let kind = random.pick(KeycrmVocabulary.kinds)
      let brand = random.pick(KeycrmVocabulary.brands)
      let isUnbranded = random.chance(percent: 3)
      let price = 100 * (99 + 10 * random.below(120)) + (random.chance(percent: 20) ? 50 : 0)
      let name = [
        kind.name, random.pick(KeycrmVocabulary.ingredients),
        random.pick(KeycrmVocabulary.volumes),
      ].joined(separator: " ")
      return KeycrmProduct(
        id: 1_001 + index, name: isUnbranded ? name : "\(brand) \(name)",
        sku: "\(brand.utf8.count)-\(100_000 + index * 7)",
        categoryID: random.chance(percent: 2) ? nil : kind.category,
        brand: isUnbranded ? nil : brand, price: price, purchasedPrice: price * 55 / 100,
        stock: random.below(400), isArchived: random.chance(percent: 5),
        createdAt: createdAt + random.below(80 * 86_400))
    }
  }

  func write(to writer: inout DelimitedWriter) {
    writer.integer(id)
    writer.text(name)
    writer.text(sku)
    writer.integer(categoryID)
    writer.text(brand)
    writer.hundredths(price)
    writer.hundredths(purchasedPrice)
    writer.integer(stock)
    writer.boolean(isArchived)
    writer.timestamp(createdAt, suffix: "+00")
    writer.timestamp(createdAt + 3_600, suffix: "+00")
    writer.endRow()
  }
}
