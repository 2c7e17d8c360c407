@preconcurrency import Glibc
import Olap

/// Ctrl-C while a statement runs: cancels the statement, never the shell.
enum Interrupts {
  /// The connection whose statement runs; set before the handler can need it.
  nonisolated(unsafe) private static var connection: Connection?
  nonisolated(unsafe) private static var wasInterrupted = false

  /// From now on SIGINT only cancels. `Connection.cancel()` stores one atomic flag, which a signal
  /// handler may do.
  static func install() {
    connection = nil
    wasInterrupted = false
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      Interrupts.wasInterrupted = true
      Interrupts.connection?.cancel()
    }
    action.sa_flags = SA_RESTART
    sigaction(SIGINT, &action, nil)
    // Whoever started the shell may have had the signal blocked.
    var mask = sigset_t()
    sigemptyset(&mask)
    sigaddset(&mask, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  }

  /// Runs `body` with Ctrl-C bound to `target`; says whether it was pressed.
  static func watch(_ target: Connection, _ body: () -> Void) -> Bool {
    wasInterrupted = false
    connection = target
    body()
    connection = nil
    return wasInterrupted
  }
}
