/// Orders and their lines, in one pass: an order's status and total come from its lines.
extension TPCHDataset {
  private static let firstDay: Int = CalendarDay(year: 1992, month: 1, day: 1).number
  private static let lastOrderDay: Int =
    CalendarDay(year: 1998, month: 12, day: 31).number - 151
  /// The day as which the data is looked at: later receipts are not returned yet.
  private static let currentDay: Int = CalendarDay(year: 1995, month: 6, day: 17).number

  func writeOrders() throws(DatasetError) {
    var orders = try writer("orders")
    var lines = try writer("lineitem")
    let tables = LineTables()
    for number in 0..<orderCount {
      var random = random(.order, number)
      // Eight keys of every thirty-two are used.
      let orderKey = (number >> 3) << 5 | (number & 7) + 1
      let orderDay = random.between(Self.firstDay, Self.lastOrderDay)
      let lineCount = random.between(1, 7)
      var total = 0
      var shippedCount = 0
      for line in 1...lineCount {
        let written = writeLine(orderKey, line, orderDay, &random, tables, to: &lines)
        total += written.charge
        if written.isShipped { shippedCount += 1 }
      }
      orders.integer(orderKey)
      orders.integer(customerKey(&random))
      orders.raw(tables.statuses[shippedCount == lineCount ? 0 : shippedCount == 0 ? 1 : 2])
      orders.hundredths(total)
      orders.date(CalendarDay(number: orderDay))
      orders.raw(tables.priorities.pick(&random))
      orders.numbered("Clerk#", random.between(1, clerkCount), width: 9)
      orders.integer(0)
      comment(19, 78, &random, to: &orders)
      orders.endRow()
    }
    try orders.finish()
    try lines.finish()
  }

  private struct LineTables {
    let statuses = WordTable(["F", "O", "P"])
    let priorities = WordTable(TPCHVocabulary.priorities)
    let instructions = WordTable(TPCHVocabulary.instructions)
    let modes = WordTable(TPCHVocabulary.modes)
    let flags = WordTable(["R", "A", "N"])
  }

  /// A third of the customers, those whose key three divides, never order.
  private func customerKey(_ random: inout RandomSource) -> Int {
    var key = random.between(1, customerCount)
    while key % 3 == 0 { key = random.between(1, customerCount) }
    return key
  }

  /// Writes one line; `charge` is its discounted and taxed price in cents.
  private func writeLine(
    _ orderKey: Int, _ number: Int, _ orderDay: Int, _ random: inout RandomSource,
    _ tables: LineTables, to file: inout DelimitedWriter
  ) -> (charge: Int, isShipped: Bool) {
    let partKey = random.between(1, partCount)
    let quantity = random.between(1, 50)
    let price = quantity * Self.retailPrice(partKey)
    let discount = random.between(0, 10)
    let tax = random.between(0, 8)
    let shipDay = orderDay + random.between(1, 121)
    let commitDay = orderDay + random.between(30, 90)
    let receiptDay = shipDay + random.between(1, 30)
    let isShipped = shipDay <= Self.currentDay
    file.integer(orderKey)
    file.integer(partKey)
    file.integer(
      Self.supplierKey(
        ofPart: partKey, index: random.below(4), supplierCount: supplierCount))
    file.integer(number)
    file.integer(quantity)
    file.hundredths(price)
    file.hundredths(discount)
    file.hundredths(tax)
    file.raw(tables.flags[receiptDay <= Self.currentDay ? random.below(2) : 2])
    file.raw(tables.statuses[isShipped ? 0 : 1])
    file.date(CalendarDay(number: shipDay))
    file.date(CalendarDay(number: commitDay))
    file.date(CalendarDay(number: receiptDay))
    file.raw(tables.instructions.pick(&random))
    file.raw(tables.modes.pick(&random))
    comment(10, 43, &random, to: &file)
    file.endRow()
    return (price * (100 - discount) / 100 * (100 + tax) / 100, isShipped)
  }
}
