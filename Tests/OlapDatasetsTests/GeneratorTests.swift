import Testing

/// The generators give the same bytes everywhere, and the committed samples and answers are theirs.
@Suite struct GeneratorTests {
  private let datasets = "\(GeneratorProcess.root)/datasets"

  @Test("the committed shop is what the generator makes")
  func keycrmSample() {
    GeneratorProcess.withFolder { folder in
      let options = ["--orders", "200", "--days", "60", "--sync-batch", "--out", folder]
      #expect(GeneratorProcess.run(["keycrm"] + options) == 0)
      for part in ["", "/sync"] {
        let names = GeneratorProcess.names(in: datasets + "/keycrm/sample" + part)
        #expect(names == GeneratorProcess.names(in: folder + part))
        for name in names where name.hasSuffix(".csv") {
          let committed = GeneratorProcess.read("\(datasets)/keycrm/sample\(part)/\(name)")
          #expect(committed == GeneratorProcess.read("\(folder)\(part)/\(name)"), "\(name)")
        }
      }
    }
  }

  @Test("the committed customs records are the first ones the generator makes")
  func tradeSample() {
    GeneratorProcess.withFolder { folder in
      #expect(GeneratorProcess.run(["trade-profiles", "--out", folder]) == 0)
      for name in ["organizations_master.csv", "stg_shipments_raw.csv"] {
        let committed = GeneratorProcess.text(
          "\(datasets)/buyer-exporter-profiles/sample/\(name)")
        let generated = GeneratorProcess.text("\(folder)/\(name)")
        #expect(!committed.isEmpty)
        #expect(generated.hasPrefix(committed), "\(name)")
      }
      let records = GeneratorProcess.text("\(folder)/stg_shipments_raw.csv")
      #expect(records.split(separator: "\n").count == 11_469 + 1)
    }
  }

  /// Reads as "the committed answers belong to these bytes": when this fails, run
  /// `Benchmarks/make_answers.py`.
  @Test("TPC-H at scale 0.01 has the bytes its answers were computed from")
  func tpchBytes() {
    GeneratorProcess.withFolder { folder in
      #expect(GeneratorProcess.run(["tpch", "--scale", "0.01", "--out", folder]) == 0)
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for name in GeneratorProcess.names(in: folder) {
        for byte in GeneratorProcess.read("\(folder)/\(name)") ?? [] {
          hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01B3
        }
      }
      #expect(hash == 4_871_151_567_810_679_019)
    }
  }

  @Test("one table alone is the same as among the others")
  func tpchOneTable() {
    GeneratorProcess.withFolder { folder in
      let scale = ["--scale", "0.002", "--out"]
      #expect(GeneratorProcess.run(["tpch"] + scale + ["\(folder)/all"]) == 0)
      for table in ["orders", "lineitem", "supplier"] {
        let options = scale + ["\(folder)/one", "--table", table]
        #expect(GeneratorProcess.run(["tpch"] + options) == 0)
        let alone = GeneratorProcess.read("\(folder)/one/\(table).tbl")
        #expect(alone == GeneratorProcess.read("\(folder)/all/\(table).tbl"), "\(table)")
        #expect(alone?.isEmpty == false)
      }
      #expect(GeneratorProcess.names(in: "\(folder)/one").count == 3)
    }
  }

  @Test("another seed gives other page views, the same seed the same")
  func hitsSeeds() {
    GeneratorProcess.withFolder { folder in
      for (name, seed) in [("a", "1"), ("b", "1"), ("c", "2")] {
        let options = ["--rows", "500", "--seed", seed, "--out", "\(folder)/\(name)"]
        #expect(GeneratorProcess.run(["hits"] + options) == 0)
      }
      let files = ["a", "b", "c"].map { GeneratorProcess.read("\(folder)/\($0)/hits.csv") }
      #expect(files[0] == files[1])
      #expect(files[0] != files[2])
    }
  }

  @Test(
    "a command line it does not understand ends with code 2",
    arguments: [
      ["nothing"], ["tpch"], ["tpch", "--out", "/tmp/x", "--scale", "abc"],
      ["keycrm", "--out", "/tmp/x", "--until", "2025-02-30"],
      ["keycrm", "--out", "/tmp/x", "--speed", "9"], ["hits", "--rows"],
    ])
  func usageErrors(arguments: [String]) {
    #expect(GeneratorProcess.run(arguments) == 2)
  }

  @Test("a folder that cannot be made ends with code 1")
  func unwritable() {
    #expect(GeneratorProcess.run(["hits", "--rows", "1", "--out", "/dev/null/x"]) == 1)
  }

  @Test(
    "the shop's layers are declared with the very SELECTs of its models",
    arguments: ["silver/silver_orders", "gold/gold_revenue_daily", "gold/gold_product_daily"])
  func layersEqualModels(model: String) {
    let layers = GeneratorProcess.text("\(datasets)/keycrm/layers.sql")
    let lines = GeneratorProcess.text("\(datasets)/keycrm/models/\(model).sql")
      .split(separator: "\n", omittingEmptySubsequences: false)
    let query = lines.drop { $0.hasPrefix("--") }.joined(separator: "\n")
    #expect(query.hasPrefix("SELECT"))
    #expect(layers.contains("\nAS\n" + query + ";\n"))
  }
}
