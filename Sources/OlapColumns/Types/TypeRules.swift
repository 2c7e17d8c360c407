/// Which types meet which: common types of expressions and the implicit casts of function calls.
/// The rules are DuckDB's.
package enum TypeRules {
  /// The type that holds values of both, for CASE, COALESCE, UNION, IN and lists; nil when there is
  /// none without an explicit cast. VARCHAR wins over everything, NULL gives way to everything.
  package static func commonType(_ a: SQLType, _ b: SQLType) -> SQLType? {
    if a == b { return a }
    if a == .null { return b }
    if b == .null { return a }
    if case .union(let members) = a, Cast.unionSources(b, members) != nil { return a }
    if case .union(let members) = b, Cast.unionSources(a, members) != nil { return b }
    if a.isNumeric && b.isNumeric { return commonNumber(a, b) }
    if let result = commonTime(a, b) ?? commonTime(b, a) { return result }
    if let result = commonNested(a, b) { return result }
    switch (a, b) {
    case (.blob, .varchar), (.varchar, .blob): return .blob
    case (.json, .varchar), (.varchar, .json): return .json
    case (.varchar, _), (_, .varchar): return .varchar
    case (.enumeration, .enumeration): return .varchar
    case (.boolean, _) where b.isInteger: return b
    case (_, .boolean) where a.isInteger: return a
    default: return nil
    }
  }

  /// Common type of several; NULL for none.
  package static func commonType(_ types: [SQLType]) -> SQLType? {
    var result: SQLType = .null
    for type in types {
      guard let wider = commonType(result, type) else { return nil }
      result = wider
    }
    return result
  }

  /// The type both sides of a comparison are cast to: as `commonType`, but a string meets a number,
  /// date and so on in the type of the other side.
  package static func comparisonType(_ a: SQLType, _ b: SQLType) -> SQLType? {
    switch (a, b) {
    case (.varchar, .varchar): return .varchar
    case (.varchar, .null), (.null, .varchar): return .varchar
    case (.enumeration(let x), .enumeration(let y)): return x == y ? a : .varchar
    case (.varchar, .enumeration), (.enumeration, .varchar): return .varchar
    case (.varchar, .json), (.json, .varchar): return .varchar
    case (.union, .varchar), (.varchar, .union): return commonType(a, b)
    case (.varchar, _): return b
    case (_, .varchar): return a
    default: return commonType(a, b)
    }
  }

  private static func commonNumber(_ a: SQLType, _ b: SQLType) -> SQLType? {
    if a == .double || b == .double { return .double }
    if a == .real || b == .real { return .real }
    if a.isDecimal || b.isDecimal {
      guard let (p, s) = decimalShape(a), let (q, t) = decimalShape(b) else { return nil }
      // Digits before the point come first where 38 are too few for both sides.
      let whole: Int = Swift.max(p - s, q - t)
      // Beside an integer the scale stays: 0.5 must not become 1 to make room for digits nobody uses.
      if a.isInteger || b.isInteger {
        return .decimal(precision: Swift.min(whole + Swift.max(s, t), 38), scale: Swift.max(s, t))
      }
      let scale: Int = Swift.min(Swift.max(s, t), 38 - whole)
      return .decimal(precision: whole + scale, scale: scale)
    }
    if a.isSignedInteger == b.isSignedInteger {
      return integerBytes(a) >= integerBytes(b) ? a : b
    }
    let signed: SQLType = a.isSignedInteger ? a : b
    let unsigned: SQLType = a.isSignedInteger ? b : a
    if integerBytes(signed) > integerBytes(unsigned) { return signed }
    switch unsigned {
    case .utinyint: return .smallint
    case .usmallint: return .integer
    case .uinteger: return .bigint
    case .ubigint: return .hugeint
    default: return signed == .hugeint ? .double : .hugeint
    }
  }

  static func integerBytes(_ type: SQLType) -> Int { type.physicalType.byteCount }

  /// Precision and scale of the DECIMAL that holds every value of an integer or decimal type.
  package static func decimalShape(_ type: SQLType) -> (precision: Int, scale: Int)? {
    switch type {
    case .decimal(let precision, let scale): (precision, scale)
    case .null: (1, 0)
    case .tinyint, .utinyint: (3, 0)
    case .smallint, .usmallint: (5, 0)
    case .integer, .uinteger: (10, 0)
    case .bigint: (19, 0)
    case .ubigint: (20, 0)
    case .hugeint, .uhugeint: (38, 0)
    default: nil
    }
  }

  private static func commonTime(_ a: SQLType, _ b: SQLType) -> SQLType? {
    switch (a, b) {
    case (.date, .timestamp): .timestamp
    case (.date, .timestampTZ), (.timestamp, .timestampTZ), (.timestampOf, .timestampTZ):
      .timestampTZ
    case (.time, .timeTZ): .timeTZ
    case (.date, .timestampOf): b
    case (.timestamp, .timestampOf(.nanoseconds)): b
    case (.timestamp, .timestampOf): .timestamp
    case (.timestampOf(let x), .timestampOf(let y)): x.isFiner(than: y) ? a : b
    default: nil
    }
  }

  private static func commonNested(_ a: SQLType, _ b: SQLType) -> SQLType? {
    switch (a, b) {
    case (.array(let x, let n), .array(let y, let m)) where n == m:
      return commonType(x, y).map { .array($0, count: n) }
    case (.list(let x), .list(let y)), (.list(let x), .array(let y, _)),
      (.array(let x, _), .list(let y)), (.array(let x, _), .array(let y, _)):
      return commonType(x, y).map { .list($0) }
    case (.map(let k, let v), .map(let l, let w)):
      guard let key = commonType(k, l), let value = commonType(v, w) else { return nil }
      return .map(key: key, value: value)
    case (.structure(let x), .structure(let y)):
      return commonStructure(x, y)
    default: return nil
    }
  }

  /// All fields of both by name, those of the first in front; by position where one has no names.
  private static func commonStructure(_ x: [StructField], _ y: [StructField]) -> SQLType? {
    if x.allSatisfy({ $0.name.isEmpty }) || y.allSatisfy({ $0.name.isEmpty }) {
      guard x.count == y.count else { return nil }
      var fields: [StructField] = []
      for (a, b) in zip(x, y) {
        guard let type = commonType(a.type, b.type) else { return nil }
        fields.append(StructField(name: a.name.isEmpty ? b.name : a.name, type: type))
      }
      return .structure(fields)
    }
    var fields: [StructField] = []
    for field in x {
      let name: String = field.name.lowercased()
      guard let other = y.first(where: { $0.name.lowercased() == name }) else {
        fields.append(field)
        continue
      }
      guard let type = commonType(field.type, other.type) else { return nil }
      fields.append(StructField(name: field.name, type: type))
    }
    let names = Set(x.map { $0.name.lowercased() })
    fields += y.filter { !names.contains($0.name.lowercased()) }
    return .structure(fields)
  }

  /// Cost of an implicit cast of a function argument, 0 for the same type; nil when only an
  /// explicit cast does it. Lower is better; costs of one call are added up.
  package static func implicitCastCost(from: SQLType, to: SQLType) -> Int? {
    if from == to { return 0 }
    if from == .null { return 1 }
    if from.isNumeric && to.isNumeric { return numberCost(from, to) }
    switch (from, to) {
    case (.date, .timestamp): return 120
    case (.date, .timestampTZ): return 123
    case (.timestamp, .timestampTZ): return 123
    case (.timestampOf, .timestamp): return 110
    case (.timestampOf, .timestampTZ): return 124
    case (.date, .timestampOf), (.timestamp, .timestampOf(.nanoseconds)): return 130
    case (.timestampOf(let x), .timestampOf(let y)): return y.isFiner(than: x) ? 125 : nil
    case (.time, .timeTZ): return 120
    case (.json, .varchar): return 100
    case (.enumeration, .varchar): return 149
    case (.list(let x), .list(let y)), (.array(let x, _), .list(let y)):
      return implicitCastCost(from: x, to: y).map { $0 + 2 }
    case (.array(let x, let n), .array(let y, let m)) where n == m:
      return implicitCastCost(from: x, to: y).map { $0 + 2 }
    case (.map(let k, let v), .map(let l, let w)):
      guard let key = implicitCastCost(from: k, to: l), let value = implicitCastCost(from: v, to: w)
      else { return nil }
      return key + value + 2
    case (.structure(let x), .structure(let y)):
      guard x.count == y.count else { return nil }
      var total = 2
      for (a, b) in zip(x, y) {
        guard let cost = implicitCastCost(from: a.type, to: b.type) else { return nil }
        total += cost
      }
      return total
    default: return nil
    }
  }

  private static func numberCost(_ from: SQLType, _ to: SQLType) -> Int? {
    if case .decimal(let p, let s) = from, case .decimal(let q, let t) = to {
      return q - t >= p - s && t >= s ? 105 : nil
    }
    if from.isFloatingPoint { return from == .real && to == .double ? 104 : nil }
    if from.isDecimal { return to == .double ? 104 : to == .real ? 110 : nil }
    if case .decimal(let q, let t) = to {
      guard let shape = decimalShape(from), q - t >= shape.precision else { return nil }
      return 105
    }
    if to == .double { return 104 }
    if to == .real { return 110 }
    let wider: Bool = integerBytes(to) > integerBytes(from)
    guard wider, to.isSignedInteger || from.isUnsignedInteger else { return nil }
    switch to {
    case .bigint: return 101
    case .integer: return 102
    case .hugeint: return 103
    default: return 110
    }
  }
}
