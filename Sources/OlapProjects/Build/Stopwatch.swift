internal import Glibc

/// Milliseconds since it was made.
struct Stopwatch {
  private let start = Stopwatch.now

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  var milliseconds: Double { Double(Stopwatch.now - start) / 1000 }
}
