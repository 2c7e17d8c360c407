import OlapProjects
import Testing

@Suite("TOML")
struct TOMLTests {
  private func parse(_ text: String) throws -> TOMLTable {
    try TOMLParser.parse(ProjectFile(path: "olap.toml", text: text))
  }

  private func describe(_ table: TOMLTable) -> String {
    table.entries.map { "\($0.key)=\(describe($0.item.value))" }.joined(separator: " ")
  }

  private func describe(_ value: TOMLValue) -> String {
    switch value {
    case .string(let text): "'\(text)'"
    case .integer(let number): "\(number)"
    case .float(let number): "\(number)f"
    case .boolean(let flag): "\(flag)"
    case .array(let items): "[" + items.map { describe($0.value) }.joined(separator: ",") + "]"
    case .table(let table): "{\(describe(table))}"
    }
  }

  @Test(
    "values of every kind",
    arguments: [
      ("a = 1\nb = -17 # c\n", "a=1 b=-17"), ("a=0x1F\nb=1_000\nc=+5", "a=31 b=1000 c=5"),
      ("a = 1.5\nb = 1e3\nc=-0.25e-1", "a=1.5f b=1000.0f c=-0.025f"),
      ("a = true\r\nb = false\r\n", "a=true b=false"),
      (#"a = "x\ty\"z\u0041\\" "#, "a='x\ty\"zA\\'"), (#"a = 'C:\x'"#, #"a='C:\x'"#),
      ("a = \"\"\"\none\ntwo \\\n   three\"\"\"", "a='one\ntwo three'"),
      ("a = '''it's'''", "a='it's'"), ("a = [1, 2,\n # c\n 3,\n]", "a=[1,2,3]"),
      ("a = { b = 1, \"c d\" = 'x' }", "a={b=1 c d='x'}"),
      ("a.b.c = 1\na.b.d = 2", "a={b={c=1 d=2}}"),
      ("[t]\na = 1\n[t.u]\nb = 2\n[v]\n", "t={a=1 u={b=2}} v={}"), ("", ""), ("# only\n\n", ""),
      ("[ a . 'b' ]\nc = 1", "a={b={c=1}}"),
    ])
  func values(_ text: String, _ expected: String) throws {
    #expect(describe(try parse(text)) == expected)
  }

  @Test(
    "mistakes are refused with line and column",
    arguments: [
      ("a = 1\na = 2", 2, 1, "twice"), ("a = ", 1, 5, "expected a value"),
      ("a 1", 1, 3, "expected \"=\""), ("a = hello", 1, 5, "quotes"), ("a = 012", 1, 5, "number"),
      ("a = 1 b = 2", 1, 7, "end of the line"), ("a = \"x", 1, 5, "not closed"),
      ("a = \"\\q\"", 1, 6, "escape"), ("[[a]]", 1, 1, "arrays of tables"),
      ("[a]\n[a]", 2, 1, "declared twice"), ("a = 1\n[a]\n", 2, 2, "not a table"),
      ("a = {b = 1}\na.c = 2", 2, 1, "not a table"), ("a = [1 2]", 1, 8, "expected \",\""),
      ("d = 2024-01-01", 1, 5, "quotes"), ("a = 99999999999999999999", 1, 5, "number"),
      ("ключ = 1", 1, 1, "expected a key"), ("x = '\u{e9}' y", 1, 9, "end of the line"),
    ])
  func mistakes(_ text: String, _ line: Int, _ column: Int, _ part: String) throws {
    let error = try #require(throws: ProjectError.self) { try parse(text) }
    let place = try #require(error.file).position(ofByte: try #require(error.offset))
    #expect(place == (line, column), "\(error)")
    #expect(error.message.contains(part), "\(error)")
  }

  @Test("deep nesting and any bytes end in an error, not in a crash")
  func hostile() {
    let deep = "a = " + String(repeating: "[", count: 100_000)
    #expect(throws: ProjectError.self) { try parse(deep) }
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("a=[]{}\"'\\\n#.,1 -\r")
    for _ in 0..<2000 {
      let text = String((0..<30).map { _ in alphabet.randomElement(using: &random) ?? "a" })
      _ = try? parse(text)
    }
  }
}
