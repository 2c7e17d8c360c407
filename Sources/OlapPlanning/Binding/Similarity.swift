internal import OlapSQL

/// Names close to a misspelt one, for "Did you mean".
package enum Similarity {
  /// Up to three names within a small edit distance (or sharing a beginning), best first.
  package static func closest(to name: String, among names: [String]) -> [String] {
    let target = Array(name.lowercased().utf8.prefix(64))
    var seen: Set<String> = []
    var scored: [(name: String, distance: Int, order: Int)] = []
    for (order, candidate) in names.prefix(20_000).enumerated() {
      let folded = candidate.lowercased()
      guard seen.insert(folded).inserted else { continue }
      let bytes = Array(folded.utf8.prefix(64))
      var distance = editDistance(target, bytes)
      let shares = bytes.starts(with: target) || target.starts(with: bytes)
      if shares && min(bytes.count, target.count) >= 3 { distance = min(distance, 2) }
      if distance < max(2, target.count), distance <= max(1, min(5, (target.count + 1) / 2)),
        target.count > 1 || distance == 0
      {
        scored.append((candidate, distance, order))
      }
    }
    scored.sort { ($0.distance, $0.order) < ($1.distance, $1.order) }
    return scored.prefix(3).map { $0.name }
  }

  /// As for one name; behind a wrong schema a table of that name comes first.
  static func closest(to name: ObjectName, among names: [String]) -> [String] {
    let base = name.base.text.lowercased()
    let same = names.filter { $0.lowercased() == base || $0.lowercased().hasSuffix("." + base) }
    return same.isEmpty ? closest(to: name.text, among: names) : Array(same.prefix(3))
  }

  private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var previous = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var current = [i + 1]
      current.reserveCapacity(right.count + 1)
      for (j, b) in right.enumerated() {
        let substitution = previous[j] + (a == b ? 0 : 1)
        current.append(min(substitution, previous[j + 1] + 1, current[j] + 1))
      }
      previous = current
    }
    return previous[right.count]
  }
}
