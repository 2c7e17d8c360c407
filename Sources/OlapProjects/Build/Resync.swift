internal import Glibc
package import Olap

/// Builds a project's database anew beside the one in use, checks it, and puts it in its place in one
/// step. Readers of the old file go on with it; it stays as `FILE-old`.
package struct Resync {
  private let project: Project
  private let path: String
  private let options: DatabaseOptions
  private let settings: [(name: String, value: String)]

  package init(
    _ project: Project, path: String?, options: DatabaseOptions,
    settings: [(name: String, value: String)]
  ) {
    self.project = project
    self.path = path ?? project.databasePath
    self.options = options
    self.settings = settings
  }

  private var newPath: String { path + "-new" }
  private var oldPath: String { path + "-old" }

  /// Builds, tests, verifies and swaps.
  ///
  /// - Returns: what the build did; nothing was swapped when it failed.
  /// - Throws: when the new database is not what its definitions say, or a file cannot be moved. The
  ///   database in use is untouched then.
  package func run(tell: @escaping (ProjectEvent) -> Void) throws -> RunReport {
    removeNew()
    do {
      let report = try buildAndVerify(tell)
      guard report.succeeded else {
        removeNew()
        return report
      }
      try swap()
      return report
    } catch {
      removeNew()
      throw error
    }
  }

  private func buildAndVerify(_ tell: @escaping (ProjectEvent) -> Void) throws -> RunReport {
    let session = try ProjectSession(
      project, path: newPath, options: options, settings: settings)
    do {
      let run = ProjectRun(session, ProjectRun.Options(.build), tell: tell)
      let report = try run.run(project.nodes)
      if report.succeeded, project.nodes.contains(where: { $0.kind == .model }) {
        for row in try session.connection.query("VERIFY ALL") {
          guard row["result"]?.text(.varchar) == "OK" else {
            throw ProjectError(
              "\(row["model"]?.text(.varchar) ?? "a model") differs from its recomputation; "
                + "\(path) stays as it was", kind: .step)
          }
        }
      }
      try session.close()
      return report
    } catch {
      try? session.close()
      throw error
    }
  }

  private func removeNew() {
    unlink(newPath)
    unlink(newPath + "-wal")
  }

  /// The old file keeps its content under another name; the new one takes its name at once. Nobody can
  /// open the old one for writing meanwhile.
  private func swap() throws {
    var lock: Int32 = -1
    defer { if lock >= 0 { close(lock) } }
    if access(path, F_OK) == 0 {
      // Closing leaves nothing in the log.
      try Database(path, options: options).close()
      lock = open(path, O_RDWR | O_CLOEXEC)
      try check(lock >= 0 ? 0 : -1, "open \(path)")
      try check(flock(lock, LOCK_EX | LOCK_NB), "lock \(path)")
      guard access(path + "-wal", F_OK) != 0 else {
        throw ProjectError("\(path) was written to meanwhile; run resync again", kind: .step)
      }
      unlink(oldPath)
      try check(link(path, oldPath), "keep \(oldPath)")
    }
    try check(rename(newPath, path), "put \(newPath) in the place of \(path)")
    syncFolder()
  }

  private func check(_ code: Int32, _ action: String) throws {
    guard code != 0 else { return }
    throw ProjectError("cannot \(action): \(String(cString: strerror(errno)))", kind: .step)
  }

  /// Makes the new name last.
  private func syncFolder() {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
