internal import OlapFunctions
import Synchronization

/// How far the source of a load has been read.
final class LoadSourceProgress: Sendable {
  private let source = Mutex<(any ChunkSource)?>(nil)

  var share: Double? { source.withLock { $0?.progress } }

  /// The relation with its running source remembered.
  func watching(_ bound: TableFunction.Bound) -> TableFunction.Bound {
    TableFunction.Bound(columns: bound.columns, rowCount: bound.rowCount) { request in
      let started = try bound.start(request)
      self.source.withLock { $0 = started }
      return started
    }
  }
}
