import Glibc
import Olap
import Testing

/// How a golden file is run.
struct GoldenConfiguration: Sendable, CustomTestStringConvertible {
  let name: String
  var isOnDisk = false
  var restartsAfterEveryStatement = false
  var threads = 1
  var memoryLimit: Int?
  var testDescription: String { name }

  private static let everything: [GoldenConfiguration] = [
    GoldenConfiguration(name: "memory, 1 thread"),
    GoldenConfiguration(name: "memory, 2 threads", threads: 2),
    GoldenConfiguration(name: "disk", isOnDisk: true, threads: 2),
    GoldenConfiguration(
      name: "disk, restart after every statement", isOnDisk: true,
      restartsAfterEveryStatement: true),
    GoldenConfiguration(name: "3 MB of memory", memoryLimit: 3 << 20),
    GoldenConfiguration(
      name: "3 MB of memory, disk, 2 threads", isOnDisk: true, threads: 2, memoryLimit: 3 << 20),
  ]

  /// Debug builds are slow: they run every second configuration, unless `OLAP_GOLDEN_ALL` is set. With
  /// `OLAP_VECTOR_SIZE` set (see `GoldenProcess`) one is enough.
  static let all: [GoldenConfiguration] = {
    if GoldenProcess.isChild {
      return [GoldenConfiguration(name: "short vectors, 2 threads", isOnDisk: true, threads: 2)]
    }
    return runsEverything
      ? everything
      : everything.enumerated().filter { $0.offset % 2 == 1 }
        .map { $0.element }
  }()

  static var runsEverything: Bool {
    #if DEBUG
      getenv("OLAP_GOLDEN_ALL") != nil
    #else
      true
    #endif
  }
}

@Suite("golden files")
struct GoldenTests {
  @Test(
    "every file gives its rows in every configuration", arguments: GoldenScript.discover(),
    GoldenConfiguration.all)
  func run(_ file: String, _ configuration: GoldenConfiguration) throws {
    let script = try GoldenScript(path: GoldenScript.folder + "/" + file)
    #expect(!script.records.isEmpty, "\(file) has no records")
    var runner = try GoldenRunner(configuration)
    defer { runner.remove() }
    for record in script.records {
      try runner.check(record, file: file)
      if configuration.restartsAfterEveryStatement, !script.keepsSession, !runner.isInTransaction {
        try runner.restart()
      }
    }
  }

  /// Vectors have one length per process, so short ones run in a process of their own.
  @Test(
    "every file gives its rows with vectors of 3 rows",
    .enabled(if: !GoldenProcess.isChild && GoldenConfiguration.runsEverything))
  func runWithShortVectors() throws {
    let (status, output) = try GoldenProcess.run(vectorSize: 3)
    #expect(status == 0, "\(output)")
  }
}

/// A database under one configuration.
struct GoldenRunner {
  private let configuration: GoldenConfiguration
  private let path: String?
  /// What `__SCRATCH__` in a statement stands for: the beginning of file names of this run's own.
  private let scratch = "/tmp/olap-golden-\(getpid())-\(UInt64.random(in: 0 ... .max))"
  private var database: Database
  private var connection: Connection

  init(_ configuration: GoldenConfiguration) throws {
    self.configuration = configuration
    path =
      configuration.isOnDisk
      ? "/tmp/olap-golden-\(getpid())-\(UInt64.random(in: 0 ... .max)).olap" : nil
    database = try GoldenRunner.open(path, configuration)
    connection = database.connect()
  }

  private static func open(_ path: String?, _ configuration: GoldenConfiguration) throws -> Database
  {
    var options = DatabaseOptions()
    options.threads = configuration.threads
    options.memoryLimit = configuration.memoryLimit
    return try Database(path, options: options)
  }

  var isInTransaction: Bool { connection.isInTransaction }

  mutating func restart() throws {
    guard let path else { return }
    try database.close()
    database = try GoldenRunner.open(path, configuration)
    connection = database.connect()
  }

  func remove() {
    try? database.close()
    for ending in [".csv", ".json"] { unlink(scratch + ending) }
    guard let path else { return }
    unlink(path)
    unlink(path + "-wal")
  }

  mutating func check(_ record: GoldenRecord, file: String) throws {
    let place = "\(file):\(record.line)"
    switch record.kind {
    case .restart: try restart()
    case .statement(let expectsError):
      do {
        _ = try rows(record.sql)
        if expectsError != nil { Issue.record("\(place): an error was expected") }
      } catch {
        guard let expectsError else {
          Issue.record("\(place): \(error)")
          return
        }
        let text = "\(error)".lowercased()
        if !expectsError.isEmpty, !contains(text, expectsError.lowercased()) {
          Issue.record("\(place): expected an error with \"\(expectsError)\", got: \(error)")
        }
      }
    case .query(let isRowsorted):
      do {
        var lines = try rows(record.sql)
        var expected = record.expected
        if isRowsorted {
          lines.sort()
          expected.sort()
        }
        if lines != expected {
          Issue.record(
            "\(place): expected\n\(expected.joined(separator: "\n"))\ngot\n\(lines.joined(separator: "\n"))"
          )
        }
      } catch {
        Issue.record("\(place): \(error)")
      }
    }
  }

  private func contains(_ text: String, _ part: String) -> Bool {
    var rest = text[...]
    while !rest.isEmpty {
      if rest.hasPrefix(part) { return true }
      rest = rest.dropFirst()
    }
    return part.isEmpty
  }

  /// Rows as text: values separated by one blank, NULL as `NULL`, the empty string as `(empty)`.
  private func rows(_ sql: String) throws -> [String] {
    try connection.query(sql.replacing("__SCRATCH__", with: scratch)).map { row in
      row.values.indices.map { index in
        guard let text = row.text(index) else { return "NULL" }
        return text.isEmpty ? "(empty)" : text
      }.joined(separator: " ")
    }
  }
}
