import Glibc
import OlapCatalog
import OlapColumns
import OlapStorage
import Testing

/// Rough figures on real files; only when `OLAP_BENCH` names a folder to write to.
@Suite("Speed") struct SpeedTests {
  static let folder: String? = getenv("OLAP_BENCH").map { String(cString: $0) }

  private static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  @Test("load, scan, probe, upsert and small commits", .enabled(if: folder != nil))
  func figures() throws {
    let path = (Self.folder ?? ".") + "/speed.olap"
    unlink(path)
    unlink(path + "-wal")
    var fixture = try StorageFixture(
      path: path, fileSystem: LinuxFileSystem(), rows: 131_072, memoryLimit: 4 << 30)
    try fixture.createTable()
    let count = 4_000_000
    var clock = Self.seconds()
    func lap(_ what: String) {
      let now = Self.seconds()
      print("speed: \(what): \(Int((now - clock) * 1000)) ms")
      clock = Self.seconds()
    }
    let write = try fixture.storage.beginWrite(timeoutMilliseconds: nil)
    let appender = try write.makeAppender(table: fixture.table)
    var building = 0.0
    for start in stride(from: 0, to: count, by: 8192) {
      let before = Self.seconds()
      let n = min(8192, count - start)
      let ids = Vector.flat(.bigint, count: n)
      let names = StringVectorBuilder(capacity: n)
      let amounts = Vector.flat(StorageFixture.types[2], count: n)
      for i in 0..<n {
        // A bijection that scatters the keys.
        let key = Int64(truncatingIfNeeded: (UInt64(start + i) &* 0x9e37_79b9_7f4a_7c15) >> 1)
        ids.values(Int64.self)[i] = key
        names.append("customer number \(key % 100_000)")
        amounts.values(Int64.self)[i] = (key >> 7) % 10_000_000
      }
      let chunk = Chunk(columns: [ids, names.finish(), amounts], count: n)
      building += Self.seconds() - before
      try appender.append(chunk)
    }
    try appender.finish()
    _ = try write.commit()
    print("speed: (building the rows took \(Int(building * 1000)) ms)")
    lap("load of \(count) rows x 3 columns and a key")
    for round in ["cold", "hot"] {
      for predicates in [
        [], [ScanPredicate(column: 2, condition: .compare(.less, .decimal(100_000, scale: 2)))],
      ] {
        var rows = 0
        for group in fixture.storage.snapshot().table(fixture.table).rowGroups {
          let scanner = group.scan(columns: [0, 2], predicates: predicates, withRowIDs: false)
          while let chunk = try scanner.next() { rows += chunk.count }
        }
        lap("\(round) scan, \(predicates.count) predicates, \(rows) rows")
      }
    }
    for _ in 0..<2 {
      let keys = Vector.flat(.bigint, count: 100_000)
      for i in 0..<100_000 {
        keys.values(Int64.self)[i] = Int64(
          truncatingIfNeeded: (UInt64(i * 37) &* 0x9e37_79b9_7f4a_7c15) >> 1)
      }
      var rows = [RowID](repeating: 0, count: 100_000)
      try fixture.storage.snapshot().table(fixture.table).probe(
        key: 0, vectors: [keys], count: 100_000, into: &rows)
      lap("probe of 100000 keys, \(rows.count { $0 >= 0 }) found")
      if rows.contains(-1) { Issue.record("a key was not found") }
      let upsert = try fixture.storage.beginWrite(timeoutMilliseconds: nil)
      try upsert.delete(table: fixture.table, rowIDs: rows, count: rows.count)
      let names = Vector.constant(.varchar("again"), type: .varchar, count: 100_000)
      let amounts = Vector.constant(
        .decimal(5, scale: 2), type: StorageFixture.types[2], count: 100_000)
      try upsert.append(
        table: fixture.table, Chunk(columns: [keys, names, amounts], count: 100_000))
      _ = try upsert.commit()
      lap("upsert of them")
    }
    for i in 0..<100 {
      let small = try fixture.storage.beginWrite(timeoutMilliseconds: nil)
      try small.append(table: fixture.table, StorageFixture.chunk([Int64(-i - 1)], tag: 1))
      _ = try small.commit()
    }
    lap("100 commits of one row")
    try fixture.storage.checkpoint()
    lap("checkpoint")
    print("speed: \(fixture.storage.spaceInfo())")
    try fixture.storage.close()
    lap("close")
    _ = try StorageFixture(path: path, fileSystem: LinuxFileSystem()).storage.snapshot()
      .table(fixture.table).statistics
    lap("open and statistics")
  }
}
