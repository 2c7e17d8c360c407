package import OlapColumns

/// `…/year=2024/month=03/…`: columns that folders name.
package struct HivePartitions: Sendable {
  package var names: [String] = []
  package var types: [SQLType] = []
  /// Per file one value per name.
  package var values: [[Value]] = []

  /// Keys of the paths' folders; all files must have the same ones.
  package static func find(_ paths: [String]) throws -> HivePartitions {
    var result = HivePartitions()
    var texts: [[String]] = []
    for (index, path) in paths.enumerated() {
      var names: [String] = []
      var row: [String] = []
      for part in path.split(separator: "/").dropLast() {
        guard let mark = part.firstIndex(of: "="), mark != part.startIndex else { continue }
        names.append(String(part[..<mark]))
        row.append(unescaped(part[part.index(after: mark)...]))
      }
      if index == 0 {
        result.names = names
      } else if names.map({ $0.lowercased() }) != result.names.map({ $0.lowercased() }) {
        throw ComputeError(
          .invalidArgument,
          "hive_partitioning: \"\(path)\" has the folders (\(names.joined(separator: ", "))), but "
            + "\"\(paths[0])\" has (\(result.names.joined(separator: ", ")))")
      }
      texts.append(row)
    }
    result.types = result.names.indices.map { column in
      type(of: texts.map { $0[column] })
    }
    result.values = try texts.map { row in
      try zip(row, result.types).map { text, type in
        if text == "__HIVE_DEFAULT_PARTITION__" || text == "NULL" { return .null }
        return try Cast.cast(
          .varchar(text), from: .varchar, to: type, isTry: false, timeZoneName: "UTC")
      }
    }
    return result
  }

  /// Whether any path has such a folder, which turns partitioning on by itself.
  package static func isLikely(_ paths: [String]) -> Bool {
    guard let first = paths.first else { return false }
    return first.split(separator: "/").dropLast().contains { part in
      part.firstIndex(of: "=").map { $0 != part.startIndex } ?? false
    }
  }

  private static func type(of texts: [String]) -> SQLType {
    let given = texts.filter { $0 != "__HIVE_DEFAULT_PARTITION__" && $0 != "NULL" }
    if given.isEmpty { return .varchar }
    if given.allSatisfy({ Int64($0) != nil }) { return .bigint }
    let isDate = given.allSatisfy { text in
      let value = try? Cast.cast(
        .varchar(text), from: .varchar, to: .date, isTry: true, timeZoneName: "UTC")
      return text.utf8.count == 10 && !(value ?? .null).isNull
    }
    return isDate ? .date : .varchar
  }

  /// `%20` and its like.
  private static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    let source = Array(text.utf8)
    var i = 0
    while i < source.count {
      if source[i] == UInt8(ascii: "%"), i + 2 < source.count,
        let byte = UInt8(String(decoding: source[(i + 1)...(i + 2)], as: UTF8.self), radix: 16)
      {
        bytes.append(byte)
        i += 3
      } else {
        bytes.append(source[i])
        i += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
