import Glibc
import Testing

/// `olap load` as a script sees it: what it prints and its exit code.
@Suite("olap load")
struct LoadCommandTests {
  private let folder = Tool.makeFolder()

  private func write(_ name: String, _ text: String) -> String {
    let path = folder + "/" + name
    guard let file = fopen(path, "w") else { return path }
    fputs(text, file)
    fclose(file)
    return path
  }

  /// Output of a command line with `olap` in it (both streams), and `exit N`.
  private func run(_ command: String) -> String {
    setenv("OLAP", Tool.path, 1)
    guard let pipe = popen("cd '\(folder)'; (\(command)) 2>&1; echo exit $?", "r") else {
      return ""
    }
    defer { pclose(pipe) }
    var text = ""
    var buffer = [CChar](repeating: 0, count: 4096)
    while fgets(&buffer, 4096, pipe) != nil {
      text += String(
        decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return text
  }

  private func has(_ text: String, _ parts: String...) -> Bool {
    parts.allSatisfy { part in
      text.indices.contains { text[$0...].hasPrefix(part) }
    }
  }

  @Test("create, load, upsert, standard input, report")
  func loads() {
    _ = write("a.csv", "id,v\n1,x\n2,y\n")
    #expect(
      run("$OLAP load db.olap t a.csv --create --key id")
        == "upserted 2 rows into t (created): 2 inserted, 0 updated, 0 unchanged\nexit 0\n")
    let again = run("printf 'id,v\\n2,z\\n1,x\\n3,w\\n' | $OLAP load db.olap t - --key id --json")
    #expect(
      has(
        again, "\"status\":\"ok\"", "\"rows\":3", "\"inserted\":1", "\"updated\":1",
        "\"unchanged\":1", "exit 0"), "\(again)")
    #expect(
      run("printf '{\"id\":9,\"v\":\"j\"}\\n' | $OLAP load db.olap t -")
        == "loaded 1 row into t\nexit 0\n")
    #expect(run("$OLAP db.olap -csv -noheader 'SELECT sum(id) FROM t'") == "15\nexit 0\n")
    #expect(
      has(
        run("printf 'a\\tb\\n1\\tx\\n' | $OLAP load db.olap u - --create"), "loaded 1 row",
        "exit 0"))
  }

  @Test("exit codes, and bad rows in each way")
  func errors() {
    _ = write("a.csv", "id,v\n1,x\nz,y\n3,w\n")
    #expect(has(run("$OLAP load db.olap"), "are needed", "exit 2"))
    #expect(has(run("$OLAP load /nowhere/db.olap t a.csv"), "cannot open", "exit 2"))
    #expect(has(run("$OLAP load db.olap t a.csv"), "does not exist", "--create", "exit 1"))
    _ = run("$OLAP db.olap 'CREATE TABLE t (id INTEGER, v VARCHAR)'")
    let aborted = run("$OLAP load db.olap t a.csv")
    #expect(
      has(aborted, "a.csv, line 3 (byte 9)", "column \"id\"", "\"z\"", "exit 1"), "\(aborted)")
    #expect(
      has(
        run("$OLAP load db.olap t a.csv --on-error skip"), "loaded 2 rows", "1 row skipped",
        "exit 0"))
    #expect(
      has(
        run("$OLAP load db.olap t a.csv --on-error quarantine"), "loaded 2 rows",
        "1 row in olap.load_errors", "exit 0"))
    _ = run("$OLAP db.olap \"UPDATE olap.load_errors SET raw = '2,y'\"")
    #expect(run("$OLAP load --replay db.olap t") == "replayed 1 row into t\nexit 0\n")
    #expect(has(run("$OLAP load --replay db.olap"), "nothing to replay", "exit 0"))
    #expect(
      run("$OLAP db.olap -csv -noheader 'SELECT count(*), sum(id) FROM t'") == "5,10\nexit 0\n")
    #expect(
      has(
        run("$OLAP load db.olap t a.csv --json"), "\"status\":\"error\"", "Conversion Error",
        "exit 1"))
  }

  @Test("--dry-run shows what was found and loads nothing")
  func preview() {
    _ = write("a.csv", "id;price;day\n1;1,50;31.12.2024\n2;2,5;01.02.2025\n")
    let text = run("$OLAP load db.olap t a.csv --dry-run")
    #expect(
      has(
        text, "delimiter ;", "header", "decimal ,", "%d.%m.%Y", "price  DOUBLE", "day    DATE",
        "CREATE TABLE", "exit 0"), "\(text)")
    #expect(has(run("$OLAP db.olap 'FROM t'"), "does not exist", "exit 1"))
    #expect(
      has(run("$OLAP load db.olap t a.csv --dry-run --json"), "\"columns\":[{\"name\":\"id\""))
  }
}
