import Glibc
import Testing

/// One awkward file with what reading it must give.
///
/// `NAME.expected` beside it: `# why`, `options: …` for the reader, `column: name TYPE` lines, `row:` lines
/// with tab-separated values as SQL prints them (`\N` is NULL), or `error: part of the message`.
struct CorpusFile: Sendable, CustomTestStringConvertible {
  let name: String
  let path: String
  var options = ""
  var columns: [String] = []
  var rows: [[String?]] = []
  var error: String?
  var testDescription: String { name }

  init(_ name: String) {
    self.name = name
    path = CorpusFile.folder + "/" + name
    let text = String(decoding: CorpusFile.bytes(path + ".expected"), as: UTF8.self)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard let colon = line.firstIndex(of: ":"), !line.hasPrefix("#") else { continue }
      let rest = String(line[line.index(after: colon)...].dropFirst())
      switch line[..<colon] {
      case "options": options = ", " + rest
      case "column": columns.append(rest)
      case "error": error = rest
      case "row":
        rows.append(
          rest.split(separator: "\t", omittingEmptySubsequences: false).map {
            CorpusFile.unescaped($0)
          })
      default: continue
      }
    }
  }

  /// The SELECT that reads the file.
  func query(_ more: String = "") -> String {
    let isJSON = name.hasSuffix(".json") || name.hasSuffix(".ndjson")
    return "SELECT * FROM \(isJSON ? "read_json" : "read_csv")('\(path)'\(options)\(more))"
  }

  private static func unescaped(_ text: Substring) -> String? {
    if text == "\\N" { return nil }
    var result = ""
    var rest = text
    while let letter = rest.popFirst() {
      guard letter == "\\", let code = rest.popFirst() else {
        result.append(letter)
        continue
      }
      switch code {
      case "t": result.append("\t")
      case "n": result.append("\n")
      case "r": result.append("\r")
      case "0": result.append("\0")
      default: result.append(code)
      }
    }
    return result
  }

  static let all: [CorpusFile] = {
    guard let folder = opendir(folder) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix("."), !name.hasSuffix(".expected") { names.append(name) }
    }
    return names.sorted().map { CorpusFile($0) }
  }()

  static var folder: String {
    let parts = #filePath.split(separator: "/")
    return "/" + parts.dropLast().joined(separator: "/") + "/Corpus"
  }

  static func bytes(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}
