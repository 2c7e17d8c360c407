import Glibc
internal import OlapColumns

/// HyperLogLog with 1,024 one-byte registers (standard error 3.3 %): distinct values, mergeable.
enum DistinctSketch {
  static let registerCount = 1024

  /// The registers after adding all non-null rows of a vector.
  static func of(_ vector: Vector) -> [UInt8] {
    var registers = [UInt8](repeating: 0, count: registerCount)
    add(vector, to: &registers)
    return registers
  }

  private static func add(_ vector: Vector, to registers: inout [UInt8]) {
    if vector.count == 0 { return }
    if vector.encoding == .constant {
      if vector.isValid(0) { add(vector.broadcast(row: 0, count: 1).flattened(), to: &registers) }
      return
    }
    if vector.encoding == .dictionary, let dictionary = vector.dictionary {
      return add(dictionary, to: &registers)
    }
    let step = 2048
    var hashes = [UInt64](repeating: 0, count: Swift.min(step, vector.count))
    var row = 0
    while row < vector.count {
      let n: Int = Swift.min(step, vector.count - row)
      let slice: Vector = vector.sliced(row..<(row + n))
      hashes.withUnsafeMutableBufferPointer { out in
        if let out = out.baseAddress { Hash.hash([slice], count: n, into: out) }
      }
      let validity = slice.validity
      for i in 0..<n {
        if let validity, validity[i] == 0 { continue }
        let hash: UInt64 = hashes[i]
        let index = Int(truncatingIfNeeded: hash >> 54)
        let rank = UInt8(truncatingIfNeeded: ((hash << 10) | 1 << 9).leadingZeroBitCount + 1)
        if registers[index] < rank { registers[index] = rank }
      }
      row += n
    }
  }

  static func merge(_ sketch: [UInt8], into registers: inout [UInt8]) {
    guard sketch.count == registerCount else { return }
    if registers.isEmpty {
      registers = sketch
      return
    }
    for i in 0..<registerCount where registers[i] < sketch[i] { registers[i] = sketch[i] }
  }

  /// Estimated distinct values.
  static func estimate(_ registers: [UInt8]) -> Int {
    if registers.count != registerCount { return 0 }
    let m = Double(registerCount)
    var sum = 0.0
    var zeros = 0
    for register in registers {
      sum += 1 / Double(UInt64(1) << UInt64(Swift.min(register, 63)))
      if register == 0 { zeros += 1 }
    }
    let raw: Double = 0.7213 / (1 + 1.079 / m) * m * m / sum
    if raw <= 2.5 * m && zeros > 0 { return Int((m * log(m / Double(zeros))).rounded()) }
    return Int(raw.rounded())
  }
}
