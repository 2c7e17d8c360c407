/// Page views of a web analytics service: one wide table with long texts, skewed like real traffic.
///
/// The columns and their skews follow what the ClickBench benchmark asks of its table; names and
/// contents are this project's own.
struct HitsDataset {
  private static let firstSecond: Int = CalendarDay(year: 2025, month: 7, day: 1).number * 86_400
  private static let spanSeconds: Int = 31 * 86_400

  let folder: String
  let rowCount: Int
  let seed: UInt64
  private let userCount: Int
  private let pages: [Page]
  private let phrases: [[UInt8]]

  private struct Page {
    let url: [UInt8]
    let title: [UInt8]
    let counter: Int
    let category: Int
  }

  init(_ arguments: inout CommandArguments) throws(DatasetError) {
    rowCount = try arguments.integer("rows", default: 1_000_000, in: 1...10_000_000_000)
    seed = try arguments.seed()
    folder = try arguments.folder()
    try arguments.finish()
    userCount = max(1, rowCount / 6)
    let seed = seed
    pages = (0..<min(400_000, max(50, rowCount / 8))).map { Self.page($0, seed: seed) }
    phrases = (0..<min(200_000, max(50, rowCount / 40))).map { Self.phrase($0, seed: seed) }
  }

  private static func page(_ number: Int, seed: UInt64) -> Page {
    var random = RandomSource(seed: seed, stream: 300, row: number)
    let site = random.below(HitsVocabulary.sites.count)
    let words = (0..<random.between(2, 6)).map { _ in random.pick(HitsVocabulary.words) }
    let query = random.chance(percent: 35) ? "?id=\(random.below(1_000_000))&ref=main" : ".html"
    let path = words.dropLast().joined(separator: "/")
    let url = "https://\(HitsVocabulary.sites[site])/\(path)/\(number)\(query)"
    let brand = random.chance(percent: 3) ? "Google " : ""
    let title =
      random.chance(percent: 12) ? "" : "\(brand)\(words.joined(separator: " ")) - page \(number)"
    return Page(
      url: Array(url.utf8), title: Array(title.utf8), counter: 1 + site * 7 + number % 7,
      category: random.below(300))
  }

  private static func phrase(_ number: Int, seed: UInt64) -> [UInt8] {
    var random = RandomSource(seed: seed, stream: 301, row: number)
    let words = (0..<random.between(1, 4)).map { _ in random.pick(HitsVocabulary.words) }
    return Array("\(words.joined(separator: " ")) \(number % 100)".utf8)
  }

  /// Small numbers are much more likely than large ones.
  private func skewed(_ bound: Int, _ random: inout RandomSource) -> Int {
    let fraction = random.fraction()
    return Int(Double(bound) * fraction * fraction * fraction)
  }

  func generate() throws(DatasetError) {
    var file = try DelimitedWriter(path: "\(folder)/hits.csv")
    for row in 0..<rowCount {
      var random = RandomSource(seed: seed, stream: 302, row: row)
      let second =
        Self.firstSecond + Int(Double(Self.spanSeconds) * Double(row) / Double(rowCount))
      let page = pages[skewed(pages.count, &random)]
      writeVisit(row, second, page, &random, to: &file)
      writeVisitor(skewed(userCount, &random), &random, to: &file)
      writeSource(&random, to: &file)
      writeTimings(&random, to: &file)
      file.endRow()
    }
    try file.finish()
  }

  private func writeVisit(
    _ row: Int, _ second: Int, _ page: Page, _ random: inout RandomSource,
    to file: inout DelimitedWriter
  ) {
    file.integer(Int(random.next() >> 1))
    file.timestamp(second)
    file.date(CalendarDay(number: second / 86_400))
    file.integer(page.counter)
    file.raw(page.url)
    if page.title.isEmpty { file.text("") } else { file.raw(page.title) }
    file.integer(Int(RandomSource.hash(page.url) >> 1))
    file.integer(page.category)
    file.integer(random.chance(percent: 18) ? 1 : 0)
    file.integer(random.chance(percent: 4) ? 1 : 0)
    file.integer(random.chance(percent: 7) ? 1 : 0)
    file.integer(random.chance(percent: 1) ? 1 : 0)
  }

  private func writeVisitor(
    _ user: Int, _ random: inout RandomSource, to file: inout DelimitedWriter
  ) {
    var fixed = RandomSource(seed: seed, stream: 303, row: user)
    let screen = fixed.pick(HitsVocabulary.widths)
    let phone = fixed.chance(percent: 30) ? fixed.pick(HitsVocabulary.phones) : (0, [""])
    file.integer(Int(fixed.next() >> 1))
    file.integer(Int(fixed.next() >> 32))
    file.integer(skewed(5_000, &fixed))
    file.integer(fixed.below(90))
    file.integer(fixed.below(60))
    file.integer(phone.0 == 0 ? 0 : 1)
    file.integer(phone.0)
    file.text(fixed.pick(phone.1))
    file.integer(screen.0)
    file.integer(screen.1)
    file.integer(max(0, screen.0 - random.below(120)))
    file.integer(max(0, screen.1 - random.below(300)))
    file.text(fixed.pick(HitsVocabulary.languages))
    file.integer(fixed.chance(percent: 40) ? fixed.between(14, 75) : 0)
    file.integer(fixed.below(3))
    file.integer(60 * fixed.between(-5, 9))
  }

  /// Where the visitor came from: one in eight through a search whose phrase is known.
  private func writeSource(_ random: inout RandomSource, to file: inout DelimitedWriter) {
    let isSearch = random.chance(percent: 13)
    let referer = random.chance(percent: 20) ? nil : pages[skewed(pages.count, &random)]
    file.integer(isSearch ? 2 : random.pick([-1, 0, 1, 3, 6]))
    file.integer(isSearch ? random.between(1, 5) : 0)
    if isSearch { file.raw(phrases[skewed(phrases.count, &random)]) } else { file.text("") }
    file.integer(random.chance(percent: 1) ? random.between(1, 30) : 0)
    if let referer { file.raw(referer.url) } else { file.text("") }
    file.integer(referer.map { Int(RandomSource.hash($0.url) >> 1) } ?? 0)
  }

  private func writeTimings(_ random: inout RandomSource, to file: inout DelimitedWriter) {
    file.integer(skewed(400, &random))
    file.integer(skewed(900, &random))
    file.integer(skewed(3_000, &random))
    file.integer(skewed(9_000, &random))
    if random.chance(percent: 2) { file.hundredths(random.below(5_000_000)) } else { file.null() }
  }
}
