internal import OlapColumns

/// A reader's named arguments, one at a time. Values may come as text (`'true'`), as COPY and the command
/// line give them.
package struct ReaderOption {
  let function: String
  let name: String
  let type: SQLType
  let value: Value

  var text: String { value.isNull ? "" : value.text(type) }

  func flag() throws -> Bool {
    switch text.lowercased() {
    case "true", "1", "on", "yes", "": return true
    case "false", "0", "off", "no": return false
    default: throw problem("takes true or false, not \"\(text)\"")
    }
  }

  func count() throws -> Int {
    guard let number = Int(text) else { throw problem("takes a whole number, not \"\(text)\"") }
    return number
  }

  func fraction() throws -> Double {
    guard let number = Double(text) else { throw problem("takes a number, not \"\(text)\"") }
    return number
  }

  /// One byte, `\t` spelled out allowed; nil for the empty text.
  func byte() throws -> UInt8? {
    let bytes = characters()
    if bytes.isEmpty { return nil }
    guard bytes.count == 1 else { throw problem("takes one ASCII character, not \"\(text)\"") }
    return bytes[0]
  }

  /// Bytes with `\t`, `\n`, `\r`, `\\` and `\xHH` resolved.
  func characters() -> [UInt8] {
    switch text {
    case "\\t", "tab", "TAB": return [9]
    case "\\n": return [10]
    case "\\r": return [13]
    case "\\r\\n", "\r\n": return [10]
    default: break
    }
    let source = Array(text.utf8)
    if source.count == 4, source[0] == UInt8(ascii: "\\"), source[1] | 0x20 == UInt8(ascii: "x"),
      let byte = UInt8(String(decoding: source[2...], as: UTF8.self), radix: 16)
    {
      return [byte]
    }
    return source
  }

  /// A text or a list of texts.
  func texts() -> [String] {
    if case .list(let items) = value {
      return items.compactMap { if case .varchar(let item) = $0 { item } else { nil } }
    }
    return value.isNull ? [] : [text]
  }

  /// Column names and types: a struct, a map, or a list of types alone (names are then empty).
  func columnTypes() throws -> [(name: String, type: SQLType)] {
    switch (type, value) {
    case (.structure(let fields), .structure(let items)):
      return try zip(fields, items).map { field, item in (field.name, try sqlType(item)) }
    case (_, .list(let items)): return try items.map { ("", try sqlType($0)) }
    case (_, .map(let pairs)):
      return try pairs.map { pair in
        guard case .varchar(let name) = pair.key else { throw problem("has a key that is no text") }
        return (name, try sqlType(pair.value))
      }
    default: throw problem("takes a struct {'a': 'INTEGER'} or a list ['INTEGER']")
    }
  }

  private func sqlType(_ value: Value) throws -> SQLType {
    guard case .varchar(let name) = value else {
      throw problem("gives types as text: {'a': 'INTEGER'}")
    }
    guard let type = SQLType.parse(text: name) else {
      throw ComputeError(.invalidArgument, "there is no type \"\(name)\"")
    }
    return type
  }

  func problem(_ what: String) -> ComputeError {
    ComputeError(.invalidArgument, "\(function): \(name) \(what)")
  }
}

extension FileOptions {
  /// Takes an option that all readers share; false when it is none.
  mutating func apply(_ option: ReaderOption) throws -> Bool {
    switch option.name {
    case "compression": compression = try Compression.parse(option.text)
    case "encoding": encoding = try TextEncoding.parse(option.text)
    case "filename":
      switch option.text.lowercased() {
      case "true", "1", "": filenameColumn = "filename"
      case "false", "0": filenameColumn = nil
      default: filenameColumn = option.text
      }
    case "hive_partitioning":
      hivePartitioning = option.text.lowercased() == "auto" ? nil : try option.flag()
    case "union_by_name": unionByName = try option.flag()
    case "buffer_size": blockByteCount = try option.count()
    case "hive_types", "hive_types_autocast", "parallel": break
    default: return false
    }
    return true
  }
}
