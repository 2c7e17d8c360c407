import Glibc

/// The `olap` binary beside the running tests.
enum Tool {
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let text = String(
      decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var folder = text.split(separator: "/").dropLast()
    // Under `swift test` the tests may run inside a helper of the toolchain.
    if access("/" + folder.joined(separator: "/") + "/olap", X_OK) != 0,
      let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") })
    {
      folder = bundle.split(separator: "/").dropLast()
    }
    return "/" + folder.joined(separator: "/") + "/olap"
  }()

  /// A folder of its own for one test.
  static func makeFolder() -> String {
    var template = Array("/tmp/olap-shell-XXXXXX".utf8CString)
    return mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
  }
}

/// The shell on a pseudo-terminal: what a person sees and types.
final class PseudoTerminal {
  private let master: Int32
  private let process: pid_t
  private(set) var transcript = ""

  /// TIOCSPTLCK, TIOCGPTN and POSIX_SPAWN_SETSID of Linux.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430
  private static let spawnInNewSession: Int16 = 0x80

  /// Starts `olap` with `arguments` on a terminal of the given size.
  init(
    _ arguments: [String], environment: [String: String] = [:], rows: Int = 30, columns: Int = 100
  ) {
    // What posix_openpt, unlockpt and ptsname do; the Glibc module does not show them.
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var unlocked: Int32 = 0
    _ = ioctl(master, PseudoTerminal.setLock, &unlocked)
    var number: Int32 = 0
    _ = ioctl(master, PseudoTerminal.getNumber, &number)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    let terminal = "/dev/pts/\(number)"
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // A session of its own, so that the first terminal it opens controls it and ^C is a signal.
    posix_spawnattr_setflags(&attributes, PseudoTerminal.spawnInNewSession)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    posix_spawn_file_actions_addclose(&actions, master)
    var variables = ["TERM": "xterm", "NO_COLOR": "1", "PATH": "/usr/bin:/bin", "OLAP_HISTORY": ""]
    variables.merge(environment) { $1 }
    let argv = ([Tool.path] + arguments).map { strdup($0) } + [nil]
    let envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    var child: pid_t = 0
    posix_spawn(&child, Tool.path, &actions, &attributes, argv, envp)
    process = child
    for text in argv + envp { free(text) }
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
  }

  deinit {
    kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    close(master)
  }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(master, bytes, bytes.count)
  }

  /// Bytes read and not yet given out by `expect`.
  private var pending: [UInt8] = []

  /// Reads until the text has `wanted`; returns everything up to it, or nil after `seconds`.
  @discardableResult
  func expect(_ wanted: String, seconds: Double = 20) -> String? {
    let needle = Array(wanted.utf8)
    let end = PseudoTerminal.now() + seconds
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      if let stop = PseudoTerminal.end(of: needle, in: pending) {
        let text = String(decoding: pending[..<stop], as: UTF8.self)
        pending.removeFirst(stop)
        transcript += text
        return text
      }
      var request = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      if poll(&request, 1, 50) > 0 {
        let count = read(master, &buffer, buffer.count)
        if count <= 0 { return nil }
        pending += buffer[..<count]
      } else if PseudoTerminal.now() > end {
        return nil
      }
    }
  }

  private static func end(of needle: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= needle.count else { return nil }
    for start in 0...(bytes.count - needle.count)
    where bytes[start..<start + needle.count].elementsEqual(needle) {
      return start + needle.count
    }
    return nil
  }

  /// Types and waits for what must follow.
  @discardableResult
  func type(_ text: String, expect wanted: String, seconds: Double = 20) -> String? {
    type(text)
    return expect(wanted, seconds: seconds)
  }

  /// The exit code once the program ended; nil when it did not within five seconds.
  func exitCode() -> Int32? {
    let end = PseudoTerminal.now() + 5
    var status: Int32 = 0
    while PseudoTerminal.now() < end {
      if waitpid(process, &status, WNOHANG) == process { return (status >> 8) & 0xFF }
      usleep(5000)
    }
    return nil
  }

  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
