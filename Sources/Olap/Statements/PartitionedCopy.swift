import Glibc
internal import OlapColumns
internal import OlapFormats

/// COPY … TO 'folder' (PARTITION_BY (a, b)): one file for each pair of values, in folders `a=1/b=x`
/// as `read_csv(…, hive_partitioning = true)` reads them.
struct PartitionedCopy {
  private let folder: String
  private let columns: [(name: String, type: SQLType)]
  private let keys: [Int]
  private let written: [Int]
  private let options: [String: String]
  private let timeZoneName: String
  private var writers: [String: FileWriter] = [:]

  /// Files are open together, so their number is limited.
  private static let maximumPartitions = 500

  init(
    folder: String, columns: [(name: String, type: SQLType)], keys names: [String],
    options: [String: String], timeZoneName: String
  ) throws {
    self.folder = folder
    self.columns = columns
    self.timeZoneName = timeZoneName
    var rest = options
    for name in ["partition_by", "overwrite_or_ignore", "overwrite", "append"] { rest[name] = nil }
    let keepsKeys = rest.removeValue(forKey: "write_partition_columns") == "true"
    self.options = rest
    let keys = try names.map { name -> Int in
      let found = columns.firstIndex { $0.name.lowercased() == name.lowercased() }
      guard let found else {
        throw OlapError(.binder, "PARTITION_BY: there is no column \"\(name)\" to write")
      }
      return found
    }
    self.keys = keys
    written = columns.indices.filter { keepsKeys || !keys.contains($0) }
    if written.isEmpty {
      throw OlapError(.binder, "PARTITION_BY takes all columns: none is left to write")
    }
    try PartitionedCopy.makeFolder(folder)
    let mayHold = ["overwrite_or_ignore", "overwrite", "append"].contains {
      options[$0].map { $0 != "false" } ?? false
    }
    if !mayHold, PartitionedCopy.holdsFiles(folder) {
      throw OlapError(
        .io, "folder \"\(folder)\" is not empty; say OVERWRITE_OR_IGNORE to write into it")
    }
  }

  mutating func write(_ chunk: Chunk) throws {
    var rows: [String: [UInt32]] = [:]
    for row in 0..<chunk.count {
      rows[partition(of: chunk, row), default: []].append(UInt32(row))
    }
    for (path, chosen) in rows {
      let writer = try writer(of: path)
      let selection = Selection(capacity: chosen.count)
      for (i, row) in chosen.enumerated() { selection.indexes[i] = row }
      selection.count = chosen.count
      let part = chunk.gathered(selection)
      try writer.write(Chunk(columns: written.map { part.columns[$0] }, count: part.count))
    }
  }

  func finish() throws {
    for writer in writers.values { try writer.finish() }
  }

  private func partition(of chunk: Chunk, _ row: Int) -> String {
    keys.map { key in
      let value = chunk.columns[key].value(at: row)
      let text =
        value.isNull
        ? "__HIVE_DEFAULT_PARTITION__" : PartitionedCopy.escaped(value.text(columns[key].type))
      return "\(PartitionedCopy.escaped(columns[key].name))=\(text)"
    }.joined(separator: "/")
  }

  private mutating func writer(of path: String) throws -> FileWriter {
    if let known = writers[path] { return known }
    if writers.count >= PartitionedCopy.maximumPartitions {
      throw OlapError(
        .notSupported,
        "PARTITION_BY gives more than \(PartitionedCopy.maximumPartitions) partitions; choose coarser"
          + " columns or write them with several COPY statements")
    }
    var directory = folder
    for part in path.split(separator: "/") {
      directory += "/" + part
      try PartitionedCopy.makeFolder(directory)
    }
    let format = options["format"]?.lowercased() ?? "csv"
    let writer = try FileWriter(
      path: "\(directory)/data_0.\(format)", columns: written.map { columns[$0] },
      options: options, timeZoneName: timeZoneName)
    writers[path] = writer
    return writer
  }

  /// A text as one name in a path: what separates names is written as %XX.
  private static func escaped(_ text: String) -> String {
    var result: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      case 0..<32, UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "="), UInt8(ascii: "%"),
        UInt8(ascii: ":"), UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["):
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func makeFolder(_ path: String) throws {
    if mkdir(path, 0o777) != 0, errno != EEXIST {
      throw OlapError(
        .io, "cannot make folder \"\(path)\": \(String(cString: strerror(errno)))")
    }
  }

  private static func holdsFiles(_ path: String) -> Bool {
    guard let directory = opendir(path) else { return false }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count > 2
  }
}
