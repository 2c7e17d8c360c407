import OlapCatalog
import OlapColumns
import OlapStorage
import OlapTestSupport

/// A database with one table `t (id BIGINT PRIMARY KEY, name VARCHAR, amount DECIMAL(15,2))`.
struct StorageFixture {
  let storage: Storage
  var table: EntryID

  static let types: [SQLType] = [.bigint, .varchar, .decimal(precision: 15, scale: 2)]

  init(
    path: String?, fileSystem: any FileSystem, walLimit: Int = 16 << 20, rows: Int = 4096,
    memoryLimit: Int = 1 << 28
  ) throws {
    storage = try Storage.open(
      path: path,
      options: StorageOptions(
        memoryLimit: memoryLimit, checkpointWALByteCount: walLimit, rowGroupRowCount: rows),
      fileSystem: fileSystem)
    table = 0
    if case .table(let known)? = storage.snapshot().catalog.lookup(
      .relation, schema: "main", name: "t")
    {
      table = known.id
    }
  }

  mutating func createTable() throws {
    let write = try storage.beginWrite(timeoutMilliseconds: 1000)
    var catalog = write.catalog
    let id = catalog.allocateID()
    var entry = TableEntry(
      id: id, schema: "main", name: "t",
      columns: [
        ColumnDefinition(name: "id", type: Self.types[0]),
        ColumnDefinition(name: "name", type: Self.types[1]),
        ColumnDefinition(name: "amount", type: Self.types[2]),
      ])
    entry.keys = [KeyConstraint(name: nil, columns: [0], isPrimary: true)]
    catalog.put(.table(entry))
    write.catalog = catalog
    _ = try write.commit()
    table = id
  }

  static func chunk(_ ids: [Int64], tag: Int) -> Chunk {
    let id = VectorBuilder(type: types[0])
    let name = VectorBuilder(type: types[1])
    let amount = VectorBuilder(type: types[2])
    for i in ids {
      id.append(.integer(i))
      i % 7 == 0 ? name.appendNull() : name.append(.varchar("row \(i) of \(tag), long enough"))
      amount.append(.decimal(Int128(i) * 25 + Int128(tag), scale: 2))
    }
    return Chunk(columns: [id.finish(), name.finish(), amount.finish()], count: ids.count)
  }

  /// What `chunk` gives for one id.
  static func row(_ id: Int64, tag: Int) -> [Value] {
    chunk([id], tag: tag).columns.map { $0.value(at: 0) }
  }

  /// All visible rows by id.
  static func contents(_ snapshot: Snapshot, _ table: EntryID) throws -> [Int64: [Value]] {
    var rows: [Int64: [Value]] = [:]
    for group in snapshot.table(table).rowGroups {
      let scanner = group.scan(columns: [0, 1, 2], predicates: [], withRowIDs: false)
      while let chunk = try scanner.next() {
        for i in 0..<chunk.count {
          guard case .integer(let id) = chunk.columns[0].value(at: i) else { continue }
          rows[id] = chunk.columns.map { $0.value(at: i) }
        }
      }
    }
    return rows
  }

  /// Row ids of keys; -1 where there is none.
  static func probe(_ snapshot: Snapshot, _ table: EntryID, _ ids: [Int64]) throws -> [RowID] {
    let keys = VectorBuilder(type: .bigint)
    for id in ids { keys.append(.integer(id)) }
    var result = [RowID](repeating: 0, count: ids.count)
    try snapshot.table(table).probe(
      key: 0, vectors: [keys.finish()], count: ids.count, into: &result)
    return result
  }
}
