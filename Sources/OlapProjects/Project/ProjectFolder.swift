internal import Glibc

/// Reading the files of a project's folder.
package struct ProjectFolder: Sendable {
  /// Path of the folder, without a slash at its end.
  package let path: String

  package init(_ path: String) {
    var path = path.isEmpty ? "." : path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  /// The path as seen from where the process runs; absolute paths stay.
  package func resolve(_ relative: String) -> String {
    relative.hasPrefix("/") || path == "." ? relative : path + "/" + relative
  }

  package func exists(_ relative: String) -> Bool { access(resolve(relative), F_OK) == 0 }

  /// The file's text.
  package func read(_ relative: String) throws(ProjectError) -> ProjectFile {
    guard let file = fopen(resolve(relative), "rbe") else {
      throw ProjectError("cannot read \(resolve(relative)): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: buffer[0..<count])
      guard bytes.count <= 64 << 20 else {
        throw ProjectError("\(resolve(relative)) is larger than 64 MiB")
      }
    }
    guard ferror(file) == 0 else {
      throw ProjectError("cannot read \(resolve(relative)): \(String(cString: strerror(errno)))")
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ProjectError("\(resolve(relative)) is not UTF-8 text")
    }
    return ProjectFile(path: relative, text: text)
  }

  /// Paths of the files below `folder` whose name ends in one of `extensions`, sorted; hidden ones and
  /// those of hidden folders left out. Empty when there is no such folder.
  package func files(below folder: String, extensions: [String]) -> [String] {
    var result: [String] = []
    var queue = [(folder, 0)]
    while let (next, depth) = queue.popLast() {
      for (name, isFolder) in entries(of: next) where !name.hasPrefix(".") {
        let path = next + "/" + name
        if isFolder, depth < 32 {
          queue.append((path, depth + 1))
        } else if !isFolder, extensions.contains(where: { name.hasSuffix($0) }) {
          result.append(path)
        }
      }
    }
    return result.sorted()
  }

  private func entries(of folder: String) -> [(name: String, isFolder: Bool)] {
    guard let directory = opendir(resolve(folder)) else { return [] }
    defer { closedir(directory) }
    var result: [(String, Bool)] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      var status = stat()
      guard stat(resolve(folder + "/" + name), &status) == 0 else { continue }
      result.append((name, status.st_mode & S_IFMT == S_IFDIR))
    }
    return result
  }

  /// Size and time of change (microseconds since 1970) of a file; nil when there is none.
  package func status(_ relative: String) -> (size: Int64, modifiedAt: Int64)? {
    var status = stat()
    guard stat(resolve(relative), &status) == 0 else { return nil }
    let microseconds =
      Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000
    return (Int64(status.st_size), microseconds)
  }

  /// Files that a pattern with `*`, `?`, `[…]` and `{a,b}` means, sorted, relative to the folder when
  /// the pattern is.
  package func glob(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard Glibc.glob(resolve(pattern), GLOB_BRACE | GLOB_TILDE, nil, &found) == 0 else { return [] }
    let prefix = path == "." ? "" : path + "/"
    return (0..<Int(found.gl_pathc)).compactMap { index in
      guard let item = found.gl_pathv[index] else { return nil }
      let path = String(cString: item)
      return !pattern.hasPrefix("/") && path.hasPrefix(prefix)
        ? String(path.dropFirst(prefix.count)) : path
    }.sorted()
  }
}
