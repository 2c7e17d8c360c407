import Glibc
import Olap
import OlapProjects
import Testing

/// `datasets/keycrm` as a project: syncs as its service makes them.
@Suite("keycrm")
struct KeycrmTests {
  private static let folder = ToolProcess.root + "/datasets/keycrm"
  private static let models = [
    "silver_orders", "silver_buyer_first_order", "gold_revenue_daily", "gold_product_daily",
    "gold_customers_daily",
  ]

  /// An export of 3,000 orders over 400 days with a sync of two days.
  private func withExport<T>(_ body: (String) throws -> T) throws -> T {
    try ToolProcess.withFolder { folder throws in
      let made = ToolProcess.run(
        "olap-datasets",
        ["keycrm", "--orders", "3000", "--days", "400", "--sync-batch", "--out", folder + "/data"])
      #expect(made.code == 0, "\(made.errors)")
      return try body(folder)
    }
  }

  private func olap(_ verb: String, _ folder: String, _ arguments: String...) -> ToolProcess.Outcome
  {
    ToolProcess.run(
      "olap",
      [
        verb, "--project-dir", KeycrmTests.folder, "--database", folder + "/shop.olap", "--vars",
        "data=\(folder)/data",
      ] + arguments)
  }

  private func rows(_ path: String, _ sql: String) throws -> [String] {
    let database = try Database(path)
    defer { try? database.close() }
    return try database.connect().query(sql).map { row in
      row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: " ")
    }
  }

  private func contents(_ path: String) throws -> [String] {
    try KeycrmTests.models.flatMap { model in
      try rows(path, "SELECT * FROM \(model) ORDER BY ALL")
    }
  }

  @Test("the sample builds, all tests hold, a second build writes nothing")
  func sample() {
    ToolProcess.withFolder { folder in
      let arguments = [
        "build", "--project-dir", KeycrmTests.folder, "--database", folder + "/x.olap",
      ]
      let first = ToolProcess.run("olap", arguments)
      #expect(first.code == 0, "\(first.output)\(first.errors)")
      let second = ToolProcess.run("olap", arguments + ["--json"])
      #expect(second.code == 0)
      for count in ["created", "updated", "deleted"] {
        #expect(
          second.output.components(of: "\"\(count)\":0")
            == second.output.components(of: "\"\(count)\":"))
      }
    }
  }

  @Test("an incremental sync changes the revenue of two days; applied again it changes nothing")
  func incremental() throws {
    try withExport { folder throws in
      #expect(olap("build", folder).code == 0)
      let path = folder + "/shop.olap"
      let before = Set(try rows(path, "SELECT * FROM gold_revenue_daily"))
      for table in ["orders", "order_products"] {
        let text = ToolProcess.text("\(folder)/data/sync/\(table).csv")
        ToolProcess.write(text, to: "\(folder)/data/\(table)-sync.csv")
      }
      #expect(olap("build", folder).code == 0)
      let after = Set(try rows(path, "SELECT * FROM gold_revenue_daily"))
      let days = Set(before.symmetricDifference(after).map { String($0.prefix(10)) })
      #expect(days.count == 2, "\(days.sorted())")
      #expect(olap("verify", folder).code == 0)
      // The same batch under another name: read again, and nothing to write.
      for table in ["orders", "order_products"] {
        let text = ToolProcess.text("\(folder)/data/sync/\(table).csv")
        ToolProcess.write(text, to: "\(folder)/data/\(table)-sync-again.csv")
      }
      let again = olap("build", folder)
      #expect(
        again.output.components(of: "+0 ~0 -0") == KeycrmTests.models.count, "\(again.output)")
    }
  }

  @Test("a full sync in chunks of 90 days, in any order, gives the tables of one load")
  func chunks() throws {
    try withExport { folder throws in
      #expect(olap("build", folder).code == 0)
      let whole = try contents(folder + "/shop.olap")
      let path = folder + "/chunked.olap"
      let setup = try Database(nil)
      defer { try? setup.close() }
      let connection = setup.connect()
      let project = try Project.load(KeycrmTests.folder)
      for node in project.nodes where node.kind == .source { try connection.execute(node.sql.text) }
      for table in ["sources", "managers", "buyers", "categories", "products", "expense_types"] {
        _ = try connection.load(LoadRequest(table: table, inputs: ["\(folder)/data/\(table).csv"]))
      }
      try connection.execute(
        """
        CREATE TABLE all_orders AS SELECT * FROM orders;
        CREATE TABLE all_lines AS SELECT * FROM order_products
        """)
      _ = try connection.load(
        LoadRequest(table: "all_orders", inputs: ["\(folder)/data/orders.csv"]))
      _ = try connection.load(
        LoadRequest(table: "all_lines", inputs: ["\(folder)/data/order_products.csv"]))
      for node in project.nodes where node.kind == .model {
        try connection.execute(node.createStatement(orReplace: false).text)
      }
      // The newest chunk first, each followed by a refresh; the last chunk twice.
      for chunk in [4, 3, 2, 1, 0, 0] {
        try connection.execute(
          """
          INSERT OR REPLACE INTO orders SELECT * FROM all_orders
          WHERE (ordered_at::DATE - (SELECT min(ordered_at)::DATE FROM all_orders)) // 90 = \(chunk);
          INSERT OR REPLACE INTO order_products SELECT l.* FROM all_lines l
          JOIN all_orders o ON l.order_id = o.id
          WHERE (o.ordered_at::DATE - (SELECT min(ordered_at)::DATE FROM all_orders)) // 90 = \(chunk);
          REFRESH ALL
          """)
      }
      let chunked = try KeycrmTests.models.flatMap { model in
        try connection.query("SELECT * FROM \(model) ORDER BY ALL").map { row in
          row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: " ")
        }
      }
      #expect(chunked == whole)
      _ = path
    }
  }

  @Test("a resync builds a new file, checks it and takes the old one's place; a bad one does not")
  func resync() throws {
    try withExport { folder throws in
      #expect(olap("build", folder).code == 0)
      let path = folder + "/shop.olap"
      let good = try contents(path)
      // The database has drifted: rows that no export has.
      let database = try Database(path)
      try database.connect().execute(
        "UPDATE orders SET grand_total = 1 WHERE id % 7 = 0; REFRESH ALL")
      try database.close()
      #expect(try contents(path) != good)
      let done = olap("resync", folder)
      #expect(done.code == 0, "\(done.output)\(done.errors)")
      #expect(try contents(path) == good)
      #expect(access(path + "-old", F_OK) == 0)
      #expect(access(path + "-new", F_OK) != 0)
      // A line for an order that is not there fails a test: the database in use stays.
      ToolProcess.write(
        "order_id,product_id,quantity,price,updated_at\n999999,1,1,1.00,2025-01-01 00:00:00+00\n",
        to: folder + "/data/order_products-bad.csv")
      let bad = olap("resync", folder)
      #expect(bad.code == 1)
      #expect(bad.output.contains("no_orphan_lines"), "\(bad.output)")
      #expect(try contents(path) == good)
      #expect(access(path + "-new", F_OK) != 0)
    }
  }
}

extension String {
  /// How often a part occurs.
  fileprivate func components(of part: String) -> Int {
    split(separator: part, omittingEmptySubsequences: false).count - 1
  }
}
