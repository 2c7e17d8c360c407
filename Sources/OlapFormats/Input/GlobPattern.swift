import Glibc
internal import OlapColumns

/// Glob patterns to paths: `*`, `?`, `[…]`, and `**` for any number of folders.
package enum GlobPattern {
  /// The paths a pattern means, sorted; a path without wildcards is itself.
  package static func expand(_ pattern: String) throws -> [String] {
    guard pattern.contains(where: { $0 == "*" || $0 == "?" || $0 == "[" }) else { return [pattern] }
    // A file whose name has such letters is itself.
    if access(pattern, F_OK) == 0 { return [pattern] }
    let parts = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    var found: [String] = []
    if let deep = parts.firstIndex(of: "**") {
      let root = parts[..<deep].joined(separator: "/")
      let rest = Array(parts[(deep + 1)...])
      let start = deep == 0 ? "." : root.isEmpty ? "/" : root
      for base in root.contains(where: { $0 == "*" || $0 == "?" }) ? matches(root) : [start] {
        walk(base, rest, depth: 0, prefix: deep == 0 ? "" : base, into: &found)
      }
    } else {
      found = matches(pattern)
    }
    found = Set(found).filter { !isFolder($0) }.sorted()
    guard !found.isEmpty else {
      throw ComputeError(.invalidArgument, "No files found that match the pattern \"\(pattern)\"")
    }
    return found
  }

  private static func matches(_ pattern: String) -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(pattern, 0, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
  }

  /// The rest of the pattern below a folder and all its folders, links not followed.
  private static func walk(
    _ folder: String, _ rest: [String], depth: Int, prefix: String, into found: inout [String]
  ) {
    guard depth < 64 else { return }
    let join: (String) -> String = {
      prefix.isEmpty ? $0 : prefix.hasSuffix("/") ? prefix + $0 : prefix + "/" + $0
    }
    found += matches(join(rest.isEmpty ? "*" : rest.joined(separator: "/")))
    guard let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let path = join(name)
      var status = stat()
      guard !name.hasPrefix("."), lstat(path, &status) == 0,
        status.st_mode & S_IFMT == S_IFDIR
      else { continue }
      walk(path, rest, depth: depth + 1, prefix: path, into: &found)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
