import Glibc
internal import OlapColumns

/// Builds the vectors of one place in many JSON documents, straight from the text.
///
/// Every `append` adds exactly one value, NULL when the text does not fit, so that columns stay aligned
/// whatever the text holds; what did not fit is noted in the batch, and the caller drops those rows.
final class JSONColumnBuilder {
  typealias Pointer = UnsafePointer<UInt8>

  /// What a builder collects.
  private enum Kind {
    case boolean, bigint, double, text, json
    /// Text that is cast when the batch is done.
    case cast
    case list, map, structure
    /// A value that nobody wants: passed over.
    case skip
  }

  private let node: JSONNode
  private let kind: Kind
  private let name: String
  private let batch: JSONBatch
  private var values: Buffer {
    didSet { valueBytes = values.bytes }
  }
  private var validity: Buffer {
    didSet { validityBytes = validity.bytes.assumingMemoryBound(to: UInt8.self) }
  }
  /// The memory of the two, so that a value costs no reference counting.
  private var valueBytes: UnsafeMutableRawPointer
  private var validityBytes: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private let itemByteCount: Int
  private var hasNulls = false
  private(set) var count = 0
  /// Row of each value, where values are not rows (below a list).
  private var rows: [UInt32] = []
  private let isBelowList: Bool
  private var children: [JSONColumnBuilder] = []
  /// A structure's fields, found without reference counting.
  private var fieldTable: JSONFieldTable?
  private var positions: [[UInt8]: Int] = [:]

  /// - Parameter name: what messages call the place, as `a.b[]`.
  init(_ node: JSONNode, name: String, batch: JSONBatch, capacity: Int, isBelowList: Bool = false) {
    self.node = node
    self.name = name
    self.batch = batch
    self.capacity = max(16, capacity)
    self.isBelowList = isBelowList
    switch node.type {
    case .boolean: kind = .boolean
    case .bigint: kind = .bigint
    case .double: kind = .double
    case .varchar: kind = .text
    case .json: kind = .json
    case .list where node.element != nil: kind = .list
    case .map where node.element != nil: kind = .map
    case .structure: kind = .structure
    case .null: kind = .skip
    default: kind = .cast
    }
    switch kind {
    case .boolean: itemByteCount = 1
    case .bigint, .double, .list, .map: itemByteCount = 8
    case .text, .json, .cast: itemByteCount = 16
    case .structure, .skip: itemByteCount = 0
    }
    values = Buffer(byteCount: self.capacity * itemByteCount)
    validity = Buffer(byteCount: self.capacity)
    valueBytes = values.bytes
    validityBytes = validity.bytes.assumingMemoryBound(to: UInt8.self)
    makeChildren()
  }

  private func makeChildren() {
    switch kind {
    case .list:
      guard let element = node.element else { return }
      children = [
        JSONColumnBuilder(
          element, name: name + "[]", batch: batch, capacity: capacity, isBelowList: true)
      ]
    case .map:
      guard let element = node.element else { return }
      children = [
        JSONColumnBuilder(
          JSONNode(type: .varchar), name: name + " key", batch: batch, capacity: capacity,
          isBelowList: true),
        JSONColumnBuilder(
          element, name: name + "[]", batch: batch, capacity: capacity, isBelowList: true),
      ]
    case .structure:
      for (index, field) in node.fields.enumerated() {
        let path = (name.isEmpty ? "" : name + ".") + String(decoding: field.key, as: UTF8.self)
        children.append(
          JSONColumnBuilder(
            field.node, name: path, batch: batch, capacity: capacity, isBelowList: isBelowList))
        positions[field.key] = index
      }
      fieldTable = JSONFieldTable(children, node)
    default: break
    }
  }

  // MARK: Appending

  /// Appends the value at `start`; the place after it, nil when it is malformed.
  func append(_ start: Pointer, _ end: Pointer) -> Pointer? {
    if kind == .skip {
      count += 1
      return JSONScanner.valueEnd(start, end)
    }
    let p = JSONScanner.skipBlanks(start, end)
    guard p < end else {
      appendNull()
      return nil
    }
    if p.pointee == UInt8(ascii: "n"), let (literal, after) = JSONScanner.literal(p, end),
      case .null = literal
    {
      appendNull()
      return after
    }
    switch kind {
    case .list where p.pointee == UInt8(ascii: "["): return appendList(p, end)
    case .map where p.pointee == UInt8(ascii: "{"): return appendMap(p, end)
    case .structure where p.pointee == UInt8(ascii: "{"): return appendObject(p, end)
    case .list, .map, .structure, .skip: return mismatch(p, end)
    case .json: return appendRaw(p, end)
    case .text, .cast: return appendText(p, end)
    case .bigint:
      if let (literal, after) = JSONScanner.literal(p, end), case .integer = literal {
        var number: Int64 = 0
        if FastNumber.integer(p, after - p, &number) {
          push(number)
          return after
        }
      }
      return appendCast(p, end)
    case .double:
      if let (literal, after) = JSONScanner.literal(p, end) {
        switch literal {
        case .integer, .real:
          let text = UnsafeRawBufferPointer(start: p, count: after - p)
          if let number = FloatText.parse(text) {
            push(number)
            return after
          }
        default: break
        }
      }
      return appendCast(p, end)
    case .boolean:
      if let (literal, after) = JSONScanner.literal(p, end), case .boolean(let flag) = literal {
        push(UInt8(flag ? 1 : 0))
        return after
      }
      return appendCast(p, end)
    }
  }

  func appendNull() {
    if kind == .skip {
      count += 1
      return
    }
    reserve()
    hasNulls = true
    validityBytes[count] = 0
    if itemByteCount > 0 { memset(valueBytes + count * itemByteCount, 0, itemByteCount) }
    if kind == .structure { for child in children { child.appendNull() } }
    advance()
  }

  @inline(__always)
  private func push<T: BitwiseCopyable>(_ value: T) {
    reserve()
    valueBytes.storeBytes(of: value, toByteOffset: count * itemByteCount, as: T.self)
    validityBytes[count] = 1
    advance()
  }

  @inline(__always)
  private func advance() {
    if isBelowList { rows.append(UInt32(truncatingIfNeeded: batch.row)) }
    count += 1
  }

  @inline(__always)
  private func reserve() {
    if count == capacity { grow() }
  }

  private func grow() {
    let grown = Buffer(byteCount: capacity * 2 * itemByteCount)
    memcpy(grown.bytes, values.bytes, count * itemByteCount)
    values = grown
    let marks = Buffer(byteCount: capacity * 2)
    memcpy(marks.bytes, validity.bytes, count)
    validity = marks
    capacity *= 2
  }

  /// A value of the wrong kind: NULL, and the row is bad.
  private func mismatch(_ p: Pointer, _ end: Pointer) -> Pointer? {
    let after = JSONScanner.valueEnd(p, end)
    let text = String(
      decoding: UnsafeBufferPointer(start: p, count: min(200, (after ?? end) - p)), as: UTF8.self)
    appendNull()
    if after != nil { batch.fail(name, "value \(text) is not a \(node.type)") }
    return after
  }

  private func appendRaw(_ p: Pointer, _ end: Pointer) -> Pointer? {
    guard let after = JSONScanner.valueEnd(p, end) else {
      appendNull()
      return nil
    }
    let isPlain =
      p.pointee != UInt8(ascii: "{") && p.pointee != UInt8(ascii: "[")
      && memchr(p, Int32(UInt8(ascii: "\\")), after - p) == nil
    push(
      isPlain
        ? StringView(UnsafeRawPointer(p), count: after - p)
        : JSONScanner.compacted(p, after, batch.heap))
    return after
  }

  private func appendText(_ p: Pointer, _ end: Pointer) -> Pointer? {
    guard p.pointee == UInt8(ascii: "\"") else { return appendRaw(p, end) }
    var hasEscapes = false
    guard let close = JSONScanner.stringEnd(p + 1, end, &hasEscapes) else {
      appendNull()
      return nil
    }
    guard hasEscapes else {
      push(StringView(UnsafeRawPointer(p + 1), count: close - p - 1))
      return close + 1
    }
    guard let bytes = JSONScanner.unescaped(p + 1, close - p - 1) else {
      appendNull()
      batch.fail(name, "a string has an escape that is none")
      return close + 1
    }
    push(bytes.withUnsafeBytes { batch.heap.add($0) })
    return close + 1
  }

  /// A scalar spelled in another way than its type's own: `"5"` or `5.0` for BIGINT.
  private func appendCast(_ p: Pointer, _ end: Pointer) -> Pointer? {
    let isText = p.pointee == UInt8(ascii: "\"")
    if p.pointee == UInt8(ascii: "{") || p.pointee == UInt8(ascii: "[") { return mismatch(p, end) }
    guard let after = JSONScanner.valueEnd(p, end) else {
      appendNull()
      return nil
    }
    let content = isText ? p + 1 : p
    let length = after - p - (isText ? 2 : 0)
    let bytes = JSONScanner.unescaped(content, length) ?? []
    let text = Vector.constant(
      .varchar(String(decoding: bytes, as: UTF8.self)), type: .varchar, count: 1)
    guard
      let result = try? Cast.cast(
        text, to: node.type, isTry: true, timeZoneName: batch.timeZoneName), result.isValid(0)
    else { return mismatch(p, end) }
    reserve()
    memcpy(
      valueBytes + count * itemByteCount, result.flattened().data, itemByteCount)
    validityBytes[count] = 1
    advance()
    return after
  }

  private func appendList(_ start: Pointer, _ end: Pointer) -> Pointer? {
    let child = children[0]
    let first = child.count
    var p = JSONScanner.skipBlanks(start + 1, end)
    if p < end, p.pointee == UInt8(ascii: "]") {
      push(ListEntry(offset: first, count: 0))
      return p + 1
    }
    while true {
      guard let after = child.append(p, end) else { break }
      p = JSONScanner.skipBlanks(after, end)
      guard p < end else { break }
      if p.pointee == UInt8(ascii: "]") {
        push(ListEntry(offset: first, count: child.count - first))
        return p + 1
      }
      guard p.pointee == UInt8(ascii: ",") else { break }
      p += 1
    }
    push(ListEntry(offset: first, count: child.count - first))
    return nil
  }

  private func appendMap(_ start: Pointer, _ end: Pointer) -> Pointer? {
    let first = children[0].count
    var p = JSONScanner.skipBlanks(start + 1, end)
    var isWhole = p < end && p.pointee == UInt8(ascii: "}")
    if isWhole { p += 1 }
    while !isWhole {
      guard p < end, p.pointee == UInt8(ascii: "\""), let key = children[0].append(p, end) else {
        while children[1].count < children[0].count { children[1].appendNull() }
        break
      }
      p = JSONScanner.skipBlanks(key, end)
      guard p < end, p.pointee == UInt8(ascii: ":"), let after = children[1].append(p + 1, end)
      else {
        while children[1].count < children[0].count { children[1].appendNull() }
        break
      }
      p = JSONScanner.skipBlanks(after, end)
      guard p < end else { break }
      if p.pointee == UInt8(ascii: "}") {
        p += 1
        isWhole = true
      } else {
        guard p.pointee == UInt8(ascii: ",") else { break }
        p = JSONScanner.skipBlanks(p + 1, end)
      }
    }
    push(ListEntry(offset: first, count: children[0].count - first))
    return isWhole ? p : nil
  }

  /// The object at `start` into the fields' builders; keys that no field has are passed over.
  private func appendObject(_ start: Pointer, _ end: Pointer) -> Pointer? {
    let row = count
    let after = fields(start, end)
    for child in children where child.count <= row { child.appendNull() }
    reserve()
    validityBytes[count] = 1
    advance()
    return after
  }

  private func fields(_ start: Pointer, _ end: Pointer) -> Pointer? {
    guard let fieldTable else { return nil }
    let row = count
    var p = JSONScanner.skipBlanks(start + 1, end)
    if p < end, p.pointee == UInt8(ascii: "}") { return p + 1 }
    var expected = 0
    while true {
      guard p < end, p.pointee == UInt8(ascii: "\"") else { return nil }
      var close = p
      // Objects mostly have their keys in the schema's order.
      var index: Int? = fieldTable.isKey(expected, p + 1, end) ? expected : nil
      if index != nil {
        close = p + 1 + fieldTable.keyLengths[expected]
      } else {
        var hasEscapes = false
        guard let found = JSONScanner.stringEnd(p + 1, end, &hasEscapes) else { return nil }
        close = found
        index = position(p + 1, close - p - 1, hasEscapes)
      }
      let key = UnsafeBufferPointer(start: p + 1, count: close - p - 1)
      p = JSONScanner.skipBlanks(close + 1, end)
      guard p < end, p.pointee == UInt8(ascii: ":") else { return nil }
      var after: Pointer?
      if let index {
        expected = index + 1
        after = fieldTable.builders[index]._withUnsafeGuaranteedRef { child in
          if child.count > row {
            batch.fail(child.name, "the object has this key twice")
            return JSONScanner.valueEnd(p + 1, end)
          }
          return child.append(p + 1, end)
        }
      } else {
        after = JSONScanner.valueEnd(p + 1, end)
        if after != nil, node.refusesUnknownKeys { refuse(String(decoding: key, as: UTF8.self)) }
      }
      guard let after else { return nil }
      p = JSONScanner.skipBlanks(after, end)
      guard p < end else { return nil }
      if p.pointee == UInt8(ascii: "}") { return p + 1 }
      guard p.pointee == UInt8(ascii: ",") else { return nil }
      p = JSONScanner.skipBlanks(p + 1, end)
    }
  }

  private func refuse(_ key: String) {
    batch.fail(
      name.isEmpty ? key : "\(name).\(key)",
      "the key is in none of the values looked at to find the columns; sample_size = -1 looks at"
        + " all, ignore_errors = true passes over such keys")
  }

  /// The field of a key.
  private func position(_ start: Pointer, _ count: Int, _ hasEscapes: Bool) -> Int? {
    let bytes =
      hasEscapes
      ? JSONScanner.unescaped(start, count) ?? []
      : Array(UnsafeBufferPointer(start: start, count: count))
    return positions[bytes]
  }

  // MARK: The vector

  /// The values so far as a vector of the node's type. The builder is spent.
  func finish() throws -> Vector {
    for owner in [batch.heap as AnyObject] + batch.keepers { values.keep(owner) }
    values.keep(validity)
    let mask = hasNulls ? validity.bytes.assumingMemoryBound(to: UInt8.self) : nil
    switch kind {
    case .structure:
      return Vector(
        type: node.type, encoding: .flat, count: count, data: values.bytes, validity: mask,
        owner: values,
        children: try children.compactMap { $0.kind == .skip ? nil : try $0.finish() })
    case .list:
      return Vector(
        type: node.type, encoding: .flat, count: count, data: values.bytes, validity: mask,
        owner: values, children: [try children[0].finish()])
    case .map:
      let pairs = Vector(
        type: node.type.elementType ?? .null, encoding: .flat, count: children[0].count,
        data: values.bytes, validity: nil, owner: values,
        children: try children.map { try $0.finish() })
      return Vector(
        type: node.type, encoding: .flat, count: count, data: values.bytes, validity: mask,
        owner: values, children: [pairs])
    case .cast: return try casted(mask)
    default:
      return Vector(
        type: node.type, encoding: .flat, count: count, data: values.bytes, validity: mask,
        owner: values)
    }
  }

  /// The collected texts cast to the type; rows that do not fit are noted as bad.
  private func casted(_ mask: UnsafeMutablePointer<UInt8>?) throws -> Vector {
    let texts = Vector(
      type: .varchar, encoding: .flat, count: count, data: values.bytes, validity: mask,
      owner: values)
    let result =
      try withExtendedLifetime(texts) { try moments(texts) }
      ?? Cast.cast(texts, to: node.type, isTry: true, timeZoneName: batch.timeZoneName)
    for i in 0..<count where texts.isValid(i) && !result.isValid(i) {
      let text = values.bytes.assumingMemoryBound(to: StringView.self)[i].string.prefix(200)
      batch.fail(
        name, "value \"\(text)\" is not a \(node.type)", row: isBelowList ? Int(rows[i]) : i)
    }
    return result
  }

  /// Texts of dates and times without the casts; nil when only those know.
  private func moments(_ texts: Vector) throws -> Vector? {
    if let format = node.moments {
      return try JSONMoments.formatted(
        texts, format, as: node.type, timeZoneName: batch.timeZoneName)
    }
    return node.type == .timestamp ? JSONMoments.plainTimestamps(texts) : nil
  }
}
