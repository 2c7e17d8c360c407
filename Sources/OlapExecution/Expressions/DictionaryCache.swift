internal import OlapColumns
import Synchronization

/// Results of a one-argument function over the entries of recently seen dictionaries.
///
/// A dictionary serves all vectors of a row group, so the function runs once per entry and row group.
final class DictionaryCache: Sendable {
  private struct Entry {
    let dictionary: Vector
    /// Nil: the function failed on some entry, which the rows at hand may not even use.
    let result: Vector?
  }
  private let entries: Mutex<[Entry]> = Mutex([])
  private static let capacity = 8

  /// The function's result for a dictionary vector, or nil when it does not pay or an entry fails.
  func apply(to vector: Vector, _ body: (Vector) throws -> Vector) -> Vector? {
    guard vector.encoding == .dictionary, let dictionary = vector.dictionary,
      dictionary.count <= 4 * VectorSize.current
    else { return nil }
    let known = entries.withLock { all in all.first { $0.dictionary === dictionary } }
    let result: Vector?
    if let known {
      result = known.result
    } else {
      result = try? body(dictionary)
      let entry = Entry(dictionary: dictionary, result: result)
      entries.withLock { all in
        if all.count == DictionaryCache.capacity { all.removeFirst() }
        all.append(entry)
      }
    }
    guard let result else { return nil }
    return DictionaryCache.rows(of: vector, through: result)
  }

  /// `result` per dictionary entry, spread to the rows of `vector`.
  private static func rows(of vector: Vector, through result: Vector) -> Vector {
    let count = vector.count
    if result.encoding == .flat && result.validity == nil && !result.type.isNested
      && result.physical != .bool
    {
      return Vector(
        type: result.type, encoding: .dictionary, count: count, data: vector.data,
        validity: vector.validity, owner: vector.owner, codeByteCount: vector.codeByteCount,
        dictionary: result)
    }
    let codes = Selection(capacity: count)
    vector.copyCodes(to: codes.indexes)
    let rows = result.gathered(codes.indexes, count: count)
    guard let validity = vector.validity else { return rows }
    let flat = rows.flattened()
    let merged = Buffer(byteCount: count)
    let mask = merged.bytes.assumingMemoryBound(to: UInt8.self)
    if let own = flat.validity {
      for i in 0..<count { mask[i] = own[i] & validity[i] }
    } else {
      for i in 0..<count { mask[i] = validity[i] }
    }
    return flat.withValidity(mask, owner: merged)
  }
}

extension Vector {
  /// Codes of a dictionary or frame vector widened to UInt32; `out` has room for `count`.
  func copyCodes(to out: UnsafeMutablePointer<UInt32>) {
    switch codeByteCount {
    case 1: Vector.widen(values(UInt8.self), out, count)
    case 2: Vector.widen(values(UInt16.self), out, count)
    default: Vector.widen(values(UInt32.self), out, count)
    }
  }

  private static func widen<Code: FixedWidthInteger>(
    _ codes: UnsafeMutablePointer<Code>, _ out: UnsafeMutablePointer<UInt32>, _ count: Int
  ) {
    for i in 0..<count { out[i] = UInt32(truncatingIfNeeded: codes[i]) }
  }
}
