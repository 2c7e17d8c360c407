/// One order with its lines, as the CRM returns it.
struct KeycrmOrder {
  struct Line {
    var productID: Int
    var quantity: Int
    /// In hundredths of a hryvnia.
    var price: Int
  }

  var id: Int
  var sourceID: Int
  var statusID: Int
  /// All times are seconds since 1970, UTC.
  var orderedAt: Int
  var createdAt: Int
  var updatedAt: Int
  var closedAt: Int?
  var buyerID: Int?
  var managerID: Int?
  var lines: [Line]
  var discount: Int
  var shipping: Int
  var promocode: String?
  var paymentStatus: String
  var comment: String?

  var grandTotal: Int {
    max(0, lines.reduce(0) { $0 + $1.price * $1.quantity } - discount)
  }

  var isReturn: Bool { KeycrmVocabulary.returnStatuses.contains(statusID) }

  static let orderColumns: [String] = [
    "id", "source_uuid", "source_id", "status_id", "grand_total", "total_discount",
    "shipping_price", "promocode", "payment_status", "ordered_at", "created_at", "updated_at",
    "closed_at", "buyer_id", "manager_id", "manager_comment",
  ]
  static let lineColumns: [String] = [
    "order_id", "product_id", "quantity", "price", "updated_at",
  ]

  func write(order: inout DelimitedWriter, lines lineWriter: inout DelimitedWriter) {
    order.integer(id)
    order.numbered("KS-", id, width: 8)
    order.integer(sourceID)
    order.integer(statusID)
    order.hundredths(grandTotal)
    order.hundredths(discount)
    order.hundredths(shipping)
    order.text(promocode)
    order.text(paymentStatus)
    order.timestamp(orderedAt)
    order.timestamp(createdAt, suffix: "+00")
    order.timestamp(updatedAt, suffix: "+00")
    if let closedAt { order.timestamp(closedAt, suffix: "+00") } else { order.null() }
    order.integer(buyerID)
    order.integer(managerID)
    order.text(comment)
    order.endRow()
    for line in lines {
      lineWriter.integer(id)
      lineWriter.integer(line.productID)
      lineWriter.integer(line.quantity)
      lineWriter.hundredths(line.price)
      lineWriter.timestamp(updatedAt, suffix: "+00")
      lineWriter.endRow()
    }
  }
}
