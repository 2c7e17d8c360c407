import Glibc
import OlapCatalog
import OlapColumns
import OlapFunctions
import OlapSQL

@testable import OlapPlanning

/// A session over the TPC-H schema with the statistics of scale factor 1, and no data.
final class TPCHContext: PlanningContext {
  private(set) var catalog: CatalogSnapshot
  private var tableStatistics: [EntryID: TableStatistics] = [:]
  var settings: [String: String] = [:]

  var functions: FunctionRegistry { .builtin }
  var searchPath: [String] { ["main"] }
  var databaseName: String { "memory" }
  let evaluation = EvaluationContext(now: 0)
  func statistics(of table: EntryID) -> TableStatistics? { tableStatistics[table] }
  func systemTable(schema: String?, name: String) -> TableFunction.Bound? { nil }
  func fileTable(_ path: String) throws -> TableFunction.Bound? { nil }
  func setting(_ name: String) -> String? { settings[name] }
  func attachedCatalog(_ database: String) -> CatalogSnapshot? { nil }

  init() {
    catalog = CatalogSnapshot.initial()
    for table in TPCHContext.tables { add(table) }
  }

  private struct Table {
    let name: String
    let rows: Int
    let key: [Int]
    /// Name, type and distinct values; 0 = as many as rows.
    let columns: [(String, SQLType, Int)]
    var nullable: Set<String> = []
  }

  private func add(_ table: Table) {
    let id = catalog.allocateID()
    var entry = TableEntry(
      id: id, schema: "main", name: table.name,
      columns: table.columns.map {
        ColumnDefinition(name: $0.0, type: $0.1, isNullable: table.nullable.contains($0.0))
      })
    if !table.key.isEmpty {
      entry.keys = [KeyConstraint(name: nil, columns: table.key, isPrimary: true)]
    }
    catalog.put(.table(entry))
    tableStatistics[id] = TableStatistics(
      rowCount: table.rows,
      columns: table.columns.map { name, type, distinct in
        let count = distinct == 0 ? table.rows : distinct
        var statistics = ColumnStatistics(nullCount: 0, distinctCount: count)
        switch type {
        case .date:
          (statistics.minimum, statistics.maximum) = (.date(8035), .date(10561))
        case .bigint, .integer:
          (statistics.minimum, statistics.maximum) = (.integer(0), .integer(Int64(count)))
        default: break
        }
        return statistics
      })
  }

  private static let money = SQLType.decimal(precision: 15, scale: 2)

  private static let tables: [Table] = [
    Table(
      name: "region", rows: 5, key: [0],
      columns: [("r_regionkey", .integer, 0), ("r_name", .varchar, 0), ("r_comment", .varchar, 0)]),
    Table(
      name: "nation", rows: 25, key: [0],
      columns: [
        ("n_nationkey", .integer, 0), ("n_name", .varchar, 0), ("n_regionkey", .integer, 5),
        ("n_comment", .varchar, 0),
      ]),
    Table(
      name: "supplier", rows: 10_000, key: [0],
      columns: [
        ("s_suppkey", .bigint, 0), ("s_name", .varchar, 0), ("s_address", .varchar, 0),
        ("s_nationkey", .integer, 25), ("s_phone", .varchar, 0), ("s_acctbal", money, 9955),
        ("s_comment", .varchar, 0),
      ]),
    Table(
      name: "part", rows: 200_000, key: [0],
      columns: [
        ("p_partkey", .bigint, 0), ("p_name", .varchar, 199_997), ("p_mfgr", .varchar, 5),
        ("p_brand", .varchar, 25), ("p_type", .varchar, 150), ("p_size", .integer, 50),
        ("p_container", .varchar, 40), ("p_retailprice", money, 20_899),
        ("p_comment", .varchar, 130_000),
      ]),
    Table(
      name: "partsupp", rows: 800_000, key: [0, 1],
      columns: [
        ("ps_partkey", .bigint, 200_000), ("ps_suppkey", .bigint, 10_000),
        ("ps_availqty", .bigint, 9999), ("ps_supplycost", money, 99_865),
        ("ps_comment", .varchar, 799_124),
      ]),
    Table(
      name: "customer", rows: 150_000, key: [0],
      columns: [
        ("c_custkey", .bigint, 0), ("c_name", .varchar, 0), ("c_address", .varchar, 0),
        ("c_nationkey", .integer, 25), ("c_phone", .varchar, 0), ("c_acctbal", money, 140_187),
        ("c_mktsegment", .varchar, 5), ("c_comment", .varchar, 149_968),
      ]),
    Table(
      name: "orders", rows: 1_500_000, key: [0],
      columns: [
        ("o_orderkey", .bigint, 0), ("o_custkey", .bigint, 99_996), ("o_orderstatus", .varchar, 3),
        ("o_totalprice", money, 1_464_556), ("o_orderdate", .date, 2406),
        ("o_orderpriority", .varchar, 5), ("o_clerk", .varchar, 1000),
        ("o_shippriority", .integer, 1), ("o_comment", .varchar, 1_482_071),
      ]),
    Table(
      name: "lineitem", rows: 6_001_215, key: [0, 3],
      columns: [
        ("l_orderkey", .bigint, 1_500_000), ("l_partkey", .bigint, 200_000),
        ("l_suppkey", .bigint, 10_000), ("l_linenumber", .bigint, 7), ("l_quantity", money, 50),
        ("l_extendedprice", money, 933_900), ("l_discount", money, 11), ("l_tax", money, 9),
        ("l_returnflag", .varchar, 3), ("l_linestatus", .varchar, 2), ("l_shipdate", .date, 2526),
        ("l_commitdate", .date, 2466), ("l_receiptdate", .date, 2554),
        ("l_shipinstruct", .varchar, 4), ("l_shipmode", .varchar, 7),
        ("l_comment", .varchar, 4_580_554),
      ]),
    Table(
      name: "t", rows: 1000, key: [],
      columns: [("a", .integer, 100), ("b", .integer, 10), ("s", .varchar, 500)],
      nullable: ["a", "b", "s"]),
    Table(
      name: "u", rows: 5000, key: [],
      columns: [("c", .integer, 100), ("d", .integer, 10), ("l", .list(.integer), 500)],
      nullable: ["c", "d", "l"]),
    Table(
      name: "v", rows: 50, key: [0], columns: [("e", .integer, 50), ("f", .integer, 10)],
      nullable: ["f"]),
  ]

  // MARK: Planning

  /// The bound plan of a query.
  func bound(_ sql: String, _ numbers: ColumnIDAllocator) throws -> LogicalPlan {
    var binder = Binder(context: self, allocator: numbers)
    return try binder.bind(query: try Parser.parseQuery(sql)).plan
  }

  /// The optimized plan of a query, checked for the form execution relies on.
  func plan(_ sql: String) throws -> LogicalPlan {
    let numbers = ColumnIDAllocator()
    let before = try bound(sql, numbers)
    let result = try Optimizer(context: self, numbers: numbers).optimize(before)
    try PlanCheck.check(result, columns: before.columns)
    return result
  }

  /// TPC-H query text by number.
  static func query(_ number: Int) -> String {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let name = number < 10 ? "q0\(number)" : "q\(number)"
    return read("/\(root)/datasets/tpch/queries/\(name).sql")
  }

  private static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[0..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
