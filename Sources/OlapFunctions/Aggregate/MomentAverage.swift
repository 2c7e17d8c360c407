import OlapColumns

/// avg over dates, times and intervals: the moment in the middle, cut to microseconds.
enum MomentAverage {
  static let overloads: [AggregateOverload] = [
    moments(.date, argument: .timestamp, to: .timestamp) { .timestamp($0) },
    moments(.timestamp, argument: .timestamp, to: .timestamp) { .timestamp($0) },
    moments(.timestampTZ, argument: .timestampTZ, to: .timestampTZ) { .timestampTZ($0) },
    moments(.time, argument: .time, to: .time) { .time($0) },
    AggregateOverload([.exact(.interval)]) { _, _ in
      AggregateFunction.collecting([.interval], to: .interval) { rows, count in
        let flat: Vector = rows[0].flattened()
        let spans = flat.values(Interval.self)
        var total: Int128 = 0
        for i in 0..<count { total += spans[i].normalisedMicroseconds }
        let mean: Int128 = total / Int128(count)
        let day: Int128 = 86_400_000_000
        let days: Int128 = mean / day
        guard let months = Int32(exactly: days / 30) else {
          throw ComputeError.overflow("Interval out of range in avg")
        }
        return .interval(
          Interval(
            months: months, days: Int32(truncatingIfNeeded: days % 30),
            microseconds: Int64(truncatingIfNeeded: mean % day)))
      }
    },
  ]

  private static func moments(
    _ type: SQLType, argument: SQLType, to result: SQLType,
    _ make: @escaping @Sendable (Int64) -> Value
  ) -> AggregateOverload {
    AggregateOverload([.exact(type)]) { _, _ in
      AggregateFunction.collecting([argument], to: result) { rows, count in
        let flat: Vector = rows[0].flattened()
        let values = flat.values(Int64.self)
        var total: Int128 = 0
        for i in 0..<count { total += Int128(values[i]) }
        return make(Int64(truncatingIfNeeded: total / Int128(count)))
      }
    }
  }
}
