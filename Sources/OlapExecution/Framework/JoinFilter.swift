package import OlapColumns
import Synchronization

/// A filter that a join's build side publishes for the scans of its probe side.
///
/// Made by whichever of scan and join is lowered first; passes everything until published.
package final class JoinFilter: RuntimeFilter {
  private let content: Mutex<(any RuntimeFilter)?> = Mutex(nil)
  package init() {}

  /// Lets scans use `filter` from their next chunk on.
  package func publish(_ filter: any RuntimeFilter) { content.withLock { $0 = filter } }

  package var bounds: (minimum: Value, maximum: Value)? { content.withLock { $0 }?.bounds }

  package func mayPass(minimum: Int64, maximum: Int64) -> Bool? {
    content.withLock { $0 }?.mayPass(minimum: minimum, maximum: maximum)
  }

  package func filter(_ vector: Vector, _ selection: Selection) {
    content.withLock { $0 }?.filter(vector, selection)
  }
}
