@preconcurrency import Glibc
import Olap

/// Completes keywords, tables, columns, functions, settings, files and dot commands.
final class ShellCompleter: Completer {
  private let session: ShellSession
  private lazy var functions: [String] = names(
    "SELECT DISTINCT function_name FROM olap.functions ORDER BY 1")
  private lazy var settings: [String] = names("SELECT name FROM duckdb_settings() ORDER BY 1")

  init(session: ShellSession) { self.session = session }

  func complete(_ head: String) -> Completion {
    if let first = head.first(where: { !$0.isWhitespace }), first == "." {
      return completeCommand(head)
    }
    let pieces = SQLText.pieces(of: head)
    let bytes = Array(head.utf8)
    if let last = pieces.last, last.kind == .unterminated, bytes[last.range.lowerBound] == 0x27 {
      return file(String(decoding: bytes[(last.range.lowerBound + 1)...], as: UTF8.self))
    }
    let word = Self.lastWord(head)
    var before = pieces.map { String(decoding: bytes[$0.range], as: UTF8.self) }
    if !word.isEmpty { before.removeLast() }
    if before.last == ".", before.count > 1 {
      return match(word, members(of: Self.unquoted(before[before.count - 2]), in: head))
    }
    return match(word, candidates(after: before.last?.lowercased() ?? "", word: word, in: head))
  }

  // MARK: SQL

  private func candidates(after previous: String, word: String, in head: String) -> [String] {
    switch previous {
    case "from", "join", "into", "update", "table", "describe", "summarize", "refresh", "verify",
      "view", "truncate", "show":
      return tables() + keywords(word)
    case "set", "reset", "pragma":
      return settings + keywords(word)
    case "": return keywords(word)
    default:
      return columns(ofTablesIn: head) + tables() + functions.map { $0 + "(" } + keywords(word)
    }
  }

  /// Keywords in the case the word was begun in.
  private func keywords(_ word: String) -> [String] {
    let isLower = word.first?.isLowercase ?? false
    return SQLText.keywords.map { isLower ? $0.lowercased() : $0 }
  }

  private func tables() -> [String] {
    names(
      "SELECT table_name FROM information_schema.tables WHERE table_schema <> 'olap' ORDER BY 1")
  }

  /// Columns of a table or alias, or tables of a schema.
  private func members(of name: String, in head: String) -> [String] {
    let table = Self.alias(name, in: head) ?? name
    let escaped = Self.escape(table)
    let columns = names(
      "SELECT column_name FROM information_schema.columns WHERE lower(table_name) = "
        + "lower('\(escaped)') ORDER BY ordinal_position")
    if !columns.isEmpty { return columns }
    return names(
      "SELECT table_name FROM information_schema.tables WHERE lower(table_schema) = "
        + "lower('\(escaped)') ORDER BY 1")
  }

  private func columns(ofTablesIn text: String) -> [String] {
    let bytes = Array(text.utf8)
    let mentioned = Set(
      SQLText.pieces(of: text).filter { $0.kind == .name || $0.kind == .quotedName }.map {
        Self.unquoted(String(decoding: bytes[$0.range], as: UTF8.self)).lowercased()
      })
    let all = "SELECT column_name, lower(table_name) FROM information_schema.columns "
    let rows = (try? session.metadata(all + "WHERE table_schema <> 'olap' ORDER BY 1")) ?? []
    let inMentioned = rows.filter { mentioned.contains($0.string(1) ?? "") }
    // Before FROM nothing is mentioned yet: any column may be meant.
    let chosen = inMentioned.isEmpty ? rows : inMentioned
    return chosen.compactMap { $0.string(0) }
  }

  /// The table an alias stands for in `FROM t AS a` and `FROM t a`.
  static func alias(_ name: String, in text: String) -> String? {
    let bytes = Array(text.utf8)
    let pieces = SQLText.pieces(of: text)
    let words = pieces.map { String(decoding: bytes[$0.range], as: UTF8.self) }
    for index in words.indices.dropFirst() where words[index].lowercased() == name.lowercased() {
      var table = index - 1
      if words[table].lowercased() == "as" { table -= 1 }
      guard table > 0, pieces[table].kind == .name || pieces[table].kind == .quotedName else {
        continue
      }
      let introducer = words[table - 1].lowercased()
      if ["from", "join", ",", ".", "update", "into"].contains(introducer) {
        return unquoted(words[table])
      }
    }
    return nil
  }

  private func names(_ sql: String) -> [String] {
    ((try? session.metadata(sql)) ?? []).compactMap { $0.string(0) }
  }

  private func match(_ word: String, _ candidates: [String]) -> Completion {
    let folded = word.lowercased()
    var seen: Set<String> = []
    let found = candidates.filter {
      $0.lowercased().hasPrefix(folded) && seen.insert($0.lowercased()).inserted
    }
    return Completion(candidates: found.map(Self.quotedIfNeeded), replacedCount: word.count)
  }

  private static func lastWord(_ head: String) -> String {
    String(
      head.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }.reversed())
  }

  private static func unquoted(_ name: String) -> String {
    name.hasPrefix("\"") && name.hasSuffix("\"") && name.count > 1
      ? String(name.dropFirst().dropLast()) : name
  }

  private static func quotedIfNeeded(_ name: String) -> String {
    let isPlain = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "(" }
    return isPlain ? name : "\"" + name + "\""
  }

  private static func escape(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
  }

  // MARK: Commands and files

  private func completeCommand(_ head: String) -> Completion {
    let text = String(head.drop { $0.isWhitespace })
    guard let space = text.lastIndex(of: " ") else {
      let found = DotCommands.all.map { "." + $0.name }.filter { $0.hasPrefix(text) }
      return Completion(candidates: found.sorted(), replacedCount: text.count)
    }
    let word = String(text[text.index(after: space)...])
    let command = String(text.dropFirst().prefix { $0 != " " })
    switch command {
    case "mode": return match(word, OutputMode.allCases.map { $0.rawValue })
    case "schema", "tables", "dump", "plot": return match(word, tables())
    case "help":
      return match(word, DotCommands.all.map { $0.name } + functions)
    case "read", "output", "once", "open", "import", "cd": return file(word)
    case "headers", "timer", "bail", "echo", "pager", "progress_bar", "changes":
      return match(word, ["on", "off"])
    default: return Completion()
    }
  }

  /// Files of the folder that the path names, hidden ones only when asked for.
  private func file(_ path: String) -> Completion {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? ""
    let prefix = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard let directory = opendir(folder.isEmpty ? "." : folder) else { return Completion() }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(prefix), name != ".", name != "..",
        !name.hasPrefix(".") || prefix.hasPrefix(".")
      else { continue }
      let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
      found.append(folder + name + (isFolder ? "/" : ""))
    }
    return Completion(candidates: found.sorted(), replacedCount: path.count)
  }
}
