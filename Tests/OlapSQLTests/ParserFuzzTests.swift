import Glibc
import Testing

@testable import OlapSQL

@Suite("Hostile text")
struct ParserFuzzTests {
  /// `OLAP_TEST_SEED` chooses another stream; failures print the seed and the text.
  private let seed: UInt64 = getenv("OLAP_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? 42

  private let scraps: [String] = [
    "(", ")", "[", "]", "{", "}", ",", ";", ".", ":", "::", ":=", "=>", "->", "->>", "?", "$1",
    "$x",
    "'", "\"", "$$", "--", "/*", "*/", "*", "-", "+", "~", "!", "@", "#", "#1", "0x", "1e", "1.",
    ".5",
    "é", "\u{0}", "NULL", "9223372036854775808", "E'\\", "x'1'", "''", "\\",
  ]

  private func mutate(_ sql: String, _ random: inout SeededGenerator) -> String {
    var words = sql.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !words.isEmpty else { break }
      let i = Int.random(in: 0..<words.count, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: words.remove(at: i)
      case 1: words.insert(scraps.randomElement(using: &random) ?? "", at: i)
      case 2: words.insert(Keyword.allCases.randomElement(using: &random)?.rawValue ?? "", at: i)
      case 3: words.swapAt(i, Int.random(in: 0..<words.count, using: &random))
      case 4: words.insert(words.randomElement(using: &random) ?? "", at: i)
      case 5: words[i] = String(words[i].dropLast(Int.random(in: 0...3, using: &random)))
      default: words.removeSubrange(i...)
      }
    }
    return words.joined(separator: " ")
  }

  @Test("mutated statements never trap, and what parses prints and parses back")
  func mutations() {
    var random = SeededGenerator(state: seed)
    let statements = Corpus.statements.filter { $0.utf8.count < 3000 }
    var parsed = 0
    for _ in 0..<40_000 {
      let sql = mutate(statements.randomElement(using: &random) ?? "", &random)
      _ = StatementSplitter.split(sql)
      do {
        for statement in try Parser.parse(sql) {
          parsed += 1
          _ = Dependencies(of: statement)
          guard let printed = statement.sql else { continue }
          let again = try? Parser.parse(printed)
          #expect(again?.first == statement, "seed \(seed): \(sql)\n\(printed)")
        }
      } catch {
        _ = error.rendered(in: sql)
      }
    }
    #expect(parsed > 1000)
  }

  @Test("random bytes never trap")
  func bytes() {
    var random = SeededGenerator(state: seed &+ 1)
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...60, using: &random)
      let bytes = (0..<count).map { _ in
        Bool.random(using: &random)
          ? UInt8.random(in: 32...126, using: &random) : UInt8.random(in: 0...255, using: &random)
      }
      _ = StatementSplitter.split(bytes)
      let sql = String(decoding: bytes, as: UTF8.self)
      do {
        _ = try Parser.parse(sql)
      } catch {
        _ = error.rendered(in: sql)
      }
    }
  }
}
