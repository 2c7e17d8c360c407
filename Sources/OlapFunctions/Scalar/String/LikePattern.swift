import CIntrinsics
import Glibc
import OlapColumns

/// A LIKE pattern compiled to the cheapest matcher that does it.
///
/// Patterns without `_` become literal pieces between `%`: equality, prefix, suffix, search. Others
/// run a two-pointer matcher that steps whole UTF-8 characters. Matching is linear in practice and
/// never recursive.
struct LikePattern {
  private enum Element: Equatable {
    case byte(UInt8)
    case anyCharacter
    case anyRun
  }

  private let elements: [Element]
  /// Literal pieces when there is no `_`.
  private let pieces: [[UInt8]]?
  private let startsOpen: Bool
  private let endsOpen: Bool

  /// - Throws: when the pattern ends with the escape character.
  init(_ pattern: [UInt8], escape: UInt8? = nil) throws {
    var elements: [Element] = []
    var i = 0
    while i < pattern.count {
      let byte: UInt8 = pattern[i]
      if let escape, byte == escape {
        i += 1
        if i == pattern.count {
          throw ComputeError.invalid("Like pattern must not end with escape character")
        }
        elements.append(.byte(pattern[i]))
      } else if byte == 0x25 {
        if elements.last != .anyRun { elements.append(.anyRun) }
      } else if byte == 0x5f {
        elements.append(.anyCharacter)
      } else {
        elements.append(.byte(byte))
      }
      i += 1
    }
    self.elements = elements
    startsOpen = elements.first == .anyRun
    endsOpen = elements.last == .anyRun
    pieces = elements.contains(.anyCharacter) ? nil : LikePattern.split(elements)
  }

  private static func split(_ elements: [Element]) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var current: [UInt8] = []
    for element in elements {
      if case .byte(let byte) = element {
        current.append(byte)
      } else if !current.isEmpty {
        pieces.append(current)
        current = []
      }
    }
    if !current.isEmpty { pieces.append(current) }
    return pieces
  }

  func matches(_ text: StringView) -> Bool { text.withBytes { matches($0) } }

  func matches(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let pieces else { return matchesElements(text) }
    if pieces.isEmpty { return startsOpen || text.isEmpty }
    var position = 0
    var end: Int = text.count
    var first = 0
    var last: Int = pieces.count
    if !startsOpen && !endsOpen && pieces.count == 1 && elements.count == pieces[0].count {
      return text.count == pieces[0].count && hasBytes(text, pieces[0], at: 0)
    }
    if !startsOpen {
      guard hasBytes(text, pieces[0], at: 0) else { return false }
      position = pieces[0].count
      first = 1
    }
    if !endsOpen && first < last {
      let tail: [UInt8] = pieces[last - 1]
      guard text.count - tail.count >= position, hasBytes(text, tail, at: text.count - tail.count)
      else { return false }
      end = text.count - tail.count
      last -= 1
    }
    while first < last {
      guard let found = LikePattern.find(pieces[first], in: text, from: position, to: end)
      else { return false }
      position = found + pieces[first].count
      first += 1
    }
    return true
  }

  @inline(__always)
  private func hasBytes(_ text: UnsafeRawBufferPointer, _ piece: [UInt8], at offset: Int) -> Bool {
    guard offset >= 0, offset + piece.count <= text.count, let base = text.baseAddress
    else { return piece.isEmpty }
    return piece.withUnsafeBytes { memcmp(base + offset, $0.baseAddress!, piece.count) == 0 }
  }

  /// First place of `piece` in `text[from ..< to]`.
  static func find(
    _ piece: [UInt8], in text: UnsafeRawBufferPointer, from: Int, to: Int
  ) -> Int? {
    if piece.isEmpty { return from }
    guard let base = text.baseAddress, to - from >= piece.count else { return nil }
    return piece.withUnsafeBytes { needle in
      guard let start = needle.baseAddress,
        let hit = olap_find(base + from, to - from, start, piece.count)
      else { return nil }
      return hit - base
    }
  }

  /// Two pointers with one point to go back to: the last `%`.
  private func matchesElements(_ text: UnsafeRawBufferPointer) -> Bool {
    var i = 0
    var j = 0
    var retryElement = -1
    var retryText = 0
    while i < text.count {
      if j < elements.count {
        switch elements[j] {
        case .anyRun:
          retryElement = j + 1
          retryText = i
          j += 1
          continue
        case .anyCharacter:
          i = LikePattern.next(text, i)
          j += 1
          continue
        case .byte(let byte) where byte == text[i]:
          i += 1
          j += 1
          continue
        case .byte: break
        }
      }
      guard retryElement >= 0 else { return false }
      retryText = LikePattern.next(text, retryText)
      i = retryText
      j = retryElement
    }
    while j < elements.count, elements[j] == .anyRun { j += 1 }
    return j == elements.count
  }

  private static func next(_ text: UnsafeRawBufferPointer, _ i: Int) -> Int {
    var k: Int = i + 1
    while k < text.count && text[k] & 0xc0 == 0x80 { k += 1 }
    return k
  }
}
