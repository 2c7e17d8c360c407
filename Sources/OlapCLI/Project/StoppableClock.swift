import Dispatch
@preconcurrency import Glibc
import OlapProjects
import Synchronization

/// The machine's time, with a wait that SIGINT and SIGTERM end.
final class StoppableClock: SchedulerClock, @unchecked Sendable {
  private let wakeUp = DispatchSemaphore(value: 0)
  private let isStopped = Atomic<Bool>(false)
  private let onStop = Mutex<StopAction?>(nil)
  private var sources: [any DispatchSourceSignal] = []

  private struct StopAction: Sendable {
    let body: @Sendable () -> Void
  }

  /// Takes the two signals over; they no longer end the process.
  init() {
    let queue = DispatchQueue(label: "olap.signals")
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { [weak self] in self?.stop() }
      source.resume()
      sources.append(source)
    }
  }

  var hasStopped: Bool { isStopped.load(ordering: .acquiring) }

  /// Called from the signal's thread when the work under way is to end.
  func setOnStop(_ body: (@Sendable () -> Void)?) {
    onStop.withLock { $0 = body.map(StopAction.init) }
  }

  private func stop() {
    isStopped.store(true, ordering: .releasing)
    onStop.withLock { $0 }?.body()
    wakeUp.signal()
  }

  var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec)
  }

  func wait(until moment: Int64) -> Bool {
    while !hasStopped {
      let rest = moment - now
      if rest <= 0 { return true }
      // Short naps, so that a clock that was set or a machine that slept is noticed.
      _ = wakeUp.wait(timeout: .now() + .seconds(Int(min(rest, 30))))
    }
    return false
  }
}
