import Glibc
internal import OlapColumns

/// Finds formats, columns and types of JSON files by looking at their beginnings.
package enum JSONSniffer {
  private static let sampleByteCount = 4 << 20

  package static func sniff(_ inputs: InputFiles, _ options: JSONOptions) throws -> JSONSchema {
    guard !inputs.paths.isEmpty else {
      throw ComputeError(.invalidArgument, "read_json needs at least one file")
    }
    var formats: [JSONFormat] = []
    let shape = JSONShape(heap: StringHeap())
    var samples: [CSVSample] = []
    let needsShape = options.columns == nil && !options.readsObjects
    for (index, location) in inputs.locations.enumerated() {
      let isSampled = needsShape && index < options.sampleFileCount
      let size =
        !isSampled ? 1 << 16 : options.sampleRowCount == .max ? 1 << 30 : sampleByteCount
      let sample = try CSVSample(location: location, options: options.files, byteCount: size)
      let format = options.format ?? format(of: sample)
      formats.append(format)
      guard isSampled else { continue }
      samples.append(sample)
      observe(sample, format, shape, options, path: inputs.paths[index])
    }
    return try withExtendedLifetime(samples) {
      var schema = JSONSchema(
        columns: [], isRecords: false, formats: formats, paths: inputs.paths,
        partitions: try inputs.partitions(options.files))
      try settle(&schema, shape, options)
      return schema
    }
  }

  private static func settle(
    _ schema: inout JSONSchema, _ shape: JSONShape, _ options: JSONOptions
  ) throws {
    if options.readsObjects {
      schema.columns = [JSONColumn(name: "json", key: [], node: JSONNode(type: .json))]
      return
    }
    if let given = options.columns {
      schema.isRecords = options.records ?? true
      schema.columns = given.map { column(named: $0.name, $0.type, options) }
      if !schema.isRecords, schema.columns.count != 1 {
        throw ComputeError(.invalidArgument, "read_json: records = false takes exactly one column")
      }
      return
    }
    let isRecords =
      (options.records ?? shape.hasOnlyObjects) && options.maximumDepth != 0
      && shape.mapNode(options, depth: 0) == nil
    if isRecords, shape.hasOnlyObjects {
      schema.isRecords = true
      schema.columns = shape.columns(options, depth: 0)
      schema.refusesUnknownKeys = !options.ignoresErrors
      try overrideTypes(&schema, options)
      let known = Set(schema.columns.map { $0.name.lowercased() })
      for (name, type) in options.expected where !known.contains(name.lowercased()) {
        schema.columns.append(column(named: name, type, options))
      }
    } else if options.ignoresUnknownTypes, !options.types.isEmpty,
      shape.isEmpty || shape.hasOnlyObjects
    {
      // A load of files without values, or of objects that look like maps, into a known table.
      schema.isRecords = true
      schema.columns = options.types.map { column(named: $0.name, $0.type, options) }
    } else {
      schema.columns = [JSONColumn(name: "json", key: [], node: shape.node(options, depth: 0))]
    }
  }

  private static func column(
    named name: String, _ type: SQLType, _ options: JSONOptions
  ) -> JSONColumn {
    JSONColumn(
      name: name, key: Array(name.utf8),
      node: JSONNode(type, dates: options.dateFormat, timestamps: options.timestampFormat))
  }

  /// Types that were said take the place of those found.
  private static func overrideTypes(_ schema: inout JSONSchema, _ options: JSONOptions) throws {
    for (name, type) in options.types {
      let folded = name.lowercased()
      let exact = schema.columns.firstIndex { $0.name == name }
      if let index = exact ?? schema.columns.firstIndex(where: { $0.name.lowercased() == folded }) {
        let found = schema.columns[index]
        let moments = found.node.moments
        schema.columns[index] = JSONColumn(
          name: found.name, key: found.key,
          node: JSONNode(
            type, dates: options.dateFormat ?? moments,
            timestamps: options.timestampFormat ?? moments))
      } else if !options.ignoresUnknownTypes {
        throw ComputeError(
          .invalidArgument,
          "types name a column \"\(name)\" that the file does not have; it has "
            + schema.columns.map { $0.name }.joined(separator: ", "))
      }
    }
  }

  /// An array when the first value is one and nothing follows; lines when the first line is a value.
  private static func format(of sample: CSVSample) -> JSONFormat {
    let bytes = sample.bytes
    guard let base = bytes.baseAddress else { return .newlineDelimited }
    let end = base + bytes.count
    let start = JSONScanner.skipBlanks(base, end)
    guard start < end else { return .newlineDelimited }
    let after = JSONScanner.valueEnd(start, end)
    if start.pointee == UInt8(ascii: "["), !endsLine(start, after, end) { return .array }
    guard let after else {
      // The first value is broken or longer than the sample: lines that begin with { are records.
      let newline = memchr(start, 10, end - start).map {
        UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) + 1
      }
      guard let next = newline else { return .newlineDelimited }
      let second = JSONScanner.skipBlanks(next, end)
      return second < end && second.pointee == start.pointee && second == next
        ? .newlineDelimited : .unstructured
    }
    return isLine(start, after, end) ? .newlineDelimited : .unstructured
  }

  /// Whether an array ends with its line and another value follows: lists, one a line.
  private static func endsLine(
    _ start: UnsafePointer<UInt8>, _ after: UnsafePointer<UInt8>?, _ end: UnsafePointer<UInt8>
  ) -> Bool {
    guard let after, isLine(start, after, end) else { return false }
    return JSONScanner.skipBlanks(after, end) < end
  }

  /// Whether the value stands in one line, with nothing after it.
  private static func isLine(
    _ start: UnsafePointer<UInt8>, _ after: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Bool {
    if memchr(start, 10, after - start) != nil { return false }
    var p = after
    while p < end, p.pointee != 10 {
      if p.pointee != 0x20, p.pointee != 13, p.pointee != 9 { return false }
      p += 1
    }
    return true
  }

  private static func observe(
    _ sample: CSVSample, _ format: JSONFormat, _ shape: JSONShape, _ options: JSONOptions,
    path: String
  ) {
    guard let base = sample.bytes.baseAddress else { return }
    let end = base + sample.bytes.count
    var p = JSONScanner.skipBlanks(base, end)
    if format == .array, p < end, p.pointee == UInt8(ascii: "[") { p += 1 }
    var rows = 0
    while rows < options.sampleRowCount {
      p = JSONScanner.skipBlanks(p, end)
      if format == .array, p < end, p.pointee == UInt8(ascii: ",") { p += 1 }
      guard p < end, !(format == .array && p.pointee == UInt8(ascii: "]")) else { return }
      var stop = end
      if format == .newlineDelimited {
        stop =
          memchr(p, 10, end - p).map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) }
          ?? end
      }
      // A value that is broken is looked at no further; the scan will say what is wrong with it.
      let whole = JSONScanner.valueEnd(p, stop)
      if let whole, let after = shape.observe(p, whole) {
        p = format == .newlineDelimited ? stop : after
      } else {
        p =
          format == .newlineDelimited
          ? stop : JSONScanner.roughEnd(p, end, inArray: format == .array)
      }
      rows += 1
    }
  }
}
