import Testing

@testable import OlapSQL

@Suite("Printer")
struct PrinterTests {
  @Test("every query and modification of the corpus prints and parses back to an equal tree")
  func roundTrip() throws {
    var count = 0
    for sql in Corpus.statements {
      guard let statement = try? Parser.parse(sql).first, let printed = statement.sql else {
        continue
      }
      count += 1
      do {
        let again = try Parser.parse(printed)
        #expect(again.first == statement, "\(sql)\n\(printed)\n\(again.first?.sql ?? "")")
        #expect(again.first?.sql == printed)
      } catch {
        Issue.record("\(sql)\n\(error.rendered(in: printed))")
      }
    }
    #expect(count > 200)
  }

  @Test(
    "parentheses are printed only where precedence needs them",
    arguments: [
      ("(a + b) * c", "(a + b) * c"), ("a + (b * c)", "a + b * c"), ("a - (b - c)", "a - (b - c)"),
      ("(a OR b) AND c", "(a OR b) AND c"), ("NOT (a AND b)", "NOT (a AND b)"),
      ("(a)", "a"), ("- -a", "- -a"), ("(a -> b)", "a -> b"), ("f((a -> b))", "f((a -> b))"),
      ("x::int", "CAST(x AS int)"), ("\"select\".\"a b\"", "\"select\".\"a b\""),
      ("extract(year from d)", "date_part('year', d)"), ("current_date", "current_date()"),
      ("a is not distinct from b", "a IS NOT DISTINCT FROM b"),
      ("list_transform(l, x -> x + 1)", "list_transform(l, lambda x: x + 1)"),
      ("a in (1,2) = b", "a IN (1, 2) = b"), ("~a | b", "~a | b"), ("~(a | b)", "~(a | b)"),
      ("-a ^ b", "-a ^ b"),
      ("'it''s'", "'it''s'"), ("x'0aff'", "x'0AFF'"), ("0x10 + 1_000", "16 + 1000"),
      ("interval 7 day", "INTERVAL 7 DAY"), ("(a.b).c", "(a.b).c"), ("l[1:]", "l[1 : ]"),
    ])
  func parentheses(sql: String, expected: String) throws {
    #expect(try Parser.parseExpression(sql).sql == expected)
  }

  @Test("types print and parse back")
  func types() throws {
    for sql in [
      "DECIMAL(10, 2)[]", "STRUCT(a INTEGER, b VARCHAR[3])", "MAP(VARCHAR, INTEGER[])",
      "TIMESTAMP WITH TIME ZONE", "ENUM('a', 'it''s')", "DOUBLE PRECISION", "UNION(a INT, b TEXT)",
      "s.mood", "INTERVAL", "TIME", "CHARACTER VARYING(3)", "LIST(INT)", "ARRAY(INT, 4)",
      "INT ARRAY",
    ] {
      let type = try Parser.parseType(sql)
      #expect(try Parser.parseType(type.sql) == type, "\(sql) \(type.sql)")
    }
  }
}
