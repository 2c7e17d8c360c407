import OlapColumns

/// One state of fixed size per group, in memory that grows by doubling.
///
/// SAFETY: owned by one accumulator, used by one thread at a time; pointers are taken anew after
/// every `reserve`.
final class GroupArray<State: BitwiseCopyable> {
  private(set) var pointer: UnsafeMutablePointer<State>
  private(set) var count = 0
  private var capacity: Int
  private let initial: State

  init(initial: State) {
    self.initial = initial
    capacity = 4
    pointer = .allocate(capacity: 4)
  }

  deinit { pointer.deallocate() }

  var byteCount: Int { capacity * MemoryLayout<State>.stride }

  /// Makes groups up to `groupCount` exist.
  func reserve(_ groupCount: Int) {
    if groupCount <= count { return }
    if groupCount > capacity {
      let wider: Int = Swift.max(capacity * 2, groupCount)
      let grown = UnsafeMutablePointer<State>.allocate(capacity: wider)
      grown.update(from: pointer, count: count)
      pointer.deallocate()
      pointer = grown
      capacity = wider
    }
    (pointer + count).initialize(repeating: initial, count: groupCount - count)
    count = groupCount
  }
}

extension Vector {
  /// Row `i`'s position in `data` for flat and constant vectors.
  @inline(__always) var rowStep: Int { encoding == .constant ? 0 : 1 }

  /// Flat, or constant as it is: what accumulators read row by row.
  var flatOrConstant: Vector { encoding == .constant ? self : flattened() }
}
