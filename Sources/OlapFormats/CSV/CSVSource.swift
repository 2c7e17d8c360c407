import Glibc
package import OlapColumns
package import OlapFunctions

/// A row of a file that does not fit its schema.
package struct BadRow: Sendable {
  package let path: String
  /// 1-based.
  package let line: Int
  package let byteOffset: Int
  package let text: String
  package let reason: String
}

/// CSV files as a parallel source of chunks.
package final class CSVSource: ChunkSource, @unchecked Sendable {
  private let schema: CSVSchema
  private let blocks: CSVBlockReader
  /// Positions in the schema to produce; `schema.names.count` stands for the file name.
  private let projection: [Int]
  private let onBadRow: (@Sendable (BadRow) throws -> Void)?
  private let isSerial: Bool

  package init(
    paths: [String], schema: CSVSchema, projection: [Int], isSerial: Bool = false,
    onBadRow: (@Sendable (BadRow) throws -> Void)? = nil
  ) {
    self.schema = schema
    self.projection = projection
    self.onBadRow = onBadRow
    self.isSerial = isSerial
    blocks = CSVBlockReader(paths: paths, dialect: schema.dialect)
  }

  package var maximumReaders: Int { isSerial ? 1 : 64 }
  package var progress: Double? { blocks.progress }

  package func makeReader() throws -> () throws -> Chunk? {
    let reader = CSVChunkReader(
      schema: schema, blocks: blocks, projection: projection, onBadRow: onBadRow)
    return { try reader.next() }
  }
}

/// One thread's reader.
final class CSVChunkReader {
  private let schema: CSVSchema
  private let blocks: CSVBlockReader
  private let projection: [Int]
  private let onBadRow: (@Sendable (BadRow) throws -> Void)?
  private let tokenizer: CSVTokenizer
  private let fields: CSVFields
  private let parsers: [CSVColumnParser]
  private var block: CSVBlock?
  private var position: UnsafePointer<UInt8>?
  private var end: UnsafePointer<UInt8>?

  init(
    schema: CSVSchema, blocks: CSVBlockReader, projection: [Int],
    onBadRow: (@Sendable (BadRow) throws -> Void)?
  ) {
    self.schema = schema
    self.blocks = blocks
    self.projection = projection
    self.onBadRow = onBadRow
    let tokenizer = CSVTokenizer(dialect: schema.dialect, columnCount: schema.names.count)
    self.tokenizer = tokenizer
    fields = CSVFields(columnCount: schema.names.count, rowCapacity: VectorSize.current)
    parsers = schema.types.map {
      CSVColumnParser(type: $0, dialect: schema.dialect, tokenizer: tokenizer)
    }
  }

  func next() throws -> Chunk? {
    while true {
      if block == nil {
        guard let next = try blocks.next() else { return nil }
        block = next
        let base = next.buffer.bytes.assumingMemoryBound(to: UInt8.self)
        position = UnsafePointer(base)
        end = UnsafePointer(base + next.byteCount)
      }
      guard let block, let start = position, let end else { return nil }
      let (after, problem) = tokenizer.cut(fields, from: start, to: end)
      position = after
      if let problem {
        let record = fields.recordStarts[fields.rowCount]
        try reject(problem.message, record: record, block: block, end: end)
        position = endOfRecord(record, end)
      } else if after >= end {
        self.block = nil
      }
      if fields.rowCount > 0 { return try chunk(of: block, end: end) }
    }
  }

  private func chunk(of block: CSVBlock, end: UnsafePointer<UInt8>) throws -> Chunk {
    var failed: [Int] = []
    var columns: [Vector] = []
    columns.reserveCapacity(projection.count)
    for column in projection {
      if column == schema.names.count {
        columns.append(.constant(.varchar(block.path), type: .varchar, count: fields.rowCount))
        continue
      }
      var failures: [Int] = []
      columns.append(
        try parsers[column].parse(
          fields, column: column, keeping: block.buffer, failures: &failures))
      for row in failures where !failed.contains(row) {
        try rejectValue(row: row, column: column, block: block, end: end)
        failed.append(row)
      }
    }
    let chunk = Chunk(columns: columns, count: fields.rowCount)
    guard !failed.isEmpty else { return chunk }
    let bad = Set(failed)
    let selection = Selection(capacity: fields.rowCount)
    for row in 0..<fields.rowCount where !bad.contains(row) {
      selection.indexes[selection.count] = UInt32(row)
      selection.count += 1
    }
    return Chunk(
      columns: chunk.columns.map { $0.gathered(selection.indexes, count: selection.count) },
      count: selection.count)
  }

  private func rejectValue(
    row: Int, column: Int, block: CSVBlock, end: UnsafePointer<UInt8>
  ) throws {
    let slot = column * fields.rowCapacity + row
    let bytes = UnsafeBufferPointer(start: fields.starts[slot], count: Int(fields.lengths[slot]))
    let value = String(decoding: bytes.prefix(200), as: UTF8.self)
    try reject(
      "column \"\(schema.names[column])\": value \"\(value)\" is not a \(schema.types[column])",
      record: fields.recordStarts[row], block: block, end: end)
  }

  private func reject(
    _ reason: String, record: UnsafePointer<UInt8>, block: CSVBlock, end: UnsafePointer<UInt8>
  ) throws {
    let base = UnsafePointer(block.buffer.bytes.assumingMemoryBound(to: UInt8.self))
    let offset = record - base
    let lines = UnsafeBufferPointer(start: base, count: offset).reduce(0) {
      $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0)
    }
    let stop = endOfRecord(record, end)
    let text = String(
      decoding: UnsafeBufferPointer(start: record, count: min(stop - record, 10_000)), as: UTF8.self
    )
    let bad = BadRow(
      path: block.path, line: block.firstLine + lines, byteOffset: block.byteOffset + offset,
      text: text, reason: reason)
    if let onBadRow {
      try onBadRow(bad)
      return
    }
    if schema.dialect.ignoresErrors { return }
    throw ComputeError(
      .invalidCast, "\(bad.path), line \(bad.line): \(reason)")
  }

  private func endOfRecord(
    _ record: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    guard let found = memchr(record, 10, end - record) else { return end }
    return UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
  }
}

extension CSVRecordProblem {
  var message: String {
    switch self {
    case .tooManyFields(let expected): "expected \(expected) fields, found more"
    case .tooFewFields(let found, let expected): "expected \(expected) fields, found \(found)"
    case .textAfterQuote: "text after a closing quote; double the quotes inside a quoted field"
    case .openQuote: "a quote is left open"
    }
  }
}
