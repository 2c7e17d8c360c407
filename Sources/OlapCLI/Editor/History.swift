@preconcurrency import Glibc
import Olap

/// Statements entered so far, kept in a file: one entry a line, newlines and backslashes escaped.
struct History {
  private let path: String?
  private(set) var entries: [String] = []
  static let countMax = 5000

  /// `OLAP_HISTORY`, else `~/.olap_history`; an empty `OLAP_HISTORY` keeps no file.
  static var defaultPath: String? {
    if let path = getenv("OLAP_HISTORY") {
      let text = String(cString: path)
      return text.isEmpty ? nil : text
    }
    guard let home = getenv("HOME") else { return nil }
    return String(cString: home) + "/.olap_history"
  }

  init(path: String?) {
    self.path = path
    if let path, let text = try? TextFile.read(path) {
      entries = text.split(separator: "\n").suffix(History.countMax).map {
        History.unescape(String($0))
      }
    }
  }

  /// Keeps an entry unless it is blank or repeats the last one, and appends it to the file at once, so
  /// that several shells do not overwrite each other's.
  mutating func add(_ entry: String) {
    guard !entry.allSatisfy({ $0.isWhitespace }), entries.last != entry else { return }
    entries.append(entry)
    guard let path else { return }
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard file >= 0 else { return }
    var line = Array((History.escape(entry) + "\n").utf8)
    _ = write(file, &line, line.count)
    close(file)
  }

  /// Newest entry before `position` that contains `needle`.
  func search(_ needle: String, before position: Int) -> Int? {
    guard !needle.isEmpty else { return nil }
    let folded = needle.lowercased()
    return entries[..<min(position, entries.count)].lastIndex { entry in
      entry.lowercased().contains(folded)
    }
  }

  static func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\\\"
      case "\n", "\r\n": result += "\\n"
      default: result.append(character)
      }
    }
    return result
  }

  static func unescape(_ text: String) -> String {
    var result = ""
    var isEscaped = false
    for character in text {
      if isEscaped {
        result.append(character == "n" ? "\n" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}
