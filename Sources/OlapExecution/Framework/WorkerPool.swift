import Glibc
internal import OlapColumns
import Synchronization

/// Threads shared by all statements of the process.
///
/// `run` executes a body on several workers at once, the caller being worker 0. Slots that no free
/// thread picks up before the caller is done are never run, so bodies must take their work from a
/// shared queue (an atomic morsel counter) and make their own state. A caller never waits for threads
/// busy with other statements.
package final class WorkerPool: @unchecked Sendable {
  package static let shared = WorkerPool()

  /// SAFETY: all fields of jobs and of the pool are guarded by `mutex`.
  private final class Job {
    let body: (Int) throws -> Void
    let slots: Int
    var claimed = 1
    var active = 0
    var failure: (any Error)?
    /// The statement the work is for.
    let cancellation = Cancellation.current
    init(slots: Int, body: @escaping (Int) throws -> Void) {
      self.slots = slots
      self.body = body
    }
  }

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let workAvailable = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let jobDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var queue: [Job] = []
  private var threadCount = 0

  private init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(workAvailable, nil)
    pthread_cond_init(jobDone, nil)
  }

  /// Runs `body(0 ..< workers)` as far as threads are free and returns when every started call has.
  /// The first error of any of them is thrown.
  package func run(workers: Int, _ body: (Int) throws -> Void) throws {
    if workers <= 1 { return try body(0) }
    try withoutActuallyEscaping(body) { body in
      let job = Job(slots: workers, body: body)
      submit(job)
      var failure: (any Error)?
      do { try body(0) } catch { failure = error }
      finish(job)
      if let error = failure ?? job.failure { throw error }
    }
  }

  private func submit(_ job: Job) {
    pthread_mutex_lock(mutex)
    while threadCount < job.slots - 1 && startThread() {}
    queue.append(job)
    pthread_cond_broadcast(workAvailable)
    pthread_mutex_unlock(mutex)
  }

  private func finish(_ job: Job) {
    pthread_mutex_lock(mutex)
    queue.removeAll { $0 === job }
    while job.active > 0 { pthread_cond_wait(jobDone, mutex) }
    pthread_mutex_unlock(mutex)
  }

  /// Starts one more thread; false when the system refuses (then there are simply fewer).
  private func startThread() -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 16 << 20)
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { _ in
        WorkerPool.shared.serve()
        return nil
      }, nil)
    if result == 0 { threadCount += 1 }
    return result == 0
  }

  private func serve() {
    pthread_mutex_lock(mutex)
    while true {
      guard let job = queue.first else {
        pthread_cond_wait(workAvailable, mutex)
        continue
      }
      let slot = job.claimed
      job.claimed += 1
      job.active += 1
      if job.claimed == job.slots { queue.removeFirst() }
      pthread_mutex_unlock(mutex)
      var failure: (any Error)?
      do {
        if let cancellation = job.cancellation {
          try cancellation.run { try job.body(slot) }
        } else {
          try job.body(slot)
        }
      } catch { failure = error }
      pthread_mutex_lock(mutex)
      if let failure, job.failure == nil { job.failure = failure }
      job.active -= 1
      if job.active == 0 { pthread_cond_broadcast(jobDone) }
    }
  }
}
