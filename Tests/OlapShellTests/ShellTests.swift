import Glibc
import Testing

/// The shell off a terminal: scripts, modes, exit codes.
@Suite("shell off a terminal")
struct ShellTests {
  struct Outcome {
    var output: String
    var errors: String
    var code: Int32
  }

  /// Runs `olap` with a text on standard input, in a shell of the system after its command `limits`.
  private func run(_ arguments: [String], input: String = "", limits: String = "true") -> Outcome {
    let folder = Tool.makeFolder()
    defer {
      for name in ["in", "out", "err"] { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    let file = open(folder + "/in", O_WRONLY | O_CREAT, 0o600)
    let bytes = Array(input.utf8)
    _ = write(file, bytes, bytes.count)
    close(file)
    let words = ([Tool.path] + arguments).map { "'" + quote($0) + "'" }.joined(separator: " ")
    let status = system("\(limits); \(words) < \(folder)/in > \(folder)/out 2> \(folder)/err")
    return Outcome(
      output: contents(folder + "/out"), errors: contents(folder + "/err"),
      code: (status >> 8) & 0xFF)
  }

  private func quote(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
  }

  private func contents(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("exit codes: 0 done, 1 a statement failed, 2 usage or cannot open")
  func exitCodes() {
    #expect(run(["-c", "select 1"]).code == 0)
    #expect(run(["-c", "select nope"]).code == 1)
    #expect(run(["-frobnicate"]).code == 2)
    #expect(run(["/no/such/folder/x.olap", "select 1"]).code == 2)
    #expect(run(["help", "nonsense"]).code == 2)
  }

  @Test("memory_limit follows what the process may have")
  func memoryLimit() {
    let sql = "select current_setting('memory_limit')::bigint"
    let outcome = run(["-csv", "-noheader", "-c", sql], limits: "ulimit -v 4000000")
    #expect(outcome.output == "\(4_000_000 * 1024 / 4 * 3 / 10 * 8)\n")
  }

  @Test("a plan is drawn line by line in a grid mode, and one value elsewhere")
  func plans() {
    let sql = "explain analyze select i from range(3) r(i) where i > 1"
    let lines = run(["-c", sql]).output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.hasPrefix("Filter 1 condition") == true)
    #expect(lines.last?.hasPrefix("Total:") == true)
    let table = run(["-csv", "-c", "explain select 1"]).output
    #expect(table.hasPrefix("explain_key,explain_value\n"))
  }

  @Test("CSV quotes what holds its separator, quotes or line ends")
  func csvQuoting() {
    let sql = "select 'a,b' a, 'x\"y' b, 'p' || chr(10) c, '' d, 'plain' e, 'a||b' f, 'a|b' g"
    #expect(
      run(["-csv", "-noheader", "-c", sql]).output
        == "\"a,b\",\"x\"\"y\",\"p\n\",\"\",plain,a||b,a|b\n")
    #expect(
      run(["-csv", "-noheader", "-cmd", ".separator ||", "-c", sql]).output
        == "a,b||\"x\"\"y\"||\"p\n\"||\"\"||plain||\"a||b\"||a|b\n")
  }

  @Test("a script stops at the first error unless told to go on")
  func bail() {
    let script = "select 1;\nselect nope;\nselect 2;\n"
    let stopped = run(["-csv", "-noheader"], input: script)
    #expect(stopped.output == "1\n")
    #expect(stopped.code == 1)
    let went = run(["-csv", "-noheader", "-continue"], input: script)
    #expect(went.output == "1\n2\n")
    #expect(went.code == 1)
    #expect(went.errors.contains("LINE 1: select nope;"))
    let dotted = run(["-csv", "-noheader"], input: ".bail off\n" + script)
    #expect(dotted.output == "1\n2\n")
  }

  @Test(".print works inside a failed transaction")
  func printInFailedTransaction() {
    let text = "begin;\nselect nope;\n.print still here\nrollback;\nselect 5;\n"
    let outcome = run(["-csv", "-noheader", "-continue"], input: text)
    #expect(outcome.output == "still here\n5\n")
  }

  @Test(
    "every mode prints the same row its own way",
    arguments: [
      ("csv", "a,b\n1,x y\n,\"\"\n"),
      ("tabs", "a\tb\n1\tx y\n\t\n"),
      ("list", "a|b\n1|x y\n|\n"),
      ("json", "[{\"a\":1,\"b\":\"x y\"},\n{\"a\":null,\"b\":\"\"}]\n"),
      ("jsonlines", "{\"a\":1,\"b\":\"x y\"}\n{\"a\":null,\"b\":\"\"}\n"),
      ("line", "a = 1\nb = x y\n\na = \nb = \n"),
      ("quote", "'a','b'\n1,'x y'\nNULL,''\n"),
      (
        "insert",
        "INSERT INTO \"table\"(a,b) VALUES(1,'x y');\nINSERT INTO \"table\"(a,b) VALUES(NULL,'');\n"
      ),
      ("markdown", "|  a |  b  |\n"),
      ("html", "<table>\n<tr><th>a</th><th>b</th></tr>\n<tr><td>1</td><td>x y</td></tr>\n"),
      ("latex", "\\begin{tabular}{rl}\n\\hline\na & b \\\\\n\\hline\n1 & x y \\\\\n"),
      ("column", "a  b\n-  ---\n1  x y\n"),
      ("table", "+---+-----+\n| a |  b  |\n+---+-----+\n| 1 | x y |\n|   |     |\n+---+-----+\n"),
      ("box", "┌───┬─────┐\n│ a │  b  │\n├───┼─────┤\n│ 1 │ x y │\n│   │     │\n└───┴─────┘\n"),
      (
        "duckbox",
        "┌───────┬─────────┐\n│   a   │    b    │\n│ int32 │ varchar │\n├───────┼─────────┤\n"
          + "│     1 │ x y     │\n│  NULL │         │\n└───────┴─────────┘\n"
      ),
      ("ascii", "a\u{1F}b\u{1E}1\u{1F}x y\u{1E}\u{1F}\u{1E}"),
      ("trash", ""),
    ])
  func modes(_ mode: String, _ expected: String) {
    let outcome = run(["-\(mode)", "-c", "select 1 a, 'x y' b union all select null, ''"])
    if ["html", "latex", "column"].contains(mode) {
      #expect(outcome.output.hasPrefix(expected))
    } else if mode == "markdown" {
      #expect(outcome.output.contains("| 1 | x y |"))
    } else {
      #expect(outcome.output == expected)
    }
    let command = run([], input: ".mode \(mode)\nselect 1 a, 'x y' b union all select null, '';\n")
    #expect(command.output == outcome.output)
  }

  @Test(
    "commands of the shell",
    arguments: [
      (".tables\n", "orders\n"),
      (".schemas\n", "main"),
      (".databases\n", ":memory:"),
      (".show\n", "mode       csv"),
      (".help mode\n", ".mode"),
      (".help sum\n", "sum:"),
      (".help\n", "\\timing \\x"),
      (".mode duckbox\nselect [1::bigint] l;\n", "int64[]"),
      ("create view seen as select 1;\n.views se%\n", "seen\n"),
      (".indexes\n", "index_name"),
      ("\\dn\n", "main"),
      ("\\dt\n", "orders\n"),
      ("\\l\n", ":memory:"),
      ("\\timing on\nselect 1;\n", "Run Time (s): real"),
      ("\\echo said\n", "said\n"),
      (".width 3 9\n.mode column\nselect 1 a, 2 b;\n", "a    b\n---  ---------\n1    2\n"),
      (".changes on\ninsert into orders values (3, 1);\n", "changes: 1   total_changes:"),
      (".last\n", "2"),
      (".plot bar select 'it''s', 4\n", "it's │"),
      (".plot line select range, range * 2 from range(10)\n", "⠔"),
      (".plot histogram select range from range(100)\n", "13"),
      ("\\d orders\n", "total"),
      ("\\x\nselect 1 a;\n", "a = 1"),
      (".version\n", "olap "),
      (".shell echo 'two  words'\n", "two words"),
    ])
  func commands(_ command: String, _ expected: String) {
    let setup =
      "create table orders(id int, total int);\ninsert into orders values (1, 5), (2, 7);\n"
      + "select count(*) from orders;\n"
    let outcome = run(["-csv"], input: setup + command)
    #expect(outcome.output.contains(expected), "\(command): \(outcome.output) \(outcome.errors)")
    #expect(outcome.code == 0)
  }

  @Test("a wrong command says what is right")
  func misuse() {
    #expect(run([], input: ".nonsense\n").errors.contains(".help"))
    #expect(run([], input: ".mode fancy\n").errors.contains("markdown"))
    #expect(run([], input: ".headers perhaps\n").errors.contains("on or off"))
    #expect(run([], input: ".plot select 'a'\n").errors.contains("numeric"))
  }

  @Test(".dump gives SQL that makes the database anew")
  func dump() {
    let folder = Tool.makeFolder()
    defer { rmdir(folder) }
    let setup = """
      create table t(id int primary key, name text, at timestamp, list int[]);
      insert into t values (1, 'it''s', '2024-02-29 12:00:00', [1,2]), (2, null, null, null);
      create view v as select count(*) n from t;
      .dump
      """
    let dumped = run([], input: setup + "\n")
    #expect(dumped.code == 0)
    let again = run(["-csv"], input: dumped.output + "from t order by id; from v;\n")
    #expect(
      again.output
        == "id,name,at,list\n1,it's,2024-02-29 12:00:00,\"[1, 2]\"\n2,,,\nn\n2\n",
      "\(dumped.output) \(again.errors)")
  }

  @Test(".dump keeps schemas, types, sequences, references and words that are no numbers")
  func dumpEverything() {
    let setup = """
      create schema s; create type mood as enum ('sad', 'ok'); create sequence sq start 5;
      create table child(id int); create table parent(id int primary key);
      drop table child; create table child(p int references parent(id), m mood, d double,
        u uhugeint, w struct(a int, b varchar), g int generated always as (p + 1));
      create table s.u(x uuid, b blob);
      insert into parent values (1); insert into child values (1, 'ok', 'nan', 7, {'a': 1, 'b': 'q''x'});
      insert into s.u values ('00000000-0000-0000-0000-000000000001', '\\xAA'::blob);
      create macro twice(x) as 2 * x; create view s.v as select twice(g) t from child;
      create index ix on child(p);
      select nextval('sq'); select nextval('sq');

      """
    let dumped = run(["-trash"], input: setup + ".dump\n")
    #expect(dumped.code == 0, "\(dumped.errors)")
    let check = "from child; from s.u; from s.v; select nextval('sq') n; from duckdb_indexes();\n"
    let again = run(["-csv"], input: dumped.output + check)
    let expected = run(["-csv"], input: setup + ".print ----\n" + check).output
    #expect(again.code == 0, "\(dumped.output)\n\(again.errors)")
    #expect(again.output == expected.components(after: "----\n"), "\(dumped.output)")
  }

  @Test("text that would read back as something else is quoted or escaped")
  func escapes() {
    let bar = run(["-markdown", "-c", "select 'a|b' \"c|d\""]).output
    #expect(bar == "| c\\|d |\n|------|\n| a\\|b |\n")
    let null = run(["-csv", "-nullvalue", "NA", "-c", "select null a, 'NA' b, '' c"]).output
    #expect(null == "a,b,c\nNA,\"NA\",\n")
    let ends = run(["-csv", "-separator", "\\t", "-newline", "\\r\\n", "-c", "select 1 a, 2 b"])
    #expect(ends.output == "a\tb\r\n1\t2\r\n")
    let zone = run(
      [
        "-csv", "-noheader", "-c",
        "set timezone = 'Asia/Tokyo'; select timestamptz '2024-01-01 00:00:00Z'",
      ])
    #expect(zone.output == "2024-01-01 09:00:00+09\n")
    #expect(run(["-echo", "-csv", "-noheader", "-c", "select 1"]).output == "select 1\n1\n")
  }

  @Test("output goes to a command, \\x comes back to the mode before, -interactive prompts")
  func redirection() {
    let piped = run(
      ["-csv", "-noheader"], input: ".once |tr a-z A-Z\nselect 'abc';\nselect 'd';\n")
    #expect(piped.output == "ABC\nd\n")
    let pages = run(["-csv"], input: "\\x on\n\\x on\nselect 1 a;\n\\x off\nselect 1 a;\n")
    #expect(pages.output == "a = 1\na\n1\n")
    let prompts = run(
      ["-interactive", "-csv", "-noheader"], input: "select\n1;\nselect no;\nselect 2;\n")
    #expect(prompts.output == "memory>    .. 1\nmemory> memory> 2\nmemory> ")
    #expect(prompts.code == 1)
  }

  @Test(".import, .output, .once and .read use files")
  func files() {
    let folder = Tool.makeFolder()
    defer {
      for name in ["a.csv", "out.txt", "once.txt", "s.sql"] { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    let text = """
      .mode csv
      .output \(folder)/a.csv
      select range id, range * 2 twice from range(3);
      .output
      .import \(folder)/a.csv numbers
      .import \(folder)/a.csv numbers
      .once \(folder)/once.txt
      select 'once';
      select count(*) n, sum(twice) s from numbers;
      """
    #expect(run([], input: text + "\n").output == "n,s\n6,12\n")
    #expect(contents(folder + "/once.txt") == "'once'\nonce\n")
  }

  @Test("each statement's output is flushed before the next is read")
  func flushes() throws {
    var toTool: [Int32] = [0, 0]
    var fromTool: [Int32] = [0, 0]
    #expect(pipe(&toTool) == 0 && pipe(&fromTool) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, toTool[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromTool[1], 1)
    posix_spawn_file_actions_addclose(&actions, toTool[1])
    let argv = [strdup(Tool.path), strdup("-csv"), strdup("-noheader"), nil]
    var child: pid_t = 0
    #expect(posix_spawn(&child, Tool.path, &actions, nil, argv, environ) == 0)
    close(toTool[0])
    close(fromTool[1])
    for number in 1...3 {
      let bytes = Array("select \(number);\n".utf8)
      _ = write(toTool[1], bytes, bytes.count)
      var buffer = [UInt8](repeating: 0, count: 64)
      var request = pollfd(fd: fromTool[0], events: Int16(POLLIN), revents: 0)
      #expect(poll(&request, 1, 10_000) == 1)
      let count = read(fromTool[0], &buffer, 64)
      #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "\(number)\n")
    }
    close(toTool[1])
    var status: Int32 = 0
    waitpid(child, &status, 0)
    #expect(status == 0)
  }
}

extension String {
  /// What follows a mark.
  fileprivate func components(after mark: String) -> String {
    var rest = self[...]
    while !rest.isEmpty, !rest.hasPrefix(mark) { rest.removeFirst() }
    return String(rest.dropFirst(mark.count))
  }
}

/// Help, man page and completions say the same.
@Suite("help")
struct HelpTests {
  private func output(_ words: String) -> (text: String, code: Int32) {
    guard let pipe = popen("'\(Tool.path)' \(words) 2>&1", "r") else { return ("", -1) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 {
      bytes += buffer[..<count]
    }
    return (String(decoding: bytes, as: UTF8.self), (pclose(pipe) >> 8) & 0xFF)
  }

  @Test("every option that the help names is in the man page and in the completions")
  func options() {
    let page = output("help man").text
    let scripts = ["bash", "zsh", "fish"].map { output("help completions \($0)").text }
    for option in ["-readonly", "-threads", "-memory-limit", "-nullvalue", "-continue"] {
      #expect(output("help shell").text.contains(option))
      #expect(
        page.contains("\\-" + option.dropFirst().split(separator: "-").joined(separator: "\\-")))
      #expect(scripts[0].contains(option) && scripts[1].contains(option))
      #expect(scripts[2].contains(String(option.dropFirst())))
    }
  }

  @Test("the bash completion works in bash")
  func bash() {
    let script =
      "'\(Tool.path)' help completions bash > /tmp/olap-completion.$$;"
      + " . /tmp/olap-completion.$$; rm /tmp/olap-completion.$$;"
      + " COMP_WORDS=(olap sh); COMP_CWORD=1; _olap; echo ${COMPREPLY[0]};"
      + " COMP_WORDS=(olap shell -mem); COMP_CWORD=2; _olap; echo ${COMPREPLY[0]}"
    let quoted = script.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''")
    guard let pipe = popen("bash -c '\(quoted)'", "r") else {
      Issue.record("bash does not start")
      return
    }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = fread(&buffer, 1, buffer.count, pipe)
    pclose(pipe)
    #expect(String(decoding: buffer.prefix(count), as: UTF8.self) == "shell\n-memory-limit\n")
  }
}
