/// What can go wrong between the engine and its files. Every message says what and how to remedy it.
package enum StorageError: Error, Sendable, CustomStringConvertible {
  /// A system call failed.
  case io(errno: Int32, path: String, action: String)
  /// Bytes that fail their checksum or cannot be decoded.
  case corrupt(file: String, byteOffset: Int, what: String)
  /// No room left on the device.
  case full(path: String)
  /// Another process or handle holds the file.
  case locked(path: String)
  /// A file written by an unknown version.
  case version(path: String, found: UInt32, known: UInt32)
  /// Not a database at all.
  case notADatabase(path: String)
  case readOnly(String)
  /// The write cannot be applied to the state it meets.
  case conflict(String)
  case memoryLimit(String)
  /// A write waited longer than its time-out for the writer before it.
  case busy(milliseconds: Int)
  /// The changes asked for lie before what compaction has kept.
  case changesCompacted(String)
  /// A failed flush ended all writing; only reopening helps.
  case writesEnded(String)

  package var description: String {
    switch self {
    case .io(let code, let path, let action):
      "cannot \(action) '\(path)': \(SystemCall.message(code)); check the path, the permissions "
        + "and the device"
    case .corrupt(let file, let offset, let what):
      "'\(file)' is damaged at byte \(offset): \(what); restore it from a backup, or open it with "
        + "-readonly to save what can be read"
    case .full(let path):
      "no space left on the device of '\(path)'; nothing was changed: free some space and run the "
        + "statement again"
    case .locked(let path):
      "'\(path)' is open for writing in another process; close that one, or open the file with "
        + "-readonly"
    case .version(let path, let found, let known):
      "'\(path)' has file format version \(found), this program knows version \(known); open it "
        + "with a matching release"
    case .notADatabase(let path):
      "'\(path)' is not an olap database; give the path of one, or of a file that does not exist yet"
    case .readOnly(let why): "the database is read-only: \(why)"
    case .conflict(let what): what
    case .memoryLimit(let what):
      "out of memory within memory_limit: \(what); raise it with SET memory_limit"
    case .busy(let milliseconds):
      "another write transaction is still open after \(milliseconds) ms; end it or try again"
    case .changesCompacted(let what): what
    case .writesEnded(let why):
      "writing has ended after a failed flush (\(why)); committed data is safe: close and reopen "
        + "the database"
    }
  }

  /// Whether stored bytes are damaged.
  package var isCorruption: Bool {
    switch self {
    case .corrupt, .version, .notADatabase: true
    default: false
    }
  }
}
