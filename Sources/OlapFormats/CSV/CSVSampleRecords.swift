internal import OlapColumns

/// Records of a sample: fields one after the other, with where each record ends.
struct CSVSampleRecords {
  var fields: [SampleField] = []
  /// Per record the position after its last field.
  var ends: [Int] = []
  /// Per record the byte where it starts.
  var offsets: [Int] = []
  var isBroken: [Bool] = []
  var problemCount = 0
  var hasQuotedNewline = false

  var count: Int { ends.count }

  func record(_ index: Int) -> ArraySlice<SampleField> {
    fields[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  func fieldCount(_ index: Int) -> Int { ends[index] - (index == 0 ? 0 : ends[index - 1]) }

  /// The number of fields that most records have, the larger of equals.
  var usualFieldCount: Int {
    var counts: [Int: Int] = [:]
    for index in 0..<count where !isBroken[index] { counts[fieldCount(index), default: 0] += 1 }
    return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
  }
}
