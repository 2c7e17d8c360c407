import Olap
import OlapTestSupport

/// What must hold after every refresh.
extension RefreshWorld {
  /// Models declared REFRESH IMMEDIATE are right without a refresh.
  func checkImmediate(
    _ round: Int, _ log: [String], _ statistics: inout RefreshStatistics
  ) throws {
    for model in models where model.isImmediate {
      try verify(model.name, "IMMEDIATE", round, log, &statistics)
    }
  }

  mutating func refresh(
    _ round: Int, _ log: [String], _ statistics: inout RefreshStatistics
  ) throws {
    let mode = random.below(4) == 0 ? "" : " INCREMENTAL"
    let counts = random.below(3) == 0
    if counts { try keepRows() }
    var announced: [String: [String]] = [:]
    if mode == "", random.below(2) == 0 {
      for row in try execute("EXPLAIN REFRESH ALL").allRows() {
        announced[row.text(0) ?? ""] = [row.text(1) ?? "", row.text(5) ?? "?"]
      }
    }
    let rows: [Row]
    do {
      rows = try execute("REFRESH ALL\(mode)").allRows()
    } catch {
      statistics.failures.append(describe("REFRESH failed: \(error)", round, log, nil))
      return
    }
    for row in rows { try check(row, mode, announced, counts, round, log, &statistics) }
    mayRecompute = false
    try verify("ALL", "refreshed", round, log, &statistics)
    for row in try execute("REFRESH ALL").allRows()
    where row.text(1) != "NONE" || (2...4).contains(where: { row.int($0) != 0 }) {
      // A definition that cannot be maintained is recomputed when its clock is read.
      let what = "\(row.text(0) ?? "") refreshed again without a change: \(row.values)"
      statistics.failures.append(describe(what, round, log, row.text(0)))
      return
    }
  }

  private func check(
    _ row: Row, _ mode: String, _ announced: [String: [String]], _ counts: Bool, _ round: Int,
    _ log: [String], _ statistics: inout RefreshStatistics
  ) throws {
    let name = row.text(0) ?? ""
    let rung = row.text(1) ?? ""
    statistics.refreshes += 1
    statistics.rungs[rung, default: 0] += 1
    if let (said, written) = announced[name].map({ ($0[0], $0[1]) }), said != "UNKNOWN" {
      let wrote = (2...4).reduce(0) { $0 + (row.int($1) ?? 0) }
      if said != rung || (written != "?" && written != "NULL" && written != "\(wrote)") {
        let what = "\(name): EXPLAIN REFRESH said \(said) \(written), it was \(rung) \(wrote)"
        statistics.failures.append(describe(what, round, log, name))
      }
    }
    if counts { try checkCounts(row, round, log, &statistics) }
    guard rung == "FULL", mode != "", !mayRecompute,
      let model = models.first(where: { $0.name == name }), !model.query.looksAtAllRows
    else { return }
    let reason =
      try connection.query(
        "SELECT reason FROM olap.model_runs WHERE model_name = '\(name)' "
          + "ORDER BY started_at DESC LIMIT 1"
      ).first?.text(0) ?? ""
    statistics.neededFull.insert("\(reason)\n  seed \(seed): \(model.query.sql)")
  }

  // MARK: Counts

  /// Copies the models' rows, to be compared with what a refresh says it changed.
  private func keepRows() throws {
    for model in models {
      try execute("CREATE OR REPLACE TEMP TABLE kept_\(model.name) AS SELECT * FROM \(model.name)")
    }
  }

  private func checkCounts(
    _ row: Row, _ round: Int, _ log: [String], _ statistics: inout RefreshStatistics
  ) throws {
    guard let model = models.first(where: { $0.name == row.text(0) }) else { return }
    func count(_ query: String) throws -> Int {
      try connection.query("SELECT count(*) FROM (\(query)) q")[0].int(0) ?? -1
    }
    let name = model.name
    let added = try count("SELECT * FROM \(name) EXCEPT ALL SELECT * FROM temp.kept_\(name)")
    let removed = try count("SELECT * FROM temp.kept_\(name) EXCEPT ALL SELECT * FROM \(name)")
    let before = try count("SELECT * FROM temp.kept_\(name)")
    var updated = 0
    if model.clauses.contains("UNIQUE") {
      let keys = model.query.uniqueColumns.joined(separator: ", ")
      // NULLs are equal, as in GROUP BY.
      updated = try count(
        """
        (SELECT \(keys) FROM (SELECT * FROM \(name) EXCEPT ALL SELECT * FROM temp.kept_\(name)) a)
        INTERSECT ALL
        (SELECT \(keys) FROM (SELECT * FROM temp.kept_\(name) EXCEPT ALL SELECT * FROM \(name)) b)
        """)
    }
    let expected = [added - updated, updated, removed - updated, before - removed]
    let told = (2...5).map { row.int($0) ?? -1 }
    if expected != told {
      let what =
        "\(name): counted \(told), but created, updated, deleted, unchanged are \(expected)"
      statistics.failures.append(describe(what, round, log, name))
    }
  }

  // MARK: Rows

  private func verify(
    _ what: String, _ occasion: String, _ round: Int, _ log: [String],
    _ statistics: inout RefreshStatistics
  ) throws {
    let result = try execute("VERIFY \(what)")
    let verdict = result.columns.firstIndex { $0.name == "result" } ?? 0
    for row in try result.allRows() where row.text(verdict) != "OK" {
      let name = row.text(0) ?? ""
      statistics.failures.append(
        describe("\(name) (\(occasion)) differs from its rebuild: \(row.values)", round, log, name))
      return
    }
  }

  private func describe(_ what: String, _ round: Int, _ log: [String], _ model: String?) -> String {
    let definition = models.filter { model == nil || $0.name == model }
      .map { "\($0.name)\($0.clauses) AS \($0.query.sql)" }.joined(separator: "\n")
    return "seed \(seed), round \(round): \(what)\nchanges: \(log.joined(separator: "; "))\n"
      + definition
  }
}
