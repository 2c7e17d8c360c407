import Glibc

/// A mutex and condition of the C library: waiting with a time limit, which `Mutex` does not have.
final class ConditionLock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }
  func wakeAll() { pthread_cond_broadcast(condition) }
  func wait() { pthread_cond_wait(condition, mutex) }
  /// False when the deadline has passed.
  func wait(until deadline: timespec) -> Bool {
    var deadline = deadline
    return pthread_cond_timedwait(condition, mutex, &deadline) == 0
  }
}

/// Lets one writer in at a time.
final class WriterGate: @unchecked Sendable {
  private let lock = ConditionLock()
  private var isTaken = false

  /// Waits for the writer before; nil waits for ever. False when the time is over.
  func enter(timeoutMilliseconds: Int?) -> Bool {
    lock.lock()
    defer { lock.unlock() }
    var deadline = timespec()
    if let timeoutMilliseconds {
      clock_gettime(CLOCK_MONOTONIC, &deadline)
      let nanoseconds: Int =
        deadline.tv_nsec + Swift.max(0, Swift.min(timeoutMilliseconds, 1 << 40)) % 1000 * 1_000_000
      deadline.tv_sec += Swift.max(0, timeoutMilliseconds) / 1000 + nanoseconds / 1_000_000_000
      deadline.tv_nsec = nanoseconds % 1_000_000_000
    }
    while isTaken {
      if timeoutMilliseconds == nil {
        lock.wait()
      } else if !lock.wait(until: deadline) && isTaken {
        return false
      }
    }
    isTaken = true
    return true
  }

  func leave() {
    lock.lock()
    isTaken = false
    lock.unlock()
    lock.wakeAll()
  }
}
