internal import OlapColumns
internal import OlapFunctions

extension LogicalPlan {
  /// Whether the session's time zone can make a difference to the plan's rows: something is computed from or
  /// to a time with a zone, or from the clock. Such columns handed on, compared as keys, sorted or summed up
  /// are the same everywhere.
  package var readsTimeZone: Bool {
    var found = false
    forEachNode { node in
      if found { return }
      switch node {
      case .tableFunction(let scan): found = scan.columns.contains { $0.output.type.hasTimeZone }
      case .window(_, let calls):
        // The bounds of a frame lie days or months from the row's time.
        found = calls.contains { $0.orderBy.contains { $0.expression.type.hasTimeZone } }
      default: break
      }
      found = found || node.expressions.contains { $0.readsTimeZone }
    }
    return found
  }
}

extension BoundExpression {
  fileprivate var readsTimeZone: Bool {
    contains { part in
      switch part {
      case .column, .constant: return false
      case .parameter: return part.readsClock
      case .call(let call) where call.function.name == "timezone" && call.arguments.count == 2:
        return false
      default:
        return part.type.hasTimeZone || part.children.contains { $0.type.hasTimeZone }
      }
    }
  }
}

extension SQLType {
  /// Whether values of the type, or parts of them, are times with a zone.
  fileprivate var hasTimeZone: Bool { description.contains("TIME ZONE") }
}
