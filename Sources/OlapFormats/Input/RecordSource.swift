package import OlapColumns
package import OlapFunctions

/// Records of files as a parallel source of chunks, in file order.
package final class RecordSource: ChunkSource {
  /// Kept, because pipes are read from files that live as long as it.
  private let inputs: InputFiles?
  private let blocks: any RecordBlockSource
  private let open: @Sendable (any RecordBlockSource) -> any OrderedChunkReader

  /// The records of files; those that `scan` cannot want anything of are not opened.
  ///
  /// - Parameters:
  ///   - paths: the files' names as users know them.
  ///   - splitter: knows where the records of a file end.
  ///   - open: makes a reader for one thread.
  init(
    _ inputs: InputFiles, paths: [String], _ schema: some FileSchema,
    _ options: some FileReaderOptions, _ scan: FileScan,
    splitter: @escaping @Sendable (_ file: Int) -> any RecordSplitter,
    open: @escaping @Sendable (any RecordBlockSource) -> any OrderedChunkReader
  ) {
    self.inputs = inputs
    self.open = open
    let files = options.files
    let (locations, partitions) = (inputs.locations, schema.partitions)
    blocks = FileBlocks(
      paths: locations, blockByteCount: files.blockByteCount,
      maximumRecordByteCount: options.maximumRecordByteCount
    ) { index in
      guard
        FileFilter.admits(scan.filters, path: paths[index], partitions: partitions, file: index)
      else { return nil }
      let input = try TextInput(
        path: locations[index], compression: files.compression, encoding: files.encoding)
      return (input, splitter(index))
    }
  }

  /// Stored records, one block each.
  init(
    _ records: [StoredRecord],
    open: @escaping @Sendable (any RecordBlockSource) -> any OrderedChunkReader
  ) {
    inputs = nil
    blocks = StoredBlocks(records)
    self.open = open
  }

  package var maximumReaders: Int { 64 }
  package var progress: Double? { blocks.progress }

  package func makeReader() throws -> () throws -> Chunk? {
    let reader = open(blocks)
    return { try reader.next() }
  }

  package func makeOrderedReader() throws -> (any OrderedChunkReader)? { open(blocks) }
}
