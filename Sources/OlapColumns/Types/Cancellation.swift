import CIntrinsics
import Glibc
import Synchronization

/// The wish to stop a statement: asked for by whoever holds it, looked at by the threads that work for the
/// statement.
///
/// Each thread knows the statement it works for (`run`; threads of the worker pool take over that of
/// whoever gave them work), so loops anywhere below can look without being handed anything. A look costs
/// one relaxed load and, while a timeout is set, one reading of the clock: once per vector or per some
/// thousand rows is free, per value is not.
package final class Cancellation: Sendable {
  private let isRequested = Atomic<Bool>(false)
  /// Monotonic milliseconds after which the statement is taken as cancelled; 0 for none.
  private let deadline = Atomic<Int>(0)

  package init() {}

  /// Safe from any thread and from signal handlers.
  package func request() { isRequested.store(true, ordering: .relaxed) }

  /// Forgets an earlier request; `timeout` milliseconds from now count as one, unless 0.
  package func begin(timeout: Int) {
    isRequested.store(false, ordering: .relaxed)
    let (end, overflow) = Cancellation.milliseconds().addingReportingOverflow(timeout)
    deadline.store(timeout > 0 && !overflow ? end : 0, ordering: .relaxed)
  }

  /// True when asked for or past the timeout.
  package var isCancelled: Bool {
    if isRequested.load(ordering: .relaxed) { return true }
    let limit = deadline.load(ordering: .relaxed)
    return limit != 0 && Cancellation.milliseconds() > limit
  }

  private static func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  /// Runs `body` with this thread working for the statement.
  package func run<Output>(_ body: () throws -> Output) rethrows -> Output {
    let outer = olap_statement()
    olap_set_statement(Unmanaged.passUnretained(self).toOpaque())
    defer { olap_set_statement(outer) }
    return try withExtendedLifetime(self) { try body() }
  }

  /// Runs `body` to its end whatever is asked: what must not stop half way, such as a commit, and what
  /// outlives the statement, such as a segment in the buffer pool.
  package static func shielding<Output, Failure: Error>(
    _ body: () throws(Failure) -> Output
  ) throws(Failure) -> Output {
    let outer = olap_statement()
    olap_set_statement(nil)
    defer { olap_set_statement(outer) }
    return try body()
  }

  /// The statement this thread works for, to be passed to another thread that helps it.
  package static var current: Cancellation? {
    guard let pointer = olap_statement() else { return nil }
    return Unmanaged<Cancellation>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Whether this thread's statement has been cancelled; for code that cannot throw and whose caller
  /// looks once more.
  package static var isRequested: Bool {
    guard let pointer = olap_statement() else { return false }
    return Unmanaged<Cancellation>.fromOpaque(pointer)._withUnsafeGuaranteedRef { $0.isCancelled }
  }

  /// - Throws: `.cancelled` when this thread's statement has been cancelled.
  package static func check() throws {
    if isRequested { throw ComputeError.cancelled }
  }

  /// Looks now and then: for loops and comparisons that may be many.
  package struct Pacer {
    @usableFromInline var left = Pacer.interval
    @usableFromInline static let interval = 1 << 14

    @inlinable package init() {}

    /// - Throws: `.cancelled`, at every 16384th call, when this thread's statement has been cancelled.
    @inlinable package mutating func tick() throws {
      left &-= 1
      if left == 0 {
        left = Pacer.interval
        try Cancellation.check()
      }
    }
  }

  /// Calls `body` with the parts of `0 ..< count`, looking before each but the first.
  @inlinable
  package static func forEachStride(_ count: Int, _ body: (Range<Int>) throws -> Void) throws {
    var start = 0
    while start < count {
      if start > 0 { try check() }
      let end = Swift.min(count, start &+ rowStride)
      try body(start..<end)
      start = end
    }
  }

  /// The same for code that cannot throw: ends early once the statement is cancelled and says how far it
  /// came. What is left out must be given valid values; nobody will see them, since results and commits
  /// look once more.
  @inlinable @discardableResult
  package static func strides(_ count: Int, _ body: (Range<Int>) -> Void) -> Int {
    var start = 0
    while start < count {
      if start > 0 && isRequested { break }
      let end = Swift.min(count, start &+ rowStride)
      body(start..<end)
      start = end
    }
    return start
  }

  /// Fills `byteCount` bytes with `byte`, by steps between which a cancelled statement ends.
  package static func clear(
    _ start: UnsafeMutableRawPointer, _ byte: UInt8 = 0, byteCount: Int
  ) throws {
    let step = 4 << 20
    var offset = 0
    while offset < byteCount {
      if offset > 0 { try check() }
      memset(start + offset, Int32(byte), Swift.min(step, byteCount - offset))
      offset += step
    }
  }

  /// Rows of cheap work (copying, hashing, comparing) between two looks: under a millisecond.
  @inlinable package static var rowStride: Int { 1 << 16 }
}

extension ComputeError {
  /// What a cancelled statement ends with.
  package static let cancelled = ComputeError(.cancelled, "the statement was cancelled")
}
