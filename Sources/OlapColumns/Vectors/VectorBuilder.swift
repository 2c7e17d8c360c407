import Glibc

/// Builds a flat vector of any type row by row or range by range. Not for the hottest loops.
package final class VectorBuilder {
  package let type: SQLType
  /// Rows appended so far.
  package private(set) var count = 0
  private let physical: PhysicalType
  private let itemBytes: Int
  private var capacity: Int
  private var memory: Buffer
  private var mask: Buffer?
  private let heap: StringHeap?
  private var children: [VectorBuilder]
  private var retained: [AnyObject] = []

  package init(type: SQLType, capacity: Int = 64) {
    self.type = type
    physical = type.physicalType
    itemBytes = physical.byteCount
    self.capacity = Swift.max(capacity, 1)
    memory = Buffer(byteCount: self.capacity * itemBytes)
    heap = physical == .string ? StringHeap() : nil
    if let fields = type.childFields {
      children = fields.map { VectorBuilder(type: $0.type) }
    } else {
      children = type.elementType.map { [VectorBuilder(type: $0)] } ?? []
    }
  }

  /// Appends one value of the builder's type; a value of another kind is appended as NULL.
  package func append(_ value: Value) {
    if value.isNull { return appendNull() }
    switch physical {
    case .bool:
      guard case .boolean(let flag) = value else { return appendNull() }
      push(UInt8(flag ? 1 : 0))
    case .int8: appendInteger(value, Int8.self)
    case .int16: appendInteger(value, Int16.self)
    case .int32: appendInteger(value, Int32.self)
    case .int64: appendInteger(value, Int64.self)
    case .int128: appendInteger(value, Int128.self)
    case .uint8: appendInteger(value, UInt8.self)
    case .uint16: appendInteger(value, UInt16.self)
    case .uint32: appendInteger(value, UInt32.self)
    case .uint64: appendInteger(value, UInt64.self)
    case .uint128:
      if case .unsigned(let integer) = value {
        push(integer)
      } else {
        appendInteger(value, UInt128.self)
      }
    case .float32:
      switch value {
      case .real(let number): push(number)
      case .double(let number): push(Float(number))
      default: appendNull()
      }
    case .float64:
      switch value {
      case .real(let number): push(Double(number))
      case .double(let number): push(number)
      default: appendNull()
      }
    case .string: appendString(value)
    case .interval:
      if case .interval(let span) = value { push(span) } else { appendNull() }
    case .list: appendList(value)
    case .structure:
      guard case .structure(let fields) = value, fields.count == children.count
      else { return appendNull() }
      for (child, field) in zip(children, fields) { child.append(field) }
      pushRow()
    }
  }

  private func appendInteger<T: FixedWidthInteger & BitwiseCopyable>(_ value: Value, _: T.Type) {
    if let integer = value.integerPayload, let narrow = T(exactly: integer) {
      push(narrow)
    } else {
      appendNull()
    }
  }

  private func appendString(_ value: Value) {
    guard let heap else { return }
    switch value {
    case .varchar(let text): push(heap.add(text))
    case .blob(let bytes): push(bytes.withUnsafeBytes { heap.add($0) })
    default: appendNull()
    }
  }

  private func appendList(_ value: Value) {
    let start: Int = children[0].count
    switch value {
    case .list(let elements):
      Cancellation.strides(elements.count) { range in
        for element in elements[range] { children[0].append(element) }
      }
    case .map(let pairs):
      Cancellation.strides(pairs.count) { range in
        for pair in pairs[range] { children[0].append(.structure([pair.key, pair.value])) }
      }
    default: return appendNull()
    }
    push(ListEntry(offset: start, count: children[0].count - start))
  }

  /// Appends NULL.
  package func appendNull() {
    reserve(1)
    let bits: Buffer = nullMask()
    bits.bytes.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
    if itemBytes > 0 { memset(memory.bytes + count * itemBytes, 0, itemBytes) }
    if physical == .structure { for child in children { child.appendNull() } }
    count += 1
  }

  /// Appends row `row` of a vector of the same type, in any encoding.
  package func append(from vector: Vector, row: Int) {
    switch vector.encoding {
    case .constant:
      vector.isValid(0)
        ? append(vector.broadcast(row: 0, count: 1).flattened(), 0..<1) : appendNull()
    case .dictionary:
      guard vector.isValid(row), let dictionary = vector.dictionary else { return appendNull() }
      append(from: dictionary, row: vector.code(at: row))
    case .flat where children.isEmpty: appendItem(of: vector, row)
    case .frame, .flat: append(vector, row..<(row + 1))
    }
  }

  /// One row of a flat vector without children, copied as it stands.
  private func appendItem(of vector: Vector, _ row: Int) {
    if !vector.isValid(row) { return appendNull() }
    reserve(1)
    if let heap {
      let out = memory.bytes.assumingMemoryBound(to: StringView.self)
      out[count] = heap.add(vector.values(StringView.self)[row])
    } else {
      memcpy(memory.bytes + count * itemBytes, vector.data + row * itemBytes, itemBytes)
    }
    pushRow()
  }

  /// Appends the rows of `range` of a vector of the same type, in any encoding.
  package func append(_ vector: Vector, _ range: Range<Int>) {
    if range.isEmpty { return }
    let rows: Vector = vector.sliced(range).flattened()
    let n: Int = range.count
    reserve(n)
    if rows.validity != nil || mask != nil {
      let bits: UnsafeMutableRawPointer = nullMask().bytes + count
      if let own = rows.validity { memcpy(bits, own, n) } else { memset(bits, 1, n) }
    }
    switch physical {
    case .structure:
      for (child, field) in zip(children, rows.children) { child.append(field, 0..<n) }
    case .list: appendEntries(rows)
    case .string: appendViews(rows)
    default:
      Buffer.copy(
        rows.data, to: memory.bytes + count * itemBytes, byteCount: n * itemBytes)
    }
    count += n
  }

  private func appendViews(_ rows: Vector) {
    guard let heap else { return }
    let out = memory.bytes.assumingMemoryBound(to: StringView.self) + count
    let views = rows.values(StringView.self)
    let done = Cancellation.strides(rows.count) { range in
      for i in range { out[i] = rows.isValid(i) ? heap.add(views[i]) : .empty }
    }
    for i in done..<rows.count { out[i] = .empty }
  }

  /// Elements are copied in the order of the rows, without gaps and without sharing between rows: what
  /// stores lists as counts of elements relies on it.
  private func appendEntries(_ rows: Vector) {
    let out = memory.bytes.assumingMemoryBound(to: ListEntry.self) + count
    let entries = rows.values(ListEntry.self)
    let start: Int = children[0].count
    if let range = VectorBuilder.consecutiveElements(rows) {
      children[0].append(rows.children[0], range)
    } else {
      appendElements(of: rows)
    }
    var end: Int = start
    for i in 0..<rows.count {
      let n: Int = rows.isValid(i) ? Int(entries[i].count) : 0
      out[i] = ListEntry(offset: n > 0 ? end : start, count: n)
      end += n
    }
  }

  /// The elements that the rows refer to, when each row's follow those of the row before; else nil.
  private static func consecutiveElements(_ rows: Vector) -> Range<Int>? {
    let entries = rows.values(ListEntry.self)
    var first = 0
    var end: Int?
    for i in 0..<rows.count where rows.isValid(i) && entries[i].count > 0 {
      let offset = Int(entries[i].offset)
      if let end, offset != end { return nil }
      if end == nil { first = offset }
      end = offset + Int(entries[i].count)
    }
    return first..<(end ?? first)
  }

  /// Row by row, whatever the rows share or leave out.
  private func appendElements(of rows: Vector) {
    let entries = rows.values(ListEntry.self)
    var total = 0
    for i in 0..<rows.count where rows.isValid(i) { total += Int(entries[i].count) }
    let places = Buffer(byteCount: total * 4)
    let out = places.bytes.assumingMemoryBound(to: UInt32.self)
    var next = 0
    for i in 0..<rows.count where rows.isValid(i) {
      let offset: UInt32 = entries[i].offset
      for k in 0..<entries[i].count {
        out[next] = offset + k
        next += 1
      }
    }
    withExtendedLifetime(places) {
      children[0].append(rows.children[0].gathered(out, count: total), 0..<total)
    }
  }

  /// The rows appended so far as a flat vector. The builder is spent afterwards.
  package func finish() -> Vector {
    memory.keep(mask)
    memory.keep(heap)
    return Vector(
      type: type, encoding: .flat, count: count, data: memory.bytes,
      validity: mask?.bytes.assumingMemoryBound(to: UInt8.self), owner: memory,
      children: children.map { $0.finish() })
  }

  // MARK: Storage

  private func push<T: BitwiseCopyable>(_ value: T) {
    reserve(1)
    memory.bytes.storeBytes(of: value, toByteOffset: count * itemBytes, as: T.self)
    pushRow()
  }

  private func pushRow() {
    reserve(1)
    mask?.bytes.storeBytes(of: 1, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// Bytes of the rows appended so far, with their strings and elements.
  package var byteCount: Int {
    children.reduce(count * itemBytes + (heap?.byteCount ?? 0)) { $0 + $1.byteCount }
  }

  private func nullMask() -> Buffer {
    if let mask { return mask }
    let created = Buffer(byteCount: capacity)
    memset(created.bytes, 1, capacity)
    mask = created
    return created
  }

  private func reserve(_ more: Int) {
    if count + more <= capacity { return }
    capacity = Swift.max(capacity * 2, count + more)
    let grown = Buffer(byteCount: capacity * itemBytes)
    Buffer.copy(memory.bytes, to: grown.bytes, byteCount: count * itemBytes)
    memory = grown
    if let old = mask {
      let wider = Buffer(byteCount: capacity)
      memset(wider.bytes, 1, capacity)
      memcpy(wider.bytes, old.bytes, count)
      mask = wider
    }
  }
}

extension Value {
  /// The integer inside any integer-like value (dates, times, unscaled decimals too).
  package var integerPayload: Int128? {
    switch self {
    case .boolean(let flag): flag ? 1 : 0
    case .integer(let integer): Int128(integer)
    case .hugeint(let integer): integer
    case .unsigned(let integer): Int128(exactly: integer)
    case .decimal(let integer, _): integer
    case .date(let days): Int128(days)
    case .time(let ticks), .timestamp(let ticks), .timestampTZ(let ticks): Int128(ticks)
    default: nil
    }
  }
}
