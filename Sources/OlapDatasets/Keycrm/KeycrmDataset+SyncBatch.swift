/// The next sync: the window of the last two days as it looks at noon of the day after the export.
extension KeycrmDataset {
  /// Writes `sync/orders.csv` and `sync/order_products.csv`: every order of the export's last day,
  /// some of them moved on, one returned, one corrected; and the orders that came in since.
  func writeSyncBatch() throws(DatasetError) {
    try CommandArguments.createFolder("\(folder)/sync")
    var orders = try writer("sync/orders", KeycrmOrder.orderColumns)
    var lines = try writer("sync/order_products", KeycrmOrder.lineColumns)
    let lastDay = calendar.dayCount - 1
    let numbers = calendar.orders(onDay: lastDay)
    for number in numbers {
      changed(order(number: number, day: lastDay), position: number - numbers.lowerBound)
        .write(order: &orders, lines: &lines)
    }
    for order in newOrders(count: max(6, numbers.count)) {
      order.write(order: &orders, lines: &lines)
    }
    try orders.finish()
    try lines.finish()
  }

  /// Noon of the day after the export.
  private var syncedAt: Int {
    KyivTime.instant(CalendarDay(number: calendar.lastDay.number + 1), secondOfDay: 43_200)
  }

  /// The order as the later sync sees it: most are unchanged, the first is returned, the second is
  /// corrected, some of the rest have moved on.
  private func changed(_ order: KeycrmOrder, position: Int) -> KeycrmOrder {
    var random = RandomSource(seed: seed, stream: Stream.sync.rawValue, row: order.id)
    var order = order
    let changedAt = calendar.exportedAt + random.below(syncedAt - calendar.exportedAt)
    if position == 0 || random.chance(percent: 4) {
      order.statusID = position == 0 ? 22 : random.pick(KeycrmVocabulary.returnStatuses)
      order.closedAt = changedAt
    } else if position == 1 {
      order.lines[0].quantity += 1
    } else if random.chance(percent: 35) {
      order.statusID = order.statusID == 1 ? 5 : 8
      order.paymentStatus = "paid"
    } else {
      return order
    }
    order.updatedAt = changedAt
    return order
  }

  /// Orders of the evening after the export and of the next morning, in equal parts.
  private func newOrders(count: Int) -> [KeycrmOrder] {
    (0..<count).map { index in
      let number = orderCount + index
      var random = RandomSource(seed: seed, stream: Stream.order.rawValue, row: number)
      let isEvening = index < count / 2
      let position = isEvening ? index : index - count / 2
      let portion = isEvening ? count / 2 : count - count / 2
      let fraction = (Double(position) + random.fraction()) / Double(portion)
      let day = CalendarDay(number: calendar.lastDay.number + (isEvening ? 0 : 1))
      let hours = isEvening ? KeycrmCalendar.exportHour..<24 : 0..<12
      let orderedAt = KeycrmCalendar.instant(day, fraction: fraction, hours: hours)
      return order(id: number + 1, orderedAt: orderedAt, seenAt: syncedAt, &random)
    }
  }
}
