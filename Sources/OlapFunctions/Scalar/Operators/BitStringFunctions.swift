import OlapColumns

/// Operations on BIT, whose values are texts of the digits 0 and 1.
enum BitString {
  enum Combination { case and, or, xor }

  static let length: ScalarOverload = .unary(.bit, to: .bigint) { (bits: StringView) in
    Int64(bits.count)
  }

  static let count: ScalarOverload = .unary(.bit, to: .bigint) { (bits: StringView) in
    Int64(bits.withBytes { $0.reduce(0) { $0 + Int($1 & 1) } })
  }

  static let complement: ScalarOverload = .boxed([.bit], to: .bit) { row in
    text(digits(row[0]).map { $0 ^ 1 })
  }

  static func combine(_ combination: Combination) -> ScalarOverload {
    .boxed([.bit, .bit], to: .bit) { row in
      text(try combined(combination, digits(row[0]), digits(row[1])))
    }
  }

  /// The digits of two strings of one length, combined place by place.
  static func combined(
    _ combination: Combination, _ a: [UInt8], _ b: [UInt8]
  ) throws -> [UInt8] {
    guard a.count == b.count else {
      let name: String =
        switch combination {
        case .and: "AND"
        case .or: "OR"
        case .xor: "XOR"
        }
      throw ComputeError.invalid("Cannot \(name) bit strings of different sizes")
    }
    return zip(a, b).map { x, y in
      switch combination {
      case .and: x & y | 0x30
      case .or: x | y
      case .xor: x ^ y | 0x30
      }
    }
  }

  /// The length stays; by less than nothing or more than all gives zeros.
  static func shift(isLeft: Bool) -> ScalarOverload {
    .boxed([.bit, .integer], to: .bit) { row in
      guard case .integer(let by) = row[1] else { return .null }
      let a: [UInt8] = digits(row[0])
      let zeros: [UInt8] = Array(repeating: 0x30, count: a.count)
      guard by >= 0, by < Int64(a.count) else { return text(zeros) }
      let n = Int(by)
      return text(isLeft ? Array(a[n...] + zeros[..<n]) : Array(zeros[..<n] + a[..<(a.count - n)]))
    }
  }

  static func digits(_ value: Value) -> [UInt8] {
    if case .varchar(let text) = value { Array(text.utf8) } else { [] }
  }

  static func text(_ digits: [UInt8]) -> Value {
    .varchar(String(decoding: digits, as: UTF8.self))
  }

  fileprivate static func place(_ index: Value, _ count: Int) throws -> Int {
    guard case .integer(let i) = index, i >= 0, i < Int64(count) else {
      throw ComputeError(
        .overflow, "bit index \(index.integerPayload ?? -1) out of valid range (0..\(count - 1))")
    }
    return Int(i)
  }
}

extension ScalarFunction {
  static let bitString = ScalarFunction(
    "bitstring", summary: "A string of bits with zeros in front up to a length.",
    example: ("bitstring('1010', 7)", "0001010"),
    overloads: [SQLType.bit, .varchar].map { type in
      .boxed([type, .integer], to: .bit) { row in
        let a: [UInt8] = BitString.digits(row[0])
        guard a.allSatisfy({ $0 == 0x30 || $0 == 0x31 }) else {
          throw ComputeError.invalid("a string of bits has the digits 0 and 1 only")
        }
        guard case .integer(let length) = row[1], length >= Int64(a.count), length <= 1 << 24 else {
          throw ComputeError.invalid("Length must be equal or larger than input string")
        }
        return BitString.text(Array(repeating: 0x30, count: Int(length) - a.count) + a)
      }
    })

  static let getBit = ScalarFunction(
    "get_bit", summary: "The bit at a place, counted from 0 at the left.",
    example: ("get_bit('0110010'::BIT, 2)", "1"),
    overloads: [
      .boxed([.bit, .integer], to: .integer) { row in
        let a: [UInt8] = BitString.digits(row[0])
        return .integer(Int64(a[try BitString.place(row[1], a.count)] & 1))
      }
    ])

  static let setBit = ScalarFunction(
    "set_bit",
    summary: "The bits with the one at a place, counted from 0 at the left, set to 0 or 1.",
    example: ("set_bit('0110010'::BIT, 2, 0)", "0100010"),
    overloads: [
      .boxed([.bit, .integer, .integer], to: .bit) { row in
        var a: [UInt8] = BitString.digits(row[0])
        guard case .integer(let bit) = row[2], bit == 0 || bit == 1 else {
          throw ComputeError.invalid("The new bit must be 1 or 0")
        }
        a[try BitString.place(row[1], a.count)] = 0x30 + UInt8(bit)
        return BitString.text(a)
      }
    ])

  static let bitPosition = ScalarFunction(
    "bit_position",
    summary: "Where the first string of bits starts in the second, from 1; 0 if not.",
    example: ("bit_position('010'::BIT, '1110101'::BIT)", "4"),
    overloads: [
      .boxed([.bit, .bit], to: .integer) { row in
        let part: [UInt8] = BitString.digits(row[0])
        let whole: [UInt8] = BitString.digits(row[1])
        guard part.count <= whole.count else { return .integer(0) }
        for start in 0...(whole.count - part.count)
        where whole[start..<(start + part.count)].elementsEqual(part) {
          return .integer(Int64(start + 1))
        }
        return .integer(0)
      }
    ])
}
