package import OlapColumns
package import OlapFunctions

/// What a scan of files is to produce, whatever their format.
package struct FileScan: Sendable {
  /// What to produce, in this order.
  let columns: [FileColumn]
  let filters: [FileFilter]
  let policy: BadRowPolicy
  let timeZoneName: String

  init(_ layout: FileLayout, _ request: TableFunctionRequest, policy: BadRowPolicy) {
    columns = request.projection.map { layout.sources[$0] }
    filters = layout.filters(request.filters)
    self.policy = policy
    timeZoneName = request.context.timeZoneName
  }
}

/// What is known of files of one format before they are read.
package protocol FileSchema: Sendable {
  associatedtype Options: FileReaderOptions

  /// The files' own columns.
  var fields: [TableFunction.Column] { get }
  /// Columns that folders name.
  var partitions: HivePartitions { get }

  /// The files' records.
  func source(_ inputs: InputFiles, _ options: Options, _ scan: FileScan) -> RecordSource
  /// Single records set aside by an earlier load, each read as the first file's are.
  func source(_ records: [StoredRecord], _ scan: FileScan) -> RecordSource
}

extension FileSchema {
  package func layout(_ options: FileOptions, hasOrigins: Bool) -> FileLayout {
    FileLayout(fields: fields, options: options, partitions: partitions, hasOrigins: hasOrigins)
  }

  /// The files as a relation; `policy` says what becomes of bad rows when the options do not, and
  /// `hasOrigins` adds where each row comes from.
  package func bound(
    _ inputs: InputFiles, _ options: Options, policy: BadRowPolicy? = nil, hasOrigins: Bool = false
  ) -> TableFunction.Bound {
    let layout = layout(options.files, hasOrigins: hasOrigins)
    let policy = policy ?? (options.ignoresErrors ? .skip : .abort)
    return TableFunction.Bound(columns: layout.columns, rowCount: nil, usesFilters: true) {
      source(inputs, options, FileScan(layout, $0, policy: policy))
    }
  }

  /// Stored records as a relation.
  package func bound(
    _ records: [StoredRecord], policy: BadRowPolicy, hasOrigins: Bool
  ) -> TableFunction.Bound {
    let layout = layout(FileOptions(), hasOrigins: hasOrigins)
    return TableFunction.Bound(columns: layout.columns, rowCount: nil) {
      source(records, FileScan(layout, $0, policy: policy))
    }
  }
}

/// The options of one format's reader.
package protocol FileReaderOptions: Sendable {
  init()
  /// Those that all formats have.
  var files: FileOptions { get set }
  var ignoresErrors: Bool { get }
  var maximumRecordByteCount: Int { get }
  /// One of the format's own; throws `ComputeError` when it is none.
  mutating func apply(_ option: ReaderOption) throws
}

extension FileReaderOptions {
  /// Options by name.
  ///
  /// - Parameter function: what messages call the reader.
  /// - Throws: `ComputeError` for options that are unknown or malformed.
  package init(_ named: [String: (SQLType, Value)], function: String) throws {
    self.init()
    for (name, (type, value)) in named.sorted(by: { $0.key < $1.key }) {
      let option = ReaderOption(function: function, name: name, type: type, value: value)
      if try files.apply(option) { continue }
      try apply(option)
    }
  }
}
