import Glibc
internal import OlapColumns

/// What the values at one place of many JSON documents look like, gathered value by value.
final class JSONShape {
  typealias Pointer = UnsafePointer<UInt8>

  private var count = 0
  private var nulls = 0
  private var booleans = 0
  private var integers = 0
  private var reals = 0
  private var strings = 0
  private var lists = 0
  private var objects = 0
  /// Integers outside BIGINT, and outside HUGEINT.
  private var wideIntegers = 0
  private var hugeIntegers = 0
  /// Texts of the strings; empty once they cannot be moments.
  private var texts: [StringView] = []
  private var areMoments = true
  private var areIdentifiers = true
  private var element: JSONShape?
  private var keys: [String: Int] = [:]
  private(set) var fields: [(key: String, shape: JSONShape)] = []
  private let heap: StringHeap

  /// - Parameter heap: keeps texts with escapes resolved; the documents must outlive the shape.
  init(heap: StringHeap) { self.heap = heap }

  var isEmpty: Bool { count == 0 }
  var hasOnlyObjects: Bool { objects > 0 && objects + nulls == count }

  /// Looks at the value at `start`; the end of the value, nil when it is malformed.
  func observe(_ start: Pointer, _ end: Pointer, depth: Int = 0) -> Pointer? {
    let p = JSONScanner.skipBlanks(start, end)
    guard p < end else { return nil }
    count += 1
    switch p.pointee {
    case UInt8(ascii: "{"): return observeObject(p, end, depth)
    case UInt8(ascii: "["): return observeList(p, end, depth)
    case UInt8(ascii: "\""):
      var hasEscapes = false
      guard let close = JSONScanner.stringEnd(p + 1, end, &hasEscapes) else { return nil }
      strings += 1
      observeText(p + 1, close - p - 1, hasEscapes)
      return close + 1
    default:
      guard let (kind, after) = JSONScanner.literal(p, end) else { return nil }
      switch kind {
      case .null: nulls += 1
      case .boolean: booleans += 1
      case .integer: observeInteger(p, after)
      case .real, .notANumber: reals += 1
      }
      return after
    }
  }

  private func observeInteger(_ start: Pointer, _ end: Pointer) {
    integers += 1
    guard end - start > 18 else { return }
    let text = String(
      decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
    if Int64(text) == nil { wideIntegers += 1 }
    if Int128(text) == nil { hugeIntegers += 1 }
  }

  private func observeText(_ start: Pointer, _ count: Int, _ hasEscapes: Bool) {
    if areIdentifiers {
      areIdentifiers =
        count == 36 && UUIDText.parse(UnsafeRawBufferPointer(start: start, count: count)) != nil
    }
    guard areMoments else { return }
    // A date or time has digits and no escapes worth resolving.
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard !hasEscapes, count >= 4, count <= 48, bytes.contains(where: { $0 >= 0x30 && $0 <= 0x39 })
    else {
      areMoments = false
      texts = []
      return
    }
    texts.append(StringView(UnsafeRawPointer(start), count: count))
  }

  private func observeList(_ start: Pointer, _ end: Pointer, _ depth: Int) -> Pointer? {
    lists += 1
    let shape = element ?? JSONShape(heap: heap)
    element = shape
    if depth > 60 { return JSONScanner.valueEnd(start, end) }
    var p = JSONScanner.skipBlanks(start + 1, end)
    if p < end, p.pointee == UInt8(ascii: "]") { return p + 1 }
    while true {
      guard let after = shape.observe(p, end, depth: depth + 1) else { return nil }
      p = JSONScanner.skipBlanks(after, end)
      guard p < end else { return nil }
      if p.pointee == UInt8(ascii: "]") { return p + 1 }
      guard p.pointee == UInt8(ascii: ",") else { return nil }
      p += 1
    }
  }

  private func observeObject(_ start: Pointer, _ end: Pointer, _ depth: Int) -> Pointer? {
    objects += 1
    if depth > 60 { return JSONScanner.valueEnd(start, end) }
    var p = JSONScanner.skipBlanks(start + 1, end)
    if p < end, p.pointee == UInt8(ascii: "}") { return p + 1 }
    var position = 0
    while true {
      guard p < end, p.pointee == UInt8(ascii: "\"") else { return nil }
      var hasEscapes = false
      guard let close = JSONScanner.stringEnd(p + 1, end, &hasEscapes) else { return nil }
      let shape = field(p + 1, close - p - 1, hasEscapes, position)
      position += 1
      p = JSONScanner.skipBlanks(close + 1, end)
      guard p < end, p.pointee == UInt8(ascii: ":") else { return nil }
      guard let after = shape.observe(p + 1, end, depth: depth + 1) else { return nil }
      p = JSONScanner.skipBlanks(after, end)
      guard p < end else { return nil }
      if p.pointee == UInt8(ascii: "}") { return p + 1 }
      guard p.pointee == UInt8(ascii: ",") else { return nil }
      p = JSONScanner.skipBlanks(p + 1, end)
    }
  }

  /// The field of that key; most documents have their keys in the same order.
  private func field(
    _ start: Pointer, _ count: Int, _ hasEscapes: Bool, _ position: Int
  ) -> JSONShape {
    if !hasEscapes, position < fields.count, fields[position].key.utf8.count == count,
      fields[position].key.utf8.elementsEqual(UnsafeBufferPointer(start: start, count: count))
    {
      return fields[position].shape
    }
    let bytes =
      hasEscapes
      ? JSONScanner.unescaped(start, count) ?? []
      : Array(UnsafeBufferPointer(start: start, count: count))
    let key = String(decoding: bytes, as: UTF8.self)
    if let known = keys[key] { return fields[known].shape }
    let shape = JSONShape(heap: heap)
    keys[key] = fields.count
    fields.append((key, shape))
    return shape
  }

  // MARK: The type

  /// The type that holds every value seen, as DuckDB chooses it.
  func node(_ options: JSONOptions, depth: Int) -> JSONNode {
    if options.maximumDepth >= 0, depth >= options.maximumDepth { return JSONNode(type: .json) }
    let numbers = integers + reals
    let given = count - nulls
    if given == 0 { return JSONNode(type: .json) }
    if booleans == given { return JSONNode(type: .boolean) }
    if numbers == given { return JSONNode(type: numberType) }
    if strings == given { return textNode(options) }
    if lists == given {
      let inner = element ?? JSONShape(heap: heap)
      let node = inner.node(options, depth: depth + 1)
      return JSONNode(type: .list(node.type), element: node)
    }
    if objects == given { return objectNode(options, depth: depth) }
    return JSONNode(type: .json)
  }

  private var numberType: SQLType {
    if reals > 0 || hugeIntegers > 0 { return .double }
    return wideIntegers > 0 ? .hugeint : .bigint
  }

  private func textNode(_ options: JSONOptions) -> JSONNode {
    if areIdentifiers { return JSONNode(type: .uuid) }
    guard areMoments, !texts.isEmpty else { return JSONNode(type: .varchar) }
    var limits = CSVOptions()
    limits.dateFormat = options.dateFormat
    limits.timestampFormat = options.timestampFormat
    let found = TextTypeSniffer(options: limits, delimiter: []).sniff([texts])[0]
    switch found.type {
    case .date, .time, .timestamp, .timestampTZ:
      return JSONNode(type: found.type, moments: found.format.moments)
    default: return JSONNode(type: .varchar)
    }
  }

  private func objectNode(_ options: JSONOptions, depth: Int) -> JSONNode {
    if let map = mapNode(options, depth: depth) { return map }
    let columns = columns(options, depth: depth)
    let type = SQLType.structure(
      columns.map { StructField(name: $0.name, type: $0.node.type) })
    return JSONNode(
      type: type, fields: columns.map { ($0.key, $0.node) },
      refusesUnknownKeys: !options.ignoresErrors)
  }

  /// A MAP when there are no fields, or so many that they are data rather than a schema.
  func mapNode(_ options: JSONOptions, depth: Int) -> JSONNode? {
    func map(_ value: JSONNode) -> JSONNode {
      JSONNode(type: .map(key: .varchar, value: value.type), element: value)
    }
    if fields.isEmpty { return map(JSONNode(type: .json)) }
    let appearances = fields.reduce(0) { $0 + $1.shape.count }
    let isSparse =
      Double(appearances) < options.fieldAppearanceThreshold * Double(objects)
      * Double(fields.count)
    let isLarge =
      options.mapInferenceThreshold >= 0 && fields.count >= options.mapInferenceThreshold
    guard isLarge || isSparse else { return nil }
    let types = fields.map { $0.shape.node(options, depth: depth + 1) }
    if let common = types.first(where: { $0.type != .json }),
      types.allSatisfy({ $0.type == common.type || $0.type == .json }),
      !fields.contains(where: { $0.shape.isMixed })
    {
      return map(common)
    }
    return isSparse ? map(JSONNode(type: .json)) : nil
  }

  /// Whether values of several kinds were seen.
  private var isMixed: Bool {
    [booleans, integers + reals, strings, lists, objects].filter { $0 > 0 }.count > 1
  }

  /// The object's fields as columns; keys that differ in case alone get a suffix.
  func columns(_ options: JSONOptions, depth: Int) -> [JSONColumn] {
    var seen: Set<String> = []
    return fields.map { key, shape in
      var name = key
      var suffix = 1
      while !seen.insert(name.lowercased()).inserted {
        name = "\(key)_\(suffix)"
        suffix += 1
      }
      return JSONColumn(
        name: name, key: Array(key.utf8), node: shape.node(options, depth: depth + 1))
    }
  }
}
