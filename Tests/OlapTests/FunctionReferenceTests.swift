import Glibc
import Olap
import Testing

/// The function reference: every example gives what it states, and `spec/functions.md` shows them all.
@Suite("Function reference")
struct FunctionReferenceTests {
  private let rows: [Row]
  private let connection: Connection

  init() throws {
    connection = try Database(nil).connect()
    rows = try connection.query("FROM olap.functions")
  }

  @Test("every function is described, and every example gives its result")
  func examples() throws {
    #expect(rows.count > 500)
    let withoutExample: Set<String> = ["nextval", "currval", "error", "setseed"]
    for row in rows {
      let name = row.text(0) ?? ""
      #expect(row.text(3)?.isEmpty == false, "\(name) has no description")
      guard let example = row.text(4), let result = row.text(5) else {
        if !withoutExample.contains(name), row.text(1) != "table" {
          Issue.record("\(name) has no example")
        }
        continue
      }
      do {
        let sql = example.hasPrefix("SELECT") ? example : "SELECT \(example)"
        let got = try connection.query(sql)
        #expect(got.count == 1, "\(name): \(sql)")
        #expect(got.first.map { $0.text(0) ?? "NULL" } == result, "\(name): \(sql)")
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
  }

  @Test("no name is given to two functions of one kind")
  func namesAreUnique() {
    var owners: [String: String] = [:]
    for row in rows {
      let aliases = (row.text(2) ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
      for name in [row.text(0) ?? ""] + aliases {
        let key = "\(name) \(row.text(1) == "table" ? "table" : "value")"
        if let owner = owners[key] {
          Issue.record("\(name) names both \(owner) and \(row.text(0) ?? "")")
        }
        owners[key] = row.text(0)
      }
    }
  }

  @Test("spec/functions.md is up to date (`make reference` writes it)")
  func page() {
    let parts = #filePath.split(separator: "/")
    let path = "/" + parts.dropLast(3).joined(separator: "/") + "/spec/functions.md"
    let text = reference()
    if getenv("OLAP_WRITE_REFERENCE") != nil {
      guard let file = fopen(path, "w") else {
        Issue.record("cannot write \(path)")
        return
      }
      fputs(text, file)
      fclose(file)
    }
    #expect(GoldenScript.read(path) == text, "spec/functions.md is out of date: make reference")
  }

  private func reference() -> String {
    var text = """
      # Functions

      Made by `make reference` from `olap.functions`; the examples run as tests.

      """
    var kind = ""
    for row in rows {
      if row.text(1) != kind {
        kind = row.text(1) ?? ""
        text += """

          ## \(kind.prefix(1).uppercased() + kind.dropFirst()) functions

          | function | also called | what it gives | example | result |
          |---|---|---|---|---|

          """
      }
      let cells = [
        code(row.text(0)), (row.text(2) ?? "").replacingBars, (row.text(3) ?? "").replacingBars,
        code(row.text(4)), code(row.text(5)),
      ]
      text += "| " + cells.joined(separator: " | ") + " |\n"
    }
    return text
  }

  private func code(_ text: String?) -> String {
    guard let text, !text.isEmpty else { return "" }
    let fence = text.contains("`") ? "``" : "`"
    return fence + text.replacingBars + fence
  }
}

extension String {
  /// Bars end a cell of a table.
  fileprivate var replacingBars: String {
    split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
