internal import OlapColumns
package import OlapPlanning

/// Where each column of a flow sits in its chunks.
package struct ColumnLayout: Sendable {
  package let columns: [PlanColumn]
  private let positions: [ColumnID: Int]

  package init(_ columns: [PlanColumn]) {
    self.columns = columns
    positions = Dictionary(
      columns.enumerated().map { ($0.element.id, $0.offset) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  package subscript(_ id: ColumnID) -> Int? { positions[id] }

  /// Position of a column the plan says is there.
  package func position(of id: ColumnID) throws -> Int {
    if let position = positions[id] { return position }
    throw ComputeError(
      .invalidArgument, "internal error: the plan names column #\(id.raw), which its input lacks")
  }
}
