internal import CIntrinsics

/// CRC32C over a block's own address and length and then its bytes: a block read from the wrong place,
/// or two exchanged blocks, do not pass.
enum Checksum {
  static func of(_ bytes: UnsafeRawBufferPointer, address: UInt64, salt: UInt64 = 0) -> UInt32 {
    var head: (UInt64, UInt64, UInt64) = (address, UInt64(bytes.count), salt)
    var crc: UInt32 = withUnsafeBytes(of: &head) { olap_crc32c(0, $0.baseAddress, $0.count) }
    if let base = bytes.baseAddress { crc = olap_crc32c(crc, base, bytes.count) }
    return crc
  }
}
