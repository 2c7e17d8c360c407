package import OlapColumns

/// The type of a JSON value in a scan, with the keys its fields have in the text (names of a STRUCT must
/// differ in more than case, keys need not).
package final class JSONNode: Sendable {
  package let type: SQLType
  /// Fields of a STRUCT, in order.
  let fields: [(key: [UInt8], node: JSONNode)]
  /// Elements of a LIST, values of a MAP.
  let element: JSONNode?
  /// How dates and times are written, when not as ISO.
  let moments: MomentFormat?
  /// The fields are those that a sample had: another key is a problem, not something to pass over.
  let refusesUnknownKeys: Bool

  init(
    type: SQLType, fields: [(key: [UInt8], node: JSONNode)] = [], element: JSONNode? = nil,
    moments: MomentFormat? = nil, refusesUnknownKeys: Bool = false
  ) {
    self.type = type
    self.refusesUnknownKeys = refusesUnknownKeys
    self.fields = fields
    self.element = element
    self.moments = moments
  }

  /// A node of a type that was given: keys are the fields' names.
  package convenience init(_ type: SQLType, dates: MomentFormat?, timestamps: MomentFormat?) {
    switch type {
    case .structure(let fields):
      self.init(
        type: type,
        fields: fields.map {
          (Array($0.name.utf8), JSONNode($0.type, dates: dates, timestamps: timestamps))
        })
    case .list(let element):
      self.init(
        type: type, element: JSONNode(element, dates: dates, timestamps: timestamps))
    case .map(.varchar, let value):
      self.init(type: type, element: JSONNode(value, dates: dates, timestamps: timestamps))
    case .date: self.init(type: type, moments: dates)
    case .timestamp, .timestampOf, .timestampTZ: self.init(type: type, moments: timestamps)
    default: self.init(type: type)
    }
  }
}

/// One column of a JSON scan.
package struct JSONColumn: Sendable {
  package let name: String
  let key: [UInt8]
  package let node: JSONNode
}
