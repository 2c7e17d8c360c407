import Olap

/// Units of work on one database, and what a reader sees after each.
///
/// A unit is one statement or one transaction: afterwards it is there as a whole or not at all.
struct Workload {
  let units: [String]
  /// `states[n]` is what `Workload.state` reads after the first n units.
  let states: [[String]]

  init(units: [String]) throws {
    self.units = units
    let database = try Database()
    let connection = database.connect()
    var states = [try Workload.state(database)]
    for unit in units {
      try connection.execute(unit)
      states.append(try Workload.state(database))
    }
    self.states = states
  }

  /// Everything a crash could damage: tables, their rows, keys, sequences and run records.
  static func state(_ database: Database) throws -> [String] {
    let connection = database.connect()
    let names = try connection.query(
      """
      SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'
      ORDER BY table_name
      """
    ).map { $0.text(0) ?? "" }
    var result = ["tables " + names.joined(separator: " ")]
    for name in names {
      let rows = try connection.query(
        "SELECT count(*), sum(id), sum(amount), min(note), max(note), sum(length(note)) FROM \(name)"
      )
      result += rows.map { name + " " + line($0) }
      let sample = try connection.query(
        "SELECT * FROM \(name) WHERE id % 7 = 3 ORDER BY id LIMIT 200")
      result += sample.map { name + ": " + line($0) }
      // The key index agrees with the rows.
      let found = try connection.query("SELECT count(*), max(amount) FROM \(name) WHERE id = 10")
      result += found.map { name + " 10: " + line($0) }
    }
    let runs = try connection.query(
      """
      SELECT model_name, rows_created, rows_updated, rows_deleted FROM olap.model_runs
      ORDER BY ALL
      """)
    return result + runs.map { "run " + line($0) }
  }

  private static func line(_ row: Row) -> String {
    row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: " ")
  }

  /// Tables with keys, a silver and a gold model, then changes of every kind.
  /// - Parameter file: CSV with columns id, amount, note to load.
  static func units(rounds: Int, loading file: String?) -> [String] {
    var units = [
      "CREATE TABLE orders (id BIGINT PRIMARY KEY, amount DECIMAL(12,2), note VARCHAR)",
      "INSERT INTO orders SELECT i, i * 1.5, 'note ' || i FROM range(300) AS r(i)",
      """
      CREATE SILVER TABLE large (PRIMARY KEY (id)) AS
      SELECT id, amount, note FROM orders WHERE amount > 20
      """,
      """
      CREATE GOLD TABLE totals (PRIMARY KEY (id)) AS
      SELECT id % 5 AS id, sum(amount) AS amount, max(note) AS note FROM large GROUP BY id % 5
      """,
    ]
    for round in 0..<rounds {
      let base = 1000 + round * 100
      units.append(
        """
        INSERT INTO orders SELECT i, i * 0.5, repeat('x', CAST(i % 20 AS INTEGER)) || i
        FROM range(\(base), \(base + 60)) AS r(i)
        """)
      units.append(
        """
        INSERT INTO orders SELECT i, \(round) + 0.25, 'upserted in \(round)'
        FROM range(\(round), \(base + 10), 13) AS r(i)
        ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, note = excluded.note
        """)
      units.append("DELETE FROM orders WHERE id % 11 = \(round % 11) AND id > 20")
      units.append(
        """
        BEGIN; UPDATE orders SET amount = amount + 1 WHERE id % 3 = 0; \
        INSERT INTO orders VALUES (\(50_000 + round), 1, 'in a transaction'); \
        DELETE FROM orders WHERE id = \(base + 1); COMMIT
        """)
      if let file, round % 4 == 1 {
        units.append(
          "INSERT OR REPLACE INTO orders SELECT id, amount, note FROM read_csv('\(file)')")
      }
      if round % 3 == 2 { units.append("CHECKPOINT") }
      if round % 2 == 1 { units.append("REFRESH ALL") }
      if round % 4 == 3 {
        let kind =
          round % 8 == 3 ? "CREATE TABLE extra AS SELECT * FROM orders" : "DROP TABLE extra"
        units.append(kind)
      }
      units.append("BEGIN; DELETE FROM orders; ROLLBACK")
    }
    return units
  }
}
