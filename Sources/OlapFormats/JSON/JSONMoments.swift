internal import OlapColumns

/// Texts of a JSON column as dates, times and timestamps. The caller keeps the texts alive.
enum JSONMoments {
  /// The texts as timestamps if all are written plainly; nil when one is not.
  static func plainTimestamps(_ texts: Vector) -> Vector? {
    let (count, mask) = (texts.count, texts.validity)
    let result = Vector.flat(.timestamp, count: count, nullable: mask != nil)
    let moments = result.values(Int64.self)
    let views = texts.values(StringView.self)
    for i in 0..<count {
      if let mask {
        result.validity.unsafelyUnwrapped[i] = mask[i]
        if mask[i] == 0 {
          moments[i] = 0
          continue
        }
      }
      guard !views[i].isInline,
        let moment = FastNumber.timestamp(
          views[i].pointer.assumingMemoryBound(to: UInt8.self), views[i].count)
      else { return nil }
      moments[i] = moment
    }
    return result
  }

  /// The texts as dates, times or timestamps, by a format, else as ISO has them; NULL where neither fits.
  static func formatted(
    _ texts: Vector, _ moments: MomentFormat, as type: SQLType, timeZoneName: String
  ) throws -> Vector {
    let count = texts.count
    let result = Vector.flat(type, count: count, nullable: true)
    let mask = result.validity.unsafelyUnwrapped
    let zone = try TimeZone.require(timeZoneName)
    let views = texts.values(StringView.self)
    for i in 0..<count {
      mask[i] = 0
      guard texts.isValid(i) else { continue }
      if type == .date {
        guard let days = views[i].withBytes({ moments.date($0) ?? DateTimeParser.date($0) }) else {
          continue
        }
        result.values(Int32.self)[i] = days
      } else if type == .time {
        guard let time = views[i].withBytes({ moments.time($0) ?? DateTimeParser.time($0) }) else {
          continue
        }
        result.values(Int64.self)[i] = time
      } else if case .timestampOf(let unit) = type {
        let ticks: Int64? = views[i].withBytes { bytes in
          moments.timestamp(bytes, utc: false, zone: zone).flatMap { unit.ticks(microseconds: $0) }
            ?? DateTimeParser.timestamp(bytes, unit)
        }
        guard let ticks else { continue }
        result.values(Int64.self)[i] = ticks
      } else {
        let isUTC = type == .timestampTZ
        guard
          let moment = views[i].withBytes({ bytes in
            moments.timestamp(bytes, utc: isUTC, zone: zone)
              ?? (isUTC
                ? DateTimeParser.timestampTZ(bytes, zone: zone) : DateTimeParser.timestamp(bytes))
          })
        else { continue }
        result.values(Int64.self)[i] = moment
      }
      mask[i] = 1
    }
    return result
  }
}
