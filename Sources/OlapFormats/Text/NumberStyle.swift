import Glibc
internal import OlapColumns

/// How numbers are punctuated: the decimal point and what groups thousands.
package struct NumberStyle: Sendable, Hashable {
  package var point: UInt8
  /// UTF-8 of the separator; empty: none.
  package var thousands: [UInt8]

  package init(point: UInt8, thousands: [UInt8] = []) {
    self.point = point
    self.thousands = thousands
  }

  /// `1234.56`, as SQL writes it.
  package static let plain = NumberStyle(point: UInt8(ascii: "."))
  var isPlain: Bool { self == NumberStyle.plain }

  /// Styles that files use, in order of preference. Blanks are plain, no-break and narrow no-break.
  static let candidates: [NumberStyle] = {
    let comma = UInt8(ascii: ",")
    let point = UInt8(ascii: ".")
    let blanks: [[UInt8]] = [
      [0x20], [0xc2, 0xa0], [0xe2, 0x80, 0xaf], [0x27], [0xe2, 0x80, 0x99],
    ]
    return [
      .plain, NumberStyle(point: comma), NumberStyle(point: point, thousands: [comma]),
      NumberStyle(point: comma, thousands: [point]),
    ] + blanks.map { NumberStyle(point: point, thousands: $0) }
      + blanks.map { NumberStyle(point: comma, thousands: $0) }
  }()

  /// What a text is under a style.
  struct Shape {
    var hasPoint = false
    var hasExponent = false
    var groups = 0
    var digits = 0
  }

  /// The number's shape when the bytes are a number in this style: digits, in groups of three when
  /// grouped, a fraction, an exponent. A leading zero before other digits makes it a code, not a number.
  func shape(_ text: UnsafeBufferPointer<UInt8>) -> Shape? {
    var shape = Shape()
    var i = 0
    let n = text.count
    if i < n, text[i] == UInt8(ascii: "-") || text[i] == UInt8(ascii: "+") { i += 1 }
    let first = i
    var run = 0
    while i < n {
      let byte = text[i]
      if byte >= 0x30, byte <= 0x39 {
        run += 1
        shape.digits += 1
        i += 1
      } else if !thousands.isEmpty, startsWith(thousands, text, i) {
        guard shape.groups == 0 ? (1...3).contains(run) : run == 3 else { return nil }
        shape.groups += 1
        run = 0
        i += thousands.count
      } else {
        break
      }
    }
    if shape.groups > 0, run != 3 { return nil }
    if shape.digits > 1, text[first] == 0x30 { return nil }
    if i < n, text[i] == point {
      shape.hasPoint = true
      i += 1
      while i < n, text[i] >= 0x30, text[i] <= 0x39 {
        shape.digits += 1
        i += 1
      }
    }
    guard shape.digits > 0 else { return nil }
    if i < n, text[i] | 0x20 == UInt8(ascii: "e"), shape.groups == 0 {
      shape.hasExponent = true
      i += 1
      if i < n, text[i] == UInt8(ascii: "-") || text[i] == UInt8(ascii: "+") { i += 1 }
      let start = i
      while i < n, text[i] >= 0x30, text[i] <= 0x39 { i += 1 }
      if i == start { return nil }
    }
    return i == n ? shape : nil
  }

  private func startsWith(
    _ mark: [UInt8], _ text: UnsafeBufferPointer<UInt8>, _ i: Int
  ) -> Bool {
    guard i + mark.count <= text.count else { return false }
    for k in mark.indices where text[i + k] != mark[k] { return false }
    return true
  }

  /// The bytes as SQL writes the number: no separators, a point. `out` has room for `count` bytes. Nil
  /// when a separator stands where none belongs.
  func normalise(
    _ start: UnsafePointer<UInt8>, _ count: Int, into out: UnsafeMutablePointer<UInt8>
  ) -> Int? {
    let text = UnsafeBufferPointer(start: start, count: count)
    var n = 0
    var i = 0
    var run = 0
    var groups = 0
    var isFraction = false
    while i < count {
      if !isFraction, !thousands.isEmpty, startsWith(thousands, text, i) {
        guard groups == 0 ? (1...3).contains(run) : run == 3 else { return nil }
        groups += 1
        run = 0
        i += thousands.count
        continue
      }
      let byte = text[i]
      if byte == point {
        if isFraction || (groups > 0 && run != 3) { return nil }
        isFraction = true
        out[n] = UInt8(ascii: ".")
      } else {
        if byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",") { return nil }
        if byte >= 0x30, byte <= 0x39 { run += 1 }
        out[n] = byte
      }
      n += 1
      i += 1
    }
    return groups > 0 && !isFraction && run != 3 ? nil : n
  }
}
