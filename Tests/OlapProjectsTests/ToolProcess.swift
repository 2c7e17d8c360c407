import Glibc

/// Runs the binaries of this build as users do. They lie beside the test bundle.
enum ToolProcess {
  /// The package's folder.
  static let root: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  /// What a finished process left.
  struct Outcome {
    /// Exit code; 128 + n after signal n; -1 when it could not be started.
    var code: Int32
    var output = ""
    var errors = ""
  }

  /// Folder of the running test bundle.
  private static let folder: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(
      decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
  }()

  static func path(_ name: String) -> String { folder + "/" + name }

  /// Starts `name` without waiting; its output goes to `folder`/stdout and /stderr.
  static func start(_ name: String, _ arguments: [String], in folder: String) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, folder + "/stdout", flags, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, folder + "/stderr", flags, 0o600)
    var process: pid_t = 0
    var words: [UnsafeMutablePointer<CChar>?] = ([path(name)] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    return posix_spawn(&process, path(name), &actions, nil, words, environ) == 0 ? process : nil
  }

  /// Waits for a started process.
  static func wait(_ process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
  }

  /// Runs to the end.
  static func run(_ name: String, _ arguments: [String]) -> Outcome {
    withFolder { folder in
      guard let process = start(name, arguments, in: folder) else { return Outcome(code: -1) }
      let code = wait(process)
      return Outcome(
        code: code, output: text(folder + "/stdout"), errors: text(folder + "/stderr"))
    }
  }

  /// A new folder, removed with everything in it when `body` returns.
  static func withFolder<T>(_ body: (String) throws -> T) rethrows -> T {
    var template = Array("/tmp/olap-projects-XXXXXX".utf8CString)
    let folder = template.withUnsafeMutableBufferPointer { bytes -> String in
      guard let base = bytes.baseAddress, let made = mkdtemp(base) else { return "/tmp" }
      return String(cString: made)
    }
    defer { remove(tree: folder) }
    return try body(folder)
  }

  private static func remove(tree folder: String) {
    for name in names(in: folder) where unlink("\(folder)/\(name)") != 0 {
      remove(tree: "\(folder)/\(name)")
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

  /// A file as text; empty when there is none.
  static func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: buffer[0..<count])
    }
  }

  /// Writes a file, making the folders above it.
  static func write(_ text: String, to path: String) {
    var folder = ""
    for part in path.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
    guard let file = fopen(path, "w") else { return }
    fputs(text, file)
    fclose(file)
  }
}
