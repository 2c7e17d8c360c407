import Glibc

/// How much the oracles do; `OLAP_ORACLE_SEEDS` and `OLAP_ORACLE_FIRST_SEED` make runs longer or other.
enum OracleSettings {
  static let seeds: [UInt64] = {
    let count = number("OLAP_ORACLE_SEEDS") ?? 10
    let first = number("OLAP_ORACLE_FIRST_SEED") ?? 1
    return (0..<UInt64(count)).map { UInt64(first) + $0 }
  }()

  /// Queries of one seed.
  static let queries = number("OLAP_ORACLE_QUERIES") ?? 250

  /// With `OLAP_ORACLE_TRACE` set, each statement goes there before it runs: the last one crashed.
  static func trace(_ sql: String) {
    guard let path = getenv("OLAP_ORACLE_TRACE"), let file = fopen(path, "a") else { return }
    fputs(sql + ";\n", file)
    fclose(file)
  }

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }
}
