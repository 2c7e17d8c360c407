import OlapColumns

extension AggregateFunction {
  static let jsonGroupArray = AggregateFunction(
    "json_group_array", aliases: ["json_agg", "jsonb_agg", "jsonb_group_array", "json_arrayagg"],
    summary: "All values as a JSON array.",
    example: ("SELECT json_group_array(x) FROM (VALUES (1), (2)) t(x)", "[1,2]"),
    isOrderSensitive: true,
    overloads: [
      AggregateOverload([.any]) { types, _ in
        collecting(types, to: .json, skipsNull: false, empty: .varchar("[]")) { rows, count in
          .varchar("[" + (try texts(rows[0], count)).joined(separator: ",") + "]")
        }
      }
    ])
  static let jsonGroupObject = AggregateFunction(
    "json_group_object",
    aliases: ["json_object_agg", "jsonb_object_agg", "object_agg", "json_objectagg"],
    summary: "Keys and values as a JSON object.",
    example: ("SELECT json_group_object(k, v) FROM (VALUES ('a', 1)) t(k, v)", "{\"a\":1}"),
    isOrderSensitive: true,
    overloads: [
      AggregateOverload([.any, .any]) { types, _ in
        collecting(types, to: .json, empty: .varchar("{}")) { rows, count in
          let keys: [String] = try texts(rows[0], count).map {
            $0.hasPrefix("\"") ? $0 : JSONValue.string($0).text
          }
          let values: [String] = try texts(rows[1], count)
          let members: [String] = zip(keys, values).map { "\($0):\($1)" }
          return .varchar("{" + members.joined(separator: ",") + "}")
        }
      }
    ])

  /// The rows as JSON texts; NULL is null.
  private static func texts(_ vector: Vector, _ count: Int) throws -> [String] {
    let converted: Vector = try JSONConstruction.convert(vector, "UTC")
    return (0..<count).map { i in
      if case .varchar(let text) = converted.value(at: i) { return text }
      return "null"
    }
  }
}
