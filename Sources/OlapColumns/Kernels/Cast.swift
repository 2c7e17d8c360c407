import Glibc

/// Casts between SQL types, whole vectors at a time.
package enum Cast {
  /// `v` as a vector of type `to` with the same row count.
  ///
  /// Constants are cast once, dictionaries once per entry. A value that does not fit is an error
  /// naming the value and the type, or NULL with `isTry`. `timeZoneName` is the session's zone: it
  /// reads and prints TIMESTAMPTZ.
  /// - Throws: `ComputeError(.invalidCast)`.
  package static func cast(
    _ v: Vector, to: SQLType, isTry: Bool, timeZoneName: String
  ) throws -> Vector {
    if v.type == to { return v }
    guard canCast(from: v.type, to: to) else { throw unsupported(v.type, to) }
    // NULL of a type is a member of a UNION like any other value, so the union is not NULL.
    let becomesMember: Bool = keepsNull(from: v.type, to: to)
    if v.type == .null || v.count == 0
      || (v.encoding == .constant && !v.isValid(0) && !becomesMember)
    {
      return Vector.nulls(to, count: v.count)
    }
    let context = CastContext(isTry: isTry, timeZoneName: timeZoneName)
    if v.encoding == .constant && v.count != 1 {
      return try convert(v.broadcast(row: 0, count: 1), to, context).broadcast(
        row: 0, count: v.count)
    }
    if !becomesMember, v.encoding == .dictionary, let dictionary = v.dictionary,
      dictionary.count <= v.count,
      let entries = try? convert(
        dictionary, to, CastContext(isTry: false, timeZoneName: timeZoneName)),
      entries.isAllValid()
    {
      // An entry that fails may be one that no row uses: then the rows decide, below.
      return Vector(
        type: to, encoding: .dictionary, count: v.count, data: v.data, validity: v.validity,
        owner: v.owner, codeByteCount: v.codeByteCount, dictionary: entries.flattened())
    }
    return try convert(v, to, context)
  }

  /// One boxed value cast from a type to another.
  package static func cast(
    _ value: Value, from: SQLType, to: SQLType, isTry: Bool, timeZoneName: String
  ) throws -> Value {
    if value.isNull && !keepsNull(from: from, to: to) { return .null }
    let row = Vector.constant(value, type: from, count: 1)
    return try cast(row, to: to, isTry: isTry, timeZoneName: timeZoneName).value(at: 0)
  }

  /// Whether a NULL of the one type is a value of the other that is not NULL: a UNION whose member is
  /// NULL.
  package static func keepsNull(from: SQLType, to: SQLType) -> Bool {
    guard case .union = to, from != .null else { return false }
    if case .union = from { return false }
    return true
  }

  /// Whether an explicit cast exists (single values may still fail).
  package static func canCast(from: SQLType, to: SQLType) -> Bool {
    if from == to || from == .null { return true }
    if to == .null { return false }
    if case .union(let members) = to { return unionSources(from, members) != nil }
    if case .union = from { return to == .varchar || to == .json }
    if from == .varchar || to == .varchar || to == .json || from == .json { return true }
    let isSimple: (SQLType) -> Bool = { $0.isNumeric || $0 == .boolean }
    if isSimple(from) && isSimple(to) { return true }
    if case .enumeration = from { return canCast(from: .varchar, to: to) }
    if (from == .bit && isBitSource(to)) || (to == .bit && isBitSource(from)) { return true }
    switch (from, to) {
    case (.time, .timeTZ), (.timeTZ, .time), (.timestamp, .timeTZ), (.timestampTZ, .timeTZ),
      (.date, .timestamp), (.date, .timestampTZ), (.timestamp, .date), (.timestamp, .time),
      (.timestamp, .timestampTZ), (.timestampTZ, .timestamp), (.timestampTZ, .date),
      (.timestampTZ, .time), (.date, .timestampOf), (.timestampOf, .date), (.timestampOf, .time),
      (.timestamp, .timestampOf), (.timestampOf, .timestamp), (.timestampOf, .timestampOf),
      (.timestampTZ, .timestampOf), (.timestampOf, .timestampTZ), (.uuid, .blob), (.blob, .uuid):
      return true
    case (.list(let x), .list(let y)), (.list(let x), .array(let y, _)),
      (.array(let x, _), .list(let y)):
      return canCast(from: x, to: y)
    case (.array(let x, let n), .array(let y, let m)): return n == m && canCast(from: x, to: y)
    case (.map(let k, let x), .map(let l, let y)):
      return canCast(from: k, to: l) && canCast(from: x, to: y)
    case (.structure(let x), .structure(let y)):
      return fieldSources(x, y) != nil
    default: return false
    }
  }

  /// For each target field the position of the source field of that name (nil: NULL); nil when no
  /// name matches or a field cannot be cast. Unnamed structs match by position.
  static func fieldSources(_ from: [StructField], _ to: [StructField]) -> [Int?]? {
    let isUnnamed: Bool = from.allSatisfy { $0.name.isEmpty } || to.allSatisfy { $0.name.isEmpty }
    if isUnnamed && from.count == to.count {
      for (a, b) in zip(from, to) where !canCast(from: a.type, to: b.type) { return nil }
      return Array(from.indices)
    }
    var result: [Int?] = []
    var hasMatch = false
    for field in to {
      let name: String = field.name.lowercased()
      let source: Int? = from.firstIndex { $0.name.lowercased() == name }
      if let source {
        guard canCast(from: from[source].type, to: field.type) else { return nil }
        hasMatch = true
      }
      result.append(source)
    }
    return hasMatch || to.isEmpty ? result : nil
  }

  // MARK: Dispatch

  static func convert(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    if v.type == to { return v }
    let from: SQLType = v.type
    if from == .null { return Vector.nulls(to, count: v.count) }
    if case .union = to { return try unions(v.flattened(), to, context) }
    if to == .varchar { return toText(v, context) }
    if to == .json { return try toJSON(v, context) }
    if from == .varchar { return try parse(v, to, context) }
    if from == .json { return try parseJSON(v, to, context) }
    if to == .bit { return bits(v.flattened()) }
    if from == .bit { return try fromBits(v.flattened(), to, context) }
    if isIntegral(from) {
      if isIntegral(to) { return try integers(v, to, context) }
      if to.isFloatingPoint { return integersToFloats(v.flattened(), to) }
    }
    if from.isFloatingPoint { return try floats(v.flattened(), to, context) }
    switch (from, to) {
    case (.time, _), (.timeTZ, _), (.date, _), (.timestamp, _), (.timestampOf, _),
      (.timestampTZ, _):
      return try moments(v.flattened(), to, context)
    // A label is read as the text it is.
    case (.enumeration, _): return try parse(toText(v, context), to, context)
    case (.uuid, .blob), (.blob, .uuid): return try uuidBlob(v.flattened(), to, context)
    case (.list, _), (.array, _), (.map, _): return try lists(v.flattened(), to, context)
    case (.structure, _): return try structures(v.flattened(), to, context)
    default: throw unsupported(from, to)
    }
  }

  /// BOOLEAN, integers and decimals: everything that is an integer with a scale.
  static func isIntegral(_ type: SQLType) -> Bool {
    type.isInteger || type.isDecimal || type == .boolean
  }

  // MARK: Errors

  static func unsupported(_ from: SQLType, _ to: SQLType) -> ComputeError {
    ComputeError(
      .invalidCast, "There is no cast from \(from) to \(to); convert through VARCHAR or a function")
  }

  /// The error for row `row` of `v`.
  static func failure(_ v: Vector, _ row: Int, _ to: SQLType) -> ComputeError {
    let text: String = v.value(at: row).description(v.type)
    if v.type == .varchar || v.type == .json {
      var hint = ""
      switch to {
      case .date: hint = ": expected format is YYYY-MM-DD"
      case .time: hint = ": expected format is HH:MM[:SS[.US]]"
      case .timestampOf(.nanoseconds):
        hint = ": expected format is YYYY-MM-DD HH:MM[:SS[.NNNNNNNNN]], between 1677 and 2262"
      case .timestamp, .timestampOf, .timestampTZ:
        hint = ": expected format is YYYY-MM-DD HH:MM[:SS[.US]]"
      default: break
      }
      return ComputeError(
        .invalidCast,
        "Could not convert string '\(text)' to \(to)\(hint). Use TRY_CAST to get NULL instead")
    }
    if to.isDecimal {
      return ComputeError(
        .invalidCast, "Casting value \"\(text)\" to type \(to) failed: value is out of range!")
    }
    return ComputeError(
      .invalidCast,
      "Type \(v.type) with value \(text) can't be cast because the value is out of range for the"
        + " destination type \(to)")
  }
}

/// What every cast needs to know besides the vector.
struct CastContext {
  let isTry: Bool
  let timeZoneName: String

  func zone() throws -> TimeZone { try TimeZone.require(timeZoneName) }

  /// The offset in seconds that the session's zone has now: what a time of day without one gets.
  func presentOffset() throws -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let offset = Int64(try zone().offset(atUTC: Int64(now.tv_sec) * 1_000_000))
    return Swift.min(ZonedTime.offsetMax, Swift.max(-ZonedTime.offsetMax, offset))
  }
}
