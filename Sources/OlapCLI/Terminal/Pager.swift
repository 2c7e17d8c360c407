@preconcurrency import Glibc

/// Shows long text through the user's pager: OLAP_PAGER, PAGER, else `less -SRFX`.
struct Pager {
  var command: String?

  static var defaultCommand: String {
    for name in ["OLAP_PAGER", "PAGER"] {
      if let value = getenv(name), value.pointee != 0 { return String(cString: value) }
    }
    return "less -SRFX"
  }

  /// False when the pager cannot be started; the text is then unseen and must be printed.
  func show(_ text: String) -> Bool {
    fflush(stdout)
    guard let pipe = popen(command ?? Pager.defaultCommand, "w") else { return false }
    fputs(text, pipe)
    // 127: the shell found no such command.
    return pclose(pipe) >> 8 != 127
  }
}
