import CIntrinsics
import Glibc
package import OlapColumns
package import OlapFunctions

/// CSV files as a parallel source of chunks, in file order.
package final class CSVSource: ChunkSource, @unchecked Sendable {
  let schema: CSVSchema
  let columns: [FileColumn]
  let filters: [FileFilter]
  let policy: BadRowPolicy
  let timeZoneName: String
  let files: [CSVFile]
  /// What messages call the files or stored records.
  let names: [String]
  /// Kept, because pipes are read from files that live as long as it.
  private let inputs: InputFiles?
  private let blocks: any RecordBlockSource

  /// - Parameter columns: what to produce, in this order.
  package init(
    inputs: InputFiles, schema: CSVSchema, options: CSVOptions, columns: [FileColumn],
    filters: [FileFilter] = [], policy: BadRowPolicy, timeZoneName: String
  ) {
    self.schema = schema
    self.columns = columns
    self.filters = filters
    self.policy = policy
    self.timeZoneName = timeZoneName
    self.inputs = inputs
    files = schema.files
    names = schema.files.map { $0.path }
    let files = schema.files
    let fileOptions = options.files
    let locations = inputs.locations
    blocks = FileBlocks(
      paths: locations, blockByteCount: fileOptions.blockByteCount,
      maximumRecordByteCount: options.maximumRecordByteCount
    ) { index in
      guard
        FileFilter.admits(
          filters, path: files[index].path, partitions: schema.partitions, file: index)
      else { return nil }
      let input = try TextInput(
        path: locations[index], compression: fileOptions.compression,
        encoding: fileOptions.encoding)
      return (input, CSVSplitter(dialect: files[index].dialect))
    }
  }

  /// Single records set aside by an earlier load, each cut as `schema`'s first file is.
  package init(
    records: [StoredRecord], schema: CSVSchema, columns: [FileColumn], policy: BadRowPolicy,
    timeZoneName: String
  ) {
    self.schema = schema
    self.columns = columns
    filters = []
    self.policy = policy
    self.timeZoneName = timeZoneName
    inputs = nil
    let template = schema.files[0]
    files = records.map { record in
      var file = template
      file.path = record.path
      return file
    }
    names = records.map { $0.name }
    blocks = StoredBlocks(records)
  }

  package var maximumReaders: Int { 64 }
  package var progress: Double? { blocks.progress }

  package func makeReader() throws -> () throws -> Chunk? {
    let reader = CSVChunkReader(self, blocks)
    return { try reader.next() }
  }

  package func makeOrderedReader() throws -> (any OrderedChunkReader)? {
    CSVChunkReader(self, blocks)
  }
}
