import Glibc
import Olap
import OlapProjects
import Testing

/// A project in a folder of its own, for one test.
struct ProjectFolderFixture {
  let path: String

  /// Runs `body` with a shop: a bronze table with a file, two models, a test.
  static func withShop<T>(_ body: (ProjectFolderFixture) throws -> T) rethrows -> T {
    try ToolProcess.withFolder { folder throws in
      let shop = ProjectFolderFixture(path: folder)
      shop.write("olap.toml", "name = \"shop\"\n\n[vars]\nlimit = 0\n")
      shop.write(
        "sources/orders.sql",
        """
        -- Orders.
        -- @files data/orders*.csv  @tags raw
        CREATE BRONZE TABLE orders (id BIGINT PRIMARY KEY, day DATE, total DECIMAL(12,2));
        """)
      shop.write(
        "data/orders.csv",
        "id,day,total\n1,2026-01-01,10.00\n2,2026-01-01,5.50\n3,2026-01-02,1.00\n")
      shop.write(
        "models/silver/clean.sql",
        """
        -- Orders above the limit.
        -- @key id  @tags core, nightly  @owner data
        -- @expect total >= 0 on violation fail
        SELECT id, day, total FROM orders WHERE total > var('limit');
        """)
      shop.write(
        "models/gold/daily.sql",
        """
        -- Revenue by day.
        -- @key day  @tags nightly
        SELECT day, sum(total) AS revenue FROM {{ ref('clean') }} GROUP BY day
        """)
      shop.write(
        "tests/revenue.sql",
        """
        -- Gold has all of silver.
        SELECT g.r, s.r AS s FROM (SELECT sum(revenue) AS r FROM daily) g,
          (SELECT sum(total) AS r FROM clean) s
        WHERE g.r IS DISTINCT FROM s.r
        """)
      return try body(shop)
    }
  }

  func write(_ file: String, _ text: String) { ToolProcess.write(text, to: path + "/" + file) }

  func remove(_ file: String) { unlink(path + "/" + file) }

  /// Runs the binary on the project.
  func olap(_ arguments: String...) -> ToolProcess.Outcome {
    ToolProcess.run("olap", arguments + ["--project-dir", path])
  }

  /// Rows of a query on the project's database, values separated by one blank.
  func rows(_ sql: String) throws -> [String] {
    let database = try Database(path + "/shop.olap")
    defer { try? database.close() }
    return try database.connect().query(sql).map { row in
      row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: " ")
    }
  }

  func project(_ options: String...) throws -> Project {
    var variables = ProjectVariables()
    for option in options { try variables.apply(option: option) }
    return try Project.load(path, variables: variables)
  }

  /// Names that a selection means, in order.
  func names(_ select: [String], exclude: [String] = []) throws -> [String] {
    try Selection(select: select, exclude: exclude).nodes(of: project()).map(\.name)
  }
}
