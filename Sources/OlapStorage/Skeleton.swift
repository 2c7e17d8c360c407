package import OlapCatalog
// Signatures of the storage interface; the implementation deletes this file.
package import OlapColumns

package typealias CSN = UInt64
package typealias RowID = Int64
package struct StorageOptions: Sendable {
  package var memoryLimit: Int = 1 << 30
  package var isReadOnly = false
  package var checkpointWALByteCount = 16 << 20
  package var rowGroupRowCount: Int = 131_072
  package var threads: Int = 2
  package init() {}
}
package struct ZoneMap: Sendable {
  package var minimum: Value?
  package var maximum: Value?
  package var nullCount: Int
}
package final class Storage: Sendable {
  package let budget: MemoryBudget = MemoryBudget(limit: 1 << 30)
  package func snapshot() -> Snapshot { Snapshot() }
  package static func open(path: String?, options: StorageOptions) throws -> Storage { Storage() }
  package func beginWrite(timeoutMilliseconds: Int?) throws -> WriteTransaction {
    WriteTransaction()
  }
  init() {}
}
package final class Snapshot: Sendable {
  package init() {}
  package let csn: CSN = 0
  package let catalog = CatalogSnapshot()
  package func table(_ id: EntryID) -> TableSnapshot { TableSnapshot() }
}
package final class TableSnapshot: Sendable {
  init() {}
  package let entry: TableEntry = TableEntry(id: 0, schema: "", name: "", columns: [])
  package let rowGroups: [RowGroupSnapshot] = []
  package var rowCount: Int { 0 }
  package func fetch(columns: [Int], rowIDs: UnsafePointer<RowID>, count: Int) throws -> [Vector] {
    []
  }
  package func probe(key: Int, vectors: [Vector], count: Int, into: UnsafeMutablePointer<RowID>)
    throws
  {}
}
package final class RowGroupSnapshot: Sendable {
  package let id: UInt64 = 0
  package let rowCount: Int = 0
  package let deletedCount: Int = 0
  package func zoneMap(column: Int) -> ZoneMap? { nil }
  package func scan(columns: [Int], predicates: [ScanPredicate], withRowIDs: Bool)
    -> RowGroupScanner
  { RowGroupScanner() }
}
package final class RowGroupScanner {
  package func next() throws -> Chunk? { nil }
  package var prunedZones: Int = 0
  package var scannedRows: Int = 0
}
package final class WriteTransaction: @unchecked Sendable {
  package var snapshot: Snapshot { Snapshot() }
  package var catalog: CatalogSnapshot = CatalogSnapshot()
  package func append(table: EntryID, _ chunk: Chunk) throws {}
  package func makeAppender(table: EntryID) throws -> TableAppender { TableAppender() }
  package func delete(table: EntryID, rowIDs: UnsafePointer<RowID>, count: Int) throws {}
  package func commit() throws -> CSN { 0 }
}
package final class TableAppender {
  package func append(_ chunk: Chunk) throws {}
  package func finish() throws {}
}
extension Storage {
  package func changes(table: EntryID, from: CSN, to: Snapshot, columns: [Int]) throws -> ChangeFeed
  { ChangeFeed() }
}
package final class ChangeFeed {
  package func next() throws -> (chunk: Chunk, isInsert: Bool)? { nil }
  package var insertedCount = 0
  package var deletedCount = 0
}
