import Glibc

/// Runs `olap-datasets` as its users do, and reads what it wrote.
enum GeneratorProcess {
  /// The package's folder.
  static let root: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  /// The generator that this test build made, or `make build`'s.
  private static var binary: String {
    let candidates = [".build-test", ".build"].map { "\(root)/\($0)/release/olap-datasets" }
    return candidates.first { access($0, X_OK) == 0 } ?? candidates[0]
  }

  /// The exit code of `olap-datasets` with `arguments`; what it prints is dropped.
  static func run(_ arguments: [String]) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var process: pid_t = 0
    var words: [UnsafeMutablePointer<CChar>?] = ([binary] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    guard posix_spawn(&process, binary, &actions, nil, words, environ) == 0 else { return -1 }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : -1
  }

  /// A new folder, removed with everything in it when `body` returns.
  static func withFolder<T>(_ body: (String) throws -> T) rethrows -> T {
    var template = Array("/tmp/olap-datasets-XXXXXX".utf8CString)
    let folder = template.withUnsafeMutableBufferPointer { bytes -> String in
      guard let base = bytes.baseAddress, let made = mkdtemp(base) else { return "/tmp" }
      return String(cString: made)
    }
    defer { remove(tree: folder) }
    return try body(folder)
  }

  private static func remove(tree folder: String) {
    for name in names(in: folder) {
      let path = "\(folder)/\(name)"
      if unlink(path) != 0 { remove(tree: path) }
    }
    rmdir(folder)
  }

  /// The names in a folder, sorted.
  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// A file's bytes; nil when there is none.
  static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[0..<count])
    }
  }

  /// A file as text; empty when there is none.
  static func text(_ path: String) -> String {
    String(decoding: read(path) ?? [], as: UTF8.self)
  }
}
