internal import Glibc
internal import OlapColumns

/// Runs recursive work on a stack that fits the nesting of its input.
///
/// Rules recurse over plans and expressions. Ordinary statements fit any stack; a hostile or generated
/// one (thousands of ANDs or UNIONs) gets a thread with a large stack, and beyond `maximumDepth` an
/// error.
enum DeepRecursion {
  static let maximumDepth = 20_000
  /// Depths below this run on the caller's stack.
  private static let shallowDepth = 120
  private static let stackByteCount = 1 << 30

  static func run<Result>(depth: Int, _ body: () throws -> Result) throws -> Result {
    if depth < shallowDepth { return try body() }
    if depth > maximumDepth {
      throw BindError(
        "the statement is nested \(depth) levels deep; at most \(maximumDepth) are supported. "
          + "Split it or use a table or list instead of long chains.")
    }
    return try withoutActuallyEscaping(body) { escaping in
      let work = ThreadWork(escaping)
      return try work.runOnThread(stackByteCount: stackByteCount)
    }
  }
}

/// One closure run to its end on a thread of its own while the caller waits.
private final class ThreadWork<Output>: @unchecked Sendable {
  private let body: () throws -> Output
  private var outcome: Result<Output, any Error>?
  private let cancellation = Cancellation.current

  init(_ body: @escaping () throws -> Output) { self.body = body }

  func perform() {
    outcome = Result {
      guard let cancellation else { return try body() }
      return try cancellation.run { try body() }
    }
  }

  func runOnThread(stackByteCount: Int) throws -> Output {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackByteCount)
    let boxed = Unmanaged.passRetained(ThreadEntry { self.perform() }).toOpaque()
    var thread = pthread_t()
    let status = pthread_create(
      &thread, &attributes,
      { pointer in
        guard let pointer else { return nil }
        Unmanaged<ThreadEntry>.fromOpaque(pointer).takeRetainedValue().body()
        return nil
      }, boxed)
    if status != 0 {
      Unmanaged<ThreadEntry>.fromOpaque(boxed).release()
      throw BindError("the statement is nested too deeply for the memory available")
    }
    pthread_join(thread, nil)
    guard let outcome else { throw BindError("planning did not finish") }
    return try outcome.get()
  }
}

private final class ThreadEntry {
  let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
}

extension LogicalPlan {
  /// Levels of plan nodes and expressions on the longest path, measured without recursion.
  var nestingDepth: Int {
    var deepest = 0
    var plans: [(LogicalPlan, Int)] = [(self, 1)]
    var expressions: [(BoundExpression, Int)] = []
    while let (node, depth) = plans.popLast() {
      deepest = max(deepest, depth)
      for expression in node.expressions { expressions.append((expression, depth + 1)) }
      for child in node.children { plans.append((child, depth + 1)) }
      while let (expression, level) = expressions.popLast() {
        deepest = max(deepest, level)
        for child in expression.children { expressions.append((child, level + 1)) }
        if case .subquery(let subquery) = expression { plans.append((subquery.plan, level + 1)) }
      }
    }
    return deepest
  }
}
