import Glibc
import Olap
import Testing

/// The 22 TPC-H queries at scale 0.01 against answers computed by another engine
/// (`datasets/tpch/answers`, made by `Benchmarks/make_answers.py`).
@Suite("TPC-H at scale 0.01")
struct TPCHTests {
  private static let root: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  @Test("all answers are right, on one and two threads", arguments: [1, 2])
  func answers(_ threads: Int) throws {
    let folder = "/tmp/olap-tpch-\(getpid())-\(threads)"
    let candidates: [String] = [".build-test", ".build"].map { (build: String) -> String in
      TPCHTests.root + "/" + build + "/release/olap-datasets"
    }
    let binary: String? = candidates.first { (path: String) -> Bool in access(path, X_OK) == 0 }
    let generator = try #require(binary, "olap-datasets is not built")
    let pipe = popen("'\(generator)' tpch --scale 0.01 --out '\(folder)' 2>&1", "r")
    let stream = try #require(pipe)
    var output = [CChar](repeating: 0, count: 4096)
    while fgets(&output, 4096, stream) != nil {}
    #expect(pclose(stream) == 0, "the generator failed")
    defer {
      for table in TPCHTests.tables { unlink("\(folder)/\(table).tbl") }
      rmdir(folder)
    }
    let database = try Database(nil, options: DatabaseOptions(threads: threads))
    let connection = database.connect()
    try connection.execute(GoldenScript.read("\(TPCHTests.root)/datasets/tpch/schema.sql"))
    for table in TPCHTests.tables {
      var request = LoadRequest(table: table, inputs: ["\(folder)/\(table).tbl"])
      request.options = ["delim": "|", "header": "false", "quote": ""]
      _ = try connection.load(request)
    }
    for number in 1...22 {
      let name = (number < 10 ? "q0" : "q") + String(number)
      let sql = GoldenScript.read("\(TPCHTests.root)/datasets/tpch/queries/\(name).sql")
      let expected = TPCHTests.records(
        GoldenScript.read("\(TPCHTests.root)/datasets/tpch/answers/sf0.01/\(name).csv"))
      let rows = try connection.query(sql)
      #expect(rows.count == expected.count - 1, "\(name): row count")
      for (row, fields) in zip(rows, expected.dropFirst()) {
        for (index, field) in fields.enumerated() where index < row.values.count {
          let text = row.text(index) ?? ""
          if text != field, !TPCHTests.isClose(row, index, field) {
            Issue.record("\(name): expected \(field), got \(text)")
          }
        }
      }
    }
    try database.close()
  }

  private static let tables = [
    "region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem",
  ]

  /// Averages are doubles: the last digit depends on how the sum was divided.
  private static func isClose(_ row: Row, _ index: Int, _ field: String) -> Bool {
    guard case .double(let value) = row.values[index], let expected = Double(field) else {
      return false
    }
    return abs(value - expected) <= 1e-12 * max(1, abs(expected))
  }

  /// CSV text cut into records.
  private static func records(_ text: String) -> [[String]] {
    var records: [[String]] = []
    var record: [String] = []
    var field = ""
    var isQuoted = false
    for character in text {
      if isQuoted {
        if character == "\"" { isQuoted = false } else { field.append(character) }
      } else if character == "\"" {
        isQuoted = true
      } else if character == "," {
        record.append(field)
        field = ""
      } else if character == "\n" || character == "\r\n" {
        record.append(field)
        records.append(record)
        record = []
        field = ""
      } else {
        field.append(character)
      }
    }
    return records
  }
}
