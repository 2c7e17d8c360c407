/// When the shop's orders come in: which day and second each order's number falls on.
///
/// The shop grows, sells more at weekends' ends and before the holidays, and sleeps at night. The
/// last day ends at 18:00, when the export is taken.
struct KeycrmCalendar {
  let firstDay: CalendarDay
  let dayCount: Int
  let orderCount: Int
  /// The number of orders before each day; one entry more than there are days.
  private let orderStart: [Int]
  private static let weekdayWeights: [Double] = [1.15, 1.1, 1.0, 0.95, 0.95, 0.9, 0.95]
  private static let monthWeights: [Double] = [
    0.9, 1.05, 1.1, 0.95, 0.95, 0.9, 0.85, 0.9, 1.0, 1.05, 1.35, 1.3,
  ]
  /// Orders per hour of the day.
  private static let hourWeights: [Int] = [
    3, 2, 1, 1, 1, 1, 2, 4, 8, 12, 15, 16, 17, 16, 15, 14, 14, 15, 17, 20, 22, 20, 14, 7,
  ]
  static let exportHour: Int = 18

  init(until: CalendarDay, dayCount: Int, orderCount: Int) {
    firstDay = CalendarDay(number: until.number - dayCount + 1)
    self.dayCount = dayCount
    self.orderCount = orderCount
    var sums: [Double] = [0]
    for index in 0..<dayCount {
      let day = CalendarDay(number: until.number - dayCount + 1 + index)
      let growth = 0.6 + 0.8 * Double(index) / Double(dayCount)
      let weight =
        growth * Self.weekdayWeights[day.weekday] * Self.monthWeights[day.civil.month - 1]
      sums.append(sums[index] + (index == dayCount - 1 ? 0.6 * weight : weight))
    }
    let total = sums[dayCount]
    orderStart = sums.map { Int((Double(orderCount) * $0 / total).rounded()) }
  }

  var lastDay: CalendarDay { CalendarDay(number: firstDay.number + dayCount - 1) }

  /// The instant the export is taken.
  var exportedAt: Int { KyivTime.instant(lastDay, secondOfDay: Self.exportHour * 3600) }

  /// The numbers of the orders on the day `index`.
  func orders(onDay index: Int) -> Range<Int> {
    orderStart[index]..<orderStart[index + 1]
  }

  /// The instant at which `fraction` of a day's orders, between two hours, have come in.
  static func instant(
    _ day: CalendarDay, fraction: Double, hours: Range<Int> = 0..<24
  ) -> Int {
    let total = hourWeights[hours].reduce(0, +)
    var rest = fraction * Double(total)
    for hour in hours {
      let weight = Double(hourWeights[hour])
      if rest < weight {
        return KyivTime.instant(day, secondOfDay: hour * 3600 + Int(rest / weight * 3600))
      }
      rest -= weight
    }
    return KyivTime.instant(day, secondOfDay: hours.upperBound * 3600 - 1)
  }
}
