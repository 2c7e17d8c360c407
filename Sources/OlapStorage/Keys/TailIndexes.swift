internal import OlapColumns
import Synchronization

/// Hash maps of a tail's keys, shared by the tail's versions and built when first probed.
///
/// Rows are only ever added behind the ones there; a version ignores rows beyond its own count.
/// Rolling back truncates. The map finds candidates; the caller compares the key values.
final class TailIndexes: Sendable {
  private struct Map {
    /// 1 + the newest row of each bucket; 0 = empty.
    var heads: [UInt32]
    /// 1 + the row before it in the same bucket.
    var next: [UInt32]
    var hashes: [UInt64]
    var rowCount: Int { next.count }
  }
  private let maps = Mutex<[[UInt32]: Map]>([:])

  /// Forgets rows from `rowCount` on.
  func truncate(to rowCount: Int) {
    maps.withLock { maps in
      for (key, map) in maps where map.rowCount > rowCount { maps[key] = nil }
    }
  }

  /// Appends (probe row, tail row) for each tail row of `tail` whose key hash equals the probe row's.
  func candidates(
    tail: Tail, keyIDs: [UInt32], types: [SQLType], fills: [UInt32: ColumnFill],
    hashes: UnsafePointer<UInt64>, probeRows: [UInt32],
    into result: inout (probe: [UInt32], row: [UInt32])
  ) {
    maps.withLock { maps in
      var map: Map =
        maps.removeValue(forKey: keyIDs)
        ?? Map(heads: [UInt32](repeating: 0, count: 1024), next: [], hashes: [])
      TailIndexes.extend(&map, tail, keyIDs, types, fills)
      let mask: Int = map.heads.count - 1
      let limit: Int = tail.rowCount
      for probe in probeRows {
        let hash: UInt64 = hashes[Int(probe)]
        var link: UInt32 = map.heads[Int(truncatingIfNeeded: hash) & mask]
        while link != 0 {
          let row = Int(link - 1)
          if row < limit && map.hashes[row] == hash {
            result.probe.append(probe)
            result.row.append(UInt32(row))
          }
          link = map.next[row]
        }
      }
      maps[keyIDs] = map
    }
  }

  private static func extend(
    _ map: inout Map, _ tail: Tail, _ keyIDs: [UInt32], _ types: [SQLType],
    _ fills: [UInt32: ColumnFill]
  ) {
    if map.rowCount >= tail.rowCount { return }
    var size: Int = map.heads.count
    while size < tail.rowCount * 2 { size *= 2 }
    if size != map.heads.count {
      map.heads = [UInt32](repeating: 0, count: size)
      for row in 0..<map.rowCount { link(&map, row) }
    }
    var piece: Int = tail.pieceIndex(ofRow: map.rowCount)
    while piece < tail.pieces.count {
      let rows: TailPiece = tail.pieces[piece]
      let vectors: [Vector] = keyIDs.enumerated().map { index, id in
        rows.column(id) ?? ColumnFill.vector(fills[id], type: types[index], count: rows.count)
      }
      var hashes = [UInt64](repeating: 0, count: rows.count)
      hashes.withUnsafeMutableBufferPointer { out in
        if let out = out.baseAddress { Hash.hash(vectors, count: rows.count, into: out) }
      }
      let known: Int = map.rowCount - tail.firstRows[piece]
      for i in known..<rows.count {
        map.hashes.append(hashes[i])
        map.next.append(0)
        link(&map, map.next.count - 1)
      }
      piece += 1
    }
  }

  private static func link(_ map: inout Map, _ row: Int) {
    let slot: Int = Int(truncatingIfNeeded: map.hashes[row]) & (map.heads.count - 1)
    map.next[row] = map.heads[slot]
    map.heads[slot] = UInt32(row + 1)
  }
}
