import OlapCatalog
import OlapColumns
import OlapStorage
import OlapTestSupport
import Testing

@Suite("Transactions") struct TransactionTests {
  @Test("inserts, deletes, savepoints and snapshots follow a model, in memory and on disk")
  func model() throws {
    for path in [nil, "/db"] {
      for seed in 1...4 {
        try run(path: path, seed: UInt64(seed))
      }
    }
  }

  private func run(path: String?, seed: UInt64) throws {
    let disk = FaultyFileSystem()
    var fixture = try StorageFixture(path: path, fileSystem: disk, rows: 500)
    try fixture.createTable()
    var random = SeededGenerator(seed: seed)
    var model: [Int64: [Value]] = [:]
    var nextID: Int64 = 0
    var history: [(CSN, [Int64: [Value]])] = []
    var start = fixture.storage.snapshot()
    var startModel = model
    for step in 0..<60 {
      let write = try fixture.storage.beginWrite(timeoutMilliseconds: 1000)
      var working = model
      let mark = write.savepoint()
      for part in 0..<3 {
        if part == 2 && random.below(4) == 0 {
          try write.rollback(toSavepoint: mark)
          working = model
        }
        let count = random.below(10) == 0 ? random.below(1500) : random.below(20)
        let ids = (0..<Int64(count)).map { nextID + $0 }
        nextID += Int64(count)
        try write.append(table: fixture.table, StorageFixture.chunk(ids, tag: step))
        for id in ids { working[id] = StorageFixture.row(id, tag: step) }
        // Upsert some known keys: delete and insert.
        let known = working.keys.sorted().filter { _ in random.below(9) == 0 }
        if !known.isEmpty {
          let rows = try StorageFixture.probe(write.snapshot, fixture.table, known)
          #expect(!rows.contains(-1))
          try write.delete(table: fixture.table, rowIDs: rows, count: rows.count)
          let again = known.filter { $0 % 2 == 0 }
          try write.append(table: fixture.table, StorageFixture.chunk(again, tag: -step))
          for id in known { working[id] = nil }
          for id in again { working[id] = StorageFixture.row(id, tag: -step) }
        }
        if random.below(25) == 0 {
          try write.truncate(table: fixture.table)
          working = [:]
        }
        #expect(try StorageFixture.contents(write.snapshot, fixture.table) == working)
        #expect(write.snapshot.table(fixture.table).rowCount == working.count)
      }
      if random.below(5) == 0 {
        write.rollback()
      } else {
        let csn = try write.commit()
        model = working
        history.append((csn, model))
      }
      #expect(try StorageFixture.probe(fixture.storage.snapshot(), fixture.table, [-5]) == [-1])
      if random.below(8) == 0 { try fixture.storage.checkpoint() }
      if random.below(20) == 0 { try fixture.storage.vacuum() }
      #expect(try StorageFixture.contents(fixture.storage.snapshot(), fixture.table) == model)
      if random.below(6) == 0 {
        // The old snapshot still reads what it read.
        #expect(try StorageFixture.contents(start, fixture.table) == startModel)
        start = fixture.storage.snapshot()
        startModel = model
      }
      try checkFeed(fixture, history, model, &random)
      if path != nil && random.below(6) == 0 {
        let clean = random.below(2) == 0
        if clean { try fixture.storage.close() }
        let image = disk.copy()
        let reopened = try StorageFixture(path: path, fileSystem: image, rows: 500)
        #expect(try StorageFixture.contents(reopened.storage.snapshot(), fixture.table) == model)
        if clean {
          fixture = try StorageFixture(path: path, fileSystem: disk, rows: 500)
          start = fixture.storage.snapshot()
          startModel = model
        }
      }
    }
  }

  private func checkFeed(
    _ fixture: StorageFixture, _ history: [(CSN, [Int64: [Value]])], _ model: [Int64: [Value]],
    _ random: inout SeededGenerator
  ) throws {
    guard !history.isEmpty else { return }
    let (from, before) = history[random.below(history.count)]
    let feed: ChangeFeed
    do {
      feed = try fixture.storage.changes(
        table: fixture.table, from: from, to: fixture.storage.snapshot(), columns: [0, 1, 2])
    } catch StorageError.changesCompacted {
      return
    }
    var rows = before
    var counts = (0, 0)
    while let (chunk, isInsert) = try feed.next() {
      for i in 0..<chunk.count {
        let row = chunk.columns.map { $0.value(at: i) }
        guard case .integer(let id) = row[0] else { continue }
        if isInsert {
          #expect(rows[id] == nil)
          rows[id] = row
          counts.0 += 1
        } else {
          #expect(rows[id] == row)
          rows[id] = nil
          counts.1 += 1
        }
      }
    }
    #expect(rows == model)
    #expect(counts == (feed.insertedCount, feed.deletedCount))
  }

  @Test("predicates on encoded segments give what boxed values give")
  func predicates() throws {
    for path in [nil, "/db"] {
      var fixture = try StorageFixture(path: path, fileSystem: FaultyFileSystem(), rows: 5000)
      try fixture.createTable()
      let write = try fixture.storage.beginWrite(timeoutMilliseconds: nil)
      try write.append(table: fixture.table, StorageFixture.chunk((0..<12_000).map { $0 }, tag: 3))
      _ = try write.commit()
      let snapshot = fixture.storage.snapshot()
      let all = try StorageFixture.contents(snapshot, fixture.table)
      let operators: [ComparisonOperator] = [
        .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual,
      ]
      for op in operators {
        for (column, value) in [
          (0, Value.integer(6001)), (0, .integer(-1)), (0, .integer(99_999)),
          (2, .decimal(25 * 70 + 3, scale: 2)), (2, .decimal(25 * 70 + 4, scale: 2)),
          (1, .varchar("row 6001 of 3, long enough")),
        ] {
          let predicate = ScanPredicate(column: column, condition: .compare(op, value))
          var found: Set<Int64> = []
          for group in snapshot.table(fixture.table).rowGroups {
            let scanner = group.scan(columns: [0], predicates: [predicate], withRowIDs: true)
            while let chunk = try scanner.next() {
              for i in 0..<chunk.count {
                if case .integer(let id) = chunk.columns[0].value(at: i) { found.insert(id) }
              }
            }
          }
          let constant = Vector.constant(value, type: StorageFixture.types[column], count: 1)
          let expected = all.filter { _, row in
            if row[column].isNull { return false }
            let cell = Vector.constant(row[column], type: StorageFixture.types[column], count: 1)
            return Boolean.countTrue(Compare.compare(op, cell, constant, count: 1), count: 1) == 1
          }
          #expect(found == Set(expected.keys), "\(column) \(op.symbol) \(value)")
        }
      }
    }
  }

  @Test("a second writer is refused, and a wait for the writer ends")
  func locks() throws {
    let disk = FaultyFileSystem()
    let fixture = try StorageFixture(path: "/db", fileSystem: disk)
    #expect(throws: StorageError.self) { try StorageFixture(path: "/db", fileSystem: disk) }
    let write = try fixture.storage.beginWrite(timeoutMilliseconds: nil)
    #expect(throws: StorageError.self) {
      try fixture.storage.beginWrite(timeoutMilliseconds: 20)
    }
    write.rollback()
  }
}
