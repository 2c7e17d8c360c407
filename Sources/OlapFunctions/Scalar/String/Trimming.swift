import OlapColumns

extension ScalarFunction {
  static let trim = ScalarFunction(
    "trim", aliases: ["btrim"],
    summary: "The string without spaces, or given characters, at both ends.",
    example: ("trim('  hi ')", "hi"), overloads: trimming(isLeft: true, isRight: true))
  static let trimLeft = ScalarFunction(
    "ltrim", summary: "The string without spaces, or given characters, at its start.",
    example: ("ltrim('  hi')", "hi"), overloads: trimming(isLeft: true, isRight: false))
  static let trimRight = ScalarFunction(
    "rtrim", summary: "The string without spaces, or given characters, at its end.",
    example: ("rtrim('hi  ')", "hi"), overloads: trimming(isLeft: false, isRight: true))

  private static func trimming(isLeft: Bool, isRight: Bool) -> [ScalarOverload] {
    [
      .unaryText(.varchar) { (text: StringView, _: StringOutput) in
        trimSpaces(text, isLeft, isRight)
      },
      .binaryText(.varchar, .varchar) {
        (text: StringView, set: StringView, output: StringOutput) in
        let characters = Set(set.string.unicodeScalars)
        var scalars = Substring.UnicodeScalarView(text.string.unicodeScalars)
        if isLeft { while let c = scalars.first, characters.contains(c) { scalars.removeFirst() } }
        if isRight { while let c = scalars.last, characters.contains(c) { scalars.removeLast() } }
        return output.text(String(scalars))
      },
    ]
  }

  private static func trimSpaces(_ text: StringView, _ isLeft: Bool, _ isRight: Bool) -> StringView
  {
    let range: Range<Int> = text.withBytes { bytes in
      var start = 0
      var end: Int = bytes.count
      if isLeft { while start < end && isSpace(bytes[start]) { start += 1 } }
      if isRight { while end > start && isSpace(bytes[end - 1]) { end -= 1 } }
      return start..<end
    }
    return range.count == text.count ? text : text.slice(range)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 }

  static let replace = ScalarFunction(
    "replace", summary: "The string with every occurrence of the second replaced by the third.",
    example: ("replace('hello', 'l', '-')", "he--o"),
    overloads: [
      .ternaryText(.varchar, .varchar, .varchar) {
        (text: StringView, old: StringView, new: StringView, output: StringOutput) in
        if old.count == 0 || old.count > text.count { return text }
        return try text.withBytes { bytes in
          try old.withBytes { needle in
            guard var hit = TextSearch.find(needle, in: bytes, from: 0) else { return text }
            return try output.built { out in
              var start = 0
              while true {
                out.append(contentsOf: bytes[start..<hit])
                if new.count > needle.count { try output.require(out.count + new.count) }
                out.append(new)
                start = hit + needle.count
                guard let next = TextSearch.find(needle, in: bytes, from: start) else { break }
                hit = next
              }
              out.append(contentsOf: bytes[start...])
            }
          }
        }
      }
    ])

  static let translate = ScalarFunction(
    "translate",
    summary: "Each character of the second string replaced by the one at its place in the third.",
    example: ("translate('12345', '143', 'ax')", "a2x5"),
    overloads: [
      .ternaryText(.varchar, .varchar, .varchar) {
        (text: StringView, from: StringView, to: StringView, output: StringOutput) in
        let targets: [Unicode.Scalar] = Array(to.string.unicodeScalars)
        var map: [Unicode.Scalar: Unicode.Scalar?] = [:]
        for (i, scalar) in from.string.unicodeScalars.enumerated() where map[scalar] == nil {
          map.updateValue(i < targets.count ? targets[i] : nil, forKey: scalar)
        }
        var result = String.UnicodeScalarView()
        for scalar in text.string.unicodeScalars {
          if let mapped = map[scalar] {
            if let mapped { result.append(mapped) }
          } else {
            result.append(scalar)
          }
        }
        return output.text(String(result))
      }
    ])

  static let stripAccents = ScalarFunction(
    "strip_accents", summary: "The string without accents.",
    example: ("strip_accents('mühleisen')", "muhleisen"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        if text.isASCII { return text }
        var result = String.UnicodeScalarView()
        for scalar in Decomposition.canonical(text.string)
        where scalar.properties.generalCategory != .nonspacingMark {
          result.append(scalar)
        }
        return output.text(String(result))
      }
    ])
}

/// Canonical decomposition without Foundation.
enum Decomposition {
  /// The scalars of a text with each precomposed Latin, Greek or Cyrillic letter taken apart: the
  /// standard library compares strings by canonical equivalence, so the base letter and mark of a
  /// scalar are found once by trial and remembered.
  static func canonical(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
      table[scalar.value].map { $0 } ?? [scalar]
    }
  }

  private static let table: [UInt32: [Unicode.Scalar]] = {
    var result: [UInt32: [Unicode.Scalar]] = [:]
    var bases: [Unicode.Scalar] = []
    for range in [0x41...0x5a, 0x61...0x7a, 0x391...0x3c9, 0x410...0x44f] {
      bases += range.compactMap { Unicode.Scalar(UInt32($0)) }
    }
    let marks: [Unicode.Scalar] = (0x300...0x331).compactMap { Unicode.Scalar(UInt32($0)) }
    let composed: [ClosedRange<UInt32>] = [
      0xc0...0x17f, 0x1cd...0x233, 0x386...0x3ce, 0x400...0x45e,
    ]
    var canonical: [String: UInt32] = [:]
    for range in composed {
      for value in range {
        guard let scalar = Unicode.Scalar(value), scalar.properties.isAlphabetic else { continue }
        canonical[String(Character(scalar))] = value
      }
    }
    for base in bases {
      for mark in marks {
        var pair = String.UnicodeScalarView()
        pair.append(base)
        pair.append(mark)
        if let value = canonical[String(pair)] { result[value] = [base, mark] }
      }
    }
    return result
  }()
}
