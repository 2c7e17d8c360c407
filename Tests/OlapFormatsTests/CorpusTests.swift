import Glibc
import Olap
import Testing

@Suite("awkward files")
struct CorpusTests {
  /// How a file is read: blocks of that many bytes (nil: the default), on that many threads.
  static let ways: [(buffer: Int?, threads: Int)] = [(nil, 1), (nil, 2), (24, 1), (100, 2)]

  @Test(
    "each gives its columns and rows, or its error, in blocks of any size",
    arguments: CorpusFile.all)
  func read(_ file: CorpusFile) throws {
    for way in CorpusTests.ways {
      var options = DatabaseOptions()
      options.threads = way.threads
      let connection = try Database(nil, options: options).connect()
      try connection.execute("SET TimeZone = 'UTC'")
      let query = file.query(way.buffer.map { ", buffer_size = \($0)" } ?? "")
      do {
        let result = try connection.execute(query)
        let columns = result.columns.map { "\($0.name) \($0.type)" }
        let rows = try result.allRows().map { row in row.values.indices.map { row.text($0) } }
        if let error = file.error {
          Issue.record("\(file.name): an error with \"\(error)\" was expected, got \(rows)")
        }
        #expect(columns == file.columns, "\(file.name)")
        if rows != file.rows {
          Issue.record(
            "\(file.name) \(way): expected \(file.rows.prefix(8)), got \(rows.prefix(8))")
        }
      } catch {
        guard let expected = file.error, "\(error)".contains(expected) else {
          Issue.record("\(file.name) \(way): \(error)")
          continue
        }
      }
    }
  }
}

extension String {
  func contains(_ part: String) -> Bool {
    var rest = self[...]
    while !rest.isEmpty {
      if rest.hasPrefix(part) { return true }
      rest = rest.dropFirst()
    }
    return part.isEmpty
  }
}
