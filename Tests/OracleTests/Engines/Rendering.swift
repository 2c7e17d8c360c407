import Glibc
import Olap
import OlapColumns

/// Values as text that is equal in both engines when the values are.
enum Rendering {
  /// Nine digits: the order of a sum of doubles is nobody's promise.
  static func text(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    var buffer = [CChar](repeating: 0, count: 40)
    let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%.9g", $0) }
    return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func text(_ row: Row) -> [String] {
    row.values.indices.map { index in
      switch row.values[index] {
      case .null: "NULL"
      case .boolean(let value): value ? "1" : "0"
      case .integer(let value): String(value)
      case .hugeint(let value): String(value)
      case .double(let value): text(value)
      case .varchar(let value): "'" + value + "'"
      default: row.text(index) ?? "NULL"
      }
    }
  }

  /// The rows as a multiset: sorted lines.
  static func sorted(_ rows: [[String]]) -> [String] { lines(rows).sorted() }

  static func lines(_ rows: [[String]]) -> [String] { rows.map { $0.joined(separator: " | ") } }
}
