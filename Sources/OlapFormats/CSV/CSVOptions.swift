package import OlapColumns

/// How CSV text is cut into fields.
package struct CSVDialect: Sendable, Hashable {
  /// One character or several; never empty.
  package var delimiter: [UInt8] = [UInt8(ascii: ",")]
  package var quote: UInt8? = UInt8(ascii: "\"")
  /// Nil: a doubled quote is a quote.
  package var escape: UInt8?
  /// `\n` (also for `\r\n`) or `\r`.
  package var newline: UInt8 = UInt8(ascii: "\n")
  package var hasHeader = true
  /// Lines to pass over before the header.
  package var skip = 0
  package var comment: UInt8?
  /// Rows with fewer fields are filled with NULL.
  package var nullPadding = false

  package init() {}

  var firstDelimiterByte: UInt8 { delimiter.first ?? UInt8(ascii: ",") }
}

/// How the fields of one column are spelled.
package struct CSVFieldFormat: Sendable, Hashable {
  package var numbers = NumberStyle.plain
  /// A strptime format for DATE and TIMESTAMP columns that are not ISO.
  package var moments: MomentFormat?
  package init() {}
}

/// One column of CSV files.
package struct CSVColumn: Sendable {
  package var name: String
  package var type: SQLType
  package var format = CSVFieldFormat()
}

/// One file: how it is cut and which of its fields is which column.
package struct CSVFile: Sendable {
  package var path: String
  package var dialect: CSVDialect
  package var fieldCount: Int
  /// Per column of the schema the field's position; nil: the file does not have it.
  package var fields: [Int?]
}

/// What a reader was asked; nil = find out by looking.
package struct CSVOptions: Sendable {
  package var delimiter: [UInt8]?
  package var quote: UInt8??
  package var escape: UInt8??
  package var newline: UInt8?
  package var hasHeader: Bool?
  package var skip: Int?
  package var comment: UInt8??
  /// Texts of unquoted fields that mean NULL, beside the empty one.
  package var nullTexts: [[UInt8]] = []
  package var decimalPoint: UInt8?
  package var thousands: [UInt8]?
  package var dateFormat: MomentFormat?
  package var timestampFormat: MomentFormat?
  package var nullPadding = false
  package var ignoresErrors = false
  package var allVarchar = false
  package var normalizesNames = false
  package var names: [String] = []
  /// Types by column name; by position when there is no header.
  package var types: [(name: String, type: SQLType)] = []
  package var typesArePositional = false
  /// `columns = {…}`: names and types of all columns, in order.
  package var definesColumns = false
  package var ignoresUnknownTypes = false
  /// The table that the files go into.
  package var target: LoadTarget?
  package var sampleRowCount = 20_480
  package var maximumRecordByteCount = FileBlocks.defaultRecordByteCount
  package var files = FileOptions()

  package init() {}
}

/// Options that all file readers share.
package struct FileOptions: Sendable {
  package var compression: Compression?
  package var encoding: TextEncoding?
  /// Name of the column that holds the path.
  package var filenameColumn: String?
  /// Nil: on when the first path has `key=value` folders.
  package var hivePartitioning: Bool?
  package var unionByName = false
  /// Bytes that one thread reads at a time.
  package var blockByteCount = FileBlocks.defaultBlockByteCount
  package init() {}
}

/// What sniffing found: columns, and per file how it is cut.
package struct CSVSchema: Sendable {
  package var columns: [CSVColumn]
  package var files: [CSVFile]
  package var nullTexts: [[UInt8]]
  package var partitions = HivePartitions()
  /// Columns belong to the target's by their names, else by position.
  package var isByName = true
}

/// The columns that a load fills.
package struct LoadTarget: Sendable {
  package var columns: [(name: String, type: SQLType)]
  /// Names in a header count always; else only when they are the target's in some order.
  package var prefersNames: Bool
  package init(columns: [(name: String, type: SQLType)], prefersNames: Bool) {
    self.columns = columns
    self.prefersNames = prefersNames
  }
}
