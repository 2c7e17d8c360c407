import Glibc

/// Runs the golden tests again in a process of their own, with another vector length.
enum GoldenProcess {
  private static let variable = "OLAP_VECTOR_SIZE"

  /// Whether this process is such a run.
  static var isChild: Bool { getenv(variable) != nil }

  struct Failure: Error { let message: String }

  /// Starts this test program for the golden files only; its exit status and what it said of failures.
  static func run(vectorSize: Int) throws -> (status: Int32, output: String) {
    let log = "/tmp/olap-golden-\(getpid())-\(UInt64.random(in: 0 ... .max)).log"
    defer { unlink(log) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let arguments = [
      CommandLine.arguments[0], "--testing-library", "swift-testing", "--filter", "GoldenTests",
    ]
    var environment = ["\(variable)=\(vectorSize)"]
    var entry = environ
    while let text = entry.pointee {
      environment.append(String(cString: text))
      entry += 1
    }
    var process = pid_t()
    let result = withStrings(arguments) { arguments in
      withStrings(environment) { environment in
        posix_spawn(&process, "/proc/self/exe", &actions, nil, arguments, environment)
      }
    }
    guard result == 0 else { throw Failure(message: String(cString: strerror(result))) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
    if code == 0 { return (0, "") }
    let lines = GoldenScript.read(log).split(separator: "\n")
    let failures = lines.filter { !$0.hasSuffix("started.") && !$0.hasSuffix("seconds.") }
    return (code, failures.prefix(200).joined(separator: "\n"))
  }

  /// The strings as a C array that ends with nil.
  private static func withStrings<R>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
  ) -> R {
    var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    copies.append(nil)
    defer { for copy in copies { free(copy) } }
    return body(copies)
  }
}
