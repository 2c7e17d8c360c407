import Olap
import Testing

/// The tables of `datasets/buyer-exporter-profiles` in memory, as of 2025-11-30.
struct ProfilesDatabase {
  static let project = ToolProcess.root + "/datasets/buyer-exporter-profiles"
  static let models = [
    ("silver", "stg_shipments_standardized", "std_id"),
    ("silver", "global_trades_ledger", "transaction_id, year"),
    ("gold", "buyer_profile", "buyer_uuid, destination_country"),
    ("gold", "exporter_profile", "supplier_uuid, origin_country"),
  ]

  let database: Database
  let connection: Connection

  /// Loads the bronze files of `data`, a folder, and declares the models without filling them.
  init(data: String) throws {
    database = try Database(nil, options: DatabaseOptions(threads: 2))
    connection = database.connect()
    try connection.execute(ToolProcess.text(Self.project + "/sources/bronze.sql"))
    for table in ["stg_shipments_raw", "organizations_master"] {
      _ = try connection.load(LoadRequest(table: table, inputs: ["\(data)/\(table).csv"]))
    }
    try connection.execute("SET refresh_clock = '2025-11-30'")
    for (layer, name, key) in Self.models {
      let query = ToolProcess.text("\(Self.project)/models/\(layer)/\(name).sql")
      try connection.execute(
        "CREATE \(layer) TABLE \(name) (PRIMARY KEY (\(key))) AS \(query) WITH NO DATA")
    }
  }

  /// The first 200 records of each file.
  static func sample() throws -> ProfilesDatabase {
    let database = try ProfilesDatabase(data: project + "/sample")
    try database.connection.execute("REFRESH ALL")
    return database
  }

  /// Rows as text, values separated by one blank.
  func rows(_ sql: String) throws -> [String] {
    try connection.query(sql).map { row in
      row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: " ")
    }
  }

  /// Created, updated and deleted rows of a REFRESH, by model.
  @discardableResult
  func refresh(_ statement: String = "REFRESH ALL") throws -> [String: [Int]] {
    var counts: [String: [Int]] = [:]
    for row in try connection.query(statement) {
      counts[try #require(row["model"]).text(.varchar)] = ["created", "updated", "deleted"].map {
        if case .integer(let count)? = row[$0] { Int(count) } else { -1 }
      }
    }
    return counts
  }

  /// Rows that VERIFY reports because a model is not what its definition gives.
  func differences() throws -> Int {
    try connection.query("VERIFY ALL").count { $0["result"]?.text(.varchar) != "OK" }
  }

  /// A raw record like the first one of its direction, with another id and value.
  func insertShipment(_ id: Int, direction: String, value: String) throws {
    try connection.execute(
      """
      INSERT INTO stg_shipments_raw
      SELECT \(id), source_file, reporting_country, direction, shipment_date, hs_code,
        goods_description, quantity, unit, '\(value)', buyer_name, supplier_name, origin_country,
        destination_country, ingested_at
      FROM stg_shipments_raw WHERE direction = '\(direction)' ORDER BY raw_id LIMIT 1
      """)
  }
}
