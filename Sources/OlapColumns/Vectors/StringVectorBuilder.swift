import Glibc

/// Builds a flat vector of strings or blobs; the row count is known or a guess.
package final class StringVectorBuilder {
  package let type: SQLType
  package private(set) var count = 0
  package let heap = StringHeap()
  private var capacity: Int
  private var memory: Buffer
  private var mask: Buffer?

  package init(type: SQLType = .varchar, capacity: Int) {
    self.type = type
    self.capacity = Swift.max(capacity, 1)
    memory = Buffer(byteCount: self.capacity * 16)
  }

  /// Appends a copy of the bytes.
  package func append(_ bytes: UnsafeRawBufferPointer) { push(heap.add(bytes)) }

  /// Appends a copy of a Swift string's UTF-8.
  package func append(_ text: String) { push(heap.add(text)) }

  /// Appends a view as it is: its bytes must be in `heap` or in memory that `keep` retains.
  package func append(_ view: StringView) { push(view) }

  /// Appends a copy of what a view shows.
  package func append(copying view: StringView) { push(heap.add(view)) }

  /// Appends NULL.
  package func appendNull() {
    push(.empty)
    let bits: Buffer
    if let mask {
      bits = mask
    } else {
      bits = Buffer(byteCount: capacity)
      memset(bits.bytes, 1, capacity)
      mask = bits
    }
    bits.bytes.storeBytes(of: 0, toByteOffset: count - 1, as: UInt8.self)
  }

  /// Keeps `owner` alive as long as the result.
  package func keep(_ owner: AnyObject?) { retained.append(owner) }
  private var retained: [AnyObject?] = []

  /// The rows so far. The builder is spent afterwards.
  package func finish() -> Vector {
    memory.keep(mask)
    memory.keep(heap)
    for owner in retained { memory.keep(owner) }
    return Vector(
      type: type, encoding: .flat, count: count, data: memory.bytes,
      validity: mask?.bytes.assumingMemoryBound(to: UInt8.self), owner: memory)
  }

  private func push(_ view: StringView) {
    if count == capacity { grow() }
    memory.bytes.storeBytes(of: view, toByteOffset: count * 16, as: StringView.self)
    mask?.bytes.storeBytes(of: 1, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  private func grow() {
    capacity *= 2
    let grown = Buffer(byteCount: capacity * 16)
    memcpy(grown.bytes, memory.bytes, count * 16)
    memory = grown
    if let old = mask {
      let wider = Buffer(byteCount: capacity)
      memset(wider.bytes, 1, capacity)
      memcpy(wider.bytes, old.bytes, count)
      mask = wider
    }
  }
}
