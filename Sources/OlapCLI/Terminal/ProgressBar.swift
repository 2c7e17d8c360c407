import Dispatch
@preconcurrency import Glibc

/// A bar on stderr for work that takes longer than two seconds: share done, elapsed, time left.
///
/// Drawn only when stderr is a terminal, from a thread of its own; `stop` erases it.
final class ProgressBar: @unchecked Sendable {
  private let share: @Sendable () -> Double?
  private let stopSignal = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)
  private let start = ProgressBar.now()
  private let delay: Double
  private var isRunning = false

  /// `share` gives 0…1, nil while unknown; it is called from the bar's thread.
  init(delay: Double = 2, share: @escaping @Sendable () -> Double?) {
    self.share = share
    self.delay = delay
  }

  func begin() {
    guard isatty(STDERR_FILENO) == 1, !isRunning else { return }
    isRunning = true
    DispatchQueue.global(qos: .utility).async { [self] in
      var wait = delay
      var wasDrawn = false
      while stopSignal.wait(timeout: .now() + wait) == .timedOut {
        wait = 0.2
        draw()
        wasDrawn = true
      }
      if wasDrawn { ProgressBar.put("\r\u{1B}[K") }
      finished.signal()
    }
  }

  /// Returns when the bar is gone from the screen. May be called again.
  func stop() {
    guard isRunning else { return }
    isRunning = false
    stopSignal.signal()
    finished.wait()
  }

  private func draw() {
    let elapsed = ProgressBar.now() - start
    guard let done = share() else {
      ProgressBar.put("\r\u{1B}[K  … \(ProgressBar.clock(elapsed))  (Ctrl-C cancels)")
      return
    }
    let width = 40
    let filled = max(0, min(width, Int(done * Double(width))))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    var text = "\r\u{1B}[K\(Int(done * 100))% ▕\(bar)▏ \(ProgressBar.clock(elapsed))"
    if done > 0.02, done < 1 {
      text += "  about \(ProgressBar.clock(elapsed / done - elapsed)) left"
    }
    ProgressBar.put(text)
  }

  /// "4s", "2m05s".
  static func clock(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 360_000)).rounded())
    if whole < 60 { return "\(whole)s" }
    let rest = whole % 60
    return "\(whole / 60)m\(rest < 10 ? "0" : "")\(rest)s"
  }

  private static func put(_ text: String) {
    fputs(text, stderr)
    fflush(stderr)
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
