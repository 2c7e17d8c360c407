internal import OlapColumns
internal import OlapPlanning

/// What is known of how a plan's rows changed.
enum Change {
  /// Not at all.
  case none
  /// Exactly so.
  case rows(SignedRows)
  /// Every row that came, went or occurs more or less often has its values of the key columns among
  /// these. No columns: any row may have changed.
  case keys(Relation)

  var isNone: Bool { if case .none = self { true } else { false } }

  /// The change as exact rows, `.none` when there are none.
  static func exactly(_ rows: SignedRows) -> Change { rows.isEmpty ? .none : .rows(rows) }

  /// Keys, `.none` when there are none.
  static func among(_ keys: Relation) -> Change { keys.isEmpty ? .none : .keys(keys.distinct()) }

  /// Any row may have changed.
  static var everywhere: Change { .keys(Relation(columns: [], rows: Chunk(columns: [], count: 1))) }
}
