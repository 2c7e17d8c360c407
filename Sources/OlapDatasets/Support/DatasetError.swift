/// Why a data set could not be written.
enum DatasetError: Error {
  /// The command line does not say what to do.
  case usage(String)
  /// A file could not be created or written.
  case file(path: String, reason: String)

  var isUsage: Bool {
    if case .usage = self { return true }
    return false
  }

  var message: String {
    switch self {
    case .usage(let text): text
    case .file(let path, let reason): "\(path): \(reason)"
    }
  }
}
