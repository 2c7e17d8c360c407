import Glibc
import Olap
import OlapStorage
import OlapTestSupport
import Testing

/// SQL on a disk that loses power, or fails a call, at every write and flush.
@Suite("Power cuts")
struct PowerCutTests {
  private static let workload = Result {
    try Workload(units: Workload.units(rounds: 6, loading: nil))
  }

  private static func open(_ disk: FaultyFileSystem) throws -> Database {
    var options = DatabaseOptions(memoryLimit: 256 << 20, threads: 1)
    options.checkpointByteCount = 12_000
    return try Database("/db", options: options, fileSystem: disk)
  }

  /// Runs the units until one fails; how many were acknowledged, and the database if it is open.
  private static func run(_ disk: FaultyFileSystem, _ units: [String]) -> (Int, Database?) {
    guard let database = try? open(disk) else { return (0, nil) }
    let connection = database.connect()
    for (number, unit) in units.enumerated() {
      do { try connection.execute(unit) } catch {
        _ = try? connection.execute("ROLLBACK")
        return (number, database)
      }
    }
    try? database.close()
    return (units.count, nil)
  }

  private static func callCount(_ units: [String]) -> Int {
    let disk = FaultyFileSystem()
    _ = run(disk, units)
    return disk.callCount
  }

  @Test("a power cut at every write and flush keeps what was acknowledged, and nothing else")
  func cuts() throws {
    let workload = try Self.workload.get()
    let calls = Self.callCount(workload.units)
    #expect(calls > 100)
    var failures = 0
    for at in 1...calls where failures < 3 {
      let disk = FaultyFileSystem()
      disk.arm(.powerCut(at: at))
      let (done, _) = Self.run(disk, workload.units)
      for seed in 0..<3 {
        let image = disk.afterPowerCut(seed: UInt64(at * 10 + seed))
        let fault = Self.fault(image, workload, done: done)
        if let fault {
          failures += 1
          Issue.record("cut at call \(at) of \(calls), image \(seed), \(done) units done: \(fault)")
        }
      }
    }
  }

  @Test("a call that fails leaves the session's data and the file whole")
  func failures() throws {
    let workload = try Self.workload.get()
    let calls = Self.callCount(workload.units)
    var failures = 0
    for code in [EIO, ENOSPC] {
      for at in stride(from: code == EIO ? 1 : 2, through: calls, by: 2) where failures < 3 {
        let disk = FaultyFileSystem()
        disk.arm(.failure(at: at, code: code))
        let (done, database) = Self.run(disk, workload.units)
        if let database, let state = try? Workload.state(database) {
          let isKnown = Self.isExpected(state, workload, done: done)
          #expect(
            isKnown, "call \(at), code \(code): readers of the open database see another state")
        }
        if let fault = Self.fault(disk.copy(), workload, done: done) {
          failures += 1
          Issue.record("call \(at) of \(calls) failed with \(code), \(done) units done: \(fault)")
        }
      }
    }
  }

  private static func isExpected(_ state: [String], _ workload: Workload, done: Int) -> Bool {
    state == workload.states[done]
      || (done + 1 < workload.states.count && state == workload.states[done + 1])
  }

  /// What is wrong with a disk found after `done` units; nil when it holds them, and takes new ones.
  private static func fault(
    _ image: FaultyFileSystem, _ workload: Workload, done: Int
  ) -> String? {
    do {
      let database = try open(image)
      let state = try Workload.state(database)
      guard isExpected(state, workload, done: done) else {
        let nearest = workload.states.lastIndex(of: state)
        return nearest.map { "the state is that after \($0)" }
          ?? "an unknown state: \(state.prefix(8))"
      }
      let connection = database.connect()
      try connection.execute(
        "CREATE TABLE after (id BIGINT PRIMARY KEY); INSERT INTO after VALUES (1); CHECKPOINT")
      try database.close()
      let again = try open(image)
      let rows = try again.connect().query("SELECT count(*) FROM after")
      return rows[0].int(0) == 1 ? nil : "a commit after the recovery is lost"
    } catch {
      return "\(error)"
    }
  }
}
