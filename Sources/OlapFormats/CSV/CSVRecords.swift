package import OlapFunctions

/// CSV files, or records of such, as their readers need them.
final class CSVRecords: Sendable {
  let schema: CSVSchema
  let scan: FileScan
  let files: [CSVFile]
  /// What messages call the files or stored records.
  let names: [String]

  init(_ schema: CSVSchema, _ scan: FileScan, files: [CSVFile], names: [String]) {
    self.schema = schema
    self.scan = scan
    self.files = files
    self.names = names
  }
}

extension CSVSchema: FileSchema {
  package typealias Options = CSVOptions

  package var fields: [TableFunction.Column] { columns.map { .init($0.name, $0.type) } }

  package func source(
    _ inputs: InputFiles, _ options: CSVOptions, _ scan: FileScan
  ) -> RecordSource {
    let records = CSVRecords(self, scan, files: files, names: files.map { $0.path })
    return RecordSource(inputs, paths: records.names, self, options, scan) {
      CSVSplitter(dialect: records.files[$0].dialect)
    } open: {
      CSVChunkReader(records, $0)
    }
  }

  package func source(_ stored: [StoredRecord], _ scan: FileScan) -> RecordSource {
    let template = files[0]
    let files = stored.map { record in
      var file = template
      file.path = record.path
      return file
    }
    let records = CSVRecords(self, scan, files: files, names: stored.map { $0.name })
    return RecordSource(stored) { CSVChunkReader(records, $0) }
  }
}
