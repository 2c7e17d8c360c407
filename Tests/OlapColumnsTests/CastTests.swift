import Glibc
import OlapColumns
import Testing

/// Casts.tsv holds: text, types it is cast to one after the other, `=` result as text or `!` for an
/// error, as DuckDB 2.0 answers with the time zone America/New_York. We differ on purpose in a few
/// lines: seconds of an offset are printed, unknown zones and trailing commas in JSON are errors,
/// blanks around booleans are not.
@Suite struct CastTests {
  private static let zone = "America/New_York"

  private struct Case {
    let text: String
    let types: [SQLType]
    let names: String
    let expected: String?
  }

  private static func cases() -> [Case] {
    let folder: Substring = #filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.startIndex)]
    guard let file = fopen("\(folder)/Casts.tsv", "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts: [Substring] = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      let types: [SQLType?] = parts[1].split(separator: "|").map { SQLType.parse(text: String($0)) }
      guard !types.contains(nil) else { return nil }
      return Case(
        text: String(parts[0]), types: types.compactMap { $0 }, names: String(parts[1]),
        expected: parts[2] == "!" ? nil : String(parts[2].dropFirst()))
    }
  }

  private func run(_ start: Vector, _ types: [SQLType], isTry: Bool) throws -> Vector {
    var result: Vector = start
    for type in types + [.varchar] {
      result = try Cast.cast(result, to: type, isTry: isTry, timeZoneName: CastTests.zone)
    }
    return result
  }

  @Test("casts answer as DuckDB does, as constants, flat and through dictionaries")
  func table() throws {
    let cases: [Case] = CastTests.cases()
    #expect(cases.count > 2000)
    for entry in cases {
      let name = "'\(entry.text)' to \(entry.names)"
      let flat: Vector = Samples.flat(.varchar, [.null, .varchar(entry.text)])
      let constant = Vector.constant(.varchar(entry.text), type: .varchar, count: 2)
      guard let expected = entry.expected else {
        #expect(throws: ComputeError.self, "\(name)") { try run(flat, entry.types, isTry: false) }
        #expect(throws: ComputeError.self, "\(name)") {
          try run(constant, entry.types, isTry: false)
        }
        if !entry.types[0].isNested {
          #expect(try run(flat, entry.types, isTry: true).value(at: 1) == .null, "TRY \(name)")
        }
        continue
      }
      do {
        let result: Vector = try run(flat, entry.types, isTry: false)
        #expect(result.value(at: 1) == .varchar(expected), "\(name)")
        #expect(result.value(at: 0) == .null)
        #expect(try run(constant, entry.types, isTry: false).value(at: 1) == .varchar(expected))
      } catch {
        Issue.record("\(name) raised \(error), not \(expected)")
      }
    }
  }

  @Test("text of any value reads back as the value", arguments: Samples.types)
  func roundTrip(type: SQLType) throws {
    for sample in Samples.all(type, count: 40, seed: 71) {
      let text: Vector = try Cast.cast(
        sample.vector, to: .varchar, isTry: false, timeZoneName: CastTests.zone)
      let back: Vector = try Cast.cast(
        text, to: type, isTry: false, timeZoneName: CastTests.zone)
      for i in 0..<40 {
        #expect(
          Naive.order(back.value(at: i), sample.values[i]) == 0, "\(type) \(sample.name) row \(i)")
      }
    }
  }

  @Test("frames stay frames where every value fits")
  func frames() throws {
    for sample in Samples.all(.integer, count: 20, seed: 72) where sample.vector.encoding == .frame
    {
      for type in [SQLType.bigint, .decimal(precision: 15, scale: 2)] {
        let result: Vector = try Cast.cast(
          sample.vector, to: type, isTry: false, timeZoneName: "UTC")
        #expect(result.encoding == .frame || sample.vector.codeByteCount == 4)
        let flat: Vector = try Cast.cast(
          sample.vector.flattened(), to: type, isTry: false, timeZoneName: "UTC")
        #expect(result.boxedValues == flat.boxedValues)
      }
    }
  }

  @Test("an unused dictionary entry that fails does not raise")
  func unusedEntry() throws {
    let entries: Vector = Samples.flat(.varchar, [.varchar("1"), .varchar("x")])
    let codes = Buffer(byteCount: 4)
    codes.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: 4)
    let vector = Vector(
      type: .varchar, encoding: .dictionary, count: 4, data: codes.bytes, validity: nil,
      owner: codes, codeByteCount: 1, dictionary: entries)
    let result: Vector = try Cast.cast(vector, to: .integer, isTry: false, timeZoneName: "UTC")
    #expect(result.boxedValues == Array(repeating: .integer(1), count: 4))
  }
}
