import Olap
import OlapTestSupport
import Testing

/// A change as a source delivers it.
private struct KeyChange: Hashable {
  var id: Int
  var sequence: Int
  /// Nil: the key is deleted.
  var value: Int?

  var sql: String {
    "(\(id), \(value.map { String($0) } ?? "NULL"), \(sequence), \(value == nil))"
  }

  /// Whether this change counts before `other` at one key: later, then deletes, then greater values.
  func overrides(_ other: KeyChange) -> Bool {
    if sequence != other.sequence { return sequence > other.sequence }
    return (value ?? .max) > (other.value ?? .max)
  }
}

/// A change that gives some columns only.
private struct PartialChange {
  var id: Int
  var sequence: Int
  var values: [Int?]
  var isDelete: Bool

  static func random(_ random: inout SeededGenerator) -> PartialChange {
    func value() -> Int? {
      Int.random(in: 0...1, using: &random) == 0 ? nil : Int.random(in: 1...3, using: &random)
    }
    return PartialChange(
      id: Int.random(in: 1...3, using: &random), sequence: Int.random(in: 1...9, using: &random),
      values: [value(), value()], isDelete: Int.random(in: 0...5, using: &random) == 0)
  }

  var sql: String {
    let texts = values.map { $0.map { String($0) } ?? "NULL" }
    return "(\(id), \(texts[0]), \(texts[1]), \(sequence), \(isDelete))"
  }

  /// Per key the newest value given to each column after the newest delete.
  static func merged(_ changes: [PartialChange]) -> [String] {
    let byKey = Dictionary(grouping: changes, by: { $0.id })
    return byKey.keys.sorted().compactMap { id in
      let all = byKey[id] ?? []
      let cut = all.filter(\.isDelete).map(\.sequence).max() ?? 0
      let alive = all.filter { !$0.isDelete && $0.sequence > cut }
      if alive.isEmpty { return nil }
      let values = (0..<2).map { column -> String in
        let given = alive.compactMap { change in
          change.values[column].map { (change.sequence, $0) }
        }
        return given.max { $0 < $1 }.map { String($0.1) } ?? "NULL"
      }
      return "\(id)|\(values[0])|\(values[1])"
    }
  }
}

/// What the tables must hold, from the set of all changes.
private enum ApplyOracle {
  static func latest(_ changes: [KeyChange]) -> [String] {
    let byKey = Dictionary(grouping: changes, by: { $0.id })
    return byKey.keys.sorted().compactMap { id in
      guard let winner = best(byKey[id] ?? []), let value = winner.value else { return nil }
      return "\(id)|\(value)"
    }
  }

  static func history(_ changes: [KeyChange]) -> [String] {
    var result: [String] = []
    let byKey = Dictionary(grouping: changes, by: { $0.id })
    for id in byKey.keys.sorted() {
      let bySequence = Dictionary(grouping: byKey[id] ?? [], by: { $0.sequence })
      var open: (value: Int, from: Int)?
      for sequence in bySequence.keys.sorted() {
        guard let change = best(bySequence[sequence] ?? []) else { continue }
        if let current = open, current.value != change.value {
          result.append("\(id)|\(current.value)|\(current.from)|\(sequence)")
          open = nil
        }
        if let value = change.value, open == nil { open = (value, sequence) }
      }
      if let open { result.append("\(id)|\(open.value)|\(open.from)|NULL") }
    }
    return result
  }

  private static func best(_ changes: [KeyChange]) -> KeyChange? {
    changes.reduce(nil) { best, change in
      guard let best else { return change }
      return change.overrides(best) ? change : best
    }
  }
}

@Suite("APPLY CHANGES")
struct ApplyChangesTests {
  private func apply(
    _ changes: [KeyChange], to table: String, type: Int, _ connection: Connection
  ) throws -> [Int] {
    let rows = changes.map { $0.sql }.joined(separator: ", ")
    let result = try connection.query(
      """
      APPLY CHANGES INTO \(table) FROM (SELECT * FROM (VALUES \(rows)) v(id, value, seq, gone))
      KEYS (id) SEQUENCE BY seq DELETE WHEN gone STORED AS SCD TYPE \(type)
      """)
    return result[0].values.indices.map { result[0].int($0) ?? -1 }
  }

  private func content(_ query: String, _ connection: Connection) throws -> [String] {
    try connection.query(query).map { row in
      row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: "|")
    }
  }

  /// Random changes of few keys with few sequences, so that ties and repetitions abound.
  private func stream(_ random: inout SeededGenerator) -> [KeyChange] {
    (0..<Int.random(in: 1...40, using: &random)).map { _ in
      KeyChange(
        id: Int.random(in: 1...4, using: &random), sequence: Int.random(in: 1...12, using: &random),
        value: Int.random(in: 0...4, using: &random) == 0
          ? nil : Int.random(in: 1...3, using: &random))
    }
  }

  @Test("any order, batching and replay give the same tables", arguments: 0..<12)
  func anyOrder(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let changes = stream(&random)
    for _ in 0..<3 {
      let connection = try Database().connect()
      try connection.execute(
        """
        CREATE BRONZE TABLE kept (id INTEGER PRIMARY KEY, value INTEGER, seq INTEGER);
        CREATE TABLE beside (id INTEGER PRIMARY KEY, value INTEGER);
        CREATE BRONZE TABLE history (id INTEGER, value INTEGER, valid_from INTEGER,
          valid_to INTEGER, PRIMARY KEY (id, valid_from));
        """)
      var pending = changes.shuffled(using: &random)
      var sent: [KeyChange] = []
      while !pending.isEmpty {
        let count = min(pending.count, Int.random(in: 1...15, using: &random))
        // Some of what was sent comes again.
        let replay = sent.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
        let batch = Array(pending.prefix(count)) + replay
        pending.removeFirst(count)
        sent += batch
        for (table, type) in [("kept", 1), ("beside", 1), ("history", 2)] {
          let counts = try apply(batch, to: table, type: type, connection)
          #expect(counts.reduce(0, +) == batch.count, "\(table): \(counts) for \(batch)")
          #expect(counts.allSatisfy { $0 >= 0 }, "\(table): \(counts)")
        }
        #expect(
          try content("SELECT id, value FROM kept ORDER BY id", connection)
            == ApplyOracle.latest(sent))
        #expect(
          try content("SELECT id, value FROM beside ORDER BY id", connection)
            == ApplyOracle.latest(sent))
        #expect(
          try content("SELECT * FROM history ORDER BY id, valid_from", connection)
            == ApplyOracle.history(sent))
      }
    }
  }

  @Test("partial changes and deletes in any order give the same table", arguments: 0..<8)
  func partialChanges(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) + 100)
    let changes = (0..<Int.random(in: 1...40, using: &random)).map { _ in
      PartialChange.random(&random)
    }
    for _ in 0..<2 {
      let connection = try Database().connect()
      try connection.execute(
        """
        CREATE TABLE kept (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, seq INTEGER);
        CREATE TABLE beside (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER);
        """)
      var pending = changes.shuffled(using: &random)
      var sent: [PartialChange] = []
      while !pending.isEmpty {
        let count = min(pending.count, Int.random(in: 1...12, using: &random))
        let batch =
          Array(pending.prefix(count))
          + sent.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
        pending.removeFirst(count)
        sent += batch
        let rows = batch.map { $0.sql }.joined(separator: ", ")
        for table in ["kept", "beside"] {
          let result = try connection.query(
            """
            APPLY CHANGES INTO \(table)
            FROM (SELECT * FROM (VALUES \(rows)) v(id, a, b, seq, gone))
            KEYS (id) IGNORE NULL UPDATES SEQUENCE BY seq DELETE WHEN gone
            """)
          let counts = result[0].values.indices.map { result[0].int($0) ?? -1 }
          #expect(counts.reduce(0, +) == batch.count, "\(table): \(counts)")
          #expect(counts.allSatisfy { $0 >= 0 }, "\(table): \(counts)")
          #expect(
            try content("SELECT id, a, b FROM \(table) ORDER BY id", connection)
              == PartialChange.merged(sent), "\(table) after \(sent)")
        }
      }
    }
  }

  @Test("truncations in any order give the same table", arguments: 0..<8)
  func truncations(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) + 200)
    // Key 0 stands for a truncation.
    let changes = stream(&random).map { change -> KeyChange in
      var change = change
      if Int.random(in: 0...7, using: &random) == 0 { (change.id, change.value) = (0, nil) }
      return change
    }
    for _ in 0..<2 {
      let connection = try Database().connect()
      try connection.execute(
        """
        CREATE TABLE kept (id INTEGER PRIMARY KEY, value INTEGER, seq INTEGER);
        CREATE TABLE beside (id INTEGER PRIMARY KEY, value INTEGER);
        """)
      var pending = changes.shuffled(using: &random)
      var sent: [KeyChange] = []
      while !pending.isEmpty {
        let count = min(pending.count, Int.random(in: 1...12, using: &random))
        let batch =
          Array(pending.prefix(count))
          + sent.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
        pending.removeFirst(count)
        sent += batch
        let rows = batch.map { $0.sql }.joined(separator: ", ")
        let last = sent.filter { $0.id == 0 }.map(\.sequence).max() ?? 0
        for table in ["kept", "beside"] {
          let result = try connection.query(
            """
            APPLY CHANGES INTO \(table)
            FROM (SELECT * FROM (VALUES \(rows)) v(id, value, seq, gone))
            KEYS (id) SEQUENCE BY seq DELETE WHEN gone TRUNCATE WHEN id = 0
            """)
          let counts = result[0].values.indices.map { result[0].int($0) ?? -1 }
          #expect(counts.reduce(0, +) == batch.count, "\(table): \(counts)")
          #expect(
            try content("SELECT id, value FROM \(table) ORDER BY id", connection)
              == ApplyOracle.latest(sent.filter { $0.id != 0 && $0.sequence > last }),
            "\(table) after \(sent)")
        }
      }
    }
  }

  @Test("a replay of everything writes nothing")
  func replay() throws {
    var random = SeededGenerator(seed: 7)
    let connection = try Database().connect()
    try connection.execute(
      """
      CREATE BRONZE TABLE kept (id INTEGER PRIMARY KEY, value INTEGER, seq INTEGER)
        WITH (change_retention = '1 day');
      CREATE BRONZE TABLE history (id INTEGER, value INTEGER, valid_from INTEGER,
        valid_to INTEGER, PRIMARY KEY (id, valid_from));
      """)
    let changes = stream(&random)
    for (table, type) in [("kept", 1), ("history", 2)] {
      _ = try apply(changes, to: table, type: type, connection)
      let commit = try connection.query("SELECT max(commit_id) FROM olap.commits")[0].int(0) ?? 0
      let counts = try apply(changes.shuffled(using: &random), to: table, type: type, connection)
      #expect(counts[0] + counts[1] + counts[5] == 0)
      #expect(
        try connection.query("SELECT count(*) FROM CHANGES(\(table), \(commit))")[0].int(0) == 0)
    }
  }
}
