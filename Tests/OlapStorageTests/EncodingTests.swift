import OlapCatalog
import OlapColumns
import OlapTestSupport
import Testing

@testable import OlapStorage

@Suite("Encodings") struct EncodingTests {
  enum Shape: CaseIterable { case constant, few, sorted, runs, narrow, stepped, wide, decimals }
  enum Nulls: CaseIterable { case none, some, most, all }

  static let types: [SQLType] = [
    .boolean, .tinyint, .smallint, .integer, .bigint, .hugeint, .utinyint, .usmallint, .uinteger,
    .ubigint, .uhugeint, .real, .double, .decimal(precision: 15, scale: 2),
    .decimal(precision: 38, scale: 4), .varchar, .blob, .date, .time, .timestamp, .timestampTZ,
    .interval, .uuid, .list(.integer), .structure([StructField(name: "a", type: .varchar)]),
    .map(key: .varchar, value: .double),
  ]

  static func integer(_ shape: Shape, _ i: Int, _ random: inout SeededGenerator) -> Int64 {
    switch shape {
    case .constant: 42
    case .few: Int64(random.below(5)) * 1_000_003 - 7
    case .sorted: Int64(i) * 3 + Int64(random.below(3))
    case .runs: Int64(i / 700)
    case .narrow: Int64(random.below(200)) - 100
    case .stepped: Int64(random.below(60_000)) * 1000 + 17
    case .wide: Int64(truncatingIfNeeded: random.next())
    case .decimals: Int64(random.below(1_000_000_000))
    }
  }

  static func value(_ type: SQLType, _ n: Int64, _ shape: Shape) -> Value {
    switch type {
    case .boolean: .boolean(n & 1 == 0)
    case .tinyint: .integer(Int64(Int8(truncatingIfNeeded: n)))
    case .smallint: .integer(Int64(Int16(truncatingIfNeeded: n)))
    case .integer: .integer(Int64(Int32(truncatingIfNeeded: n)))
    case .utinyint: .integer(Int64(UInt8(truncatingIfNeeded: n)))
    case .usmallint: .integer(Int64(UInt16(truncatingIfNeeded: n)))
    case .uinteger: .integer(Int64(UInt32(truncatingIfNeeded: n)))
    case .bigint: .integer(n)
    case .hugeint: .hugeint(Int128(n) * 1_000_000_007)
    case .ubigint: .hugeint(Int128(UInt64(bitPattern: n)))
    case .uhugeint, .uuid: .unsigned(UInt128(UInt64(bitPattern: n)) << 40)
    case .real: .real(Float(n) / 8)
    case .double: .double(shape == .wide ? Double(n) / 3 : Double(n) / 100)
    case .decimal(let precision, let scale):
      .decimal(precision > 18 ? Int128(n) * 1000 : Int128(n % 1_000_000_000_000), scale: scale)
    case .varchar: .varchar(n % 11 == 0 ? "" : "text \(n) — ünïcode, longer than twelve")
    case .blob: .blob([0, 255, UInt8(truncatingIfNeeded: n), 128])
    case .date: .date(Int32(truncatingIfNeeded: n))
    case .time: .time(n)
    case .timestamp: .timestamp(n)
    case .timestampTZ: .timestampTZ(n)
    case .interval:
      .interval(Interval(months: Int32(truncatingIfNeeded: n), days: 3, microseconds: n))
    case .list:
      .list(
        (0..<abs(n % 4)).map {
          $0 == 2 ? .null : .integer(Int64(Int32(truncatingIfNeeded: n &+ $0)))
        })
    case .structure: .structure([n % 5 == 0 ? .null : .varchar("field \(n)")])
    case .map: .map((0..<abs(n % 3)).map { (key: .varchar("k\($0)"), value: .double(Double(n))) })
    default: .null
    }
  }

  static func vector(
    _ type: SQLType, _ shape: Shape, _ nulls: Nulls, count: Int, seed: UInt64
  ) -> Vector {
    var random = SeededGenerator(seed: seed)
    let builder = VectorBuilder(type: type, capacity: count)
    for i in 0..<count {
      let n = integer(shape, i, &random)
      let isNull: Bool =
        switch nulls {
        case .none: false
        case .some: random.below(10) == 0
        case .most: random.below(10) != 0
        case .all: true
        }
      isNull ? builder.appendNull() : builder.append(value(type, n, shape))
    }
    return builder.finish()
  }

  @Test("every type in every shape and NULL pattern reads back as written, in memory and on disk")
  func roundTrip() throws {
    var seen: Set<String> = []
    let disk = FaultyFileSystem()
    let handle = try disk.open("/x", mode: .createOrReadWrite)
    let file = DataFile(file: handle, allocator: PageAllocator(pageCount: 2))
    let pool = BufferPool(budget: MemoryBudget(limit: 1 << 30))
    for type in Self.types {
      for shape in Shape.allCases {
        for nulls in Nulls.allCases {
          let count = shape == .runs ? 5000 : 2500
          let source = Self.vector(type, shape, nulls, count: count, seed: 7)
          let writer = RowGroupWriter(
            id: 1, rowCount: count, columnIDs: [3], keys: [[3]],
            runs: [CommitRun(csn: 1, endRow: count)], pool: pool)
          for group in [try writer.makeResident([source]), try writer.write([source], to: file)] {
            let segment = try #require(try group.segment(3))
            seen.insert(segment.header.encoding.name)
            let data = try segment.load()
            let all: [Value] = source.boxedValues
            #expect(data.whole.boxedValues == all, "\(type) \(shape) \(nulls)")
            let rows: [UInt32] = [0, 5, 2047, 2048, 2499, 1]
            #expect(
              data.gathered(rows, count: rows.count).boxedValues == rows.map { all[Int($0)] })
            #expect(data.slice(2048..<2400).boxedValues == Array(all[2048..<2400]))
            #expect(segment.header.nullCount == all.count { $0.isNull })
          }
        }
      }
    }
    #expect(
      seen == [
        "constant", "frame", "delta", "runs", "dictionary", "scaled", "plain", "text", "nested",
      ])
  }

  @Test("a damaged bit in a row group is noticed")
  func bitFlips() throws {
    let disk = FaultyFileSystem()
    let handle = try disk.open("/x", mode: .createOrReadWrite)
    let file = DataFile(file: handle, allocator: PageAllocator(pageCount: 2))
    let pool = BufferPool(budget: MemoryBudget(limit: 1 << 30))
    let columns = [
      Self.vector(.varchar, .few, .some, count: 2500, seed: 1),
      Self.vector(.bigint, .stepped, .none, count: 2500, seed: 2),
      Self.vector(.double, .decimals, .none, count: 2500, seed: 3),
    ]
    let writer = RowGroupWriter(
      id: 1, rowCount: 2500, columnIDs: [0, 1, 2], keys: [],
      runs: [CommitRun(csn: 1, endRow: 2500)], pool: pool)
    let group = try writer.write(columns, to: file)
    let address = try #require(group.address)
    let expected = columns.map { $0.boxedValues }
    let used = address.footerOffset + address.footerByteCount
    var noticed = 0
    for offset in stride(from: 0, to: used, by: 97) {
      let position = address.extent.byteOffset + offset
      disk.flipBit("/x", byteOffset: position, bit: offset % 8)
      do {
        let again = RowGroup(
          id: 1, rowCount: 2500, address: address,
          lease: ExtentLease(
            file: DataFile(file: handle, allocator: PageAllocator(pageCount: 1 << 20)),
            extent: address.extent), pool: pool)
        for column in 0..<3 {
          let values = try #require(try again.segment(UInt32(column))).load().whole.boxedValues
          #expect(values == expected[column])
        }
      } catch is StorageError {
        noticed += 1
      }
      disk.flipBit("/x", byteOffset: position, bit: offset % 8)
    }
    // Only the padding between streams may go unnoticed.
    #expect(noticed > used / 97 * 9 / 10)
  }
}
