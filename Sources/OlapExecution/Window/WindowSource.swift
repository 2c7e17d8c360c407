internal import OlapColumns

/// How many parts a window's rows are in, known once they are collected.
struct WindowParts: Sendable {
  let count: @Sendable () -> Int
  init(_ count: @escaping @Sendable () -> Int) { self.count = count }
}

/// Computes a window part by part; workers share the parts.
final class WindowSource: PipelineSource {
  private let parts: WindowParts
  private let open: @Sendable (Int) throws -> WindowStream
  private let morsels = MorselCounter()
  let isSerial: Bool

  /// `open` is asked when the rows have been collected, once for each part.
  init(
    isSerial: Bool, parts: WindowParts, open: @escaping @Sendable (Int) throws -> WindowStream
  ) {
    self.isSerial = isSerial
    self.parts = parts
    self.open = open
  }

  var maximumWorkers: Int { parts.count() }
  func prepare(_ context: ExecutionContext) throws { morsels.reset() }
  func makeReader(_ context: ExecutionContext) throws -> any SourceReader { Reader(self) }

  private final class Reader: SourceReader {
    private let source: WindowSource
    private let partCount: Int
    private var stream: WindowStream?
    private(set) var ordinal = 0
    init(_ source: WindowSource) {
      self.source = source
      partCount = source.parts.count()
    }
    func next() throws -> Chunk? {
      while true {
        if let chunk = try stream?.next() { return chunk }
        stream = nil
        guard let part = source.morsels.next(limit: partCount) else { return nil }
        ordinal = part
        stream = try source.open(part)
      }
    }
  }
}
