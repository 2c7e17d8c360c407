import CRE2
import OlapColumns
import Synchronization

/// A compiled regular expression in RE2's syntax, shared through a cache by pattern and options.
final class Regex: @unchecked Sendable {
  private let handle: OpaquePointer
  /// Capturing groups, the whole match not counted.
  let groupCount: Int

  private init(_ handle: OpaquePointer) {
    self.handle = handle
    groupCount = Int(olap_regex_group_count(handle))
  }

  deinit { olap_regex_destroy(handle) }

  private struct Key: Hashable {
    let pattern: [UInt8]
    let options: Int32
  }
  private static let cache = Mutex<[Key: Regex]>([:])
  private static let cacheCountMax = 256

  /// The compiled form of a pattern.
  /// - Throws: `.invalidArgument` with RE2's reason for a bad pattern or option letter.
  static func compile(_ pattern: StringView, options: RegexOptions) throws -> Regex {
    let key = Key(pattern: pattern.array, options: options.flags)
    if let found = cache.withLock({ $0[key] }) { return found }
    var reason = [CChar](repeating: 0, count: 256)
    let made: OpaquePointer? = key.pattern.withUnsafeBytes { bytes in
      olap_regex_create(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, options.flags,
        &reason, reason.count)
    }
    guard let made else {
      let text = String(
        decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw ComputeError.invalid("Invalid regular expression '\(pattern.string)': \(text)")
    }
    let regex = Regex(made)
    cache.withLock { entries in
      if entries.count >= cacheCountMax { entries.removeAll() }
      entries[key] = regex
    }
    return regex
  }

  /// Finds the first match at or after byte `from`; fills `offsets` with (start, end) pairs of the
  /// whole match and the groups that there is room for.
  func find(
    _ text: UnsafeRawBufferPointer, from: Int = 0, isWhole: Bool = false,
    into offsets: inout [Int64]
  ) -> Bool {
    let base: UnsafePointer<CChar>? = text.baseAddress?.assumingMemoryBound(to: CChar.self)
    if let base {
      return olap_regex_match(
        handle, base, text.count, from, isWhole ? 1 : 0, &offsets, Int32(offsets.count / 2)) != 0
    }
    // RE2 tells a group without part in the match by a null pointer: empty text needs an address.
    var nothing: CChar = 0
    return olap_regex_match(
      handle, &nothing, 0, from, isWhole ? 1 : 0, &offsets, Int32(offsets.count / 2)) != 0
  }

  func matches(_ text: StringView, isWhole: Bool) -> Bool {
    text.withBytes { bytes in
      var none: Int64 = 0
      var nothing: CChar = 0
      if let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) {
        return olap_regex_match(handle, base, bytes.count, 0, isWhole ? 1 : 0, &none, 0) != 0
      }
      return olap_regex_match(handle, &nothing, 0, 0, isWhole ? 1 : 0, &none, 0) != 0
    }
  }

  /// All matches that do not overlap, each as (start, end) pairs of `groups + 1` spans.
  func allMatches(_ text: UnsafeRawBufferPointer, groups: Int) -> [[Int64]] {
    var result: [[Int64]] = []
    var from = 0
    var offsets = [Int64](repeating: -1, count: 2 * (groups + 1))
    while from <= text.count, find(text, from: from, into: &offsets) {
      result.append(offsets)
      let end = Int(offsets[1])
      if end > Int(offsets[0]) {
        from = end
      } else {
        // An empty match: step over one character.
        from = end + 1
        while from < text.count && text[from] & 0xc0 == 0x80 { from += 1 }
      }
    }
    return result
  }
}

/// Options of the regexp functions: letters c, i, l, m, n, p, s and, for replace, g.
struct RegexOptions: Sendable {
  var flags: Int32 = 0
  var isGlobal = false

  init() {}

  init(_ letters: StringView) throws {
    for letter in letters.array {
      switch letter {
      case UInt8(ascii: "c"): flags &= ~Int32(OLAP_REGEX_IGNORE_CASE)
      case UInt8(ascii: "i"): flags |= Int32(OLAP_REGEX_IGNORE_CASE)
      case UInt8(ascii: "l"): flags |= Int32(OLAP_REGEX_LITERAL)
      case UInt8(ascii: "m"), UInt8(ascii: "n"), UInt8(ascii: "p"):
        flags |= Int32(OLAP_REGEX_MULTILINE)
      case UInt8(ascii: "s"): flags |= Int32(OLAP_REGEX_DOT_NEWLINE)
      case UInt8(ascii: "g"): isGlobal = true
      case UInt8(ascii: " "): break
      default:
        throw ComputeError.invalid(
          "Unrecognized Regex option \(Character(Unicode.Scalar(letter))): use c, i, l, m, s or g")
      }
    }
  }
}
