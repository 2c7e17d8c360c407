import OlapColumns

extension ScalarFunction {
  static let levenshtein = ScalarFunction(
    "levenshtein", aliases: ["editdist3", "editdistance"],
    summary: "The least number of single-byte edits between two strings.",
    example: ("levenshtein('duck', 'db')", "3"),
    overloads: [distance { Int64(EditDistance.levenshtein($0, try comparable($0, $1))) }])
  static let damerauLevenshtein = ScalarFunction(
    "damerau_levenshtein", summary: "Edits between two strings, swapped neighbours counted once.",
    example: ("damerau_levenshtein('duckdb', 'udckbd')", "2"),
    overloads: [
      distance { Int64(EditDistance.damerau($0, try comparable($0, $1, pairs: 1 << 28))) }
    ])
  static let hamming = ScalarFunction(
    "hamming", aliases: ["mismatches"], summary: "Places where two strings of one length differ.",
    example: ("hamming('duck', 'luck')", "1"),
    overloads: [
      distance { a, b in
        if a.count != b.count {
          throw ComputeError.invalid("Mismatch Function: Strings must be of equal length!")
        }
        return Int64(zip(a, b).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) })
      }
    ])
  static let jaccard = ScalarFunction(
    "jaccard", summary: "Characters two strings share over all they have.",
    example: ("jaccard('duck', 'luck')", "0.6"),
    overloads: [
      similarity { a, b in
        if a.isEmpty || b.isEmpty {
          throw ComputeError.invalid("Jaccard Function: An argument too short!")
        }
        let left = Set(a)
        let right = Set(b)
        return Double(left.intersection(right).count) / Double(left.union(right).count)
      }
    ])
  static let jaro = ScalarFunction(
    "jaro_similarity", summary: "The Jaro similarity, 0 to 1.",
    example: ("jaro_similarity('duck', 'duck')", "1.0"),
    overloads: [similarity { EditDistance.jaro($0, try comparable($0, $1)) }])
  static let jaroWinkler = ScalarFunction(
    "jaro_winkler_similarity", summary: "The Jaro similarity raised for a common start.",
    example: ("jaro_winkler_similarity('duck', 'duck')", "1.0"),
    overloads: [similarity { EditDistance.jaroWinkler($0, try comparable($0, $1)) }])

  /// The second string, unless comparing every byte of one with every byte of the other would take
  /// minutes (or, where every pair is remembered, gigabytes).
  private static func comparable(
    _ a: [UInt8], _ b: [UInt8], pairs limit: Int = 1 << 34
  ) throws -> [UInt8] {
    let (pairs, overflow) = a.count.multipliedReportingOverflow(by: b.count)
    if overflow || pairs > limit {
      throw ComputeError.invalid(
        "Strings of \(a.count) and \(b.count) bytes are too long for an edit distance")
    }
    return b
  }

  private static func distance(
    _ body: @escaping @Sendable ([UInt8], [UInt8]) throws -> Int64
  ) -> ScalarOverload {
    .binary(.varchar, .varchar, to: .bigint) { (a: StringView, b: StringView) in
      try body(a.array, b.array)
    }
  }

  private static func similarity(
    _ body: @escaping @Sendable ([UInt8], [UInt8]) throws -> Double
  ) -> ScalarOverload {
    .binary(.varchar, .varchar, to: .double) { (a: StringView, b: StringView) in
      try body(a.array, b.array)
    }
  }
}

enum EditDistance {
  static func levenshtein(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if a.isEmpty || b.isEmpty { return Swift.max(a.count, b.count) }
    var row: [Int] = Array(0...b.count)
    for i in 1...a.count {
      var diagonal: Int = row[0]
      row[0] = i
      for j in 1...b.count {
        let above: Int = row[j]
        let change: Int = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)
        row[j] = Swift.min(change, Swift.min(above, row[j - 1]) + 1)
        diagonal = above
      }
    }
    return row[b.count]
  }

  /// Source: the unrestricted algorithm of Lowrance and Wagner.
  static func damerau(_ a: [UInt8], _ b: [UInt8]) -> Int {
    let limit: Int = a.count + b.count
    let width: Int = b.count + 2
    var table = [Int](repeating: 0, count: (a.count + 2) * width)
    table[0] = limit
    for i in 0...a.count {
      table[(i + 1) * width] = limit
      table[(i + 1) * width + 1] = i
    }
    for j in 0...b.count {
      table[j + 1] = limit
      table[width + j + 1] = j
    }
    var lastRow = [Int](repeating: 0, count: 256)
    for i in stride(from: 1, through: a.count, by: 1) {
      var lastMatch = 0
      for j in stride(from: 1, through: b.count, by: 1) {
        let row: Int = lastRow[Int(b[j - 1])]
        let column: Int = lastMatch
        let isSame: Bool = a[i - 1] == b[j - 1]
        if isSame { lastMatch = j }
        let change: Int = table[i * width + j] + (isSame ? 0 : 1)
        let insert: Int = table[(i + 1) * width + j] + 1
        let delete: Int = table[i * width + j + 1] + 1
        let swap: Int = table[row * width + column] + (i - row - 1) + 1 + (j - column - 1)
        table[(i + 1) * width + j + 1] = Swift.min(
          Swift.min(change, insert), Swift.min(delete, swap))
      }
      lastRow[Int(a[i - 1])] = i
    }
    return table[(a.count + 1) * width + b.count + 1]
  }

  static func jaro(_ a: [UInt8], _ b: [UInt8]) -> Double {
    if a.isEmpty || b.isEmpty { return 0 }
    let window: Int = Swift.max(0, Swift.max(a.count, b.count) / 2 - 1)
    var usedInB = [Bool](repeating: false, count: b.count)
    var matchedA: [UInt8] = []
    for (i, byte) in a.enumerated() {
      let low: Int = Swift.max(0, i - window)
      let high: Int = Swift.min(b.count, i + window + 1)
      var j: Int = low
      while j < high {
        if !usedInB[j] && b[j] == byte {
          usedInB[j] = true
          matchedA.append(byte)
          break
        }
        j += 1
      }
    }
    if matchedA.isEmpty { return 0 }
    let matchedB: [UInt8] = b.indices.filter { usedInB[$0] }.map { b[$0] }
    let moved: Int = zip(matchedA, matchedB).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
    let m = Double(matchedA.count)
    return (m / Double(a.count) + m / Double(b.count) + (m - Double(moved / 2)) / m) / 3
  }

  static func jaroWinkler(_ a: [UInt8], _ b: [UInt8]) -> Double {
    let base: Double = jaro(a, b)
    if base <= 0.7 { return base }
    var common = 0
    while common < 4 && common < a.count && common < b.count && a[common] == b[common] {
      common += 1
    }
    return base + Double(common) * 0.1 * (1 - base)
  }
}
