internal import OlapColumns

extension StringView {
  /// Without blanks around it.
  var trimmed: StringView {
    withBytes { bytes in
      var low = 0
      var high = bytes.count
      while low < high, bytes[low] == 0x20 || bytes[low] == 9 { low += 1 }
      while high > low, bytes[high - 1] == 0x20 || bytes[high - 1] == 9 { high -= 1 }
      if low == 0, high == bytes.count { return self }
      guard let base = bytes.baseAddress else { return self }
      return StringView(base + low, count: high - low)
    }
  }
}

extension String {
  /// Without blanks around it.
  var trimmed: String {
    var view = self[...]
    while view.first?.isWhitespace ?? false { view.removeFirst() }
    while view.last?.isWhitespace ?? false { view.removeLast() }
    return String(view)
  }
}
