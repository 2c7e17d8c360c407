internal import OlapCatalog

/// The frame around one commit's records, and the log's own header.
///
/// ```
///  0            8          16           20          24        32
///  ┌────────────┬───────────┬────────────┬───────────┬─────────┐
///  │ "OLAPWAL1" │ salt   8B │ version 4B │ crc    4B │ zero 8B │   log header
///  └────────────┴───────────┴────────────┴───────────┴─────────┘
///  0          4               8            16       24          32            36        40
///  ┌──────────┬───────────────┬─────────────┬────────┬───────────┬─────────────┬─────────┬─────────┐
///  │ "OWAL"   │ header crc 4B │ length   8B │ csn 8B │ synced 8B │ payload crc │ zero 4B │ payload │
///  └──────────┴───────────────┴─────────────┴────────┴───────────┴─────────────┴─────────┴─────────┘
/// ```
/// Little-endian; frames start at multiples of 8. Both checksums cover the frame's position and the
/// log's salt, so a frame of an earlier life, or one in the wrong place, does not pass. `synced` is how
/// far the log was durable when the frame was written: a valid frame behind a bad one proves damage
/// only when it knows the bad one to have been durable.
struct LogFrame {
  static let magic: UInt32 = 0x4c41_574f
  static let headerByteCount = 40
  static let logHeaderByteCount = 32
  static let logMagic: UInt64 = 0x314c_4157_5041_4c4f
  static let version: UInt32 = 1

  var position: Int
  var byteCount: Int
  var csn: CSN
  var synced: Int
  var payload: [UInt8]

  /// Position of the next frame.
  var end: Int { (position + LogFrame.headerByteCount + byteCount + 7) & ~7 }

  static func logHeader(salt: UInt64) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(logMagic)
    writer.write(salt)
    writer.write(version)
    let crc: UInt32 = writer.bytes.withUnsafeBytes { Checksum.of($0, address: 0, salt: salt) }
    writer.write(crc)
    writer.write(UInt64(0))
    return writer.bytes
  }

  /// The salt of a valid log header.
  static func salt(ofLogHeader bytes: [UInt8]) -> UInt64? {
    guard bytes.count >= logHeaderByteCount else { return nil }
    var reader = ByteReader(bytes)
    guard (try? reader.uint64()) == logMagic, let salt = try? reader.uint64(),
      logHeader(salt: salt) == Array(bytes[0..<logHeaderByteCount])
    else { return nil }
    return salt
  }

  /// A frame's bytes, padded to a multiple of 8.
  static func encode(
    _ payload: [UInt8], csn: CSN, position: Int, synced: Int, salt: UInt64
  ) -> [UInt8] {
    var fields = ByteWriter()
    fields.write(UInt64(payload.count))
    fields.write(csn)
    fields.write(UInt64(synced))
    fields.write(
      payload.withUnsafeBytes { Checksum.of($0, address: UInt64(position), salt: salt) })
    fields.write(UInt32(0))
    var frame = ByteWriter()
    frame.bytes.reserveCapacity(headerByteCount + payload.count + 8)
    frame.write(magic)
    frame.write(
      fields.bytes.withUnsafeBytes { Checksum.of($0, address: UInt64(position), salt: salt) })
    frame.bytes += fields.bytes
    frame.bytes += payload
    while frame.bytes.count % 8 != 0 { frame.bytes.append(0) }
    return frame.bytes
  }

  /// The frame at `position` of the log's bytes, if it is whole.
  static func decode(_ log: UnsafeRawBufferPointer, at position: Int, salt: UInt64) -> LogFrame? {
    guard position >= 0, position + headerByteCount <= log.count,
      log.loadUnaligned(fromByteOffset: position, as: UInt32.self) == magic
    else { return nil }
    let fields = UnsafeRawBufferPointer(rebasing: log[(position + 8)..<(position + 40)])
    guard
      Checksum.of(fields, address: UInt64(position), salt: salt)
        == log.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self)
    else { return nil }
    let length: UInt64 = fields.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
    guard length <= UInt64(log.count - position - headerByteCount) else { return nil }
    let start: Int = position + headerByteCount
    let payload = UnsafeRawBufferPointer(rebasing: log[start..<(start + Int(length))])
    guard
      Checksum.of(payload, address: UInt64(position), salt: salt)
        == fields.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
    else { return nil }
    return LogFrame(
      position: position, byteCount: Int(length),
      csn: fields.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      synced: Int(truncatingIfNeeded: fields.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
      payload: Array(payload))
  }
}
