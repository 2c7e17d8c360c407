import Glibc
import Olap
import Testing

/// Seeded changes to the corpus: whatever the bytes, a reader ends with rows or an error, every way of
/// cutting the file gives the same, and a tolerant load accounts for every record.
@Suite("mutated files")
struct FuzzTests {
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  private static let pieces: [[UInt8]] =
    [
      "\"", "'", ",", ";", "\n", "\r\n", "\\", "{", "}", "[", "]", ":", "\0", "\u{fffd}", "-",
      "1e999",
      "\"\"", "null", "\t", "#",
    ].map { Array($0.utf8) } + [[0xff], [0xc3], [0x1f, 0x8b]]

  private func mutated(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let place = Int.random(in: 0...result.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0:
        result.insert(
          contentsOf: FuzzTests.pieces.randomElement(using: &random) ?? [], at: place)
      case 1 where place < result.count: result.remove(at: place)
      case 2 where place < result.count: result[place] = UInt8.random(in: 0...255, using: &random)
      case 3:
        let end = min(result.count, place + Int.random(in: 0...40, using: &random))
        result.insert(contentsOf: Array(result[place..<end]), at: place)
      default: result.removeSubrange(min(place, result.count)...)
      }
      if result.isEmpty { result = [10] }
    }
    return result
  }

  @Test("readers neither crash nor depend on how blocks fall", arguments: 0..<4)
  func readers(_ seed: Int) throws {
    let scratch = Scratch()
    let connection = try Database(nil).connect()
    var random = Generator(state: UInt64(seed) &* 7919 &+ 17)
    for file in CorpusFile.all {
      let original = CorpusFile.bytes(file.path)
      for _ in 0..<3 {
        let path = scratch.write("m-" + file.name, mutated(original, &random))
        let isJSON = file.name.hasSuffix("json")
        let call = "\(isJSON ? "read_json" : "read_csv")('\(path)'\(file.options)"
        let whole = outcome(connection, "SELECT * FROM \(call))")
        let parts = outcome(connection, "SELECT * FROM \(call), buffer_size = 16)")
        #expect(whole == parts, "\(file.name) seed \(seed): \(path)")
        _ = outcome(connection, "SELECT count(*) FROM \(call), ignore_errors = true)")
      }
    }
  }

  /// Rows as text, or that there was an error.
  private func outcome(_ connection: Connection, _ sql: String) -> [String] {
    do { return try connection.lines(sql) } catch { return ["error"] }
  }

  @Test("every record of a damaged file is loaded or set aside", arguments: 0..<20)
  func account(_ seed: Int) throws {
    let scratch = Scratch()
    let connection = try Database(nil).connect()
    var random = Generator(state: UInt64(seed) &+ 99)
    try connection.execute("CREATE TABLE t (id INTEGER, v VARCHAR, n INTEGER NOT NULL)")
    var text = "id,v,n\n"
    for id in 0..<500 {
      // Damage within a line, none that joins or parts lines.
      switch Int.random(in: 0..<12, using: &random) {
      case 0: text += "\(id),x\n"
      case 1: text += "\(id),x,\n"
      case 2: text += "id\(id),x,1\n"
      case 3: text += "\(id),x,1,2\n"
      case 4: text += "\(id),a\"b,1\n"
      case 5: text += "\(id),\"a\"b,1\n"
      default: text += "\(id),\"v,\(id)\",\(id)\n"
      }
    }
    let file = scratch.write("t.csv", text)
    var request = LoadRequest(table: "t", inputs: [file])
    request.onError = .quarantine
    request.options = ["buffer_size": "\(Int.random(in: 30...900, using: &random))"]
    let report = try connection.load(request)
    #expect(report.inserted + report.rejected == 500)
    #expect(
      try connection.lines(
        "SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM olap.load_errors)")
        == ["500"])
    #expect(
      try connection.lines("SELECT count(DISTINCT line) FROM olap.load_errors") == [
        "\(report.rejected)"
      ])
  }
}
