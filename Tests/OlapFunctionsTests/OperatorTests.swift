import OlapColumns
import OlapFunctions
import Testing

@Suite struct OperatorTests {
  @Test("arithmetic keeps DuckDB's result types") func resultTypes() throws {
    let i = Evaluation.column(.integer, [.integer(7)])
    #expect(try Evaluation.call("+", [i, i]).0 == .integer)
    #expect(try Evaluation.call("/", [i, i]).0 == .double)
    let small = Evaluation.column(.tinyint, [.integer(7)])
    #expect(try Evaluation.call("+", [small, Evaluation.integer(1)]).0 == .tinyint)
    let price = Evaluation.column(
      .decimal(precision: 15, scale: 2), [.decimal(12345, scale: 2)])
    let discount = try Evaluation.call("-", [Evaluation.integer(1), price])
    #expect(discount.0 == .decimal(precision: 16, scale: 2))
    #expect(try Evaluation.call("*", [price, price]).0 == .decimal(precision: 18, scale: 4))
  }

  @Test("integer overflow is an error") func overflow() {
    #expect(throws: ComputeError.self) {
      try Evaluation.call(
        "+",
        [
          Evaluation.column(.integer, [.integer(Int64(Int32.max))]),
          Evaluation.column(.integer, [.integer(1)]),
        ])
    }
  }

  @Test("dates move by days and intervals") func dates() throws {
    let date = Evaluation.column(.date, [.date(0)])
    let month = Evaluation.constant(
      .interval, .interval(Interval(months: 1, days: 0, microseconds: 0)))
    #expect(try Evaluation.print("+", date, month) == "1970-02-01 00:00:00")
    #expect(try Evaluation.print("+", date, Evaluation.integer(31)) == "1970-02-01")
    #expect(try Evaluation.call("-", [date, date]).0 == .bigint)
  }

  @Test(
    "LIKE patterns",
    arguments: [
      ("duck", "d%k", true), ("duck", "%uc%", true), ("duck", "duck", true), ("duck", "d_ck", true),
      ("duck", "d_k", false), ("", "%", true), ("", "", true), ("a", "", false),
      ("special requests", "%special%requests%", true),
      ("xspecialrequestx", "%special%requests%", false),
      ("aab", "%ab", true), ("ab", "ab%ab", false), ("äx", "_x", true), ("abcab", "%ab", true),
    ]) func like(_ text: String, _ pattern: String, _ isMatch: Bool) throws
  {
    let result = try Evaluation.call("~~", [Evaluation.text(text), Evaluation.text(pattern)])
    #expect(result.1 == [.boolean(isMatch)])
    let column = Evaluation.column(.varchar, [.varchar(text), .null])
    #expect(
      try Evaluation.call("~~", [column, Evaluation.text(pattern)], rows: 2).1
        == [.boolean(isMatch), .null])
  }

  @Test("regular expressions") func regex() throws {
    let t = Evaluation.text
    #expect(try Evaluation.print("regexp_matches", t("anabanana"), t("(an)+")) == "true")
    #expect(
      try Evaluation.print(
        "regexp_extract", t("2023-04-15"), t("(\\d+)-(\\d+)"), Evaluation.integer(2)) == "04")
    #expect(
      try Evaluation.print("regexp_replace", t("hello"), t("[lo]"), t("-"), t("g")) == "he---")
    #expect(try Evaluation.print("regexp_extract_all", t("a1b22"), t("\\d+")) == "[1, 22]")
    #expect(try Evaluation.print("string_split_regex", t("a, b;c"), t("[,;] *")) == "[a, b, c]")
  }

  @Test("a call that fits nothing names the candidates") func candidates() {
    #expect {
      try Evaluation.call("sqrt", [Evaluation.column(.date, [.date(1)])])
    } throws: { error in
      "\(error)".contains("No function matches") && "\(error)".contains("sqrt(DOUBLE)")
    }
  }

  @Test("rounding keeps decimals exact") func rounding() throws {
    let d = Evaluation.constant(.decimal(precision: 6, scale: 4), .decimal(424_332, scale: 4))
    #expect(try Evaluation.print("round", d, Evaluation.integer(2)) == "42.43")
    #expect(try Evaluation.print("ceil", d) == "43")
    #expect(try Evaluation.print("floor", d) == "42")
    #expect(try Evaluation.print("abs", Evaluation.integer(-17)) == "17")
    #expect(try Evaluation.print("round", Evaluation.constant(.double, .double(2.5))) == "3.0")
  }
}
