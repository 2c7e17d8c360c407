/// Regions, nations, suppliers, parts and customers.
extension TPCHDataset {
  func writeRegions() throws(DatasetError) {
    var file = try writer("region")
    for (key, name) in TPCHVocabulary.regions.enumerated() {
      var random = random(.comment, key)
      file.integer(key)
      file.text(name)
      comment(31, 115, &random, to: &file)
      file.endRow()
    }
    try file.finish()
  }

  func writeNations() throws(DatasetError) {
    var file = try writer("nation")
    for (key, nation) in TPCHVocabulary.nations.enumerated() {
      var random = random(.comment, 100 + key)
      file.integer(key)
      file.text(nation.name)
      file.integer(nation.region)
      comment(31, 114, &random, to: &file)
      file.endRow()
    }
    try file.finish()
  }

  func writeSuppliers() throws(DatasetError) {
    var file = try writer("supplier")
    for key in 1...supplierCount {
      var random = random(.supplier, key)
      let nation = random.below(25)
      file.integer(key)
      file.numbered("Supplier#", key, width: 9)
      Self.address(&random, to: &file)
      file.integer(nation)
      Self.phone(nation: nation, &random, to: &file)
      file.hundredths(random.between(-99_999, 999_999))
      supplierComment(key, &random, to: &file)
      file.endRow()
    }
    try file.finish()
  }

  /// Five suppliers in ten thousand have complaints from customers in their comment, five are
  /// recommended; smaller tables have at least one of each.
  private func supplierComment(
    _ key: Int, _ random: inout RandomSource, to file: inout DelimitedWriter
  ) {
    let span = min(2_000, supplierCount / 2)
    let place = key % span
    guard place == span / 3 || place == span / 2 else {
      return comment(25, 100, &random, to: &file)
    }
    let ending: StaticString = place == span / 3 ? "Complaints" : "Recommends"
    let cut = pool.cut(25, 75, &random)
    let offset = random.below(cut.count - 22)
    var text = Array(UnsafeBufferPointer(start: cut.start, count: cut.count))
    let marks: [(StaticString, Int)] = [
      ("Customer", offset), (ending, random.between(offset + 8, cut.count - 10)),
    ]
    for (mark, position) in marks {
      for index in 0..<mark.utf8CodeUnitCount { text[position + index] = mark.utf8Start[index] }
    }
    file.raw(text)
  }

  func writeParts() throws(DatasetError) {
    var file = try writer("part")
    let colours = WordTable(TPCHVocabulary.colours)
    let types = WordTable(
      Self.product(
        TPCHVocabulary.typeSizes, TPCHVocabulary.typeFinishes, TPCHVocabulary.typeMetals))
    let containers = WordTable(
      Self.product(TPCHVocabulary.containerSizes, TPCHVocabulary.containerKinds, [""]))
    for key in 1...partCount {
      var random = random(.part, key)
      let manufacturer = random.between(1, 5)
      file.integer(key)
      file.raw(Self.partName(colours, &random))
      file.numbered("Manufacturer#", manufacturer, width: 1)
      file.numbered("Brand#", manufacturer * 10 + random.between(1, 5), width: 2)
      file.raw(types.pick(&random))
      file.integer(random.between(1, 50))
      file.raw(containers.pick(&random))
      file.hundredths(Self.retailPrice(key))
      comment(5, 22, &random, to: &file)
      file.endRow()
    }
    try file.finish()
  }

  /// Every combination of one word of each list.
  private static func product(
    _ first: [String], _ second: [String], _ third: [String]
  ) -> [String] {
    first.flatMap { a in
      second.flatMap { b in third.map { c in c.isEmpty ? "\(a) \(b)" : "\(a) \(b) \(c)" } }
    }
  }

  /// Five different colours.
  private static func partName(_ colours: WordTable, _ random: inout RandomSource) -> [UInt8] {
    var chosen: [Int] = []
    while chosen.count < 5 {
      let colour = random.below(TPCHVocabulary.colours.count)
      if !chosen.contains(colour) { chosen.append(colour) }
    }
    var name: [UInt8] = []
    for colour in chosen {
      if !name.isEmpty { name.append(0x20) }
      name.append(contentsOf: colours[colour])
    }
    return name
  }

  func writePartSuppliers() throws(DatasetError) {
    var file = try writer("partsupp")
    for key in 1...partCount {
      var random = random(.partsupp, key)
      for index in 0..<4 {
        file.integer(key)
        file.integer(
          Self.supplierKey(ofPart: key, index: index, supplierCount: supplierCount))
        file.integer(random.between(1, 9_999))
        file.hundredths(random.between(100, 100_000))
        comment(49, 198, &random, to: &file)
        file.endRow()
      }
    }
    try file.finish()
  }

  func writeCustomers() throws(DatasetError) {
    var file = try writer("customer")
    let segments = WordTable(TPCHVocabulary.segments)
    for key in 1...customerCount {
      var random = random(.customer, key)
      let nation = random.below(25)
      file.integer(key)
      file.numbered("Customer#", key, width: 9)
      Self.address(&random, to: &file)
      file.integer(nation)
      Self.phone(nation: nation, &random, to: &file)
      file.hundredths(random.between(-99_999, 999_999))
      file.raw(segments.pick(&random))
      comment(29, 116, &random, to: &file)
      file.endRow()
    }
    try file.finish()
  }
}
