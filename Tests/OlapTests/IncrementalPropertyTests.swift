import Glibc
import Olap
import OlapTestSupport
import Testing

/// Random schemas, models and change streams: after every refresh each model must equal its rebuild.
///
/// `OLAP_PROPERTY_SECONDS` sets how long it runs (release default 60 and until 2,000 refreshes are done; 10
/// in debug builds), `OLAP_PROPERTY_SEED` the first seed.
///
/// The long mode: `OLAP_PROPERTY_CHANGES=1000000 swift test -c release --filter equalsRebuild` goes on until
/// so many rows have changed, in larger tables and batches; `OLAP_PROPERTY_SECONDS` then is a limit.
@Suite("incremental refresh")
struct IncrementalPropertyTests {
  private static func number(_ name: String) -> Double? {
    getenv(name).flatMap { Double(String(cString: $0)) }
  }

  private static var seconds: Double {
    #if DEBUG
      number("OLAP_PROPERTY_SECONDS") ?? 10
    #else
      number("OLAP_PROPERTY_SECONDS") ?? 60
    #endif
  }

  /// Refreshes that a run with the default time must reach.
  private static var refreshMinimum: Int {
    #if DEBUG
      20
    #else
      number("OLAP_PROPERTY_SECONDS") == nil ? 2_000 : 20
    #endif
  }

  /// Rows to change in the long mode.
  private static var changeGoal: Int? { number("OLAP_PROPERTY_CHANGES").map { Int($0) } }

  private static var firstSeed: UInt64 {
    getenv("OLAP_PROPERTY_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1
  }

  @Test("equals the rebuild, row by row, and stays incremental")
  func equalsRebuild() throws {
    var statistics = RefreshStatistics()
    let start = IncrementalPropertyTests.now()
    var seed = IncrementalPropertyTests.firstSeed
    while IncrementalPropertyTests.isUnfinished(statistics, since: start) {
      let scale = IncrementalPropertyTests.changeGoal == nil ? 1 : 40
      var world = try RefreshWorld(seed: seed, scale: scale)
      try world.run(rounds: 6, &statistics)
      seed += 1
      if statistics.failures.count >= 3 { break }
      if scale > 1, seed % 20 == 0 {
        print("seed \(seed): \(statistics.summary)")
        fflush(nil)
      }
    }
    for failure in statistics.failures { Issue.record("\(failure)") }
    print(statistics.summary)
    #expect(statistics.refreshes >= IncrementalPropertyTests.refreshMinimum)
    for construct in statistics.neededFull.sorted() {
      Issue.record("a model fell back to FULL: \(construct)")
    }
  }

  private static func isUnfinished(_ statistics: RefreshStatistics, since start: Double) -> Bool {
    let passed = now() - start
    if let changeGoal {
      let isInTime = number("OLAP_PROPERTY_SECONDS").map { passed < $0 } ?? true
      return statistics.changes < changeGoal && isInTime
    }
    if passed < seconds { return true }
    // A slow machine takes longer, within reason.
    return statistics.refreshes < refreshMinimum && passed < 5 * seconds
  }

  @Test("a planted fault is found", arguments: MaintenanceFault.allCases)
  func canary(fault: MaintenanceFault) throws {
    var statistics = RefreshStatistics()
    for seed in UInt64(1)...40 {
      var world = try RefreshWorld(seed: seed, fault: fault)
      try world.run(rounds: 4, &statistics)
      if statistics.failures.contains(where: { $0.contains("differs from its rebuild") }) { return }
    }
    Issue.record("40 random worlds did not show the planted fault")
  }

  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

struct RefreshStatistics {
  var refreshes = 0
  var changes = 0
  var rungs: [String: Int] = [:]
  var constructs: [String: Int] = [:]
  var rejected = 0
  var failures: [String] = []
  var neededFull: Set<String> = []

  var summary: String {
    "incremental refresh: \(refreshes) model refreshes, \(changes) changed rows, rungs "
      + rungs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      + "; \(rejected) queries rejected; "
      + constructs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      .joined(separator: ", ")
  }
}
