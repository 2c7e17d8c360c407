import Dispatch
@preconcurrency import Glibc
import Olap
import Synchronization

/// A line on the terminal that shows how far a load is: a bar, the rate and the time left.
final class LoadProgress: Sendable {
  private let connection: Connection
  private let byteCount: Int
  private let isRunning: Atomic<Bool>
  private let hasStopped = DispatchSemaphore(value: 0)
  private static let barWidth = 24

  /// - Parameter inputs: the files' names, for the rate in bytes; patterns do without.
  init(_ connection: Connection, isShown: Bool, _ inputs: [String]) {
    self.connection = connection
    byteCount = inputs.reduce(0) { sum, path in
      var status = stat()
      return stat(path, &status) == 0 ? sum + Int(status.st_size) : sum
    }
    isRunning = Atomic(isShown)
    guard isShown else { return }
    DispatchQueue.global().async { self.show() }
  }

  private func show() {
    let stopwatch = Stopwatch()
    var hasShown = false
    while isRunning.load(ordering: .relaxed) {
      usleep(100_000)
      // Short loads end before anyone could read it.
      guard stopwatch.seconds > 0.5, isRunning.load(ordering: .relaxed),
        let share = connection.progress
      else { continue }
      hasShown = true
      write(line(share, stopwatch.seconds))
    }
    if hasShown { write("\r\u{1b}[K") }
    hasStopped.signal()
  }

  /// `[######······]  42 %  118 MB/s  0:07 left`
  private func line(_ share: Double, _ seconds: Double) -> String {
    let filled = Int(share * Double(LoadProgress.barWidth))
    let bar =
      String(repeating: "#", count: filled)
      + String(repeating: "·", count: LoadProgress.barWidth - filled)
    let percent = Int(share * 100)
    var text = "\r\u{1b}[K[\(bar)] \(percent < 10 ? "  " : percent < 100 ? " " : "")\(percent) %"
    if byteCount > 0, share > 0 {
      let rate = Double(byteCount) * share / seconds
      text += rate >= 1e6 ? "  \(Int(rate / 1e6)) MB/s" : "  \(Int(rate / 1e3)) kB/s"
    }
    if share > 0.01 {
      let left = Int(seconds / share - seconds + 0.5)
      let rest = left % 60
      text += share >= 1 ? "  writing" : "  \(left / 60):\(rest < 10 ? "0" : "")\(rest) left"
    }
    return text
  }

  private func write(_ text: String) {
    fputs(text, stderr)
    fflush(stderr)
  }

  /// Removes the line. May be called again.
  func stop() {
    if isRunning.exchange(false, ordering: .relaxed) { hasStopped.wait() }
  }
}
