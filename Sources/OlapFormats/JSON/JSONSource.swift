import CIntrinsics
import Glibc
package import OlapColumns
package import OlapFunctions

/// JSON files as a parallel source of chunks, in file order.
package final class JSONSource: ChunkSource, @unchecked Sendable {
  let schema: JSONSchema
  let columns: [FileColumn]
  let filters: [FileFilter]
  let policy: BadRowPolicy
  let timeZoneName: String
  let paths: [String]
  /// What messages call the files or stored records.
  let names: [String]
  let formats: [JSONFormat]
  private let inputs: InputFiles?
  private let blocks: any RecordBlockSource

  package init(
    inputs: InputFiles, schema: JSONSchema, options: JSONOptions, columns: [FileColumn],
    filters: [FileFilter] = [], policy: BadRowPolicy, timeZoneName: String
  ) {
    self.schema = schema
    self.columns = columns
    self.filters = filters
    self.policy = policy
    self.timeZoneName = timeZoneName
    self.inputs = inputs
    paths = schema.paths
    names = schema.paths
    formats = schema.formats
    let formats = schema.formats
    let fileOptions = options.files
    let locations = inputs.locations
    let paths = schema.paths
    blocks = FileBlocks(
      paths: locations, blockByteCount: fileOptions.blockByteCount,
      maximumRecordByteCount: options.maximumRecordByteCount
    ) { index in
      guard
        FileFilter.admits(filters, path: paths[index], partitions: schema.partitions, file: index)
      else { return nil }
      let input = try TextInput(
        path: locations[index], compression: fileOptions.compression,
        encoding: fileOptions.encoding)
      return (input, JSONSplitter(format: formats[index], path: paths[index]))
    }
  }

  /// Single records set aside by an earlier load.
  package init(
    records: [StoredRecord], schema: JSONSchema, columns: [FileColumn], policy: BadRowPolicy,
    timeZoneName: String
  ) {
    self.schema = schema
    self.columns = columns
    filters = []
    self.policy = policy
    self.timeZoneName = timeZoneName
    inputs = nil
    paths = records.map { $0.path }
    names = records.map { $0.name }
    formats = records.map { _ in .unstructured }
    blocks = StoredBlocks(records)
  }

  package var maximumReaders: Int { 64 }
  package var progress: Double? { blocks.progress }

  package func makeReader() throws -> () throws -> Chunk? {
    let reader = JSONChunkReader(self, blocks)
    return { try reader.next() }
  }

  package func makeOrderedReader() throws -> (any OrderedChunkReader)? {
    JSONChunkReader(self, blocks)
  }
}
