import CIntrinsics
import Glibc
internal import OlapColumns
internal import OlapFunctions

/// One thread's reader.
final class CSVChunkReader: OrderedChunkReader {
  private let source: CSVRecords
  private let blocks: any RecordBlockSource
  private var fields: CSVFields
  private var tokenizer: CSVTokenizer
  private var parsers: [CSVColumnParser] = []
  private var file: CSVFile?
  private var fileIndex = -1
  private var block: RecordBlock?
  private var position: UnsafePointer<UInt8>?
  private var isValidText = true
  /// Line of `lineMark`, for the origins of rows.
  private var line = 1
  private var lineMark: UnsafePointer<UInt8>?
  private(set) var ordinal = 0

  init(_ source: CSVRecords, _ blocks: any RecordBlockSource) {
    self.source = source
    self.blocks = blocks
    tokenizer = CSVTokenizer(dialect: CSVDialect(), columnCount: 1)
    fields = CSVFields(columnCount: 0, rowCapacity: 1)
  }

  func next() throws -> Chunk? {
    while true {
      if block == nil {
        guard let next = try blocks.next() else { return nil }
        try open(next)
      }
      guard let block, let file, let start = position else { return nil }
      let end = block.base + block.byteCount
      if let problem = block.problem {
        self.block = nil
        try reject(problem, column: nil, from: block.base, to: end, block)
        continue
      }
      let (after, problem) = tokenizer.cut(fields, from: start, to: end)
      position = after
      if let problem {
        let record = fields.recordStarts[fields.rowCount]
        let stop = tokenizer.recordEnd(record, end)
        position = stop
        // The rows before it come first, so that the first error reported is the first in the file.
        let chunk = fields.rowCount > 0 ? try chunk(of: block, file) : nil
        try reject(problem.message, column: nil, from: record, to: stop, block)
        if stop >= end { self.block = nil }
        if let chunk, chunk.count > 0 { return chunk }
        continue
      }
      if after >= end { self.block = nil }
      if fields.rowCount > 0 {
        let chunk = try chunk(of: block, file)
        if chunk.count > 0 { return chunk }
      }
    }
  }

  private func open(_ next: RecordBlock) throws {
    block = next
    ordinal = next.ordinal
    position = next.base
    line = next.firstLine
    lineMark = next.base
    isValidText = UTF8Text.firstInvalid(next.base, next.byteCount) == nil
    guard next.file != fileIndex else { return }
    fileIndex = next.file
    let file = source.files[next.file]
    let isSameShape = self.file.map {
      $0.dialect == file.dialect && $0.fieldCount == file.fieldCount
    }
    self.file = file
    if isSameShape == true, !parsers.isEmpty { return }
    tokenizer = CSVTokenizer(dialect: file.dialect, columnCount: file.fieldCount)
    // Wide rows come in smaller batches, so that the fields' table stays in reach of the cache.
    let capacity = max(1, min(VectorSize.current, (1 << 20) / max(1, file.fieldCount)))
    fields = CSVFields(columnCount: file.fieldCount, rowCapacity: capacity)
    parsers = source.schema.columns.map {
      CSVColumnParser(
        type: $0.type, format: $0.format, nullTexts: source.schema.nullTexts,
        tokenizer: tokenizer, timeZoneName: source.scan.timeZoneName)
    }
  }

  private func chunk(
    of block: RecordBlock, _ file: CSVFile
  ) throws -> Chunk {
    var known: [FileColumn: Vector] = [:]
    if !source.scan.filters.isEmpty {
      known = try narrow(block, file)
      if fields.rowCount == 0 { return Chunk(columns: [], count: 0) }
    }
    let count = fields.rowCount
    var failed: [Int: Int] = [:]
    var columns: [Vector] = []
    columns.reserveCapacity(source.scan.columns.count)
    for column in source.scan.columns {
      if let vector = known[column] {
        columns.append(vector)
      } else if case .field(let index) = column {
        columns.append(try parse(index, block, file, &failed))
      } else {
        columns.append(origin(column, block, file))
      }
    }
    let chunk = Chunk(columns: columns, count: count)
    if failed.isEmpty { return chunk }
    return chunk.gathered(try withoutFailed(failed, block, file))
  }

  /// One column of the schema. `failed`: per row that does not fit the first such column.
  private func parse(
    _ index: Int, _ block: RecordBlock, _ file: CSVFile, _ failed: inout [Int: Int]
  ) throws -> Vector {
    guard index < file.fields.count, let position = file.fields[index] else {
      return Vector.nulls(source.schema.columns[index].type, count: fields.rowCount)
    }
    var failures: [Int] = []
    let vector = try parsers[index].parse(
      fields, column: position, keeping: block.buffer, isValidText: isValidText,
      failures: &failures)
    for row in failures where failed[row] == nil { failed[row] = index }
    return vector
  }

  /// Rejects rows that do not fit; the others.
  private func withoutFailed(
    _ failed: [Int: Int], _ block: RecordBlock, _ file: CSVFile
  ) throws -> Selection {
    for row in failed.keys.sorted() {
      guard let column = failed[row], let position = file.fields[column] else { continue }
      try rejectValue(row: row, column: column, position: position, block)
    }
    let selection = Selection(capacity: fields.rowCount)
    for row in 0..<fields.rowCount where failed[row] == nil {
      selection.indexes[selection.count] = UInt32(row)
      selection.count += 1
    }
    return selection
  }

  /// Parses the columns that have filters and keeps only the records that pass; those columns' vectors.
  private func narrow(_ block: RecordBlock, _ file: CSVFile) throws -> [FileColumn: Vector] {
    var known: [FileColumn: Vector] = [:]
    for filter in source.scan.filters {
      guard case .field(let index) = filter.column, fields.rowCount > 0 else { continue }
      if known[filter.column] == nil {
        var failed: [Int: Int] = [:]
        let vector = try parse(index, block, file, &failed)
        known[filter.column] = vector
        if !failed.isEmpty { keep(try withoutFailed(failed, block, file), &known) }
      }
      guard let vector = known[filter.column] else { continue }
      let passing = filter.passing(vector)
      if passing.count < fields.rowCount { keep(passing, &known) }
    }
    return known
  }

  private func keep(_ rows: Selection, _ known: inout [FileColumn: Vector]) {
    fields.keep(rows)
    for (column, vector) in known {
      known[column] = vector.gathered(rows.indexes, count: rows.count)
    }
  }

  /// Columns that tell where rows come from.
  private func origin(_ column: FileColumn, _ block: RecordBlock, _ file: CSVFile) -> Vector {
    let count = fields.rowCount
    switch column {
    case .field: return Vector.nulls(.varchar, count: count)
    case .source:
      return .constant(.varchar(source.names[fileIndex]), type: .varchar, count: count)
    case .filename: return .constant(.varchar(file.path), type: .varchar, count: count)
    case .partition(let index):
      let partitions = source.schema.partitions
      return .constant(
        partitions.values[min(fileIndex, partitions.values.count - 1)][index],
        type: partitions.types[index], count: count)
    case .byteOffset:
      let vector = Vector.flat(.bigint, count: count)
      for row in 0..<count {
        vector.values(Int64.self)[row] =
          Int64(block.byteOffset + (fields.recordStarts[row] - block.base))
      }
      return vector
    case .line:
      let vector = Vector.flat(.bigint, count: count)
      for row in 0..<count {
        let start = fields.recordStarts[row]
        if let mark = lineMark, mark <= start {
          line += olap_count_byte(mark, start - mark, UInt8(ascii: "\n"))
        }
        lineMark = start
        vector.values(Int64.self)[row] = Int64(line)
      }
      return vector
    case .text:
      let vector = Vector.flat(.varchar, count: count, keeping: block.buffer)
      for row in 0..<count {
        let start = fields.recordStarts[row]
        var length = fields.recordEnds[row] - start
        if length > 0, start[length - 1] == UInt8(ascii: "\r") { length -= 1 }
        vector.values(StringView.self)[row] = StringView(UnsafeRawPointer(start), count: length)
      }
      return vector
    }
  }

  private func rejectValue(row: Int, column: Int, position: Int, _ block: RecordBlock) throws {
    let slot = position * fields.rowCapacity + row
    let bytes = UnsafeBufferPointer(start: fields.starts[slot], count: Int(fields.lengths[slot]))
    let schema = source.schema.columns[column]
    let reason: String
    if !isValidText, UTF8Text.firstInvalid(fields.starts[slot], bytes.count) != nil {
      reason = "the text is not UTF-8; encoding = 'latin-1' or 'windows-1252' may be what it is"
    } else {
      let value = String(decoding: bytes.prefix(200), as: UTF8.self)
      reason = "value \"\(value)\" is not a \(schema.type)"
    }
    try reject(
      reason, column: schema.name, from: fields.recordStarts[row], to: fields.recordEnds[row], block
    )
  }

  private func reject(
    _ reason: String, column: String?, from record: UnsafePointer<UInt8>,
    to stop: UnsafePointer<UInt8>, _ block: RecordBlock
  ) throws {
    var end = stop
    while end > record, end[-1] == UInt8(ascii: "\n") || end[-1] == UInt8(ascii: "\r") { end -= 1 }
    let text = String(
      decoding: UnsafeBufferPointer(start: record, count: end - record), as: UTF8.self)
    try source.scan.policy.handle(
      BadRow(
        path: source.names[block.file], line: block.line(at: record),
        byteOffset: block.byteOffset + (record - block.base), text: text, column: column,
        reason: reason))
  }
}
