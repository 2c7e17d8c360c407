/// What becomes of rows that do not fit: that are malformed, of the wrong type, or break a rule of the
/// table.
public enum LoadErrorPolicy: String, Sendable {
  /// The first one ends the load; nothing is loaded.
  case abort
  /// They are left out and counted.
  case skip
  /// They go to `olap.load_errors` with place, text and reason, to be mended and loaded again.
  case quarantine
}

/// A bulk load: files into one table, as one transaction.
public struct LoadRequest: Sendable {
  /// Table name, `t` or `schema.t`.
  public var table: String
  /// Paths or glob patterns; "/dev/stdin" reads standard input.
  public var inputs: [String]
  public var createsTable = false
  public var isBronze = false
  /// Upsert by these columns: they are, or become, the table's key.
  public var keys: [String] = []
  /// `csv` or `json`; nil: by the first input's name, else by its first letter.
  public var format: String?
  /// Reader options by name, as `read_csv` and `read_json` take them (delim, quote, header, nullstr, …).
  public var options: [String: String] = [:]
  public var onError = LoadErrorPolicy.abort
  /// More bad rows than this end the load, whatever `onError` says.
  public var maximumErrors: Int?

  public init(table: String, inputs: [String]) {
    self.table = table
    self.inputs = inputs
  }
}

/// What a load did.
public struct LoadReport: Sendable {
  public var table: String
  /// Rows that are in the table now: inserted, updated and unchanged.
  public var rowCount: Int { inserted + updated + unchanged }
  public var inserted = 0
  /// Rows of an upsert that took the place of a different row of their key.
  public var updated = 0
  /// Rows of an upsert that were in the table already, value for value; nothing was written.
  public var unchanged = 0
  /// Rows of an upsert whose key a later row of the input has too; the last one counts.
  public var superseded = 0
  /// Rows that did not fit; skipped or quarantined.
  public var rejected = 0
  /// Rows that expectations of the table refused: dropped, or kept in `olap.quarantine`.
  public var refused = 0
  public var createdTable = false
  /// Names the load in `olap.load_errors`, when it has rows there.
  public var loadID: String?
  /// The first few bad rows, as messages.
  public var firstErrors: [String] = []

  init(table: String) { self.table = table }

  /// Adds what another part of the same work did.
  mutating func add(_ other: LoadReport) {
    inserted += other.inserted
    updated += other.updated
    unchanged += other.unchanged
    superseded += other.superseded
    rejected += other.rejected
    refused += other.refused
    firstErrors = Array((firstErrors + other.firstErrors).prefix(5))
  }
}

/// What a load would do, found by looking at the input.
public struct LoadPreview: Sendable {
  public let format: String
  public let files: [String]
  /// What was found out about how the files are written, by name.
  public let settings: [(name: String, value: String)]
  public let columns: [ResultColumn]
  /// The statement that `createsTable` would run; nil when the table exists.
  public let createStatement: String?
  /// The SELECT that reads the files in the same way.
  public let query: String
}
