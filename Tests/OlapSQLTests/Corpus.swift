import Glibc

@testable import OlapSQL

/// SQL texts the tests read: files beside the tests and the data sets' own queries.
enum Corpus {
  static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }()

  static let names: [String] = [
    "queries", "statements", "layers", "clickbench", "buyer-exporter-profiles", "customer-marts",
    "identity-profiles", "keycrm-medallion", "shg-marketplace-pipeline",
  ]

  static let texts: [(name: String, text: String)] =
    names.map { ($0, read("\(root)/Tests/OlapSQLTests/Corpus/\($0).sql")) }
    + (1...22).map { number in
      let name = "q\(number < 10 ? "0" : "")\(number)"
      return ("tpch \(name)", read("\(root)/datasets/tpch/queries/\(name).sql"))
    }

  /// Every statement of every text, cut by the splitter.
  static let statements: [String] = texts.flatMap { split($0.text) }

  static func split(_ text: String) -> [String] {
    var rest = Array(text.utf8)
    var result: [String] = []
    while case .complete(let count) = StatementSplitter.split(rest) {
      result.append(String(decoding: rest.prefix(count), as: UTF8.self))
      rest.removeFirst(count)
    }
    if StatementSplitter.split(rest) == .incomplete {
      result.append(String(decoding: rest, as: UTF8.self))
    }
    return result
  }

  static func read(_ path: String) -> String {
    guard let file = fopen(path, "rb") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: buffer[0..<count])
    }
  }
}

/// Small seeded generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
