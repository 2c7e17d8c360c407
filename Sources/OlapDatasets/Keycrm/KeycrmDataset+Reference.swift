/// The tables that orders refer to, and the orders' expenses.
extension KeycrmDataset {
  static var expenseColumns: [String] {
    ["id", "order_id", "expense_type_id", "amount", "description", "created_at"]
  }

  func writeReferenceTables() throws(DatasetError) {
    var sources = try writer("sources", ["id", "name", "driver"])
    for source in KeycrmVocabulary.sources {
      sources.integer(source.id)
      sources.text(source.name)
      sources.text(source.driver)
      sources.endRow()
    }
    try sources.finish()
    var managers = try writer("managers", ["id", "name", "email", "role", "is_active"])
    for manager in KeycrmVocabulary.managers {
      managers.integer(manager.id)
      managers.text(manager.name)
      managers.text("manager\(manager.id)@example.com")
      managers.text(manager.role)
      managers.boolean(manager.id != 11)
      managers.endRow()
    }
    try managers.finish()
    var categories = try writer("categories", ["id", "name", "parent_id"])
    for category in KeycrmVocabulary.categories {
      categories.integer(category.id)
      categories.text(category.name)
      categories.integer(category.parent)
      categories.endRow()
    }
    try categories.finish()
    var types = try writer("expense_types", ["id", "name", "alias"])
    for type in KeycrmVocabulary.expenseTypes {
      types.integer(type.id)
      types.text(type.name)
      types.text(type.alias)
      types.endRow()
    }
    try types.finish()
  }

  func writeProducts() throws(DatasetError) {
    var file = try writer("products", KeycrmProduct.columns)
    for product in products { product.write(to: &file) }
    try file.finish()
  }

  func writeBuyers() throws(DatasetError) {
    var file = try writer(
      "buyers", ["id", "full_name", "phone", "email", "city", "created_at", "updated_at"])
    let start = KyivTime.instant(calendar.firstDay, secondOfDay: 0)
    let span = calendar.exportedAt - start
    for index in 0..<buyerCount {
      var random = RandomSource(seed: seed, stream: Stream.buyer.rawValue, row: index)
      let first = random.pick(KeycrmVocabulary.firstNames)
      let createdAt = start + span / buyerCount * index
      file.integer(index + 1)
      file.text("\(first) \(random.pick(KeycrmVocabulary.surnames))")
      // No operator has the prefix 00: these numbers reach nobody.
      file.numbered("+38000", index + 1, width: 7)
      file.text(random.chance(percent: 30) ? nil : "buyer\(index + 1)@example.com")
      file.text(random.chance(percent: 6) ? nil : random.pick(KeycrmVocabulary.cities))
      file.timestamp(createdAt, suffix: "+00")
      file.timestamp(createdAt + random.below(86_400), suffix: "+00")
      file.endRow()
    }
    try file.finish()
  }

  /// Delivery, packaging and acquiring fees of most orders, and the way back of returned ones.
  func writeExpenses(
    of order: KeycrmOrder, nextID: inout Int, to file: inout DelimitedWriter
  ) {
    var random = RandomSource(seed: seed, stream: Stream.expense.rawValue, row: order.id)
    var expenses: [(type: Int, amount: Int)] = []
    if random.chance(percent: 45) { expenses.append((1, 6_500 + 250 * random.below(20))) }
    if random.chance(percent: 20) { expenses.append((2, 1_200 + 100 * random.below(15))) }
    if order.sourceID == 4 { expenses.append((3, order.grandTotal * 13 / 1000)) }
    if order.isReturn { expenses.append((5, 6_500 + 250 * random.below(20))) }
    for expense in expenses {
      file.integer(nextID)
      file.integer(order.id)
      file.integer(expense.type)
      file.hundredths(expense.amount)
      file.text(nil)
      file.timestamp(order.createdAt + 600, suffix: "+00")
      file.endRow()
      nextID += 1
    }
  }
}
