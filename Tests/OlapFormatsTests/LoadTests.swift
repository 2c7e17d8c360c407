import Glibc
import Olap
import Testing

/// A folder of files for one test.
final class Scratch {
  let path: String

  init() {
    var template = Array("/tmp/olap-formats-XXXXXX".utf8CString)
    path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
  }

  func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) -> String {
    let file = path + "/" + name
    if let slash = name.lastIndex(of: "/") {
      var folder = path
      for part in name[..<slash].split(separator: "/") {
        folder += "/" + part
        mkdir(folder, 0o777)
      }
    }
    guard let handle = fopen(file, "w") else { return file }
    fwrite(bytes, 1, bytes.count, handle)
    fclose(handle)
    return file
  }

  func read(_ name: String) -> String {
    String(decoding: CorpusFile.bytes(path + "/" + name), as: UTF8.self)
  }
}

extension Connection {
  /// Rows as lines of values parted by a bar.
  func lines(_ sql: String) throws -> [String] {
    try query(sql).map { row in
      row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: "|")
    }
  }
}

@Suite("load")
struct LoadTests {
  private func connect(_ threads: Int = 2) throws -> Connection {
    var options = DatabaseOptions()
    options.threads = threads
    return try Database(nil, options: options).connect()
  }

  @Test("rows that do not fit go to olap.load_errors, and come back when mended")
  func quarantine() throws {
    let scratch = Scratch()
    let connection = try connect()
    try connection.execute(
      """
      CREATE TABLE region (id INTEGER PRIMARY KEY);
      INSERT INTO region VALUES (1), (2);
      CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL,
        price DECIMAL(8,2) CHECK (price >= 0), day DATE, region INTEGER REFERENCES region (id))
      """)
    let file = scratch.write(
      "t.csv",
      """
      id;name;price;day;region
      1;a;1,50;31.12.2024;1
      2;b;-1,00;01.01.2024;1
      x;c;2,00;01.01.2024;1
      3;;2,00;01.01.2024;1
      1;d;2,00;01.01.2024;1
      4;e;2,00;41.01.2024;1
      5;f;2,00;01.01.2024;9
      6;g;2,00
      7;"h;
      still h";2,00;01.02.2024;2

      """)
    var request = LoadRequest(table: "t", inputs: [file])
    request.onError = .quarantine
    let report = try connection.load(request)
    #expect(report.inserted == 2)
    #expect(report.rejected == 7)
    #expect(
      try connection.lines("SELECT id, name, price, day FROM t ORDER BY id") == [
        "1|a|1.50|2024-12-31", "7|h;\nstill h|2.00|2024-02-01",
      ])
    let errors = try connection.lines(
      "SELECT line, byte_offset, raw FROM olap.load_errors ORDER BY line")
    #expect(
      errors == [
        "3|47|2;b;-1,00;01.01.2024;1", "4|70|x;c;2,00;01.01.2024;1", "5|92|3;;2,00;01.01.2024;1",
        "6|113|1;d;2,00;01.01.2024;1", "7|135|4;e;2,00;41.01.2024;1",
        "8|157|5;f;2,00;01.01.2024;9", "9|179|6;g;2,00",
      ])
    let reasons = try connection.lines("SELECT reason FROM olap.load_errors ORDER BY line")
    for (reason, part) in zip(
      reasons,
      [
        "CHECK", "\"x\" is not a INTEGER", "NOT NULL", "duplicate key", "is not a DATE",
        "foreign key",
        "expected 5 fields, found 3",
      ])
    {
      #expect(reason.contains(part), "\(reason)")
    }
    try connection.execute(
      """
      UPDATE olap.load_errors SET raw = '2;b;1,00;01.01.2024;1' WHERE line = 3;
      UPDATE olap.load_errors SET raw = '3;"now a name";2,00;01.01.2024;1' WHERE line = 5;
      INSERT INTO region VALUES (9)
      """)
    let again = try connection.replay(table: "t")
    #expect(again.count == 1 && again[0].inserted == 3 && again[0].rejected == 4)
    #expect(try connection.lines("SELECT count(*) FROM t") == ["5"])
    #expect(
      try connection.lines("SELECT line FROM olap.load_errors ORDER BY line") == [
        "4", "6", "7", "9",
      ])
  }

  @Test("rows that refer to rows of the same load find them; the others take theirs along")
  func ownReferences() throws {
    let scratch = Scratch()
    let connection = try connect()
    try connection.execute(
      "CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree (id))")
    let file = scratch.write("tree.csv", "id,parent\n3,2\n2,1\n1,\n5,4\n6,5\n7,6\n")
    var request = LoadRequest(table: "tree", inputs: [file])
    request.onError = .quarantine
    let report = try connection.load(request)
    #expect(report.inserted == 3 && report.rejected == 3)
    try connection.execute("UPDATE olap.load_errors SET raw = '5,3' WHERE raw = '5,4'")
    #expect(try connection.replay()[0].inserted == 3)
  }

  @Test("abort, skip and a limit of errors")
  func policies() throws {
    let scratch = Scratch()
    let connection = try connect()
    try connection.execute("CREATE TABLE t (a INTEGER, b INTEGER)")
    let file = scratch.write("t.csv", "a,b\n1,2\nx,3\n4,y\n5,6\n")
    var request = LoadRequest(table: "t", inputs: [file])
    do {
      _ = try connection.load(request)
      Issue.record("a bad row must end the load")
    } catch {
      #expect("\(error)".contains("line 3") && "\(error)".contains("\"x\""))
    }
    #expect(try connection.lines("SELECT count(*) FROM t") == ["0"])
    request.onError = .skip
    request.maximumErrors = 1
    #expect(throws: OlapError.self) { try connection.load(request) }
    #expect(try connection.lines("SELECT count(*) FROM t") == ["0"])
    request.maximumErrors = 2
    let report = try connection.load(request)
    #expect(report.inserted == 2 && report.rejected == 2 && report.loadID == nil)
    #expect(try connection.lines("SELECT * FROM t ORDER BY a") == ["1|2", "5|6"])
  }

  @Test("an upsert tells new, changed, equal and repeated rows apart")
  func upsert() throws {
    let scratch = Scratch()
    let connection = try connect()
    let first = scratch.write("1.csv", "id,v\n1,a\n2,b\n3,\n")
    var request = LoadRequest(table: "t", inputs: [first])
    request.createsTable = true
    request.keys = ["id"]
    #expect(try connection.load(request).inserted == 3)
    request.inputs = [scratch.write("2.csv", "v,id\nB,2\n,3\nold,4\nd,4\n")]
    let report = try connection.load(request)
    #expect(report.inserted == 1 && report.updated == 1)
    #expect(report.unchanged == 1 && report.superseded == 1)
    #expect(
      try connection.lines("SELECT * FROM t ORDER BY id") == ["1|a", "2|B", "3|NULL", "4|d"])
  }

  @Test("files with their columns in another order, in folders that name columns, with their names")
  func manyFiles() throws {
    let scratch = Scratch()
    let connection = try connect()
    _ = scratch.write("y=2023/a.csv", "id,v\n1,x\n")
    _ = scratch.write("y=2024/b.csv", "v,id\ny,2\n")
    let glob = scratch.path + "/*/*.csv"
    #expect(
      try connection.lines("SELECT id, v, y FROM read_csv('\(glob)') ORDER BY id") == [
        "1|x|2023", "2|y|2024",
      ])
    #expect(
      try connection.lines(
        "SELECT id FROM read_csv('\(scratch.path)/**/*.csv', filename = true) WHERE filename LIKE '%b.csv'"
      ) == ["2"])
    _ = scratch.write("u/1.json", "{\"a\":1}\n")
    _ = scratch.write("u/2.json", "{\"b\":\"x\"}\n")
    #expect(
      try connection.lines("SELECT a, b FROM '\(scratch.path)/u/*.json' ORDER BY a NULLS LAST") == [
        "1|NULL", "NULL|x",
      ])
    _ = scratch.write("v/1.csv", "a,b\n1,2\n")
    _ = scratch.write("v/2.csv", "c,a\n3,4\n")
    #expect(throws: OlapError.self) { try connection.query("FROM '\(scratch.path)/v/*.csv'") }
    #expect(
      try connection.lines(
        "SELECT a, b, c FROM read_csv('\(scratch.path)/v/*.csv', union_by_name = true) ORDER BY a")
        == ["1|2|NULL", "4|NULL|3"])
  }

  @Test("COPY writes what it reads: CSV and JSON, packed and not")
  func copy() throws {
    let scratch = Scratch()
    let connection = try connect()
    try connection.execute(
      """
      CREATE TABLE t (id INTEGER, name VARCHAR, d DATE, price DECIMAL(8,2), tags VARCHAR[]);
      INSERT INTO t VALUES (1, 'a "b", c', DATE '2024-01-02', 1.50, ['x', 'y']), (2, '', NULL, -2, []),
        (3, NULL, NULL, NULL, NULL), (4, E'two\\nlines', NULL, 0.25, ['#'])
      """)
    let rows = try connection.lines("SELECT * FROM t ORDER BY id")
    for (name, options) in [
      ("t.csv", ""), ("t.tsv", ""), ("t.csv.gz", "(HEADER false)"),
      ("t.csv.zst", "(DELIMITER '||')"),
      ("t.ndjson", ""), ("t.json", "(FORMAT json, ARRAY true)"), ("t.json.gz", "(FORMAT json)"),
    ] {
      try connection.execute("COPY t TO '\(scratch.path)/\(name)' \(options)")
      try connection.execute("CREATE OR REPLACE TABLE u AS FROM t LIMIT 0")
      try connection.execute("COPY u FROM '\(scratch.path)/\(name)' \(options)")
      #expect(try connection.lines("SELECT * FROM u ORDER BY id") == rows, "\(name)")
    }
    #expect(
      scratch.read("t.ndjson").split(separator: "\n").first
        == "{\"id\":1,\"name\":\"a \\\"b\\\", c\",\"d\":\"2024-01-02\",\"price\":1.50,\"tags\":[\"x\",\"y\"]}"
    )
    try connection.execute(
      "COPY (SELECT 1 AS a, 'x' AS b) TO '\(scratch.path)/q.csv' (FORMAT csv, FORCE_QUOTE *)")
    #expect(scratch.read("q.csv") == "\"a\",\"b\"\n\"1\",\"x\"\n")
    let bad = scratch.write("bad.csv", "id,name\n1,a\nz,b\n")
    try connection.execute("CREATE TABLE v (id INTEGER, name VARCHAR)")
    #expect(throws: OlapError.self) { try connection.execute("COPY v FROM '\(bad)'") }
    try connection.execute("COPY v FROM '\(bad)' (ON_ERROR quarantine)")
    #expect(try connection.lines("SELECT count(*) FROM v") == ["1"])
    #expect(try connection.lines("SELECT raw, column_name FROM olap.load_errors") == ["z,b|id"])
  }

  @Test("EXPORT and IMPORT keep every text")
  func export() throws {
    let scratch = Scratch()
    let connection = try connect()
    try connection.execute(
      """
      CREATE TABLE t (id INTEGER, s VARCHAR);
      INSERT INTO t VALUES (1, 'C:\\dir\\'), (2, 'a;b;c'), (3, ''), (4, NULL), (5, '# no comment'), (6, ' "x" '),
        (7, 'it''s'), (8, '007')
      """)
    try connection.execute("EXPORT DATABASE '\(scratch.path)/all'")
    let other = try connect()
    try other.execute("IMPORT DATABASE '\(scratch.path)/all'")
    let sql = "SELECT * FROM t ORDER BY id"
    #expect(try other.lines(sql) == connection.lines(sql))
  }

  @Test("rows come in file order, whatever the threads")
  func order() throws {
    let scratch = Scratch()
    let text = "id,v\n" + (0..<20_000).map { "\($0),\"v \($0)\"\n" }.joined()
    let file = scratch.write("o.csv", text)
    for threads in [1, 2, 4] {
      let connection = try connect(threads)
      let rows = try connection.query("SELECT id FROM read_csv('\(file)', buffer_size = 5000)")
      #expect(rows.map { $0.int(0) ?? -1 } == Array(0..<20_000))
      let few = try connection.lines(
        "SELECT id FROM read_csv('\(file)', buffer_size = 5000) LIMIT 3 OFFSET 10000")
      #expect(few == ["10000", "10001", "10002"])
    }
  }

  @Test("a field of megabytes, a row of thousands of fields")
  func large() throws {
    let scratch = Scratch()
    let connection = try connect()
    let long = String(repeating: "äb\n", count: 1_500_000)
    let file = scratch.write("long.csv", "a,b\n1,\"\(long)\"\n2,x\n")
    #expect(
      try connection.lines("SELECT a, length(b) FROM read_csv('\(file)') ORDER BY a") == [
        "1|4500000", "2|1",
      ])
    let wide = (0..<5000).map { "c\($0)" }.joined(separator: ",")
    let values = (0..<5000).map { "\($0)" }.joined(separator: ",")
    let wideFile = scratch.write("wide.csv", wide + "\n" + values + "\n" + values + "\n")
    #expect(try connection.lines("SELECT c0, c4999, c77 FROM '\(wideFile)'").count == 2)
    let open = scratch.write(
      "open.csv", "a,b\n1,\"never closed\n" + String(repeating: "2,x\n", count: 2000))
    #expect(throws: OlapError.self) {
      try connection.query(
        "FROM read_csv('\(open)', max_line_size = 2048, delim = ',', quote = '\"')")
    }
  }
}
