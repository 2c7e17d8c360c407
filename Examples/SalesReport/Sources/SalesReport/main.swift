import Olap

/// Keeps a gold table of revenue by day over a bronze table of orders, and reads it in columns.
func report() throws {
  let database = try Database(nil, options: DatabaseOptions(threads: 2))
  let connection = database.connect()
  try connection.execute(
    """
    CREATE BRONZE TABLE orders (id INTEGER PRIMARY KEY, day DATE, total DECIMAL(12, 2));
    CREATE GOLD TABLE revenue (PRIMARY KEY (day)) AS
      SELECT day, count(*) AS orders, sum(total)::DOUBLE AS total FROM orders GROUP BY day;
    """)

  // A statement prepared once runs with values by position.
  let insert = try connection.prepare("INSERT INTO orders VALUES (?, ?::DATE, ?::DECIMAL(12, 2))")
  for id in 1...6 {
    let day = id % 2 == 0 ? "2026-01-02" : "2026-01-01"
    try insert.execute(.integer(Int64(id)), .varchar(day), .varchar("\(id).50"))
  }
  try connection.execute("REFRESH ALL")

  // Results stream chunk by chunk; a column of doubles is contiguous memory.
  let result = try connection.execute("SELECT day, orders, total FROM revenue ORDER BY day")
  var sum = 0.0
  while let chunk = try result.nextChunk() {
    for row in 0..<chunk.rowCount {
      let cells = chunk.columns.indices.map {
        chunk.value(row: row, column: $0).text(chunk.columns[$0].type)
      }
      print(cells.joined(separator: "  "))
    }
    chunk.withDoubleColumn(2) { values, _ in sum += values.reduce(0, +) }
  }
  print("total \(sum)")
  try database.close()
}

do {
  try report()
} catch let error as OlapError {
  print(error.detailedDescription)
}
