import Glibc
import OlapCatalog
import OlapColumns
import OlapStorage
import OlapTestSupport
import Testing

@Suite("Crashes") struct CrashTests {
  typealias Rows = [Int64: [Value]]

  /// Runs the workload until it ends or the disk fails; the states that may be found afterwards.
  static func workload(_ disk: FaultyFileSystem) -> (
    acknowledged: Rows, inFlight: Rows?, made: Bool
  ) {
    var model: Rows = [:]
    var made = false
    var random = SeededGenerator(seed: 11)
    guard
      var fixture = try? StorageFixture(
        path: "/db", fileSystem: disk, walLimit: 6000, rows: 64)
    else { return ([:], nil, false) }
    do { try fixture.createTable() } catch { return ([:], nil, false) }
    made = true
    for step in 0..<14 {
      var working = model
      do {
        let write = try fixture.storage.beginWrite(timeoutMilliseconds: 100)
        let base = Int64(step * 100)
        let ids = (0..<Int64(5 + random.below(40))).map { base + $0 }
        try write.append(table: fixture.table, StorageFixture.chunk(ids, tag: step))
        for id in ids { working[id] = StorageFixture.row(id, tag: step) }
        let gone = model.keys.sorted().filter { _ in random.below(3) == 0 }
        if !gone.isEmpty {
          let rows = try StorageFixture.probe(write.snapshot, fixture.table, gone)
          try write.delete(table: fixture.table, rowIDs: rows, count: rows.count)
          for id in gone { working[id] = nil }
        }
        if step == 9 {
          let appender = try write.makeAppender(table: fixture.table)
          let many = (0..<Int64(150)).map { 50_000 + $0 }
          try appender.append(StorageFixture.chunk(many, tag: step))
          try appender.finish()
          for id in many { working[id] = StorageFixture.row(id, tag: step) }
        }
        do { _ = try write.commit() } catch { return (model, working, made) }
        model = working
        if step % 5 == 4 { try fixture.storage.checkpoint() }
      } catch {
        return (model, nil, made)
      }
    }
    try? fixture.storage.close()
    return (model, nil, made)
  }

  @Test("a power cut at every write and flush loses no acknowledged commit and invents none")
  func powerCuts() throws {
    let whole = FaultyFileSystem()
    _ = Self.workload(whole)
    let calls = whole.callCount
    #expect(calls > 60)
    for at in 1...calls {
      let disk = FaultyFileSystem()
      disk.arm(.powerCut(at: at))
      let (acknowledged, inFlight, made) = Self.workload(disk)
      for seed in 0..<6 {
        let image = disk.afterPowerCut(seed: UInt64(at * 100 + seed))
        let reopened = try StorageFixture(path: "/db", fileSystem: image, rows: 64)
        if !made && reopened.table == 0 { continue }
        #expect(reopened.table != 0, "the table is lost at call \(at), image \(seed)")
        #expect(reopened.storage.readOnlyReason == nil)
        let found = try StorageFixture.contents(reopened.storage.snapshot(), reopened.table)
        let isRight = found == acknowledged || (inFlight != nil && found == inFlight)
        #expect(isRight, "call \(at), image \(seed)")
        // The reopened database takes writes.
        let write = try reopened.storage.beginWrite(timeoutMilliseconds: 100)
        try write.append(table: reopened.table, StorageFixture.chunk([999_999], tag: 1))
        _ = try write.commit()
        try reopened.storage.checkpoint()
      }
    }
  }

  @Test("a failing call at every position leaves the database whole")
  func failures() throws {
    let whole = FaultyFileSystem()
    _ = Self.workload(whole)
    for code in [EIO, ENOSPC] {
      for at in 1...whole.callCount {
        let disk = FaultyFileSystem()
        disk.arm(.failure(at: at, code: code))
        let (acknowledged, inFlight, made) = Self.workload(disk)
        let image = disk.copy()
        let reopened = try StorageFixture(path: "/db", fileSystem: image, rows: 64)
        if !made && reopened.table == 0 { continue }
        let found = try StorageFixture.contents(reopened.storage.snapshot(), reopened.table)
        let isRight = found == acknowledged || (inFlight != nil && found == inFlight)
        #expect(isRight, "call \(at), code \(code)")
      }
    }
  }

  @Test("a flipped bit in the log is cut at the end and reported in the middle")
  func logDamage() throws {
    let disk = FaultyFileSystem()
    var fixture = try StorageFixture(path: "/db", fileSystem: disk)
    try fixture.createTable()
    var models: [Rows] = [[:]]
    for step in 0..<6 {
      let write = try fixture.storage.beginWrite(timeoutMilliseconds: nil)
      let ids = (0..<Int64(8)).map { Int64(step * 10) + $0 }
      try write.append(table: fixture.table, StorageFixture.chunk(ids, tag: step))
      _ = try write.commit()
      models.append(try StorageFixture.contents(fixture.storage.snapshot(), fixture.table))
    }
    let log = disk.bytes("/db-wal")
    let end = (log.lastIndex { $0 != 0 } ?? 0) + 1
    for offset in stride(from: 0, to: end, by: 13) {
      let image = disk.copy()
      image.flipBit("/db-wal", byteOffset: offset, bit: offset % 8)
      let reopened = try StorageFixture(path: "/db", fileSystem: image)
      let found = try StorageFixture.contents(reopened.storage.snapshot(), fixture.table)
      if found == models.last { continue }
      #expect(models.contains(found) || found.isEmpty)
      // Less than everything: either reported, or the last commit alone was hit.
      #expect(
        reopened.storage.readOnlyReason != nil || found == models[models.count - 2],
        "byte \(offset)")
    }
  }
}
