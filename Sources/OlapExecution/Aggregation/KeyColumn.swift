import Glibc
internal import OlapColumns

/// One key column of a group table: values of all groups in a growing flat layout.
final class KeyColumn {
  let type: SQLType
  private let physical: PhysicalType
  private let itemBytes: Int
  private var capacity = 0
  private(set) var count = 0
  private var memory = Buffer(byteCount: 0)
  private var mask: Buffer?
  private let heap: StringHeap?
  /// LIST and STRUCT keys are kept as vectors, joined when read.
  private var nested: [Vector] = []

  init(type: SQLType) {
    self.type = type
    physical = type.physicalType
    itemBytes = physical.byteCount
    heap = physical == .string ? StringHeap() : nil
  }

  /// Bytes held.
  var byteCount: Int {
    capacity * itemBytes + (mask == nil ? 0 : capacity) + (heap?.byteCount ?? 0)
      + nested.reduce(0) { $0 + $1.byteCount }
  }

  /// Appends rows `rows[0 ..< n]` of a flat vector.
  func append(_ vector: Vector, rows: UnsafePointer<UInt32>, count n: Int) {
    if n == 0 { return }
    if type.isNested {
      nested.append(vector.gathered(rows, count: n))
      count += n
      return
    }
    reserve(count + n)
    appendValidity(vector, rows, n)
    let out = memory.bytes + count * itemBytes
    switch itemBytes {
    case 1:
      KeyColumn.copy(vector.values(UInt8.self), rows, out.assumingMemoryBound(to: UInt8.self), n)
    case 2:
      KeyColumn.copy(vector.values(UInt16.self), rows, out.assumingMemoryBound(to: UInt16.self), n)
    case 4:
      KeyColumn.copy(vector.values(UInt32.self), rows, out.assumingMemoryBound(to: UInt32.self), n)
    case 8:
      KeyColumn.copy(vector.values(UInt64.self), rows, out.assumingMemoryBound(to: UInt64.self), n)
    default:
      if let heap {
        appendStrings(vector, rows, out.assumingMemoryBound(to: StringView.self), n, heap)
      } else {
        KeyColumn.copy(
          vector.values(UInt128.self), rows, out.assumingMemoryBound(to: UInt128.self), n)
      }
    }
    count += n
  }

  private static func copy<T: BitwiseCopyable>(
    _ source: UnsafeMutablePointer<T>, _ rows: UnsafePointer<UInt32>,
    _ out: UnsafeMutablePointer<T>, _ n: Int
  ) {
    for k in 0..<n { out[k] = source[Int(rows[k])] }
  }

  private func appendStrings(
    _ vector: Vector, _ rows: UnsafePointer<UInt32>, _ out: UnsafeMutablePointer<StringView>,
    _ n: Int, _ heap: StringHeap
  ) {
    let views = vector.values(StringView.self)
    for k in 0..<n {
      let row = Int(rows[k])
      out[k] = vector.isValid(row) ? heap.add(views[row]) : .empty
    }
  }

  private func appendValidity(_ vector: Vector, _ rows: UnsafePointer<UInt32>, _ n: Int) {
    guard let validity = vector.validity else {
      if let mask { memset(mask.bytes + count, 1, n) }
      return
    }
    if mask == nil {
      let created = Buffer(byteCount: capacity)
      memset(created.bytes, 1, count)
      mask = created
    }
    guard let mask else { return }
    let out = mask.bytes.assumingMemoryBound(to: UInt8.self) + count
    for k in 0..<n { out[k] = validity[Int(rows[k])] }
  }

  private func reserve(_ total: Int) {
    if total <= capacity { return }
    capacity = Swift.max(total, capacity * 2, 64)
    let grown = Buffer(byteCount: capacity * itemBytes)
    Buffer.copy(memory.bytes, to: grown.bytes, byteCount: count * itemBytes)
    memory = grown
    if let old = mask {
      let wider = Buffer(byteCount: capacity)
      memcpy(wider.bytes, old.bytes, count)
      mask = wider
    }
  }

  /// The keys of all groups so far; valid until more are appended.
  func vector() -> Vector {
    if type.isNested {
      if nested.count > 1 { nested = [Vector.concatenated(nested, type: type)] }
      return nested.first?.flattened() ?? Vector.empty(type)
    }
    return Vector(
      type: type, encoding: .flat, count: count, data: memory.bytes,
      validity: mask?.bytes.assumingMemoryBound(to: UInt8.self),
      owner: KeyOwner(memory, mask, heap))
  }

  /// SAFETY: only keeps memory alive.
  private final class KeyOwner: @unchecked Sendable {
    private let memory: Buffer
    private let mask: Buffer?
    private let heap: StringHeap?
    init(_ memory: Buffer, _ mask: Buffer?, _ heap: StringHeap?) {
      self.memory = memory
      self.mask = mask
      self.heap = heap
    }
  }
}
