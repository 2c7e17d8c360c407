import Olap
import Testing

/// Defects that a profile builder with date markers had in production. Each test makes the situation.
@Suite("buyer and exporter profiles: what must not happen again")
struct ProfilesProductionBugsTests {
  @Test("a record that arrives late on a day already processed is processed")
  func lateOnTheSameDay() throws {
    let profiles = try ProfilesDatabase.sample()
    let before = try profiles.rows("SELECT sum(total_shipments) FROM buyer_profile")
    // Same arrival time as a record long processed.
    try profiles.insertShipment(900_001, direction: "IMPORT", value: "10.00")
    let counts = try profiles.refresh()
    #expect(counts["buyer_profile"] == [0, 1, 0])
    let after = try profiles.rows("SELECT sum(total_shipments) FROM buyer_profile")
    #expect(try #require(Int(after[0])) == #require(Int(before[0])) + 1)
    #expect(try profiles.differences() == 0)
  }

  @Test("refreshing buyers alone leaves the exporters' new records to be processed")
  func buyersOnly() throws {
    let profiles = try ProfilesDatabase.sample()
    try profiles.insertShipment(900_001, direction: "IMPORT", value: "10.00")
    try profiles.insertShipment(900_002, direction: "EXPORT", value: "20.00")
    let buyers = try profiles.refresh("REFRESH buyer_profile")
    #expect(buyers["exporter_profile"] == nil)
    #expect(buyers["buyer_profile"]?.reduce(0, +) == 1)
    #expect(try profiles.refresh("REFRESH exporter_profile")["exporter_profile"]?.reduce(0, +) == 1)
    #expect(try profiles.differences() == 0)
  }

  @Test(
    "a record that cannot be processed holds the run back; mended, all of the batch is processed")
  func failingRecord() throws {
    let profiles = try ProfilesDatabase.sample()
    let before = try profiles.rows("SELECT * FROM buyer_profile ORDER BY profile_id")
    try profiles.insertShipment(900_001, direction: "IMPORT", value: "10.00")
    try profiles.insertShipment(900_002, direction: "IMPORT", value: "ten")
    #expect(throws: OlapError.self) { try profiles.refresh() }
    #expect(try profiles.rows("SELECT * FROM buyer_profile ORDER BY profile_id") == before)
    let failed = try profiles.rows(
      "SELECT count(*) FROM olap.pipeline_runs WHERE status = 'FAILED' AND error_message LIKE '%ten%'"
    )
    #expect(failed == ["1"])
    try profiles.connection.execute(
      "UPDATE stg_shipments_raw SET value_usd = '11.00' WHERE raw_id = 900002")
    #expect(try profiles.refresh()["global_trades_ledger"] == [2, 0, 0])
    #expect(try profiles.differences() == 0)
  }

  @Test("corrections and deletions of old records reach the profiles")
  func correctionsAndDeletions() throws {
    let profiles = try ProfilesDatabase.sample()
    try profiles.connection.execute(
      """
      UPDATE stg_shipments_raw SET value_usd = '123,456.00'
      WHERE raw_id = (SELECT min(raw_id) FROM stg_shipments_raw WHERE direction = 'IMPORT')
      """)
    #expect(try profiles.refresh()["buyer_profile"] == [0, 1, 0])
    #expect(try profiles.differences() == 0)
    // A buyer with a single shipment goes with it.
    let single =
      """
      DELETE FROM stg_shipments_raw WHERE raw_id = (
        SELECT min(l.std_id) FROM global_trades_ledger l JOIN buyer_profile p
          ON l.buyer_uuid = p.buyer_uuid AND l.destination_country = p.destination_country
        WHERE l.direction = 'IMPORT' AND p.total_shipments = 1)
      """
    #expect(try profiles.connection.execute(single).changedRowCount == 1)
    #expect(try profiles.refresh()["buyer_profile"] == [0, 0, 1])
    #expect(try profiles.differences() == 0)
  }

  @Test("profiles and what was processed commit together, or neither does")
  func oneTransaction() throws {
    let profiles = try ProfilesDatabase.sample()
    let state = "SELECT name, state FROM olap.models ORDER BY name"
    try profiles.insertShipment(900_001, direction: "IMPORT", value: "10.00")
    let stale = try profiles.rows(state)
    let before = try profiles.rows("SELECT * FROM buyer_profile ORDER BY profile_id")
    try profiles.connection.execute("BEGIN")
    #expect(try profiles.refresh()["buyer_profile"] == [0, 1, 0])
    // Another reader meanwhile sees neither the profiles nor the run.
    let reader = profiles.database.connect()
    #expect(try reader.query("SELECT * FROM buyer_profile").count == before.count)
    #expect(
      try reader.query("SELECT name FROM olap.models WHERE state = 'FRESH'").count
        == stale.count { $0.hasSuffix(" FRESH") })
    try profiles.connection.execute("ROLLBACK")
    #expect(try profiles.rows(state) == stale)
    #expect(try profiles.rows("SELECT * FROM buyer_profile ORDER BY profile_id") == before)
    #expect(try profiles.refresh()["buyer_profile"] == [0, 1, 0])
  }

  @Test("a run is one statement a model, however many companies there are")
  func oneStatementPerModel() throws {
    let profiles = try ProfilesDatabase.sample()
    let steps = try profiles.rows(
      """
      SELECT count(*), count(DISTINCT model_name) FROM olap.model_runs
      WHERE run_id = (SELECT run_id FROM olap.pipeline_runs ORDER BY started_at DESC LIMIT 1)
      """)
    #expect(steps == ["4 4"])
  }

  @Test("figures that depend on today follow the clock without a new shipment")
  func clock() throws {
    let profiles = try ProfilesDatabase.sample()
    let scores =
      "SELECT supplier_uuid, stability_score, onboarding_score FROM exporter_profile ORDER BY ALL"
    func move(to day: String) throws -> [Int] {
      try profiles.connection.execute("SET refresh_clock = '\(day)'")
      let counts = try #require(profiles.refresh()["exporter_profile"])
      let rung = try profiles.rows(
        "SELECT rung FROM olap.model_runs WHERE model_name = 'exporter_profile' "
          + "ORDER BY started_at DESC LIMIT 1")
      #expect(rung != ["FULL"])
      #expect(try profiles.differences() == 0)
      return counts
    }
    // The sample is of December 2023: in 2025 no score looks at it any more, and half a year later none
    // has changed.
    let before = try profiles.rows(scores)
    #expect(try move(to: "2026-05-31") == [0, 0, 0])
    // Back to days on which the shipments were recent: every score moves, no profile comes or goes.
    #expect(try move(to: "2024-01-05") == [0, 30, 0])
    let recent = try profiles.rows(scores)
    #expect(recent != before)
    // 90 days after the last shipments some fall from one band to the next, others are there already.
    let moved = try move(to: "2024-03-05")
    #expect(moved[0] == 0 && moved[1] > 0 && moved[2] == 0, "\(moved)")
    #expect(try move(to: "2024-03-05") == [0, 0, 0])
    #expect(try profiles.refresh("REFRESH ALL FULL")["exporter_profile"] == [0, 0, 0])
    // Each back: the very same figures.
    _ = try move(to: "2024-01-05")
    #expect(try profiles.rows(scores) == recent)
    _ = try move(to: "2025-11-30")
    #expect(try profiles.rows(scores) == before)
  }
}
