import Glibc

/// An `olap` process with pipes to its standard input and from its standard output.
final class ShellProcess {
  private let process: pid_t
  private let input: Int32
  private let output: Int32
  private var text = ""

  /// The binary of this build, beside the test runner, or that of `make build`.
  static let binary: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let runner = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let parts = #filePath.split(separator: "/").dropLast(3)
    let root = "/" + parts.joined(separator: "/")
    let candidates =
      [folder(of: runner) + "/olap"]
      + [".build-test/release", ".build/release", ".build/debug"].map { "\(root)/\($0)/olap" }
    return candidates.first { access($0, X_OK) == 0 } ?? candidates[0]
  }()

  private static func folder(of path: String) -> String {
    "/" + path.split(separator: "/").dropLast().joined(separator: "/")
  }

  /// - Parameters:
  ///   - program: nil: the binary.
  ///   - environment: variables on top of this process's own, `NAME=value`.
  init?(_ arguments: [String], program: String? = nil, environment: [String] = []) {
    let program = program ?? Self.binary
    var toChild: [Int32] = [0, 0]
    var fromChild: [Int32] = [0, 0]
    guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { return nil }
    for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
    defer { for variable in variables { free(variable) } }
    for index in 0... {
      guard let variable = environ[index] else { break }
      variables.append(strdup(variable))
    }
    variables.append(nil)
    var identifier: pid_t = 0
    guard posix_spawn(&identifier, program, &actions, nil, words, variables) == 0 else {
      return nil
    }
    process = identifier
    input = toChild[1]
    output = fromChild[0]
    close(toChild[0])
    close(fromChild[1])
    signal(SIGPIPE, SIG_IGN)
  }

  deinit {
    close(input)
    close(output)
  }

  /// Writes text that fits the pipe.
  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(input, bytes, bytes.count)
  }

  /// Reads what comes for at most `milliseconds`; true while the process keeps its end open.
  func read(milliseconds: Int32) -> Bool {
    var poll = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    if Glibc.poll(&poll, 1, milliseconds) <= 0 { return true }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = Glibc.read(output, &buffer, buffer.count)
    if count <= 0 { return false }
    text += String(decoding: buffer[..<count], as: UTF8.self)
    return true
  }

  /// Complete lines so far.
  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: true) }

  /// Kills the process, then reads what it had written. Its exit code when it had ended by itself.
  func finish(killing: Bool) -> Int32? {
    if killing { kill(process, SIGKILL) }
    while read(milliseconds: 10_000) {}
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
  }
}
