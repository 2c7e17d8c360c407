/// The tables of a shop's CRM: orders with lines and expenses, buyers, products, categories,
/// managers, sources; and, if asked for, a later sync batch of changed and new orders.
///
/// Every order is a function of the seed and its number, so the sync batch can make the last day's
/// orders again and change them.
struct KeycrmDataset {
  let folder: String
  let seed: UInt64
  let orderCount: Int
  let calendar: KeycrmCalendar
  let writesSyncBatch: Bool
  let products: [KeycrmProduct]
  let buyerCount: Int

  /// One stream of random numbers per kind of row.
  enum Stream: UInt64 {
    case order, product, buyer, expense, sync
  }

  init(_ arguments: inout CommandArguments) throws(DatasetError) {
    seed = try arguments.seed()
    orderCount = try arguments.integer("orders", default: 100_000, in: 10...1_000_000_000)
    let days = try arguments.integer("days", default: 730, in: 3...10_000)
    let until = try arguments.day(
      "until", default: CalendarDay(year: 2025, month: 11, day: 30))
    writesSyncBatch = arguments.flag("sync-batch")
    folder = try arguments.folder()
    try arguments.finish()
    calendar = KeycrmCalendar(until: until, dayCount: days, orderCount: orderCount)
    buyerCount = max(1, orderCount * 9 / 20)
    products = KeycrmProduct.catalogue(
      count: min(1_500, max(40, orderCount / 100)), seed: seed,
      createdAt: calendar.firstDay.number * 86_400 - 86_400 * 90)
  }

  func generate() throws(DatasetError) {
    try writeReferenceTables()
    try writeProducts()
    try writeBuyers()
    try writeOrders()
    if writesSyncBatch { try writeSyncBatch() }
  }

  func writer(_ table: String, _ columns: [String]) throws(DatasetError) -> DelimitedWriter {
    try DelimitedWriter(path: "\(folder)/\(table).csv", header: columns)
  }

  /// Orders, lines and expenses in one pass.
  private func writeOrders() throws(DatasetError) {
    var orders = try writer("orders", KeycrmOrder.orderColumns)
    var lines = try writer("order_products", KeycrmOrder.lineColumns)
    var expenses = try writer("expenses", Self.expenseColumns)
    var expenseID = 1
    for day in 0..<calendar.dayCount {
      for number in calendar.orders(onDay: day) {
        let order = order(number: number, day: day)
        order.write(order: &orders, lines: &lines)
        writeExpenses(of: order, nextID: &expenseID, to: &expenses)
      }
    }
    try orders.finish()
    try lines.finish()
    try expenses.finish()
  }

  /// The order with the 0-based `number`, which falls on the day `day`.
  func order(number: Int, day: Int) -> KeycrmOrder {
    var random = RandomSource(seed: seed, stream: Stream.order.rawValue, row: number)
    let today = calendar.orders(onDay: day)
    let date = CalendarDay(number: calendar.firstDay.number + day)
    let isLastDay = day == calendar.dayCount - 1
    let fraction = (Double(number - today.lowerBound) + random.fraction()) / Double(today.count)
    var orderedAt = KeycrmCalendar.instant(
      date, fraction: fraction, hours: 0..<(isLastDay ? KeycrmCalendar.exportHour : 24))
    let marksClockChange =
      number == today.lowerBound
      && (KyivTime.changesClock(on: date)
        || KyivTime.changesClock(on: CalendarDay(number: date.number - 1)))
    if random.chance(percent: 1.5) || marksClockChange {
      let nudge = day == 0 || isLastDay ? random.between(0, 1) : random.between(-2, 1)
      orderedAt = KyivTime.instant(date, secondOfDay: 0) + nudge
    }
    return order(id: number + 1, orderedAt: orderedAt, seenAt: calendar.exportedAt, &random)
  }

  /// An order ordered at `orderedAt` in the state it has reached by `seenAt`.
  func order(
    id: Int, orderedAt: Int, seenAt: Int, _ random: inout RandomSource
  ) -> KeycrmOrder {
    let sourceID = KeycrmVocabulary.sources[random.weighted(KeycrmVocabulary.sourceWeights)].id
    let managerID = managerID(sourceID: sourceID, &random)
    let lines = lines(isWholesale: managerID == 15, &random)
    let subtotal = lines.reduce(0) { $0 + $1.price * $1.quantity }
    let hasPromocode = random.chance(percent: 9)
    let createdAt = orderedAt + random.below(180)
    let (statusID, changedAt) = status(orderedAt: orderedAt, seenAt: seenAt, &random)
    let isClosed = statusID == 12 || KeycrmVocabulary.returnStatuses.contains(statusID)
    let updatedAt = max(createdAt, changedAt)
    return KeycrmOrder(
      id: id, sourceID: sourceID, statusID: statusID, orderedAt: orderedAt,
      createdAt: createdAt, updatedAt: updatedAt, closedAt: isClosed ? updatedAt : nil,
      buyerID: buyerID(orderID: id, &random), managerID: managerID, lines: lines,
      discount: hasPromocode ? subtotal / 1000 * 100 : 0,
      shipping: subtotal >= 150_000 ? 0 : 7_000 + 500 * random.below(7),
      promocode: hasPromocode ? random.pick(["WELCOME10", "СПРИНГ10", "VIP10"]) : nil,
      paymentStatus: statusID == 1
        ? "not_paid" : (isClosed || statusID == 8 ? "paid" : "part_paid"),
      comment: random.chance(percent: 4) ? random.pick(KeycrmVocabulary.comments) : nil)
  }

  private func managerID(sourceID: Int, _ random: inout RandomSource) -> Int? {
    if random.chance(percent: sourceID == 4 ? 55 : 8) { return nil }
    return KeycrmVocabulary.managers[random.weighted(KeycrmVocabulary.managers.map(\.weight))].id
  }

  /// Buyers come in as the shop grows: only those who had arrived by this order can place it.
  private func buyerID(orderID: Int, _ random: inout RandomSource) -> Int? {
    if random.chance(percent: 4) { return nil }
    let arrived = min(buyerCount, max(1, buyerCount * orderID / orderCount))
    return random.chance(percent: 40) ? arrived : 1 + random.below(arrived)
  }

  private func lines(isWholesale: Bool, _ random: inout RandomSource) -> [KeycrmOrder.Line] {
    let wanted = 1 + random.weighted([46, 26, 14, 8, 4, 2])
    var lines: [KeycrmOrder.Line] = []
    for _ in 0..<wanted {
      let skew = random.fraction()
      let product = products[Int(Double(products.count) * skew * skew)]
      if lines.contains(where: { $0.productID == product.id }) { continue }
      let quantity =
        isWholesale ? 6 * random.between(1, 8) : 1 + random.weighted([80, 14, 4, 2])
      let price = isWholesale ? product.price * 68 / 100 : product.price
      lines.append(KeycrmOrder.Line(productID: product.id, quantity: quantity, price: price))
    }
    return lines
  }

  /// An order is new, confirmed, shipped, then completed or returned within about ten days.
  private func status(
    orderedAt: Int, seenAt: Int, _ random: inout RandomSource
  ) -> (statusID: Int, changedAt: Int) {
    let confirmedAt = orderedAt + 1_800 + random.below(36_000)
    let shippedAt = confirmedAt + 7_200 + random.below(100_000)
    let closedAt = shippedAt + 86_400 + random.below(700_000)
    let isReturned = random.chance(percent: 8)
    let returnStatus = random.pick(KeycrmVocabulary.returnStatuses)
    if closedAt <= seenAt { return (isReturned ? returnStatus : 12, closedAt) }
    if shippedAt <= seenAt { return (8, shippedAt) }
    if confirmedAt <= seenAt { return (5, confirmedAt) }
    return (1, orderedAt)
  }
}
