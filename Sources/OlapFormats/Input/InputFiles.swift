import Glibc
internal import OlapColumns

/// The files of one reader. Pipes are copied to a temporary file first, because what they hold is found
/// by looking at it and then read again.
package struct InputFiles: Sendable {
  /// Paths as they were given; what messages and the file name column show.
  package let paths: [String]
  /// What is opened.
  package let locations: [String]
  private let spools: [PipeSpool]

  package init(_ paths: [String]) throws {
    var locations: [String] = []
    var spools: [PipeSpool] = []
    for path in paths {
      var status = stat()
      guard stat(path, &status) == 0 else {
        throw ComputeError.file(path, "cannot open (\(String(cString: strerror(errno))))")
      }
      let kind = status.st_mode & S_IFMT
      if kind == S_IFIFO || kind == S_IFSOCK || (kind == S_IFCHR && path != "/dev/null") {
        let spool = try PipeSpool(path)
        spools.append(spool)
        locations.append(spool.location)
      } else {
        locations.append(path)
      }
    }
    self.paths = paths
    self.locations = locations
    self.spools = spools
  }

  /// Columns that the folders name, when wanted.
  func partitions(_ options: FileOptions) throws -> HivePartitions {
    switch options.hivePartitioning {
    case false?: return HivePartitions()
    case true?: return try HivePartitions.find(paths)
    case nil:
      guard HivePartitions.isLikely(paths) else { return HivePartitions() }
      return (try? HivePartitions.find(paths)) ?? HivePartitions()
    }
  }
}
