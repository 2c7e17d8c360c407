import Testing

@testable import OlapSQL

@Suite("Lexer, splitter and source text")
struct LexerTests {
  private func literal(_ sql: String) throws -> Literal? {
    guard case .literal(let literal) = try Parser.parseExpression(sql).kind else { return nil }
    return literal
  }

  @Test("literals keep their digits and resolve their escapes")
  func literals() throws {
    #expect(try literal("1_000") == .integer("1000"))
    #expect(try literal("0xFF") == .integer("255"))
    #expect(try literal("0b101") == .integer("5"))
    #expect(
      try literal("123456789012345678901234567890123456789")
        == .integer("123456789012345678901234567890123456789"))
    #expect(try literal("1.50") == .decimal("1.50"))
    #expect(try literal(".5") == .decimal(".5"))
    #expect(try literal("1e-3") == .double("1e-3"))
    #expect(try literal("'it''s'") == .string("it's"))
    #expect(try literal(#"E'a\n\t\\\'\x41\u00e9'"#) == .string("a\n\t\\'A\u{e9}"))
    #expect(try literal("$$a'b$$") == .string("a'b"))
    #expect(try literal("$t$ $$ $t$") == .string(" $$ "))
    #expect(try literal("x'CAFE'") == .blob([0xCA, 0xFE]))
    #expect(try literal("'a'\n  'b'") == .string("ab"))
  }

  @Test("positions are byte offsets of the node's text")
  func positions() throws {
    let sql = "SELECT 'é' AS x,  foo(a, b + 1) FROM \"t t\" WHERE z"
    let statement = try Parser.parse(sql)[0]
    let bytes = Array(sql.utf8)
    func text(_ range: SourceRange) -> String {
      String(decoding: bytes[range.start..<range.end], as: UTF8.self)
    }
    guard case .select(let query) = statement.kind, case .select(let core) = query.body else {
      Issue.record("no select")
      return
    }
    #expect(text(statement.range) == sql)
    #expect(text(core.items[0].expression.range) == "'é'")
    #expect(text(core.items[1].expression.range) == "foo(a, b + 1)")
    #expect(text(core.items[1].expression.children[1].range) == "b + 1")
    #expect(text(core.from[0].range) == "\"t t\"")
    #expect(core.filter.map { text($0.range) } == "z")
    #expect(SourceText(sql).position(atByte: core.items[1].expression.range.start).column == 19)
  }

  @Test("the splitter finds semicolons outside strings, comments and quotes")
  func splitting() {
    func split(_ text: String) -> StatementSplitter.Result { StatementSplitter.split(text) }
    #expect(split("SELECT 1; SELECT") == .complete(byteCount: 9))
    #expect(split("SELECT ';' -- ;\n /* ; */ , $$;$$, \";\"") == .incomplete)
    #expect(split("SELECT ';';") == .complete(byteCount: 11))
    #expect(split("  -- only\n") == .blank)
    #expect(split("/* open ;") == .incomplete)
    #expect(split("SELECT 'open ;") == .incomplete)
    #expect(split(";") == .complete(byteCount: 1))
    #expect(split("bad \u{1} char;") == .complete(byteCount: 11))
    #expect(split("SELECT 1 ° 2; x").isComplete)
  }

  @Test("words that are no reserved keywords name columns and tables")
  func names() throws {
    for keyword in Keyword.allCases where !keyword.isReserved && !keyword.isFunctionOrTypeName {
      let word = keyword.rawValue
      if word.hasPrefix("current_") || word.hasPrefix("local") || word == "session_user" {
        continue
      }
      #expect(throws: Never.self, "\(word)") {
        _ = try Parser.parse(
          "SELECT t.\(word), \(word), \(word) + 1 AS \(word) FROM s.\(word) AS t")
        _ = try Parser.parse("CREATE TABLE t (\(word) INTEGER, x INTEGER)")
        _ = try Parser.parse("INSERT INTO t (\(word)) VALUES (1)")
        _ = try Parser.parse("UPDATE t SET \(word) = \(word) + 1")
      }
    }
  }
}

extension StatementSplitter.Result {
  fileprivate var isComplete: Bool {
    if case .complete = self { return true }
    return false
  }
}
