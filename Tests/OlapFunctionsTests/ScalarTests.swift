import OlapColumns
import OlapFunctions
import Testing

@Suite struct ScalarTests {
  private static func t(_ s: String) -> Evaluation.Argument { Evaluation.text(s) }
  private static func n(_ i: Int64) -> Evaluation.Argument { Evaluation.integer(i) }

  struct Case: Sendable {
    let name: String
    let arguments: [Evaluation.Argument]
    let expected: String
    init(_ name: String, _ arguments: [Evaluation.Argument], _ expected: String) {
      self.name = name
      self.arguments = arguments
      self.expected = expected
    }
  }

  static let cases: [Case] = [
    Case("upper", [t("häßlich")], "HÄSSLICH"), Case("length", [t("Hello🦆")], "6"),
    Case("reverse", [t("ab🦆")], "🦆ba"), Case("substring", [t("Hello"), n(2), n(3)], "ell"),
    Case("substring", [t("Hello"), n(-3)], "llo"),
    Case("substring", [t("Hello"), n(0), n(3)], "He"),
    Case("left", [t("Hello"), n(-2)], "Hel"), Case("right", [t("Hello"), n(-2)], "llo"),
    Case("lpad", [t("hi"), n(5), t("xy")], "xyxhi"),
    Case("rpad", [t("hello"), n(2), t("x")], "he"),
    Case("split_part", [t("a-b-c"), t("-"), n(-1)], "c"),
    Case("string_split", [t("a-b-c"), t("-")], "[a, b, c]"),
    Case("replace", [t("hello"), t("l"), t("--")], "he----o"),
    Case("translate", [t("12345"), t("143"), t("ax")], "a2x5"), Case("trim", [t("  x ")], "x"),
    Case("ltrim", [t("xxhixx"), t("x")], "hixx"), Case("instr", [t("äbc"), t("c")], "3"),
    Case("concat_ws", [t(", "), t("a"), t("b")], "a, b"),
    Case("levenshtein", [t("duck"), t("db")], "3"),
    Case("md5", [t("hello")], "5d41402abc4b2a76b9719d911017c592"),
    Case("sha1", [t("hello")], "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
    Case(
      "sha256", [t("hello")], "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
    Case("to_base64", [t("hello")], "aGVsbG8="), Case("hex", [n(42)], "2A"),
    Case("url_encode", [t("a b&c")], "a%20b%26c"),
    Case("printf", [t("%05d %s"), n(42), t("x")], "00042 x"),
    Case("format", [t("{:,} {}"), n(1_234_567), t("x")], "1,234,567 x"),
    Case("strip_accents", [t("mühleisen")], "muhleisen"),
    Case("date_part", [t("year"), t("2021-08-03")], "2021"),
    Case("date_trunc", [t("month"), Evaluation.constant(.date, .date(45))], "1970-02-01 00:00:00"),
    Case(
      "datediff",
      [t("month"), Evaluation.constant(.date, .date(30)), Evaluation.constant(.date, .date(31))],
      "1"),
    Case(
      "strftime", [Evaluation.constant(.date, .date(0)), t("%a, %-d %B %Y")], "Thu, 1 January 1970"),
    Case("strptime", [t("21.11.2026 05:30"), t("%d.%m.%Y %H:%M")], "2026-11-21 05:30:00"),
    Case("make_date", [n(1992), n(9), n(20)], "1992-09-20"),
    Case("last_day", [Evaluation.constant(.date, .date(31))], "1970-02-28"),
    Case("dayname", [Evaluation.constant(.date, .date(0))], "Thursday"),
    Case(
      "to_char", [Evaluation.constant(.timestamp, .timestamp(0)), t("DD.MM.YYYY HH24:MI")],
      "01.01.1970 00:00"),
    Case(
      "timezone", [t("Europe/Kyiv"), Evaluation.constant(.timestampTZ, .timestampTZ(0))],
      "1970-01-01 03:00:00"),
    Case("nullif", [n(1), n(2)], "1"), Case("greatest", [n(1), n(7), n(3)], "7"),
    Case("if", [Evaluation.constant(.boolean, .boolean(true)), t("a"), t("b")], "a"),
    Case("typeof", [n(1)], "INTEGER"), Case("gcd", [n(42), n(57)], "3"),
    Case(
      "haversine", [50.45, 30.52, 50.45, 30.52].map { Evaluation.constant(.double, .double($0)) },
      "0.0"),
  ]

  @Test("scalar functions give what DuckDB gives") func values() throws {
    for test in Self.cases {
      let shown: String
      do {
        let (type, values) = try Evaluation.call(test.name, test.arguments)
        let text = try Cast.cast(
          values[0], from: type, to: .varchar, isTry: false, timeZoneName: "UTC")
        if case .varchar(let string) = text { shown = string } else { shown = "NULL" }
      } catch {
        shown = "\(error)"
      }
      #expect(shown == test.expected, "\(test.name)")
    }
  }

  @Test("dictionaries, constants and NULLs go through every lift") func encodings() throws {
    let column = Evaluation.column(
      .varchar, [.varchar("ab"), .null, .varchar("a long enough text")])
    let (_, values) = try Evaluation.call("upper", [column], rows: 3)
    #expect(values == [.varchar("AB"), .null, .varchar("A LONG ENOUGH TEXT")])
  }
}
