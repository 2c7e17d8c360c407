import OlapColumns

/// What a kernel may know about the statement it runs in. One per statement, shared by threads.
package final class EvaluationContext: @unchecked Sendable {
  /// Start of the transaction (or the refresh clock), microseconds since 1970 UTC.
  package let now: Int64
  /// Session time zone name, e.g. "UTC", "Europe/Kyiv".
  package let timeZoneName: String
  package let currentSchema: String
  package let currentDatabase: String
  package let userName: String
  /// Session settings by lower-case name, for current_setting().
  package let settings: [String: String]
  /// Whether `//` and `%` refuse a zero divisor; they give NULL otherwise.
  package let refusesZeroDivisors: Bool
  /// Whether `/` gives infinities and NaN; it gives NULL for a zero divisor otherwise.
  package let followsIEEE: Bool
  /// SET VARIABLE values, for getvariable().
  package let variables: [String: (SQLType, Value)]
  /// Advances a sequence by its qualified name and returns the value; thread-safe.
  package let nextSequenceValue: @Sendable (_ name: String) throws -> Int64
  package let currentSequenceValue: @Sendable (_ name: String) throws -> Int64
  /// Bytes that the values one kernel call makes may take, whatever its arguments ask for.
  package let resultLimit: ResultLimit
  /// True when the statement has been cancelled; checked per vector.
  package let isCancelled: @Sendable () -> Bool

  package init(
    now: Int64, timeZoneName: String = "UTC", currentSchema: String = "main",
    currentDatabase: String = "memory", userName: String = "olap", settings: [String: String] = [:],
    variables: [String: (SQLType, Value)] = [:],
    nextSequenceValue: @escaping @Sendable (String) throws -> Int64 = { name in
      throw ComputeError(.invalidArgument, "sequence \"\(name)\" is not available here")
    },
    currentSequenceValue: @escaping @Sendable (String) throws -> Int64 = { name in
      throw ComputeError(.invalidArgument, "sequence \"\(name)\" is not available here")
    },
    memoryLimit: Int = .max, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.now = now
    self.timeZoneName = timeZoneName
    self.currentSchema = currentSchema
    self.currentDatabase = currentDatabase
    self.userName = userName
    self.settings = settings
    refusesZeroDivisors = settings["error_on_division_by_zero"] != "false"
    followsIEEE = settings["ieee_floating_point_ops"] != "false"
    self.variables = variables
    self.nextSequenceValue = nextSequenceValue
    self.currentSequenceValue = currentSequenceValue
    resultLimit = ResultLimit(memoryLimit: memoryLimit)
    self.isCancelled = isCancelled
  }

  /// The same for computing constants while a statement is planned: only small results.
  package init(planning other: EvaluationContext) {
    now = other.now
    timeZoneName = other.timeZoneName
    currentSchema = other.currentSchema
    currentDatabase = other.currentDatabase
    userName = other.userName
    settings = other.settings
    refusesZeroDivisors = other.refusesZeroDivisors
    followsIEEE = other.followsIEEE
    variables = other.variables
    nextSequenceValue = other.nextSequenceValue
    currentSequenceValue = other.currentSequenceValue
    resultLimit = .planning
    isCancelled = other.isCancelled
  }
}
