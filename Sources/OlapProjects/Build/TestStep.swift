internal import Olap

/// Runs one test: a SELECT whose rows are what must not exist.
struct TestStep {
  let connection: Connection
  let node: ProjectNode
  /// Rows kept to be shown.
  static let sampleSize = 5

  func run(_ result: inout StepResult) throws {
    let rows = try connection.execute(node.sql.text)
    var count = 0
    while let chunk = try rows.nextChunk() {
      for index in 0..<min(chunk.rowCount, max(0, TestStep.sampleSize - count)) {
        if result.sample.isEmpty {
          result.sample.append(rows.columns.map(\.name).joined(separator: " | "))
        }
        let row = chunk.row(index)
        result.sample.append(
          row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: " | "))
      }
      count += chunk.rowCount
    }
    guard count > 0 else { return }
    result.status = node.isWarning ? .warn : .fail
    result.message = "\(node.file.path): \(count) row\(count == 1 ? "" : "s") found"
  }
}
