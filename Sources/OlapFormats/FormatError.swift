internal import OlapColumns

extension ComputeError {
  /// A file that cannot be opened or read.
  static func file(_ path: String, _ what: String) -> ComputeError {
    ComputeError(.invalidArgument, "\(what) \"\(path)\"")
  }
}

extension Value {
  /// The value as SQL prints it.
  func text(_ type: SQLType) -> String { description(type) }
}
