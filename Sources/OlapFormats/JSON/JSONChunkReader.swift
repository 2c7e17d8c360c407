import CIntrinsics
import Glibc
internal import OlapColumns
internal import OlapFunctions

/// One thread's reader.
final class JSONChunkReader: OrderedChunkReader {
  private let source: JSONRecords
  private let blocks: any RecordBlockSource
  /// What is read of each record.
  private let shape: Shape
  /// Conditions that few rows may pass, with what must be read to know; nil: there are none.
  private let narrow: (shape: Shape, filters: [FileFilter])?
  private var block: RecordBlock?
  private var position: UnsafePointer<UInt8>?
  private(set) var ordinal = 0
  private var isValidText = true
  private var starts: [UnsafePointer<UInt8>] = []
  private var ends: [UnsafePointer<UInt8>] = []

  init(_ source: JSONRecords, _ blocks: any RecordBlockSource) {
    self.source = source
    self.blocks = blocks
    shape = Shape(source.schema, wanted: source.scan.columns)
    let filters = source.scan.filters.filter { $0.isSelective }
    narrow =
      filters.isEmpty || !source.schema.isRecords
      ? nil : (Shape(source.schema, wanted: filters.map { $0.column }), filters)
  }

  /// The record as a STRUCT of some columns, or the one column itself.
  private struct Shape {
    let node: JSONNode
    let name: String
    /// Columns of the schema that the node's vector has, in order.
    let fieldOrder: [Int]

    init(_ schema: JSONSchema, wanted: [FileColumn]) {
      guard schema.isRecords else {
        // Records are read, and so checked, even when no column of theirs is wanted.
        (node, name, fieldOrder) = (schema.columns[0].node, "json", [0])
        return
      }
      // Every column has its place, so that keys are known; those not wanted are passed over.
      let wanted = Set(wanted)
      let fields = schema.columns.enumerated().map { index, column in
        (
          key: column.key,
          node: wanted.contains(.field(index)) ? column.node : JSONNode(type: .null)
        )
      }
      fieldOrder = fields.indices.filter { fields[$0].node.type != .null }
      name = ""
      node = JSONNode(
        type: .structure(
          fieldOrder.map {
            StructField(name: schema.columns[$0].name, type: fields[$0].node.type)
          }),
        fields: fields, refusesUnknownKeys: schema.refusesUnknownKeys)
    }
  }

  func next() throws -> Chunk? {
    while true {
      if block == nil {
        guard let next = try blocks.next() else { return nil }
        block = next
        position = next.base
        ordinal = next.ordinal
        isValidText = UTF8Text.firstInvalid(next.base, next.byteCount) == nil
      }
      guard let block else { return nil }
      if let problem = block.problem {
        self.block = nil
        try reject(block, block.base, block.base + block.byteCount, nil, problem)
        continue
      }
      let chunk = try read(block)
      if chunk.count > 0 { return chunk }
    }
  }

  /// Reads records until the chunk is full or the block at its end.
  private func read(_ block: RecordBlock) throws -> Chunk {
    let end = block.base + block.byteCount
    let format = source.formats[block.file]
    let batch = JSONBatch(timeZoneName: source.scan.timeZoneName, keepers: [block.buffer])
    let shape = narrow?.shape ?? shape
    let builder = JSONColumnBuilder(
      shape.node, name: shape.name, batch: batch, capacity: VectorSize.current)
    var broken: [Int: String] = [:]
    starts.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    var p = position ?? end
    while builder.count < VectorSize.current {
      p = JSONScanner.skipBlanks(p, end)
      if format == .array, p < end, p.pointee == UInt8(ascii: ",") {
        p += 1
        continue
      }
      guard p < end else {
        if format == .array, block.isLast { try closeArray(block, p, end, isClosed: false) }
        self.block = nil
        break
      }
      if format == .array, p.pointee == UInt8(ascii: "]") {
        try closeArray(block, p + 1, end, isClosed: true)
        self.block = nil
        break
      }
      var stop = end
      if format == .newlineDelimited {
        let newline = memchr(p, 10, end - p)
        stop = newline.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) } ?? end
      }
      batch.row = builder.count
      let (after, problem) = record(builder, p, stop, format)
      if let problem { broken[batch.row] = problem }
      if !isValidText, UTF8Text.firstInvalid(p, after - p) != nil {
        broken[batch.row] = "the text is not UTF-8; encoding = 'latin-1' may be what it is"
      }
      starts.append(p)
      ends.append(after)
      p = after
    }
    position = p
    if let narrow { return try narrowed(builder, batch, broken, block, by: narrow.filters) }
    return try chunk(builder, batch, broken, block)
  }

  /// Reads the records whose filtered columns pass, and so nothing else of the others.
  private func narrowed(
    _ builder: JSONColumnBuilder, _ batch: JSONBatch, _ broken: [Int: String],
    _ block: RecordBlock, by filters: [FileFilter]
  ) throws -> Chunk {
    let vector = try builder.finish()
    try rejectBad(batch, broken, block)
    // A null in place of a record is no row.
    var passes = (0..<vector.count).map {
      vector.isValid($0) && broken[$0] == nil && batch.failures[$0] == nil
    }
    for filter in filters {
      guard case .field(let index) = filter.column,
        let place = narrow?.shape.fieldOrder.firstIndex(of: index)
      else { continue }
      let passing = filter.passing(vector.children[place])
      var next = Array(repeating: false, count: vector.count)
      for k in 0..<passing.count {
        let row = Int(passing.indexes[k])
        next[row] = passes[row]
      }
      passes = next
    }
    starts = zip(starts, passes).filter { $0.1 }.map { $0.0 }
    ends = zip(ends, passes).filter { $0.1 }.map { $0.0 }
    let kept = JSONBatch(timeZoneName: source.scan.timeZoneName, keepers: [block.buffer])
    let whole = JSONColumnBuilder(
      shape.node, name: shape.name, batch: kept, capacity: starts.count)
    for (row, start) in starts.enumerated() {
      kept.row = row
      _ = whole.append(start, ends[row])
    }
    return try chunk(whole, kept, [:], block)
  }

  /// Reads one record; what is wrong with it, and where the next one may start.
  private func record(
    _ builder: JSONColumnBuilder, _ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>,
    _ format: JSONFormat
  ) -> (next: UnsafePointer<UInt8>, problem: String?) {
    let inArray = format == .array
    guard let after = builder.append(start, stop) else {
      let rough =
        format == .newlineDelimited ? stop : JSONScanner.roughEnd(start, stop, inArray: inArray)
      return (max(rough, start + 1), "malformed JSON")
    }
    let next = JSONScanner.skipBlanks(after, stop)
    switch format {
    case .newlineDelimited:
      return next == stop ? (stop, nil) : (stop, "text after the line's JSON value")
    case .array:
      if next == stop || next.pointee == UInt8(ascii: ",") || next.pointee == UInt8(ascii: "]") {
        return (after, nil)
      }
      return (
        max(JSONScanner.roughEnd(next, stop, inArray: true), next),
        "no comma after the array's element"
      )
    case .unstructured: return (after, nil)
    }
  }

  /// What follows the last element.
  private func closeArray(
    _ block: RecordBlock, _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, isClosed: Bool
  ) throws {
    if !isClosed {
      try reject(block, end, end, nil, "the array is not closed; the file may have been cut off")
      return
    }
    let rest = JSONScanner.skipBlanks(p, end)
    if rest < end || !block.isLast {
      try reject(block, rest, end, nil, "text after the end of the array")
    }
  }

  private func chunk(
    _ builder: JSONColumnBuilder, _ batch: JSONBatch, _ broken: [Int: String], _ block: RecordBlock
  ) throws -> Chunk {
    let count = builder.count
    let vector = try builder.finish()
    let fields = source.schema.isRecords ? vector.children : [vector]
    let columns = source.scan.columns.map { column -> Vector in
      if case .field(let index) = column, let position = shape.fieldOrder.firstIndex(of: index) {
        return fields[position]
      }
      return origin(column, block, count)
    }
    var chunk = Chunk(columns: columns, count: count)
    if source.schema.isRecords, let mask = vector.validity {
      // A null in place of a record is no row.
      chunk = keep(chunk) { mask[$0] != 0 || broken[$0] != nil || batch.failures[$0] != nil }
      if chunk.count < count { return try withoutBad(chunk, batch, broken, block, mask, count) }
    }
    return try withoutBad(chunk, batch, broken, block, nil, count)
  }

  private func rejectBad(
    _ batch: JSONBatch, _ broken: [Int: String], _ block: RecordBlock
  ) throws {
    for row in Set(broken.keys).union(batch.failures.keys).sorted() where row < starts.count {
      if let reason = broken[row] {
        try reject(block, starts[row], ends[row], nil, reason)
      } else if let failure = batch.failures[row] {
        try reject(block, starts[row], ends[row], failure.column, failure.reason)
      }
    }
  }

  /// Rejects bad rows in file order and leaves them out. `mask`: rows already left out have 0.
  private func withoutBad(
    _ chunk: Chunk, _ batch: JSONBatch, _ broken: [Int: String], _ block: RecordBlock,
    _ mask: UnsafeMutablePointer<UInt8>?, _ count: Int
  ) throws -> Chunk {
    if broken.isEmpty, batch.failures.isEmpty { return chunk }
    try rejectBad(batch, broken, block)
    let rows = (0..<count).filter { row in
      mask.map { $0[row] != 0 || broken[row] != nil || batch.failures[row] != nil } ?? true
    }
    return keep(chunk) { broken[rows[$0]] == nil && batch.failures[rows[$0]] == nil }
  }

  private func keep(_ chunk: Chunk, where isKept: (Int) -> Bool) -> Chunk {
    let selection = Selection(capacity: chunk.count)
    for row in 0..<chunk.count where isKept(row) {
      selection.indexes[selection.count] = UInt32(truncatingIfNeeded: row)
      selection.count += 1
    }
    return selection.count == chunk.count ? chunk : chunk.gathered(selection)
  }

  /// Columns that tell where rows come from.
  private func origin(_ column: FileColumn, _ block: RecordBlock, _ count: Int) -> Vector {
    switch column {
    case .field: return Vector.nulls(.json, count: count)
    case .source:
      return .constant(.varchar(source.names[block.file]), type: .varchar, count: count)
    case .filename:
      return .constant(.varchar(source.paths[block.file]), type: .varchar, count: count)
    case .partition(let index):
      let partitions = source.schema.partitions
      return .constant(
        partitions.values[min(block.file, partitions.values.count - 1)][index],
        type: partitions.types[index], count: count)
    case .byteOffset, .line:
      let vector = Vector.flat(.bigint, count: count)
      var line = block.firstLine
      var mark = block.base
      for row in 0..<count {
        line += olap_count_byte(mark, starts[row] - mark, UInt8(ascii: "\n"))
        mark = starts[row]
        vector.values(Int64.self)[row] = Int64(
          column == .line ? line : block.byteOffset + (mark - block.base))
      }
      return vector
    case .text:
      let vector = Vector.flat(.varchar, count: count, keeping: block.buffer)
      for row in 0..<count {
        vector.values(StringView.self)[row] = StringView(
          UnsafeRawPointer(starts[row]), count: ends[row] - starts[row])
      }
      return vector
    }
  }

  private func reject(
    _ block: RecordBlock, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ column: String?, _ reason: String
  ) throws {
    var stop = end
    while stop > start, stop[-1] == 10 || stop[-1] == 13 || stop[-1] == 0x20 { stop -= 1 }
    let text = String(
      decoding: UnsafeBufferPointer(start: start, count: stop - start), as: UTF8.self)
    try source.scan.policy.handle(
      BadRow(
        path: source.names[block.file], line: block.line(at: start),
        byteOffset: block.byteOffset + (start - block.base), text: text,
        column: column.flatMap { $0.isEmpty ? nil : $0 }, reason: reason))
  }
}
