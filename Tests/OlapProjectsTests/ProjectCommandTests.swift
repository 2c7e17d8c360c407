import Glibc
import OlapProjects
import Testing

/// The verbs of the binary on a project.
@Suite("olap on a project")
struct ProjectCommandTests {
  @Test("init makes a project that builds; a second init is refused")
  func initialize() throws {
    try ToolProcess.withFolder { folder throws in
      let path = folder + "/shop"
      #expect(ToolProcess.run("olap", ["init", path]).code == 0)
      let build = ToolProcess.run("olap", ["build", "--project-dir", path])
      #expect(build.code == 0, "\(build.output)\(build.errors)")
      #expect(build.output.contains("build done"))
      #expect(ToolProcess.run("olap", ["init", path]).code == 2)
    }
  }

  @Test("a build loads, refreshes and tests; a second one writes nothing; new files are upserted")
  func build() throws {
    try ProjectFolderFixture.withShop { shop throws in
      #expect(shop.olap("build").code == 0)
      #expect(
        try shop.rows("SELECT * FROM daily ORDER BY day") == [
          "2026-01-01 15.50", "2026-01-02 1.00",
        ])
      let before = try shop.rows("SELECT * FROM olap.space")
      let second = shop.olap("build", "--json")
      #expect(second.code == 0)
      #expect(second.output.contains("\"succeeded\":true"))
      #expect(!second.output.contains("\"created\":1"))
      _ = before
      shop.write("data/orders2.csv", "id,day,total\n3,2026-01-02,2.00\n4,2026-01-03,7.00\n")
      #expect(shop.olap("build").code == 0)
      #expect(
        try shop.rows("SELECT * FROM daily ORDER BY day")
          == ["2026-01-01 15.50", "2026-01-02 2.00", "2026-01-03 7.00"])
    }
  }

  @Test("a killed run is a failed one that can be resumed", arguments: ["run", "build"])
  func killed(verb: String) throws {
    try ProjectFolderFixture.withShop { shop throws in
      shop.write(
        "models/gold/slow.sql",
        "SELECT count(*) AS n FROM clean, range(900000) a(x), range(900000) b(y) WHERE x * y % 7 = 3"
      )
      let process = try #require(
        ToolProcess.start("olap", [verb, "--project-dir", shop.path], in: shop.path))
      for _ in 0..<1500 where !ToolProcess.text(shop.path + "/stdout").contains("daily") {
        usleep(10_000)
      }
      usleep(50_000)
      kill(process, SIGKILL)
      #expect(ToolProcess.wait(process) == 128 + SIGKILL)
      shop.write("models/gold/slow.sql", "SELECT count(*) AS n FROM clean")
      #expect(shop.olap("list", "--select", "result:skipped").output.contains("slow"))
      #expect(
        try shop.rows("SELECT verb, status, error_message FROM olap_project.runs")
          == ["\(verb) FAILED the process ended before the run did"])
      let kept = try shop.rows(
        "SELECT name, status FROM olap_project.results WHERE status = 'success' ORDER BY position")
      #expect(kept == (verb == "run" ? ["orders success", "clean success", "daily success"] : []))
      let resumed = shop.olap("retry")
      #expect(resumed.code == 0, "\(resumed.output)\(resumed.errors)")
      #expect(try shop.rows("SELECT n FROM slow") == ["3"])
      #expect(
        try shop.rows("SELECT status FROM olap_project.runs ORDER BY started_at")
          == ["FAILED", "SUCCESS"])
      #expect(shop.olap("retry").output.contains("nothing to resume"))
    }
  }

  @Test("a failing test undoes the whole build, new definitions and files included")
  func allOrNothing() throws {
    try ProjectFolderFixture.withShop { shop throws in
      #expect(shop.olap("build").code == 0)
      shop.write("data/orders2.csv", "id,day,total\n4,2026-01-03,7.00\n")
      shop.write("models/gold/extra.sql", "-- @key id\nSELECT id FROM clean")
      shop.write("tests/no_sevens.sql", "SELECT id, total FROM clean WHERE total = 7")
      let failed = shop.olap("build")
      #expect(failed.code == 1)
      #expect(failed.output.contains("FAIL"), "\(failed.output)")
      #expect(failed.output.contains("4 | 7.00"), "\(failed.output)")
      #expect(try shop.rows("SELECT count(*) FROM orders") == ["3"])
      #expect(
        try shop.rows("SELECT count(*) FROM olap.models WHERE name = 'extra'") == ["0"])
      #expect(
        try shop.rows(
          "SELECT status, rows_processed, error_message IS NOT NULL FROM olap.pipeline_runs "
            + "WHERE trigger = 'olap build' ORDER BY started_at DESC LIMIT 1") == ["FAILED 0 true"])
      shop.write("tests/no_sevens.sql", "-- @severity warn\nSELECT id FROM clean WHERE total = 7")
      let warned = shop.olap("build")
      #expect(warned.code == 0)
      #expect(warned.output.contains("1 with warnings"), "\(warned.output)")
      #expect(try shop.rows("SELECT count(*) FROM extra") == ["4"])
    }
  }

  @Test("an expectation that fails undoes the build; the database goes on")
  func expectation() throws {
    try ProjectFolderFixture.withShop { shop throws in
      shop.write("data/orders2.csv", "id,day,total\n4,2026-01-03,-7.00\n")
      let failed = shop.olap("build", "--vars", "limit=-100")
      #expect(failed.code == 1, "\(failed.output)")
      #expect(
        try shop.rows("SELECT count(*) FROM information_schema.tables WHERE table_name = 'orders'")
          == ["0"])
      #expect(shop.olap("build").code == 0)
    }
  }

  @Test("run goes on beside a failure, skips what depends on it, and resumes")
  func resume() throws {
    try ProjectFolderFixture.withShop { shop throws in
      shop.write(
        "models/silver/bad.sql",
        "-- @key id\nSELECT id, (total::VARCHAR || 'x')::INT AS t FROM orders")
      shop.write("models/gold/after_bad.sql", "-- @key t\nSELECT t FROM bad GROUP BY t")
      let failed = shop.olap("run")
      #expect(failed.code == 1)
      #expect(failed.output.contains("3 ok, 1 in error, 1 skipped"), "\(failed.output)")
      #expect(try shop.rows("SELECT count(*) FROM daily") == ["2"])
      // The run is on record with what it did commit.
      let run =
        "SELECT status, rows_created, bytes_written > 0 FROM olap.pipeline_runs "
        + "WHERE trigger = 'olap run' ORDER BY started_at"
      #expect(try shop.rows(run) == ["PARTIAL 5 true"])
      shop.write("models/silver/bad.sql", "-- @key id\nSELECT id, total::INT AS t FROM orders")
      let resumed = shop.olap("run", "--resume")
      #expect(resumed.code == 0)
      #expect(
        resumed.output.contains("2 ok") || resumed.output.contains("3 ok"), "\(resumed.output)")
      #expect(!resumed.output.contains("daily"))
      #expect(try shop.rows(run) == ["PARTIAL 5 true", "SUCCESS 6 true"])
      #expect(try shop.rows("SELECT count(*) FROM after_bad") == ["3"])
      #expect(shop.olap("retry").output.contains("nothing to resume"))
    }
  }

  @Test("mistakes are found before the database is touched, all of them, with their places")
  func compile() throws {
    try ProjectFolderFixture.withShop { shop throws in
      #expect(shop.olap("compile").code == 0)
      shop.write(
        "models/gold/one.sql",
        "-- @key d\nSELECT day AS d,\n  sum(totl) AS t\nFROM clean GROUP BY day")
      shop.write("models/gold/two.sql", "-- @key d\n-- @expect dy > 1\nSELECT day AS d FROM clean")
      shop.write("tests/three.sql", "SELECT * FROM nowhere")
      for verb in ["compile", "build", "run"] {
        let failed = shop.olap(verb)
        #expect(failed.code == 2)
        #expect(failed.errors.contains("models/gold/one.sql:3:7: Binder Error"), "\(failed.errors)")
        #expect(failed.errors.contains("  3 |   sum(totl) AS t\n    |       ^"), "\(failed.errors)")
        if verb != "run" {
          #expect(
            failed.errors.contains("tests/three.sql:1:15: \"nowhere\" is neither"),
            "\(failed.errors)")
        }
      }
      #expect(
        access(shop.path + "/shop.olap", F_OK) != 0
          || (try? shop.rows("FROM olap.models"))?.isEmpty == true)
    }
  }

  @Test("changed definitions are applied, and only they; state:modified finds them")
  func definitionChange() throws {
    try ProjectFolderFixture.withShop { shop throws in
      #expect(shop.olap("build").code == 0)
      #expect(shop.olap("list", "--select", "state:modified").output == "")
      shop.write(
        "models/gold/daily.sql",
        "-- @key day\nSELECT day, sum(total) AS revenue, count(*) AS n FROM clean GROUP BY day")
      #expect(
        shop.olap("list", "--select", "state:modified", "--exclude", "kind:test").output
          == "gold daily\n")
      let run = shop.olap("run", "--select", "state:modified")
      #expect(run.code == 0, "\(run.output)\(run.errors)")
      #expect(
        try shop.rows("SELECT * FROM daily ORDER BY day") == [
          "2026-01-01 15.50 2", "2026-01-02 1.00 1",
        ])
      #expect(shop.olap("verify").code == 0)
    }
  }

  @Test("a source grows a column; a change that would lose something is refused with the remedy")
  func sourceChange() throws {
    try ProjectFolderFixture.withShop { shop throws in
      #expect(shop.olap("build").code == 0)
      shop.write(
        "sources/orders.sql",
        "CREATE BRONZE TABLE orders (id BIGINT PRIMARY KEY, day DATE, total DECIMAL(12,2), note VARCHAR)"
      )
      #expect(shop.olap("build").code == 0)
      #expect(try shop.rows("SELECT id, note FROM orders ORDER BY id LIMIT 1") == ["1 NULL"])
      for (rule, expected) in [
        ("total > 0", "sane total > 0 warn"), ("total > 1", "sane total > 1 warn"),
      ] {
        shop.write(
          "sources/orders.sql",
          """
          CREATE BRONZE TABLE orders (id BIGINT PRIMARY KEY, day DATE, total DECIMAL(12,2), note VARCHAR,
            CONSTRAINT sane EXPECT (\(rule)) ON VIOLATION WARN)
          """)
        #expect(shop.olap("build").code == 0)
        #expect(
          try shop.rows(
            "SELECT expectation, replace(replace(condition, '(', ''), ')', ''), on_violation FROM olap.expectations WHERE table_name = 'orders'"
          )
            == [expected])
      }
      shop.write(
        "sources/orders.sql",
        "CREATE BRONZE TABLE orders (id BIGINT PRIMARY KEY, day VARCHAR, total DECIMAL(12,2))")
      let refused = shop.olap("build")
      #expect(refused.code == 1)
      #expect(
        refused.output.contains("ALTER TABLE orders ALTER COLUMN day TYPE VARCHAR first"),
        "\(refused.output)")
    }
  }

  @Test("models follow the columns of their sources")
  func reshapedModels() throws {
    try ProjectFolderFixture.withShop { shop throws in
      shop.write("models/silver/copied.sql", "-- @key id\nSELECT * FROM orders")
      shop.write("models/gold/most.sql", "SELECT max(total) AS most, count(*) AS n FROM copied")
      #expect(shop.olap("build").code == 0)
      shop.write(
        "sources/orders.sql",
        "CREATE BRONZE TABLE orders (id BIGINT PRIMARY KEY, day DATE, total DECIMAL(14,3), note VARCHAR)"
      )
      _ = try shop.rows("ALTER TABLE orders ALTER COLUMN total TYPE DECIMAL(14,3)")
      let dry = shop.olap("run", "--dry-run")
      #expect(dry.code == 0, "\(dry.output)\(dry.errors)")
      #expect(dry.output.contains("its columns changed"), "\(dry.output)")
      let built = shop.olap("build")
      #expect(built.code == 0, "\(built.output)\(built.errors)")
      #expect(
        try shop.rows(
          "SELECT column_name, data_type FROM olap.columns WHERE table_name = 'copied' "
            + "ORDER BY position")
          == ["id BIGINT", "day DATE", "total DECIMAL(14,3)", "note VARCHAR"])
      #expect(
        try shop.rows(
          "SELECT data_type FROM olap.columns WHERE table_name = 'most' AND column_name = 'most'")
          == ["DECIMAL(14,3)"])
      let again = shop.olap("build")
      #expect(again.code == 0)
      #expect(!again.output.contains("full"), "\(again.output)")
    }
  }

  @Test("seeds are tables that follow their files")
  func seeds() throws {
    try ProjectFolderFixture.withShop { shop throws in
      shop.write("seeds/regions.csv", "code,name\n1,North\n2,South\n")
      shop.write("models/gold/named.sql", "-- @key code\nSELECT code, name FROM regions")
      #expect(shop.olap("build").code == 0)
      #expect(try shop.rows("SELECT * FROM named ORDER BY code") == ["1 North", "2 South"])
      shop.write("seeds/regions.csv", "code,name\n2,South\n3,Eastern\n")
      let again = shop.olap("build")
      #expect(again.code == 0, "\(again.output)\(again.errors)")
      #expect(try shop.rows("SELECT * FROM named ORDER BY code") == ["2 South", "3 Eastern"])
    }
  }

  @Test("refresh, test, verify, show, list and dry runs")
  func otherVerbs() throws {
    try ProjectFolderFixture.withShop { shop throws in
      #expect(shop.olap("build", "--dry-run").output.contains("create  daily"))
      #expect(shop.olap("build").code == 0)
      #expect(shop.olap("build", "--dry-run").output.contains("keep"))
      #expect(shop.olap("refresh", "--select", "daily").output.contains("NONE"))
      #expect(shop.olap("refresh", "--full-refresh").output.contains("FULL"))
      #expect(shop.olap("test").code == 0)
      #expect(shop.olap("verify").output.contains("OK"))
      #expect(shop.olap("show", "daily").output.contains("2026-01-01  15.50"))
      #expect(
        shop.olap("show", "daily", "--json").output.contains(
          "{\"day\":\"2026-01-01\",\"revenue\":15.50}"))
      for what in ["models", "runs", "lineage", "failures", "schedules", "sources", "tests"] {
        #expect(shop.olap("show", what).code == 0, "\(what)")
      }
      #expect(shop.olap("show", "nothing").code == 2)
      #expect(shop.olap("list", "--select", "+daily").output.contains("silver clean\ngold daily\n"))
    }
  }

  @Test("usage mistakes and unreadable projects give exit code 2")
  func usage() throws {
    try ProjectFolderFixture.withShop { shop throws in
      #expect(shop.olap("build", "--sellect", "x").code == 2)
      #expect(shop.olap("build", "daily").code == 2)
      #expect(shop.olap("build", "--select", "dayly").code == 2)
      #expect(shop.olap("build", "--threads", "0").code == 2)
      #expect(shop.olap("show").code == 2)
      #expect(shop.olap("build", "--database", "/nowhere/x.olap").code == 2)
      #expect(ToolProcess.run("olap", ["build", "--project-dir", "/nowhere"]).code == 2)
      #expect(ToolProcess.run("olap", ["help", "build"]).code == 0)
    }
  }
}
