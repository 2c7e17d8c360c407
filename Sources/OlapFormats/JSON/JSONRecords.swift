package import OlapFunctions

/// JSON files, or records of such, as their readers need them.
final class JSONRecords: Sendable {
  let schema: JSONSchema
  let scan: FileScan
  let formats: [JSONFormat]
  let paths: [String]
  /// What messages call the files or stored records.
  let names: [String]

  init(
    _ schema: JSONSchema, _ scan: FileScan, formats: [JSONFormat], paths: [String],
    names: [String]
  ) {
    self.schema = schema
    self.scan = scan
    self.formats = formats
    self.paths = paths
    self.names = names
  }
}

extension JSONSchema: FileSchema {
  package typealias Options = JSONOptions

  package var fields: [TableFunction.Column] { columns.map { .init($0.name, $0.node.type) } }

  package func source(
    _ inputs: InputFiles, _ options: JSONOptions, _ scan: FileScan
  ) -> RecordSource {
    let records = JSONRecords(self, scan, formats: formats, paths: paths, names: paths)
    return RecordSource(inputs, paths: paths, self, options, scan) {
      JSONSplitter(format: records.formats[$0], path: records.paths[$0])
    } open: {
      JSONChunkReader(records, $0)
    }
  }

  package func source(_ stored: [StoredRecord], _ scan: FileScan) -> RecordSource {
    let records = JSONRecords(
      self, scan, formats: stored.map { _ in .unstructured }, paths: stored.map { $0.path },
      names: stored.map { $0.name })
    return RecordSource(stored) { JSONChunkReader(records, $0) }
  }
}
