extension Vector {
  /// Row `i` as a boxed value. Slow: for constants, statistics, results; not for loops over rows.
  package func value(at i: Int) -> Value {
    guard isValid(i) else { return .null }
    switch encoding {
    case .flat: return flatValue(at: i)
    case .constant: return flatValue(at: 0)
    case .dictionary: return dictionary?.value(at: code(at: i)) ?? .null
    case .frame:
      let integer: Int64 = frameBase &+ Int64(code(at: i)) &* frameMultiplier
      return Vector.boxed(integer, type: type)
    }
  }

  /// An integer of at most 64 bits as a value of `type`.
  package static func boxed(_ integer: Int64, type: SQLType) -> Value {
    switch type {
    case .boolean: .boolean(integer != 0)
    case .date: .date(Int32(truncatingIfNeeded: integer))
    case .time: .time(integer)
    case .timestamp: .timestamp(integer)
    case .timestampTZ: .timestampTZ(integer)
    case .decimal(_, let scale): .decimal(Int128(integer), scale: scale)
    case .hugeint, .ubigint: .hugeint(Int128(integer))
    default: .integer(integer)
    }
  }

  private func flatValue(at i: Int) -> Value {
    switch physical {
    case .bool: return .boolean(values(UInt8.self)[i] != 0)
    case .int8: return type == .null ? .null : .integer(Int64(values(Int8.self)[i]))
    case .int16: return .integer(Int64(values(Int16.self)[i]))
    case .int32: return Vector.boxed(Int64(values(Int32.self)[i]), type: type)
    case .int64: return Vector.boxed(values(Int64.self)[i], type: type)
    case .uint8: return .integer(Int64(values(UInt8.self)[i]))
    case .uint16: return .integer(Int64(values(UInt16.self)[i]))
    case .uint32: return .integer(Int64(values(UInt32.self)[i]))
    case .uint64: return .hugeint(Int128(values(UInt64.self)[i]))
    case .int128:
      let integer: Int128 = values(Int128.self)[i]
      if case .decimal(_, let scale) = type { return .decimal(integer, scale: scale) }
      return .hugeint(integer)
    case .uint128: return .unsigned(values(UInt128.self)[i])
    case .float32: return .real(values(Float.self)[i])
    case .float64: return .double(values(Double.self)[i])
    case .string:
      let view: StringView = values(StringView.self)[i]
      return type == .blob ? .blob(view.withBytes { Array($0) }) : .varchar(view.string)
    case .interval: return .interval(values(Interval.self)[i])
    case .list: return listValue(at: i)
    case .structure: return .structure(children.map { $0.value(at: i) })
    }
  }

  private func listValue(at i: Int) -> Value {
    let entry: ListEntry = values(ListEntry.self)[i]
    let elements: Vector = children[0]
    let range: Range<Int> = Int(entry.offset)..<(Int(entry.offset) + Int(entry.count))
    if case .map = type {
      return .map(
        range.map { row in
          if case .structure(let pair) = elements.value(at: row), pair.count == 2 {
            return (key: pair[0], value: pair[1])
          }
          return (key: .null, value: .null)
        })
    }
    var boxed: [Value] = []
    boxed.reserveCapacity(range.count)
    Cancellation.strides(range.count) { part in
      for k in part { boxed.append(elements.value(at: range.lowerBound + k)) }
    }
    return .list(boxed)
  }

  /// All rows as boxed values. Slow: for tests and small results.
  package var boxedValues: [Value] { (0..<count).map { value(at: $0) } }
}
