/// The eight tables of TPC-H at a scale factor, with the specification's distributions.
///
/// Rows do not come from the official generator, so published answers do not apply; the queries'
/// validation parameters select like amounts. Every row is a function of the seed and its number.
/// Source: TPC Benchmark H specification 2.17, clause 4.2.
struct TPCHDataset {
  static let tables: [String] = [
    "region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem",
  ]

  let folder: String
  let seed: UInt64
  let onlyTable: String?
  let supplierCount: Int
  let partCount: Int
  let customerCount: Int
  let orderCount: Int
  let clerkCount: Int
  let pool: TPCHTextPool

  enum Stream: UInt64 {
    case supplier, part, partsupp, customer, order, comment
  }

  init(_ arguments: inout CommandArguments) throws(DatasetError) {
    let scale = try arguments.number("scale", default: 1, in: 0.001...100_000)
    // With this seed all 22 queries have rows even at scale 0.01.
    seed = try arguments.seed(default: 2)
    onlyTable = arguments.text("table")
    if let onlyTable, !Self.tables.contains(onlyTable) {
      throw .usage("--table must be one of: " + Self.tables.joined(separator: ", "))
    }
    folder = try arguments.folder()
    try arguments.finish()
    supplierCount = max(4, Int((10_000 * scale).rounded()))
    partCount = Int((200_000 * scale).rounded())
    customerCount = Int((150_000 * scale).rounded())
    orderCount = Int((1_500_000 * scale).rounded())
    clerkCount = max(1, Int((1_000 * scale).rounded()))
    pool = TPCHTextPool(seed: seed)
  }

  func generate() throws(DatasetError) {
    if isWanted("region") { try writeRegions() }
    if isWanted("nation") { try writeNations() }
    if isWanted("supplier") { try writeSuppliers() }
    if isWanted("part") { try writeParts() }
    if isWanted("partsupp") { try writePartSuppliers() }
    if isWanted("customer") { try writeCustomers() }
    if isWanted("orders") || isWanted("lineitem") { try writeOrders() }
  }

  private func isWanted(_ table: String) -> Bool {
    onlyTable == nil || onlyTable == table
  }

  /// Fields are separated by `|` and never hold one; there is no header and no trailing `|`.
  func writer(_ table: String) throws(DatasetError) -> DelimitedWriter {
    guard isWanted(table) else { return DelimitedWriter(discarding: "|") }
    return try DelimitedWriter(path: "\(folder)/\(table).tbl", delimiter: "|")
  }

  func random(_ stream: Stream, _ row: Int) -> RandomSource {
    RandomSource(seed: seed, stream: stream.rawValue, row: row)
  }

  /// The price of a part in cents.
  static func retailPrice(_ partKey: Int) -> Int {
    90_000 + partKey / 10 % 20_001 + 100 * (partKey % 1_000)
  }

  /// The key of the `index`th of the four suppliers of a part.
  static func supplierKey(ofPart partKey: Int, index: Int, supplierCount: Int) -> Int {
    let step = supplierCount / 4 + (partKey - 1) / supplierCount
    return (partKey + index * step) % supplierCount + 1
  }

  /// A comment of `low` to `high` bytes cut from the pool.
  func comment(
    _ low: Int, _ high: Int, _ random: inout RandomSource, to file: inout DelimitedWriter
  ) {
    let cut = pool.cut(low, high, &random)
    file.raw(cut.start, cut.count)
  }

  /// An address of 10 to 40 random letters, digits, commas and spaces.
  static func address(_ random: inout RandomSource, to file: inout DelimitedWriter) {
    let count = random.between(10, 40)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 40) { text in
      guard let base = text.baseAddress else { return }
      for index in 0..<count { base[index] = addressLetters[random.below(addressLetters.count)] }
      if base[0] == 0x20 { base[0] = 0x61 }
      if base[count - 1] == 0x20 { base[count - 1] = 0x7A }
      file.raw(base, count)
    }
  }

  private static let addressLetters: [UInt8] = Array(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789, ".utf8)

  /// `cc-nnn-nnn-nnnn`, the country code being the nation's number and ten.
  static func phone(
    nation: Int, _ random: inout RandomSource, to file: inout DelimitedWriter
  ) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 15) { text in
      guard let base = text.baseAddress else { return }
      let parts = (nation + 10, random.between(100, 999), random.between(100, 999))
      digits(parts.0, width: 2, at: base)
      digits(parts.1, width: 3, at: base + 3)
      digits(parts.2, width: 3, at: base + 7)
      digits(random.between(1_000, 9_999), width: 4, at: base + 11)
      for index in [2, 6, 10] { base[index] = 0x2D }
      file.raw(base, 15)
    }
  }

  private static func digits(_ value: Int, width: Int, at base: UnsafeMutablePointer<UInt8>) {
    var rest = value
    for index in stride(from: width - 1, through: 0, by: -1) {
      base[index] = UInt8(0x30 + rest % 10)
      rest /= 10
    }
  }
}
