import Glibc
import Olap
import OlapTestSupport

/// A way to run the engine that must not change any result.
struct EngineConfiguration: Sendable {
  let name: String
  var isOnDisk = false
  var threads = 1
  var memoryLimit: Int?
  /// Statements said to every connection first.
  var settings: [String] = []

  static let all: [EngineConfiguration] = [
    EngineConfiguration(name: "memory, 1 thread"),
    EngineConfiguration(name: "disk, 2 threads", isOnDisk: true, threads: 2),
    EngineConfiguration(
      name: "without optimizer", threads: 2, settings: ["SET enable_optimizer = false"]),
    EngineConfiguration(name: "24 MB of memory", isOnDisk: true, memoryLimit: 24 << 20),
  ]
}

/// One open database of a configuration. Its file is removed at the end.
final class Engine {
  let configuration: EngineConfiguration
  private let path: String?
  private var database: Database
  private(set) var connection: Connection

  init(_ configuration: EngineConfiguration) throws {
    self.configuration = configuration
    path =
      configuration.isOnDisk
      ? "/tmp/olap-oracle-\(getpid())-\(UInt64.random(in: 0 ... .max)).olap" : nil
    database = try Engine.open(path, configuration)
    connection = database.connect()
    try prepare()
  }

  deinit {
    try? database.close()
    if let path {
      unlink(path)
      unlink(path + "-wal")
    }
  }

  private static func open(_ path: String?, _ configuration: EngineConfiguration) throws -> Database
  {
    var options = DatabaseOptions()
    options.threads = configuration.threads
    options.memoryLimit = configuration.memoryLimit
    return try Database(path, options: options)
  }

  private func prepare() throws {
    // Random joins may be huge; a query that is stopped says nothing.
    try connection.execute("SET statement_timeout = 4000")
    for statement in configuration.settings { try connection.execute(statement) }
  }

  /// Close and open again; nothing in memory.
  func reopen() throws {
    guard path != nil else { return }
    try database.close()
    database = try Engine.open(path, configuration)
    connection = database.connect()
    try prepare()
  }

  /// Whether the error is that of a query stopped for its time.
  static func isTimeout(_ error: any Error) -> Bool {
    (error as? OlapError)?.code == .interrupted
  }

  func rows(_ sql: String) throws -> [[String]] {
    OracleSettings.trace("/* \(configuration.name) */ " + sql)
    return try connection.query(sql).map { Rendering.text($0) }
  }
}
