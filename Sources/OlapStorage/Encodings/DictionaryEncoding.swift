import Glibc
internal import OlapColumns

/// Sorted distinct values and codes into them.
enum DictionaryEncoding {
  private static let distinctMax = 65_536
  private static let sampleRowCount = 4096

  /// A dictionary of fixed-size values (8 or 16 bytes, or 4) when that is smaller than codes or
  /// values of `codeLimit` bytes a row; nil when it is not.
  static func fixed(
    _ vector: Vector, _ header: SegmentHeader, codeLimit: Int
  ) -> EncodedSegment? {
    switch vector.physical.byteCount {
    case 4: fixed(vector, header, codeLimit, UInt32.self)
    case 8: fixed(vector, header, codeLimit, UInt64.self)
    case 16: fixed(vector, header, Swift.max(codeLimit, 16), UInt128.self)
    default: nil
    }
  }

  private static func fixed<T: FixedWidthInteger & BitwiseCopyable & Hashable>(
    _ vector: Vector, _ header: SegmentHeader, _ rowBytes: Int, _: T.Type
  ) -> EncodedSegment? {
    let n: Int = vector.count
    let values = vector.values(T.self)
    let validity = vector.validity
    var entryOf: [T: Int32] = [:]
    var firstRows: [Int] = []
    var codes = [UInt32](repeating: 0, count: n)
    for i in 0..<n {
      if let validity, validity[i] == 0 { continue }
      if let known = entryOf[values[i]] {
        codes[i] = UInt32(known)
        continue
      }
      let code: Int = firstRows.count
      if code >= distinctMax || (i < sampleRowCount && code >= 512 && code > i / 4) { return nil }
      if code >= 64 && i >= sampleRowCount && code > i / 8 { return nil }
      entryOf[values[i]] = Int32(code)
      codes[i] = UInt32(code)
      firstRows.append(i)
    }
    let count: Int = firstRows.count
    let size: Int = count <= 256 ? 1 : 2
    let valueBytes: Int = vector.physical.byteCount
    if n * size + count * valueBytes >= n * rowBytes * 4 / 5 { return nil }
    let order: [Int] = (0..<count).sorted { a, b in
      Compare.order(vector, firstRows[a], vector, firstRows[b]) < 0
    }
    let entries = Buffer(byteCount: count * valueBytes)
    let out = entries.bytes.assumingMemoryBound(to: T.self)
    for (position, entry) in order.enumerated() { out[position] = values[firstRows[entry]] }
    let stream = RawStream(
      kind: .values, transform: .planes, itemByteCount: valueBytes, buffer: entries,
      byteCount: count * valueBytes)
    return finish(vector, header, codes, order, size, [stream])
  }

  /// A dictionary of strings when it is smaller than the text itself.
  static func text(_ vector: Vector, _ header: SegmentHeader, textBytes: Int) -> EncodedSegment? {
    let n: Int = vector.count
    let views = vector.values(StringView.self)
    let validity = vector.validity
    var hashes = [UInt64](repeating: 0, count: Swift.min(n, sampleRowCount))
    var slots = [UInt32](repeating: 0, count: 1024)
    var slotMask: Int = slots.count - 1
    var entries: [StringView] = []
    var entryHashes: [UInt64] = []
    var firstRows: [Int] = []
    var codes = [UInt32](repeating: 0, count: n)
    var start = 0
    while start < n {
      let count: Int = Swift.min(sampleRowCount, n - start)
      let slice: Vector = vector.sliced(start..<(start + count))
      hashes.withUnsafeMutableBufferPointer { out in
        if let out = out.baseAddress { Hash.hash([slice], count: count, into: out) }
      }
      for i in 0..<count {
        let row: Int = start + i
        if let validity, validity[row] == 0 { continue }
        let view: StringView = views[row]
        let hash: UInt64 = hashes[i]
        var slot: Int = Int(truncatingIfNeeded: hash) & slotMask
        var code = -1
        while slots[slot] != 0 {
          let entry = Int(slots[slot] - 1)
          if entryHashes[entry] == hash && entries[entry] == view {
            code = entry
            break
          }
          slot = (slot + 1) & slotMask
        }
        if code < 0 {
          code = entries.count
          if code >= distinctMax { return nil }
          entries.append(view)
          entryHashes.append(hash)
          firstRows.append(row)
          slots[slot] = UInt32(code + 1)
          if entries.count * 2 > slots.count {
            slots = [UInt32](repeating: 0, count: slots.count * 4)
            slotMask = slots.count - 1
            for (entry, hash) in entryHashes.enumerated() {
              var slot: Int = Int(truncatingIfNeeded: hash) & slotMask
              while slots[slot] != 0 { slot = (slot + 1) & slotMask }
              slots[slot] = UInt32(entry + 1)
            }
          }
        }
        codes[row] = UInt32(code)
      }
      start += count
      // Mostly distinct so far: the rest will not save it.
      if entries.count > 1024 && entries.count > start / 2 { return nil }
    }
    let count: Int = entries.count
    let size: Int = count <= 256 ? 1 : 2
    let entryBytes: Int = entries.reduce(0) { $0 + $1.count + 4 }
    if n * size + entryBytes >= textBytes + 4 * n { return nil }
    let order: [Int] = (0..<count).sorted { entries[$0] < entries[$1] }
    let streams: [RawStream] = TextEncoding.streams(
      count: count, byteCount: entryBytes - 4 * count
    ) { entries[order[$0]] }
    return finish(vector, header, codes, order, size, streams)
  }

  /// Renumbers the codes by the entries' order and lays the segment out.
  private static func finish(
    _ vector: Vector, _ header: SegmentHeader, _ codes: [UInt32], _ order: [Int], _ size: Int,
    _ dictionary: [RawStream]
  ) -> EncodedSegment {
    var rank = [UInt32](repeating: 0, count: Swift.max(1, order.count))
    for (position, entry) in order.enumerated() { rank[entry] = UInt32(position) }
    let n: Int = vector.count
    let buffer = Buffer(byteCount: n * size)
    if size == 1 {
      let out = buffer.bytes.assumingMemoryBound(to: UInt8.self)
      for i in 0..<n { out[i] = UInt8(truncatingIfNeeded: rank[Int(codes[i])]) }
    } else {
      let out = buffer.bytes.assumingMemoryBound(to: UInt16.self)
      for i in 0..<n { out[i] = UInt16(truncatingIfNeeded: rank[Int(codes[i])]) }
    }
    if let validity = vector.validity, header.nullCount > 0 {
      for i in 0..<n where validity[i] == 0 { memset(buffer.bytes + i * size, 0, size) }
    }
    var result = EncodedSegment(header: header)
    result.header.encoding = .dictionary
    result.header.codeByteCount = size
    result.header.dictionaryCount = order.count
    result.streams = SegmentEncoder.validityStream(vector, header)
    result.streams.append(
      SegmentEncoder.codeStream(buffer, n, size, isSorted: false, &result.header))
    result.streams += dictionary
    return result
  }
}
