import Glibc
import Olap
import Testing

/// Statements of the golden files, mutated and run: whatever they say, the engine answers with rows or
/// an error and stays usable.
@Suite("Hostile statements")
struct HostileStatementTests {
  /// `OLAP_TEST_SEED` chooses another stream; failures print the seed and the text.
  private let seed: UInt64 = getenv("OLAP_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? 7

  private struct Stream: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private let scraps = [
    "NULL", "-1", "0", "9223372036854775807", "1e308", "''", "'x'", "[]", "{}", "*", "(SELECT 1)",
    "CAST(NULL AS INTEGER[])", "DATE 'infinity'", "'\u{1F986}'", "[NULL]", "{'a': NULL}", "MAP {}",
    "INTERVAL 1 MONTH", "true", "count(*)", "row_number() OVER ()", "unnest([1, NULL])", "DISTINCT",
  ]

  /// Statements that touch files or wait stay out.
  private func isHarmless(_ sql: String) -> Bool {
    let folded = sql.lowercased()
    for word in ["copy", "export", "import", "attach", "sleep", "read_", "glob", "'/"] {
      var rest = folded[...]
      while !rest.isEmpty {
        if rest.hasPrefix(word) { return false }
        rest = rest.dropFirst()
      }
    }
    return true
  }

  private func mutate(_ sql: String, with others: [String], _ random: inout Stream) -> String {
    var words = sql.split(separator: " ").map(String.init)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard !words.isEmpty else { break }
      let i = Int.random(in: 0..<words.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: words.remove(at: i)
      case 1: words[i] = scraps.randomElement(using: &random) ?? ""
      case 2: words.insert(scraps.randomElement(using: &random) ?? "", at: i)
      case 3: words.swapAt(i, Int.random(in: 0..<words.count, using: &random))
      case 4:
        let other = (others.randomElement(using: &random) ?? "").split(separator: " ")
        if let word = other.randomElement(using: &random) { words[i] = String(word) }
      default: words.insert(words[i], at: i)
      }
    }
    return words.joined(separator: " ")
  }

  @Test("mutated statements give rows or an error")
  func mutations() throws {
    var random = Stream(state: seed)
    var files: [[String]] = []
    for file in GoldenScript.discover() {
      let script = try GoldenScript(path: GoldenScript.folder + "/" + file)
      files.append(script.records.map { $0.sql }.filter { !$0.isEmpty && isHarmless($0) })
    }
    for statements in files where !statements.isEmpty {
      let database = try Database(nil)
      let connection = database.connect()
      try connection.execute("SET statement_timeout = 500; SET threads = 2")
      // Every statement as it is, so that its tables exist, then mutants of it.
      for sql in statements {
        _ = try? connection.query(sql)
        for _ in 0..<3 {
          let mutant = mutate(sql, with: statements, &random)
          guard isHarmless(mutant) else { continue }
          do { _ = try connection.query(mutant) } catch { _ = "\(error)" }
        }
      }
      _ = try? connection.query("ROLLBACK")
      #expect(try connection.query("SELECT 1 + 1").first?.int(0) == 2, "seed \(seed)")
      try database.close()
    }
  }

  @Test("deep nesting is refused, not crashed")
  func depth() throws {
    let connection = try Database(nil).connect()
    let nested: [(open: String, core: String, close: String)] = [
      ("(", "1", ")"), ("[", "1", "]"), ("abs(", "1", ")"), ("NOT ", "true", ""),
      ("(SELECT ", "1", ")"), ("CASE WHEN true THEN ", "1", " END"), ("{'a': ", "1", "}"),
      ("- ", "1", ""),
    ]
    for shape in nested {
      for count in [50, 5_000] {
        let text =
          "SELECT " + String(repeating: shape.open, count: count) + shape.core
          + String(repeating: shape.close, count: count)
        do { _ = try connection.query(text) } catch { _ = "\(error)" }
      }
    }
    let wide = "SELECT " + (0..<20_000).map { "\($0)" }.joined(separator: " + ")
    do { _ = try connection.query(wide) } catch { _ = "\(error)" }
    #expect(try connection.query("SELECT 42").first?.int(0) == 42)
  }
}
