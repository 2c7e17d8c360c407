import Glibc
package import OlapColumns

/// Path arguments to files: a text, a list of texts, each perhaps a pattern.
package enum FileList {
  package static func expand(_ arguments: [(SQLType, Value)]) throws -> [String] {
    var patterns: [String] = []
    for (_, value) in arguments {
      switch value {
      case .varchar(let path): patterns.append(path)
      case .list(let items):
        for case .varchar(let path) in items { patterns.append(path) }
      default: throw ComputeError(.invalidArgument, "a path is text or a list of texts")
      }
    }
    return try expand(patterns)
  }

  /// The files that paths and patterns mean, each pattern's sorted.
  package static func expand(_ patterns: [String]) throws -> [String] {
    guard !patterns.isEmpty else { throw ComputeError(.invalidArgument, "a path is needed") }
    return try patterns.flatMap { try GlobPattern.expand($0) }
  }
}
