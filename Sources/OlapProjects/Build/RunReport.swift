/// What a run did.
package struct RunReport: Sendable {
  package let verb: String
  /// Seconds since 1970.
  package let startedAt: Double
  package var completedAt: Double
  package var results: [StepResult] = []

  /// No step failed; warnings are no failures.
  package var succeeded: Bool { !results.contains { $0.status.isFailure } }

  package var firstError: String? { results.first { $0.status.isFailure }?.message }

  package func count(_ status: StepResult.Status) -> Int { results.count { $0.status == status } }
}

/// What a run did with one node.
package struct StepResult: Sendable {
  package enum Status: String, Sendable, CaseIterable {
    /// Done.
    case success
    /// A statement failed.
    case error
    /// A test found rows.
    case fail
    /// A test that only warns found rows.
    case warn
    /// Not tried: something it needs failed.
    case skipped
    /// Done, and undone because a later step of the same transaction failed.
    case reverted = "rolled back"

    var isFailure: Bool { self == .error || self == .fail }
  }

  package let node: ProjectNode
  package var status = Status.success
  /// How a model was refreshed: NONE, FULL, …
  package var rung: String?
  package var created = 0
  package var updated = 0
  package var deleted = 0
  package var unchanged = 0
  package var milliseconds = 0.0
  package var message: String?
  /// The error with its place and line, for people.
  package var detail: String?
  /// Tests: the first rows found, values separated by ` | `, names first.
  package var sample: [String] = []

  init(_ node: ProjectNode) { self.node = node }
}

/// What is told while a run goes on.
package enum ProjectEvent {
  case started(ProjectNode, number: Int, total: Int)
  case finished(StepResult, number: Int, total: Int)
}
