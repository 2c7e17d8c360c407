internal import OlapColumns

/// What the builders of one chunk share.
final class JSONBatch {
  let timeZoneName: String
  let heap = StringHeap()
  /// Blocks that text views point into.
  var keepers: [AnyObject]
  /// The row being read.
  var row = 0
  /// First problem of each bad row.
  private(set) var failures: [Int: (column: String, reason: String)] = [:]

  init(timeZoneName: String, keepers: [AnyObject]) {
    self.timeZoneName = timeZoneName
    self.keepers = keepers
  }

  func fail(_ column: String, _ reason: String, row: Int? = nil) {
    let row = row ?? self.row
    if failures[row] == nil { failures[row] = (column, reason) }
  }
}
