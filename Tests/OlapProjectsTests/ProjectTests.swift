import OlapProjects
import Testing

@Suite("project folders")
struct ProjectTests {
  @Test("nodes, their inputs and their order come from the files")
  func nodes() throws {
    try ProjectFolderFixture.withShop { shop throws in
      let project = try shop.project()
      #expect(project.nodes.map(\.name) == ["orders", "clean", "daily", "revenue"])
      #expect(project.nodes.map(\.kind) == [.source, .model, .model, .test])
      #expect(project.nodes.map(\.layer) == ["bronze", "silver", "gold", nil])
      let clean = try #require(project["clean"])
      #expect(clean.description == "Orders above the limit.")
      #expect(clean.tags == ["core", "nightly"])
      #expect(clean.owner == "data")
      #expect(project.inputs(of: clean).map(\.name) == ["orders"])
      #expect(project.readers(of: clean).map(\.name) == ["daily", "revenue"])
      #expect(
        clean.createStatement(orReplace: true).text == """
          CREATE OR REPLACE SILVER TABLE "clean" (
            PRIMARY KEY ("id"),
            CONSTRAINT "total_gt_eq_0" EXPECT (total >= 0) ON VIOLATION FAIL
          ) TAGS ('core', 'nightly') OWNER 'data' COMMENT 'Orders above the limit.' AS
          SELECT id, day, total FROM orders WHERE total > 0
          WITH NO DATA
          """)
    }
  }

  @Test("variables of the command line win, and change the definition")
  func variables() throws {
    try ProjectFolderFixture.withShop { shop throws in
      let plain = try #require(shop.project()["clean"])
      let other = try #require(shop.project("limit=7")["clean"])
      #expect(other.sql.text.hasSuffix("total > 7"))
      #expect(plain.fingerprint != other.fingerprint)
    }
  }

  @Test("defaults of olap.toml reach models that say nothing")
  func defaults() throws {
    try ProjectFolderFixture.withShop { shop throws in
      shop.write(
        "olap.toml",
        """
        name = "shop"
        [vars]
        limit = 0
        [models]
        owner = "everyone"
        lag = "1 hour"
        [models.gold]
        tags = ["report"]
        schedule = "0 2 * * * Europe/Kyiv"
        refresh = "full"
        """)
      let project = try shop.project()
      let clean = try #require(project["clean"])
      let daily = try #require(project["daily"])
      #expect(clean.owner == "data")
      #expect(clean.model.lag == "1 hour")
      #expect(daily.owner == "everyone")
      #expect(daily.tags == ["report", "nightly"])
      #expect(daily.model.schedule == "0 2 * * * Europe/Kyiv")
      #expect(daily.model.lag == nil)
      #expect(daily.createStatement(orReplace: false).text.contains("REFRESH FULL SCHEDULE"))
    }
  }

  @Test(
    "selection",
    arguments: [
      (["daily"], [], ["daily", "revenue"]),
      (["+daily"], [], ["orders", "clean", "daily", "revenue"]),
      (["1+daily"], [], ["clean", "daily", "revenue"]),
      (["clean+"], [], ["clean", "daily", "revenue"]),
      (["orders+1"], [], ["orders", "clean", "revenue"]),
      (["tag:nightly"], ["kind:test"], ["clean", "daily"]),
      (["tag:core,layer:silver"], [], ["clean", "revenue"]),
      (["layer:gold"], [], ["daily", "revenue"]),
      (["path:models/gold"], [], ["daily", "revenue"]),
      (["models/gold/daily.sql"], [], ["daily", "revenue"]),
      (["kind:test"], [], ["revenue"]), (["resource_type:model"], ["daily"], ["clean", "revenue"]),
      (["da*"], [], ["daily", "revenue"]),
      (["@clean"], [], ["orders", "clean", "daily", "revenue"]),
      (["clean daily"], ["revenue"], ["clean", "daily"]),
      ([], ["kind:source"], ["clean", "daily", "revenue"]),
      (["owner:data"], [], ["clean", "revenue"]), (["source:shop.orders"], [], ["orders"]),
      (["tag:none"], [], []), (["state:new"], [], ["orders", "clean", "daily", "revenue"]),
    ] as [([String], [String], [String])])
  func selection(_ select: [String], _ exclude: [String], _ expected: [String]) throws {
    try ProjectFolderFixture.withShop { shop throws in
      #expect(try shop.names(select, exclude: exclude) == expected)
    }
  }

  @Test("selecting what is not there names what is close")
  func misspelt() throws {
    try ProjectFolderFixture.withShop { shop throws in
      let error = try #require(throws: ProjectError.self) { try shop.names(["dayly"]) }
      #expect(error.message.contains("did you mean \"daily\""))
      #expect(throws: ProjectError.self) { try shop.names(["colour:red"]) }
      #expect(throws: ProjectError.self) { try shop.names(["+"]) }
    }
  }

  @Test(
    "mistakes in files have a place",
    arguments: [
      ("olap.toml", "nam = \"x\"", "olap.toml:1:1: unknown key \"nam\"; did you mean \"name\"?"),
      (
        "models/silver/bad.sql", "-- @kee id\nSELECT 1",
        "models/silver/bad.sql:1:4: unknown directive @kee"
      ),
      ("models/silver/bad.sql", "SELECT FROM WHERE", "models/silver/bad.sql:1:"),
      (
        "models/silver/bad.sql", "SELECT 1;\nSELECT 2",
        "models/silver/bad.sql:2:1: a model is one SELECT"
      ),
      ("models/silver/bad.sql", "DROP TABLE x", "models/silver/bad.sql:1:1: a model is a SELECT"),
      ("models/silver/bad.sql", "-- nothing\n", "the file has no SELECT"),
      ("models/bad.sql", "SELECT 1", "the model has no layer"),
      ("models/gold/clean.sql", "SELECT 1", "declared twice"),
      (
        "models/gold/bad.sql", "-- @lag soon\nSELECT 1",
        "models/gold/bad.sql:1:9: @lag takes a time"
      ),
      ("models/gold/bad.sql", "-- @schedule 61 * * * *\nSELECT 1", "\"61\" is not a minute"),
      ("models/gold/bad.sql", "-- @refresh daily\nSELECT 1", "@refresh takes"),
      (
        "models/gold/bad.sql", "-- @expect a > 0 on violation explode\nSELECT 1 AS a",
        "on violation takes"
      ),
      ("sources/bad.sql", "SELECT 1", "sources/ holds CREATE BRONZE TABLE"),
      ("tests/bad.sql", "-- @severity loud\nSELECT 1", "@severity takes"),
    ])
  func mistakes(_ file: String, _ text: String, _ message: String) throws {
    try ProjectFolderFixture.withShop { shop throws in
      shop.write(file, text)
      let error = try #require(throws: ProjectErrors.self) { try shop.project() }
      #expect(error.description.contains(message), "\(error)")
    }
  }

  @Test("models that read each other are refused with the circle")
  func circle() throws {
    try ProjectFolderFixture.withShop { shop throws in
      shop.write("models/silver/a.sql", "SELECT * FROM c")
      shop.write("models/silver/b.sql", "SELECT * FROM a")
      shop.write("models/silver/c.sql", "SELECT * FROM b")
      let error = try #require(throws: ProjectErrors.self) { try shop.project() }
      #expect(error.description.contains("a → c → b → a"), "\(error)")
    }
  }
}
