import Glibc
package import OlapCatalog
internal import OlapColumns
internal import OlapFormats
package import OlapFunctions
package import OlapStorage
import Synchronization

/// An open database: one file (plus its WAL), or memory.
///
/// Thread-safe. Any number of connections may read at once; writers take turns. Closing releases the
/// file lock; connections of a closed database fail.
public final class Database: Sendable {
  /// Path of the file; nil for `:memory:`.
  public let path: String?
  public let options: DatabaseOptions
  package let storage: Storage
  package let sequences: SequenceGenerator
  package let functions: FunctionRegistry

  /// Opens or creates the database at `path` (nil or ":memory:" = in memory).
  ///
  /// - Throws: `OlapError` (`io`) when another process writes to it or the file cannot be read;
  ///   `corruption` when the file is damaged beyond its last good commit.
  public convenience init(
    _ path: String? = nil, options: DatabaseOptions = DatabaseOptions()
  ) throws {
    try self.init(path, options: options, fileSystem: LinuxFileSystem())
  }

  /// The same on another file system.
  package init(
    _ path: String?, options: DatabaseOptions, fileSystem: any FileSystem
  ) throws {
    let file = path == ":memory:" || path == "" ? nil : path
    self.path = file
    self.options = options
    let limit = options.memoryLimit ?? Machine.memory / 10 * 8
    var storageOptions = StorageOptions()
    storageOptions.memoryLimit = limit
    storageOptions.isReadOnly = options.isReadOnly
    storageOptions.checkpointWALByteCount = options.checkpointByteCount
    storageOptions.threads = options.threads ?? Machine.processorCount
    do {
      storage = try Storage.open(
        path: file, options: storageOptions, fileSystem: fileSystem)
    } catch {
      throw OlapError.from(error, sql: nil)
    }
    sequences = SequenceGenerator()
    functions = FunctionRegistry(
      scalars: BuiltinFunctions.scalars, aggregates: BuiltinFunctions.aggregates,
      tables: BuiltinFunctions.tables + FormatFunctions.tables)
    recordAbandonedRuns()
  }

  /// A new session on the database.
  public func connect() -> Connection { Connection(database: self) }

  /// Writes everything to the file and releases it.
  public func close() throws {
    do { try storage.close() } catch { throw OlapError.from(error, sql: nil) }
  }

  /// The name that `current_database()` gives: the file's stem, or "memory".
  public var name: String {
    Database.stem(of: path) ?? "memory"
  }

  /// The file's name without its extension; nil without a path.
  package static func stem(of path: String?) -> String? {
    guard let path else { return nil }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return file }
    return String(file[..<dot])
  }

  /// Folder for spill files.
  package var temporaryDirectory: String {
    if let folder = options.temporaryDirectory, !folder.isEmpty { return folder }
    guard let path else { return "/tmp" }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// Hands out sequence values; what was handed out is written with the transaction that used it.
package final class SequenceGenerator: Sendable {
  private struct State {
    var next: Int64
    var last: Int64?
    var isExhausted = false

    init(_ stored: Int64?, _ sequence: SequenceEntry) {
      next = stored ?? sequence.start
      isExhausted = next < sequence.minimum || next > sequence.maximum
    }
  }
  private let states = Mutex<[EntryID: State]>([:])

  package init() {}

  /// The next value of `sequence`; `stored` is the durable next value when the sequence is first used.
  package func next(_ sequence: SequenceEntry, stored: Int64?) throws -> Int64 {
    try states.withLock { states in
      var state = states[sequence.id] ?? State(stored, sequence)
      if state.isExhausted {
        throw ComputeError(
          .overflow, "nextval: reached the limit of sequence \"\(sequence.name)\"")
      }
      let value = state.next
      let (following, overflow) = value.addingReportingOverflow(sequence.increment)
      if overflow || following > sequence.maximum || following < sequence.minimum {
        if sequence.isCyclic {
          state.next = sequence.increment > 0 ? sequence.minimum : sequence.maximum
        } else {
          // Kept with the commit: a value out of bounds says that the last one was handed out.
          state.next = overflow ? (sequence.increment > 0 ? .min : .max) : following
          state.isExhausted = true
        }
      } else {
        state.next = following
      }
      state.last = value
      states[sequence.id] = state
      return value
    }
  }

  /// The value to store with the commit; nil when the sequence was not used.
  package func pending(_ id: EntryID) -> Int64? { states.withLock { $0[id]?.next } }

  package func current(_ id: EntryID) -> Int64? { states.withLock { $0[id]?.last } }

  /// Forgets the sequence (dropped, restarted).
  package func reset(_ id: EntryID) { states.withLock { $0[id] = nil } }
}
