internal import OlapPlanning

extension JoinKind {
  /// Output has one row per matching pair.
  var emitsPairs: Bool {
    switch self {
    case .inner, .left, .right, .full, .cross, .single, .asof, .asofLeft: true
    default: false
    }
  }

  /// Left rows without a match are in the output, with NULLs.
  var keepsLeft: Bool { self == .left || self == .full || self == .single || self == .asofLeft }

  /// What becomes of a build row depends on whether any probe row matched it.
  var tracksRight: Bool {
    switch self {
    case .right, .full, .rightSemi, .rightAnti: true
    default: false
    }
  }

  /// Build rows are emitted after the probe by whether they matched, alone.
  var isRightExistence: Bool { self == .rightSemi || self == .rightAnti }

  /// One output row at most per left row, decided by the existence of a match.
  var isExistence: Bool { self == .semi || self == .anti || self == .mark }

  /// A left row without a match leaves nothing behind.
  var dropsUnmatchedLeft: Bool {
    switch self {
    case .inner, .cross, .right, .semi, .rightSemi, .rightAnti, .asof: true
    default: false
    }
  }
}
