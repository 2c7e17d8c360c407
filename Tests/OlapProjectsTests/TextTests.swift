import OlapProjects
import Testing

@Suite("templates and headers")
struct TextTests {
  private func render(_ text: String, _ options: [String] = []) throws -> RenderedText {
    var variables = ProjectVariables()
    for option in options { try variables.apply(option: option) }
    return try SQLTemplate.render(ProjectFile(path: "m.sql", text: text), variables: variables)
  }

  @Test(
    "references and variables",
    arguments: [
      ("SELECT * FROM {{ ref('a') }}", "SELECT * FROM a"),
      ("SELECT * FROM {{ref(\"my table\")}} x", "SELECT * FROM \"my table\" x"),
      ("FROM ref('a') JOIN source('crm', 'b')", "FROM a JOIN b"),
      ("FROM {{ source('crm', 'orders') }}", "FROM orders"),
      (
        "WHERE d >= '{{ var('start') }}' AND n < {{ var(\"n\") }}",
        "WHERE d >= '2024-01-01' AND n < 5"
      ),
      ("WHERE d >= var('start') AND n < var('n')", "WHERE d >= '2024-01-01' AND n < 5"),
      ("var('none', 7) var('none', 'x') {{ var('none', 'x') }}", "7 'x' x"),
      (
        "SELECT 'ref(''a'')', t.ref('a') -- ref('b')\n/* var('x') */",
        "SELECT 'ref(''a'')', t.ref('a') -- ref('b')\n/* var('x') */"
      ),
      ("SELECT 1 {# a comment #} + 2", "SELECT 1  + 2"),
      ("SELECT prefer('a')", "SELECT prefer('a')"),
      ("SELECT ref, var FROM source", "SELECT ref, var FROM source"),
    ])
  func references(_ text: String, _ expected: String) throws {
    #expect(try render(text, ["start=2024-01-01", "n=5"]).text == expected)
  }

  @Test("places in the rendered text lead back to the file")
  func places() throws {
    let text = "SELECT x\nFROM {{ ref('a') }} WHERE y = var('n') AND z"
    let rendered = try render(text, ["{n: 12}"])
    #expect(rendered.text == "SELECT x\nFROM a WHERE y = 12 AND z")
    func place(of part: String, in whole: String) -> Int {
      let bytes = Array(whole.utf8)
      return (0..<bytes.count).first { bytes[$0...].starts(with: part.utf8) } ?? -1
    }
    for part in ["x\n", "WHERE", "AND z", "z"] {
      #expect(
        rendered.originalOffset(of: place(of: part, in: rendered.text)) == place(of: part, in: text)
      )
    }
    #expect(
      rendered.originalOffset(of: place(of: "a WHERE", in: rendered.text))
        == place(of: "{{", in: text))
    let statement = "CREATE TABLE t AS " + rendered.text
    #expect(
      rendered.originalOffset(ofStatementByte: place(of: "AND z", in: statement), in: statement)
        == place(of: "AND z", in: text))
    #expect(rendered.originalOffset(ofStatementByte: 2, in: statement) == nil)
  }

  @Test(
    "mistakes have a place",
    arguments: [
      ("SELECT\n  {{ var('gone') }}", 2, 3, "\"gone\" is not set"), ("{% if x %}", 1, 1, "Jinja"),
      ("SELECT {{ foo('a') }}", 1, 8, "expected ref"), ("SELECT {{ ref('a') ", 1, 20, "}}"),
    ])
  func mistakes(_ text: String, _ line: Int, _ column: Int, _ part: String) throws {
    let error = try #require(throws: ProjectError.self) { try render(text) }
    let place = try #require(error.file).position(ofByte: try #require(error.offset))
    #expect(place == (line, column), "\(error)")
    #expect(error.message.contains(part), "\(error)")
  }

  @Test("variables of the command line")
  func variables() throws {
    let rendered = try render(
      "var('a'), var('b'), var('c'), var('d')",
      ["a=it's", "{\"b\": [1, \"x\"], \"c\": true}", "d=1.50"])
    #expect(rendered.text == "'it''s', 1, 'x', true, 1.50")
    var variables = ProjectVariables()
    #expect(throws: ProjectError.self) { try variables.apply(option: "novalue") }
  }
}
