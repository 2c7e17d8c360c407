import Glibc

/// Keys and builders of a structure's fields.
final class JSONFieldTable {
  let count: Int
  let builders: UnsafeMutablePointer<Unmanaged<JSONColumnBuilder>>
  let keyLengths: UnsafeMutablePointer<Int>
  private let keys: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>

  /// The builders live as long as their parent, which holds this table.
  init(_ children: [JSONColumnBuilder], _ node: JSONNode) {
    count = children.count
    builders = .allocate(capacity: count)
    keyLengths = .allocate(capacity: count)
    keys = .allocate(capacity: count)
    for (index, child) in children.enumerated() {
      let key = node.fields[index].key
      (builders + index).initialize(to: .passUnretained(child))
      // Keys that need escapes are never equal letter by letter.
      let isPlain = !key.contains(UInt8(ascii: "\"")) && !key.contains(UInt8(ascii: "\\"))
      keyLengths[index] = isPlain ? key.count : .max
      keys[index] = .allocate(capacity: max(1, key.count))
      key.withUnsafeBufferPointer { bytes in
        if let base = bytes.baseAddress { keys[index].update(from: base, count: bytes.count) }
      }
    }
  }

  deinit {
    for index in 0..<count { keys[index].deallocate() }
    keys.deallocate()
    keyLengths.deallocate()
    builders.deallocate()
  }

  /// Whether the string that begins at `start` is the field's key, letter by letter.
  @inline(__always)
  func isKey(_ index: Int, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    guard index < count else { return false }
    let length = keyLengths[index]
    return end - start > length && start[length] == UInt8(ascii: "\"")
      && memcmp(keys[index], start, length) == 0
  }
}
