/// How a database is opened.
public struct DatabaseOptions: Sendable {
  /// Bytes that cached data and intermediates may hold together; nil = 80 % of the machine's memory.
  public var memoryLimit: Int?
  /// Worker threads for queries; nil = one per processor.
  public var threads: Int?
  public var isReadOnly: Bool
  /// Folder for spill files; nil = beside the database, or /tmp for `:memory:`.
  public var temporaryDirectory: String?
  /// WAL size that starts a checkpoint.
  public var checkpointByteCount: Int

  public init(
    memoryLimit: Int? = nil, threads: Int? = nil, isReadOnly: Bool = false,
    temporaryDirectory: String? = nil, checkpointByteCount: Int = 16 << 20
  ) {
    self.memoryLimit = memoryLimit
    self.threads = threads
    self.isReadOnly = isReadOnly
    self.temporaryDirectory = temporaryDirectory
    self.checkpointByteCount = checkpointByteCount
  }
}
