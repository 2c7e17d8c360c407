package import OlapColumns

/// How CSV text is cut into fields.
package struct CSVDialect: Sendable, Hashable {
  package var delimiter: UInt8 = UInt8(ascii: ",")
  package var quote: UInt8? = UInt8(ascii: "\"")
  /// Nil: a doubled quote is a quote.
  package var escape: UInt8?
  package var hasHeader = true
  /// Lines to pass over before the header.
  package var skip = 0
  package var comment: UInt8?
  /// Text of an unquoted field that means NULL, beside the empty one.
  package var nullTexts: [[UInt8]] = []
  /// `1.234,56`.
  package var decimalComma = false
  package var thousands: UInt8?
  package var dateFormat: String?
  package var timestampFormat: String?
  /// Rows with fewer fields are filled with NULL; extra fields are an error unless they are empty.
  package var nullPadding = false
  package var ignoresErrors = false

  package init() {}
}

/// What a reader was asked; nil = find out by looking.
package struct CSVOptions: Sendable {
  package var delimiter: UInt8?
  package var quote: UInt8??
  package var escape: UInt8?
  package var hasHeader: Bool?
  package var skip: Int?
  package var comment: UInt8?
  package var nullTexts: [[UInt8]] = []
  package var decimalComma: Bool?
  package var thousands: UInt8?
  package var dateFormat: String?
  package var timestampFormat: String?
  package var nullPadding = false
  package var ignoresErrors = false
  package var allVarchar = false
  package var names: [String] = []
  /// Types by column name; by position when there is no header.
  package var types: [(name: String, type: SQLType)] = []
  package var typesArePositional = false
  /// `columns = {…}`: names and types of all columns, in order.
  package var definesColumns = false
  package var ignoresUnknownTypes = false
  package var filenameColumn: String?
  package var unionByName = false
  package var sampleRowCount = 20_480

  package init() {}
}

/// What sniffing found: the dialect, and names and types of the columns.
package struct CSVSchema: Sendable {
  package var dialect: CSVDialect
  package var names: [String]
  package var types: [SQLType]
}
