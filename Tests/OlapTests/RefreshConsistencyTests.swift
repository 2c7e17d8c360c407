import Dispatch
import Olap
import Synchronization
import Testing

/// Readers compare gold with bronze while a writer upserts and refreshes.
@Suite("refresh and readers")
struct RefreshConsistencyTests {
  private static let difference = """
    SELECT count(*) FROM (
      SELECT day, sum(total), count(*) FROM orders GROUP BY day
      EXCEPT ALL SELECT day, total, orders FROM daily) d
    """

  @Test("gold always agrees with the bronze of the same snapshot")
  func readersAgree() throws {
    let database = try Database(nil)
    let writer = database.connect()
    try writer.execute(
      """
      CREATE BRONZE TABLE orders (id BIGINT PRIMARY KEY, day INTEGER, total DECIMAL(12,2));
      CREATE SILVER TABLE paid (PRIMARY KEY (id)) AS SELECT * FROM orders WHERE total IS NOT NULL;
      CREATE GOLD TABLE daily (PRIMARY KEY (day)) REFRESH IMMEDIATE
        AS SELECT day, sum(total) AS total, count(*) AS orders FROM paid GROUP BY day;
      """)
    let isDone = Atomic<Bool>(false)
    let reads = Atomic<Int>(0)
    let disagreements = Atomic<Int>(0)
    let group = DispatchGroup()
    for _ in 0..<2 {
      DispatchQueue.global().async(group: group) {
        let reader = database.connect()
        while !isDone.load(ordering: .acquiring) {
          guard let rows = try? reader.query(RefreshConsistencyTests.difference) else {
            disagreements.add(1, ordering: .relaxed)
            continue
          }
          if rows.first?.int(0) != 0 { disagreements.add(1, ordering: .relaxed) }
          reads.add(1, ordering: .relaxed)
        }
      }
    }
    for round in 0..<40 {
      let upsert = """
        INSERT OR REPLACE INTO orders
        SELECT i, i % 5, (i + \(round))::DECIMAL(12,2) FROM range(\(round), \(round + 30)) r(i)
        """
      if round % 2 == 0 {
        try writer.execute(upsert)
      } else {
        try writer.execute("BEGIN; \(upsert); DELETE FROM orders WHERE id = \(round); COMMIT")
      }
    }
    // On a busy machine the readers may not have had their turn yet.
    while reads.load(ordering: .relaxed) < 10 && disagreements.load(ordering: .relaxed) == 0 {}
    isDone.store(true, ordering: .releasing)
    group.wait()
    #expect(disagreements.load(ordering: .relaxed) == 0)
    #expect(try writer.query(RefreshConsistencyTests.difference).first?.int(0) == 0)
  }
}
