extension Parser {
  /// Takes a word that is no keyword.
  mutating func accept(word: StaticString) -> Bool {
    guard token.kind == .word, text(token).lowercased() == "\(word)" else { return false }
    index += 1
    return true
  }

  /// What follows CREATE [OR REPLACE] TRIGGER.
  mutating func createTrigger(
    _ prefix: CreatePrefix
  ) throws(ParseError) -> CreateTriggerStatement {
    let conflict = try nameConflict(prefix)
    let name = try identifier("a trigger name")
    let timing: CreateTriggerStatement.Timing
    if accept(.before) {
      timing = .before
    } else if accept(.after) {
      timing = .after
    } else {
      throw unexpected("BEFORE or AFTER", keywords: [.before, .after])
    }
    let event: CreateTriggerStatement.Event
    var columns: [Identifier] = []
    if accept(.insert) {
      event = .insert
    } else if accept(.delete) {
      event = .delete
    } else if accept(.update) {
      event = .update
      if accept(.of) {
        columns = try list { (p) throws(ParseError) in try p.identifier("a column name") }
      }
    } else {
      throw unexpected("INSERT, UPDATE or DELETE", keywords: [.insert, .update, .delete])
    }
    try expect(.on)
    let table = try objectName("a table name")
    var names: [String: Identifier] = [:]
    if accept(word: "referencing") {
      while token.kind == .word, ["new", "old"].contains(text(token).lowercased()) {
        let which = takeIdentifier().text.lowercased()
        try expect(.table)
        _ = accept(.as)
        guard names[which] == nil else { throw unexpected("one NEW and one OLD TABLE") }
        names[which] = try identifier("a name")
      }
      guard !names.isEmpty else { throw unexpected("NEW TABLE or OLD TABLE") }
    }
    let isForEachRow = try forEachRow()
    guard isAt(.insert) || isAt(.update) || isAt(.delete) || isAt(.merge) || isAt(.with) else {
      throw unexpected(
        "INSERT, UPDATE, DELETE or MERGE", keywords: [.insert, .update, .delete, .merge])
    }
    let action = try statement()
    return CreateTriggerStatement(
      name: name, conflict: conflict, timing: timing, event: event, columns: columns,
      table: table, newTable: names["new"], oldTable: names["old"], isForEachRow: isForEachRow,
      action: action, range: range(from: prefix.start))
  }

  /// `FOR EACH ROW` or, which is meant without it, `FOR EACH STATEMENT`.
  private mutating func forEachRow() throws(ParseError) -> Bool {
    guard accept(.for) else { return false }
    _ = accept(word: "each")
    if accept(.row) { return true }
    guard accept(word: "statement") else { throw unexpected("ROW or STATEMENT", keywords: [.row]) }
    return false
  }
}
