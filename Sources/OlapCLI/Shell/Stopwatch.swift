@preconcurrency import Glibc

/// Wall and processor time of a statement, as `.timer on` prints it.
struct Stopwatch {
  private let wall = Stopwatch.now(CLOCK_MONOTONIC)
  private let usage = Stopwatch.processorTime()

  private static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func processorTime() -> (user: Double, system: Double) {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return (
      Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6,
      Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
    )
  }

  /// Wall time so far.
  var seconds: Double { Stopwatch.now(CLOCK_MONOTONIC) - wall }

  var report: String {
    let after = Stopwatch.processorTime()
    return "Run Time (s): real \(Stopwatch.format(Stopwatch.now(CLOCK_MONOTONIC) - wall)) "
      + "user \(Stopwatch.format(after.user - usage.user)) "
      + "sys \(Stopwatch.format(after.system - usage.system))"
  }

  private static func format(_ seconds: Double) -> String {
    let micro = Int((max(0, seconds) * 1e6).rounded())
    let fraction = String(micro % 1_000_000)
    return "\(micro / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}
