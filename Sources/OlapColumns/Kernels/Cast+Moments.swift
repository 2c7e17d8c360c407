extension Cast {
  /// Between DATE, TIME, TIMESTAMP and its other units, and TIMESTAMPTZ.
  static func moments(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    switch (v.type, to) {
    case (.date, .timestamp): return try dateToTimestamp(v, to, context)
    case (.date, .timestampTZ):
      return try toUTC(try dateToTimestamp(v, .timestamp, context), context)
    case (.timestamp, .timestampTZ): return try toUTC(v, context)
    case (.timestamp, .date): return timestampToDate(v)
    case (.timestamp, .time): return try timestampToTime(v, context)
    case (.timestampTZ, .timestamp): return try toLocal(v, context)
    case (.timestampTZ, .date): return timestampToDate(try toLocal(v, context))
    case (.timestampTZ, .time): return try timestampToTime(try toLocal(v, context), context)
    case (.time, .timeTZ):
      let offset: Int64 = try context.presentOffset()
      return zonedTimes(v) { ZonedTime.pack(local: $0, offset: offset) }
    case (.timeTZ, .time):
      return zonedTimes(v, to: .time) { ZonedTime.local($0) }
    case (.timestamp, .timeTZ):
      return zonedTimes(try timestampToTime(v, context)) { ZonedTime.pack(local: $0, offset: 0) }
    case (.timestampTZ, .timeTZ):
      let zone: TimeZone = try context.zone()
      // ±infinity has no time of day, as for TIME: it fails here, or is NULL.
      let times: Vector = try timestampToTime(v, context)
      let checked = Vector(
        type: v.type, encoding: .flat, count: v.count, data: v.data, validity: times.validity,
        owner: OwnerPair(v.owner, times.owner))
      return zonedTimes(checked) { moment in
        let limit = Int(ZonedTime.offsetMax)
        let offset: Int = Swift.min(limit, Swift.max(-limit, zone.offset(atUTC: moment)))
        return ZonedTime.pack(
          local: Calendar.split(timestamp: zone.local(fromUTC: moment)).microseconds,
          offset: Int64(offset))
      }
    case (.timestampOf(let unit), .timestampOf(let other)):
      return try rescale(v, from: unit.perSecond, to: other.perSecond, to, context)
    case (.timestampOf(let unit), .timestamp):
      return try rescale(v, from: unit.perSecond, to: 1_000_000, to, context)
    case (.timestamp, .timestampOf(let unit)):
      return try rescale(v, from: 1_000_000, to: unit.perSecond, to, context)
    case (.timestampOf, _), (_, .timestampOf):
      // Through microseconds, which is what the other types count.
      return try convert(try moments(v, .timestamp, context), to, context)
    default: throw unsupported(v.type, to)
    }
  }

  /// Keeps two owners of memory alive.
  private final class OwnerPair {
    let first: AnyObject?
    let second: AnyObject?
    init(_ first: AnyObject?, _ second: AnyObject?) {
      self.first = first
      self.second = second
    }
  }

  /// Each value of 64 bits turned into another, between TIME and TIME WITH TIME ZONE.
  private static func zonedTimes(
    _ v: Vector, to: SQLType = .timeTZ, _ body: (Int64) -> Int64
  ) -> Vector {
    let n: Int = v.count
    let result = Vector.flat(to, count: n, sharing: v.validity, validityOwner: v.owner)
    let a = v.values(Int64.self)
    let out = result.values(Int64.self)
    // What lies under a NULL is unspecified: it must not overflow.
    withExtendedLifetime(v) {
      for i in 0..<n { out[i] = v.isValid(i) ? body(a[i]) : 0 }
    }
    return result
  }

  /// Ticks of another length: a coarser count is rounded, halves away from 1970; a finer one may be
  /// out of range. ±infinity stays.
  private static func rescale(
    _ v: Vector, from perSecond: Int64, to other: Int64, _ to: SQLType, _ context: CastContext
  ) throws -> Vector {
    let n: Int = v.count
    let result = Vector.flat(to, count: n, sharing: v.validity, validityOwner: v.owner)
    let a = v.values(Int64.self)
    let out = result.values(Int64.self)
    if other <= perSecond {
      let divisor: Int64 = perSecond / other
      for i in 0..<n {
        out[i] = Calendar.isFinite(timestamp: a[i]) ? TimestampUnit.rounded(a[i], divisor) : a[i]
      }
      return result
    }
    let factor: Int64 = other / perSecond
    let flags = zeroed(n)
    let bad = flags.bytes.assumingMemoryBound(to: UInt8.self)
    for i in 0..<n {
      let product = a[i].multipliedReportingOverflow(by: factor)
      let isFinite: Bool = Calendar.isFinite(timestamp: a[i])
      let isOut: Bool = product.overflow || !Calendar.isFinite(timestamp: product.partialValue)
      out[i] = isFinite ? product.partialValue : a[i]
      bad[i] = isFinite && isOut ? 1 : 0
    }
    return try settle(result, flags, source: v, to, context)
  }

  private static func dateToTimestamp(
    _ v: Vector, _ to: SQLType, _ context: CastContext
  ) throws -> Vector {
    let n: Int = v.count
    let result = Vector.flat(to, count: n, sharing: v.validity, validityOwner: v.owner)
    let a = v.values(Int32.self)
    let out = result.values(Int64.self)
    let flags = zeroed(n)
    let bad = flags.bytes.assumingMemoryBound(to: UInt8.self)
    for i in 0..<n {
      if Calendar.isFinite(date: a[i]) {
        let moment: Int64? = Calendar.timestamp(days: Int64(a[i]), microseconds: 0)
        out[i] = moment ?? 0
        bad[i] = moment == nil ? 1 : 0
      } else {
        out[i] =
          a[i] > 0 ? Calendar.infinityTimestamp : Calendar.negativeInfinityTimestamp
      }
    }
    return try settle(result, flags, source: v, to, context)
  }

  private static func timestampToDate(_ v: Vector) -> Vector {
    let n: Int = v.count
    let result = Vector.flat(.date, count: n, sharing: v.validity, validityOwner: v.owner)
    let a = v.values(Int64.self)
    let out = result.values(Int32.self)
    for i in 0..<n {
      if Calendar.isFinite(timestamp: a[i]) {
        out[i] = Int32(truncatingIfNeeded: Calendar.split(timestamp: a[i]).days)
      } else {
        out[i] = a[i] > 0 ? Calendar.infinityDate : Calendar.negativeInfinityDate
      }
    }
    return result
  }

  /// ±infinity has no time of day.
  private static func timestampToTime(_ v: Vector, _ context: CastContext) throws -> Vector {
    let n: Int = v.count
    let result = Vector.flat(.time, count: n, sharing: v.validity, validityOwner: v.owner)
    let a = v.values(Int64.self)
    let out = result.values(Int64.self)
    let flags = zeroed(n)
    let bad = flags.bytes.assumingMemoryBound(to: UInt8.self)
    for i in 0..<n {
      out[i] = Calendar.split(timestamp: a[i]).microseconds
      bad[i] = Calendar.isFinite(timestamp: a[i]) ? 0 : 1
    }
    return try settle(result, flags, source: v, .time, context)
  }

  private static func toLocal(_ v: Vector, _ context: CastContext) throws -> Vector {
    let zone: TimeZone = try context.zone()
    if zone.isUTC { return v.reinterpreted(as: .timestamp) }
    let n: Int = v.count
    let result = Vector.flat(.timestamp, count: n, sharing: v.validity, validityOwner: v.owner)
    let a = v.values(Int64.self)
    let out = result.values(Int64.self)
    for i in 0..<n { out[i] = zone.local(fromUTC: a[i]) }
    return result
  }

  private static func toUTC(_ v: Vector, _ context: CastContext) throws -> Vector {
    let zone: TimeZone = try context.zone()
    if zone.isUTC { return v.reinterpreted(as: .timestampTZ) }
    let n: Int = v.count
    let result = Vector.flat(.timestampTZ, count: n, sharing: v.validity, validityOwner: v.owner)
    let a = v.values(Int64.self)
    let out = result.values(Int64.self)
    let flags = zeroed(n)
    let bad = flags.bytes.assumingMemoryBound(to: UInt8.self)
    for i in 0..<n {
      let moment: Int64? = zone.utc(fromLocal: a[i])
      out[i] = moment ?? 0
      bad[i] = moment == nil ? 1 : 0
    }
    return try settle(result, flags, source: v, .timestampTZ, context)
  }

  /// UUID to its 16 bytes (big-endian) and back.
  static func uuidBlob(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    let builder = VectorBuilder(type: to, capacity: v.count)
    for i in 0..<v.count {
      guard v.isValid(i) else {
        builder.appendNull()
        continue
      }
      if to == .blob {
        let value: UInt128 = v.values(UInt128.self)[i]
        builder.append(
          .blob((0..<16).map { UInt8(truncatingIfNeeded: value >> UInt128((15 - $0) * 8)) }))
        continue
      }
      let bytes: [UInt8] = v.values(StringView.self)[i].withBytes { Array($0) }
      if bytes.count == 16 {
        builder.append(.unsigned(bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }))
      } else if context.isTry {
        builder.appendNull()
      } else {
        throw ComputeError(
          .invalidCast, "Cannot cast a BLOB of \(bytes.count) bytes to UUID: it needs 16 bytes")
      }
    }
    return builder.finish()
  }
}
