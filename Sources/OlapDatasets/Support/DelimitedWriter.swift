import Glibc

/// Writes a delimited text file through a buffer of its own: no `String` per field.
///
/// Fields are written in order, then `endRow`. A NULL is an empty field; texts are quoted only
/// where they must be. Errors are kept and thrown by `finish`.
struct DelimitedWriter: ~Copyable {
  private static let capacity: Int = 1 << 20
  private let path: String
  private let descriptor: Int32
  private let delimiter: UInt8
  private let buffer: UnsafeMutablePointer<UInt8>
  private var count: Int = 0
  private var isAtRowStart: Bool = true
  private var failure: Int32 = 0

  /// - Parameter header: the column names, written as the first row; none when empty.
  init(
    path: String, delimiter: Unicode.Scalar = ",", header: [String] = []
  ) throws(DatasetError) {
    self.path = path
    self.delimiter = UInt8(truncatingIfNeeded: delimiter.value)
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    buffer = .allocate(capacity: Self.capacity)
    guard descriptor >= 0 else {
      throw .file(path: path, reason: String(cString: strerror(errno)))
    }
    for name in header { text(name) }
    if !header.isEmpty { endRow() }
  }

  /// A writer that keeps nothing: for a table that was not asked for.
  init(discarding delimiter: Unicode.Scalar) {
    path = ""
    self.delimiter = UInt8(truncatingIfNeeded: delimiter.value)
    descriptor = -1
    buffer = .allocate(capacity: Self.capacity)
  }

  deinit {
    buffer.deallocate()
    if descriptor >= 0 { close(descriptor) }
  }

  /// Writes what is left and reports the first error of the whole file.
  consuming func finish() throws(DatasetError) {
    flush()
    if failure != 0 { throw .file(path: path, reason: String(cString: strerror(failure))) }
  }

  private mutating func flush() {
    var offset = 0
    while descriptor >= 0, failure == 0, offset < count {
      let written = write(descriptor, buffer + offset, count - offset)
      if written > 0 {
        offset += written
      } else if errno != EINTR {
        failure = errno
      }
    }
    count = 0
  }

  /// Makes room for a field of `byteCount` bytes (at most 64 KiB) and separates it from the last.
  private mutating func beginField(_ byteCount: Int) {
    if count &+ byteCount &+ 2 > Self.capacity { flush() }
    if isAtRowStart {
      isAtRowStart = false
    } else {
      append(delimiter)
    }
  }

  private mutating func append(_ byte: UInt8) {
    buffer[count] = byte
    count &+= 1
  }

  mutating func endRow() {
    if count &+ 1 > Self.capacity { flush() }
    append(0x0A)
    isAtRowStart = true
  }

  mutating func null() {
    beginField(0)
  }

  mutating func integer(_ value: Int) {
    beginField(20)
    appendInteger(value, width: 1)
  }

  mutating func integer(_ value: Int?) {
    if let value { integer(value) } else { null() }
  }

  /// `unscaled` hundredths as a number with two decimals.
  mutating func hundredths(_ unscaled: Int) {
    beginField(22)
    if unscaled < 0 { append(0x2D) }
    let magnitude = abs(unscaled)
    appendInteger(magnitude / 100, width: 1)
    append(0x2E)
    appendInteger(magnitude % 100, width: 2)
  }

  /// `2025-11-30`.
  mutating func date(_ day: CalendarDay) {
    beginField(10)
    appendDate(day)
  }

  /// `2025-11-30 21:59:59` with `suffix` (a zone such as `+00`), from seconds since 1970.
  mutating func timestamp(_ seconds: Int, suffix: StaticString = "") {
    beginField(19 + suffix.utf8CodeUnitCount)
    let day = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
    let rest = seconds - day * 86_400
    appendDate(CalendarDay(number: day))
    append(0x20)
    appendInteger(rest / 3600, width: 2)
    append(0x3A)
    appendInteger(rest / 60 % 60, width: 2)
    append(0x3A)
    appendInteger(rest % 60, width: 2)
    for index in 0..<suffix.utf8CodeUnitCount { append(suffix.utf8Start[index]) }
  }

  /// `prefix` followed by `value` in at least `width` digits.
  mutating func numbered(_ prefix: StaticString, _ value: Int, width: Int) {
    beginField(20 + prefix.utf8CodeUnitCount)
    for index in 0..<prefix.utf8CodeUnitCount { append(prefix.utf8Start[index]) }
    appendInteger(value, width: width)
  }

  /// Bytes that need no quotes.
  mutating func raw(_ bytes: UnsafePointer<UInt8>, _ byteCount: Int) {
    beginField(byteCount)
    (buffer + count).update(from: bytes, count: byteCount)
    count &+= byteCount
  }

  /// Bytes that need no quotes.
  mutating func raw(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { raw(base, source.count) } else { null() }
    }
  }

  /// A text of at most 32 KiB, quoted when it is empty or holds a delimiter, quote or line end.
  mutating func text(_ value: String) {
    var value = value
    let byteCount = value.utf8.count
    beginField(2 * byteCount + 2)
    let delimiter = delimiter
    let needsQuotes =
      byteCount == 0
      || value.utf8.contains { $0 == delimiter || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    if needsQuotes { append(0x22) }
    value.withUTF8 { bytes in
      for byte in bytes {
        if byte == 0x22 { append(0x22) }
        append(byte)
      }
    }
    if needsQuotes { append(0x22) }
  }

  mutating func text(_ value: String?) {
    if let value { text(value) } else { null() }
  }

  mutating func boolean(_ value: Bool) {
    text(value ? "true" : "false")
  }

  private mutating func appendDate(_ day: CalendarDay) {
    let (year, month, dayOfMonth) = day.civil
    appendInteger(year, width: 4)
    append(0x2D)
    appendInteger(month, width: 2)
    append(0x2D)
    appendInteger(dayOfMonth, width: 2)
  }

  /// Digits are written from the end; `width` pads with zeros.
  private mutating func appendInteger(_ value: Int, width: Int) {
    if value < 0 { append(0x2D) }
    var rest = value.magnitude
    var digits = 1
    var bound: UInt = 10
    while digits < 19, rest >= bound {
      digits &+= 1
      bound &*= 10
    }
    digits = max(digits, width)
    var position = count &+ digits
    count = position
    for _ in 0..<digits {
      position &-= 1
      buffer[position] = UInt8(truncatingIfNeeded: 0x30 &+ rest % 10)
      rest /= 10
    }
  }
}
