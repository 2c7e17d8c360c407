import CIntrinsics
import Glibc
package import OlapColumns

/// Fields of a batch of records as views into the block, column by column.
///
/// Shape: `columnCount` arrays of `rowCapacity` fields. A field is quoted (then never NULL) or not.
final class CSVFields {
  let columnCount: Int
  let rowCapacity: Int
  /// Column-major: start, length and flags of each field.
  let starts: UnsafeMutablePointer<UnsafePointer<UInt8>>
  let lengths: UnsafeMutablePointer<UInt32>
  /// 1 = quoted, 2 = holds escapes (must be unescaped), 4 = missing (padded).
  let flags: UnsafeMutablePointer<UInt8>
  /// Start of each record, for error messages.
  let recordStarts: UnsafeMutablePointer<UnsafePointer<UInt8>>
  var rowCount = 0

  init(columnCount: Int, rowCapacity: Int) {
    self.columnCount = columnCount
    self.rowCapacity = rowCapacity
    let count = max(1, columnCount * rowCapacity)
    starts = .allocate(capacity: count)
    lengths = .allocate(capacity: count)
    flags = .allocate(capacity: count)
    recordStarts = .allocate(capacity: rowCapacity)
  }

  deinit {
    starts.deallocate()
    lengths.deallocate()
    flags.deallocate()
    recordStarts.deallocate()
  }
}

/// Why a record could not be cut.
enum CSVRecordProblem {
  case tooManyFields(expected: Int)
  case tooFewFields(found: Int, expected: Int)
  case textAfterQuote
  case openQuote
}

/// Cuts records into fields. The block ends at a record border and is followed by 64 readable bytes.
struct CSVTokenizer {
  let dialect: CSVDialect
  let columnCount: Int

  /// Cuts records from `position` until the batch is full or `end`.
  ///
  /// Returns the new position, or the problem of the record at `fields.recordStarts[fields.rowCount]`.
  func cut(
    _ fields: CSVFields, from position: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>
  ) -> (next: UnsafePointer<UInt8>, problem: CSVRecordProblem?) {
    let delimiter = dialect.delimiter
    let quote: Int = dialect.quote.map { Int($0) } ?? -1
    let capacity = fields.rowCapacity
    let newline = UInt8(ascii: "\n")
    var p = position
    fields.rowCount = 0
    while p < end, fields.rowCount < capacity {
      let row = fields.rowCount
      fields.recordStarts[row] = p
      if p.pointee == newline || (p.pointee == UInt8(ascii: "\r") && p + 1 < end && p[1] == newline)
      {
        // A blank line is no record, unless it is the only column's empty value.
        if columnCount > 1 || dialect.hasHeader == false {
          p += p.pointee == newline ? 1 : 2
          continue
        }
      }
      if let comment = dialect.comment, p.pointee == comment {
        p = olap_find_either(p, end, newline, newline)
        if p < end { p += 1 }
        continue
      }
      var column = 0
      while true {
        var start = p
        var length = 0
        var flag: UInt8 = 0
        var stop: UnsafePointer<UInt8>
        if p < end, Int(p.pointee) == quote {
          flag = 1
          start = p + 1
          guard let close = closingQuote(from: start, to: end, flag: &flag) else {
            return (p, .openQuote)
          }
          length = close - start
          stop = close + 1
          if stop < end, stop.pointee == UInt8(ascii: "\r"), stop + 1 == end || stop[1] == newline {
            stop += 1
          }
          if stop < end, stop.pointee != delimiter, stop.pointee != newline {
            return (p, .textAfterQuote)
          }
        } else {
          stop = olap_find_either(p, end, delimiter, newline)
          length = stop - start
          if length > 0, start[length - 1] == UInt8(ascii: "\r"),
            stop == end || stop.pointee == newline
          {
            length -= 1
          }
        }
        if column < columnCount {
          let slot = column &* capacity &+ row
          fields.starts[slot] = start
          fields.lengths[slot] = UInt32(truncatingIfNeeded: length)
          fields.flags[slot] = flag
        } else if length > 0 {
          return (p, .tooManyFields(expected: columnCount))
        }
        column += 1
        if stop < end, stop.pointee == delimiter {
          p = stop + 1
          continue
        }
        p = stop < end ? stop + 1 : end
        break
      }
      if column < columnCount {
        guard dialect.nullPadding else {
          return (p, .tooFewFields(found: column, expected: columnCount))
        }
        for missing in column..<columnCount {
          let slot = missing &* capacity &+ row
          fields.starts[slot] = p
          fields.lengths[slot] = 0
          fields.flags[slot] = 4
        }
      }
      fields.rowCount += 1
    }
    return (p, nil)
  }

  /// The quote that ends the field; sets the escape flag when the field holds escaped characters.
  private func closingQuote(
    from start: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>, flag: inout UInt8
  ) -> UnsafePointer<UInt8>? {
    guard let quote = dialect.quote else { return nil }
    var p = start
    if let escape = dialect.escape, escape != quote {
      while p < end {
        p = olap_find_either(p, end, quote, escape)
        if p >= end { return nil }
        if p.pointee == quote { return p }
        flag |= 2
        p += 2
      }
      return nil
    }
    while p < end {
      p = olap_find_either(p, end, quote, quote)
      if p >= end { return nil }
      if p + 1 < end, p[1] == quote {
        flag |= 2
        p += 2
        continue
      }
      return p
    }
    return nil
  }

  /// The field's text with escapes resolved.
  func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard let quote = dialect.quote else { return Array(bytes) }
    let escape = dialect.escape ?? quote
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == escape, index + 1 < bytes.count {
        result.append(bytes[index + 1])
        index += 2
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }
}
