@preconcurrency import Glibc
import Olap
import OlapProjects

/// `olap init [FOLDER]`: a small project that builds as it is.
enum InitCommand {
  static func run(_ path: String) throws -> Int32 {
    let folder = ProjectFolder(path)
    if folder.exists(ProjectConfiguration.fileName) {
      CommandLineTool.complain("olap init: \(folder.resolve("olap.toml")) is there already")
      return 2
    }
    let name = projectName(path)
    for (file, text) in files {
      if folder.exists(file) { continue }
      try write(
        text.split(separator: "PROJECT", omittingEmptySubsequences: false).joined(separator: name),
        to: folder.resolve(file))
      print("  \(folder.resolve(file))")
    }
    let move = path == "." ? "" : "cd \(path) && "
    print("\nbuild it with: \(move)olap build")
    return 0
  }

  /// The folder's name with other than letters, digits, - and _ dropped.
  private static func projectName(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    var full = path
    if !path.hasPrefix("/"), getcwd(&buffer, buffer.count) != nil {
      let here = String(
        decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      full = path == "." ? here : here + "/" + path
    }
    let last = full.split(separator: "/").last.map(String.init) ?? "project"
    let name = last.filter { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
    return name.isEmpty ? "project" : name
  }

  private static func write(_ text: String, to path: String) throws {
    var folder = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
    guard let file = fopen(path, "wxe") else {
      throw ProjectError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten else { throw ProjectError("cannot write \(path)") }
  }

  private static let files: [(String, String)] = [
    (
      "olap.toml",
      """
      # A project of olap. Build it here with: olap build
      name = "PROJECT"
      database = "PROJECT.olap"

      [vars]
      minimum_total = 0

      [models]
      owner = "me"

      """
    ),
    (
      "sources/orders.sql",
      """
      -- Orders as they come. New and changed files are loaded by every run and build.
      -- @files data/orders*.csv
      CREATE BRONZE TABLE orders (
        id BIGINT PRIMARY KEY,
        customer VARCHAR,
        status VARCHAR,
        total DECIMAL(12,2),
        ordered_at TIMESTAMP
      );

      """
    ),
    (
      "data/orders.csv",
      """
      id,customer,status,total,ordered_at
      1,Ada,paid,19.90,2026-01-02 09:15:00
      2,Grace,paid,5.00,2026-01-02 17:40:00
      3,Ada,returned,12.50,2026-01-03 08:05:00
      4,Edsger,paid,42.00,2026-01-03 12:00:00

      """
    ),
    (
      "models/silver/paid_orders.sql",
      """
      -- Orders that were paid, by day.
      -- @key id  @tags orders
      -- @expect total >= 0 on violation fail
      SELECT id, customer, total, ordered_at::DATE AS day
      FROM orders
      WHERE status = 'paid' AND total >= var('minimum_total')

      """
    ),
    (
      "models/gold/revenue_daily.sql",
      """
      -- Revenue and orders by day.
      -- @key day  @tags revenue
      SELECT day, sum(total) AS revenue, count(*) AS orders
      FROM paid_orders
      GROUP BY day

      """
    ),
    (
      "tests/revenue_equals_orders.sql",
      """
      -- Gold has all the revenue of silver.
      SELECT g.revenue, s.revenue AS silver_revenue
      FROM (SELECT sum(revenue) AS revenue FROM revenue_daily) g,
        (SELECT sum(total) AS revenue FROM paid_orders) s
      WHERE g.revenue IS DISTINCT FROM s.revenue

      """
    ),
    (".gitignore", "*.olap\n*.olap-wal\n"),
  ]
}
