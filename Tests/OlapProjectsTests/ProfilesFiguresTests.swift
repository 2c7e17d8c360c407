import Olap
import Testing

/// The report's figures, to the dollar and the shipment.
@Suite("buyer and exporter profiles: figures")
struct ProfilesFiguresTests {
  @Test("a rebuild gives every figure of the report; later runs write nothing")
  func figures() throws {
    try ToolProcess.withFolder { folder throws in
      let made = ToolProcess.run("olap-datasets", ["trade-profiles", "--out", folder])
      #expect(made.code == 0, "\(made.errors)")
      let profiles = try ProfilesDatabase(data: folder)
      defer { try? profiles.database.close() }

      let first = try profiles.refresh()
      #expect(first["buyer_profile"] == [381, 0, 0])
      #expect(first["exporter_profile"] == [79, 0, 0])
      try checkTables(profiles)
      for run in 2...3 {
        for (model, counts) in try profiles.refresh() {
          #expect(counts == [0, 0, 0], "run \(run) wrote to \(model)")
        }
      }
      let written = try profiles.rows(
        """
        SELECT rows_created, rows_updated, rows_deleted FROM olap.pipeline_runs
        WHERE trigger = 'REFRESH' ORDER BY started_at
        """)
      #expect(written == ["23398 0 0", "0 0 0", "0 0 0"])
      try checkIntegrity(profiles)
    }
  }

  private func checkTables(_ profiles: ProfilesDatabase) throws {
    let queries = ToolProcess.text(ProfilesDatabase.project + "/queries.sql").split(separator: ";")
    let expected = [
      ["INDONESIA 65 1002 46271563", "KENYA 316 1002 22141781"],
      ["INDIA 7 8000 813065738", "INDONESIA 65 762 441013757", "KENYA 7 703 34230086"],
      [
        "Value 167 34374.0", "New 126 3679.0", "Mid 51 234373.0", "Small 21 4980.0",
        "Whale 16 3134480.0",
      ],
      ["40-59 76", "0-39 3"],
      [
        "global_trades_ledger 11469", "stg_shipments_raw 11469", "stg_shipments_standardized 11469",
      ],
    ]
    for (query, rows) in zip(queries, expected) {
      #expect(try profiles.rows(String(query)) == rows)
    }
  }

  private func checkIntegrity(_ profiles: ProfilesDatabase) throws {
    let folder = ProfilesDatabase.project + "/tests"
    let tests = ToolProcess.names(in: folder)
    #expect(tests.count == 8)
    for test in tests {
      #expect(
        try profiles.rows(ToolProcess.text("\(folder)/\(test)")).isEmpty, "\(test) found rows")
    }
    #expect(try profiles.differences() == 0)
  }
}

extension ProfilesFiguresTests {
  @Test("the project builds with all tests; a second and third build write nothing")
  func project() throws {
    try ToolProcess.withFolder { folder throws in
      let made = ToolProcess.run("olap-datasets", ["trade-profiles", "--out", folder])
      #expect(made.code == 0, "\(made.errors)")
      let arguments = [
        "build", "--project-dir", ProfilesDatabase.project, "--database", folder + "/p.olap",
        "--vars", "data=\(folder)", "--set", "refresh_clock=2025-11-30", "--json",
      ]
      let first = ToolProcess.run("olap", arguments)
      #expect(first.code == 0, "\(first.output)\(first.errors)")
      for (model, count) in [("buyer_profile", 381), ("exporter_profile", 79)] {
        let step =
          "\"name\":\"\(model)\",\"kind\":\"model\",\"status\":\"success\",\"created\":\(count),"
        #expect(first.output.split(separator: step).count == 2, "\(first.output)")
      }
      #expect(first.output.split(separator: "\"kind\":\"test\",\"status\":\"success\"").count == 9)
      let database = try Database(folder + "/p.olap")
      let runs = try database.connect().query(
        "SELECT pipeline_name, trigger, status, rows_created FROM olap.pipeline_runs "
          + "WHERE pipeline_name <> 'load'")
      #expect(
        runs.map { $0.values.indices.map { i in runs[0].text(i) ?? "" } } == [
          ["buyer-exporter-profiles", "olap build", "SUCCESS", "23398"]
        ])
      try database.close()
      for _ in 2...3 {
        let next = ToolProcess.run("olap", arguments)
        #expect(next.code == 0, "\(next.output)\(next.errors)")
        for count in ["created", "updated", "deleted"] {
          let all = next.output.split(separator: "\"\(count)\":").count
          #expect(next.output.split(separator: "\"\(count)\":0,").count == all)
        }
      }
    }
  }
}
