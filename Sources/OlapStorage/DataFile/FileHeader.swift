internal import OlapCatalog

/// One of the two header slots; the valid one with the higher sequence names the database's state.
///
/// ```
///  0          8          12        16            24         32          40           48
///  ┌──────────┬──────────┬─────────┬─────────────┬──────────┬───────────┬────────────┬──────────┐
///  │"OLAPDB\r\n│ version 4│ zero  4 │ sequence  8 │ csn    8 │ page    8 │ pages    8 │ length 8 │
///  └──────────┴──────────┴─────────┴─────────────┴──────────┴───────────┴────────────┴──────────┘
///  56           64             72        76
///  ├────────────┬──────────────┬─────────┤
///  │ raw len  8 │ file pages 8 │manifest │ crc 4 over the slot's address and bytes 0…75
///  │            │              │ crc   4 │
///  └────────────┴──────────────┴─────────┘
/// ```
/// The sequence is also the salt of the log that continues this state.
struct FileHeader: Sendable, Equatable {
  static let magic: UInt64 = 0x0a0d_4244_5041_4c4f
  static let version: UInt32 = 1
  static let byteCount = 80

  var sequence: UInt64
  var csn: CSN
  var manifest: Extent
  /// Stored (compressed) bytes of the manifest, and bytes after decompression.
  var manifestByteCount: Int
  var manifestRawByteCount: Int
  var filePageCount: Int
  var manifestChecksum: UInt32

  func encode(slot: Int) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(FileHeader.magic)
    writer.write(FileHeader.version)
    writer.write(UInt32(0))
    writer.write(sequence)
    writer.write(csn)
    for number in [
      manifest.page, manifest.pageCount, manifestByteCount, manifestRawByteCount, filePageCount,
    ] {
      writer.write(UInt64(number))
    }
    writer.write(manifestChecksum)
    let address = UInt64(slot * DataFile.pageByteCount)
    writer.write(writer.bytes.withUnsafeBytes { Checksum.of($0, address: address) })
    return writer.bytes
  }

  enum Slot {
    case valid(FileHeader)
    case empty
    case damaged
    case version(UInt32)
    case foreign
  }

  static func decode(_ bytes: [UInt8], slot: Int) -> Slot {
    if bytes.allSatisfy({ $0 == 0 }) { return .empty }
    guard bytes.count >= byteCount else { return .foreign }
    var reader = ByteReader(bytes)
    do {
      guard try reader.uint64() == magic else { return .foreign }
      let found: UInt32 = try reader.uint32()
      _ = try reader.uint32()
      let sequence: UInt64 = try reader.uint64()
      let csn: CSN = try reader.uint64()
      var numbers: [Int] = []
      for _ in 0..<5 { numbers.append(Int(truncatingIfNeeded: try reader.uint64())) }
      let checksum: UInt32 = try reader.uint32()
      let crc: UInt32 = try reader.uint32()
      let own: UInt32 = Array(bytes[0..<76]).withUnsafeBytes {
        Checksum.of($0, address: UInt64(slot * DataFile.pageByteCount))
      }
      guard own == crc else { return .damaged }
      if found != version { return .version(found) }
      return .valid(
        FileHeader(
          sequence: sequence, csn: csn, manifest: Extent(page: numbers[0], pageCount: numbers[1]),
          manifestByteCount: numbers[2], manifestRawByteCount: numbers[3],
          filePageCount: numbers[4], manifestChecksum: checksum))
    } catch {
      return .damaged
    }
  }
}
