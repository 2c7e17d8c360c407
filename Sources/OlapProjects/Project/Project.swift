/// A folder with `olap.toml`: sources, seeds, models and tests, read and checked.
package struct Project: Sendable {
  package let folder: ProjectFolder
  package let configuration: ProjectConfiguration
  package let variables: ProjectVariables
  /// In the order of their building: inputs first, then sources, seeds, models, tests, then by name.
  package let nodes: [ProjectNode]
  private let positions: [String: Int]
  private let inputKeys: [String: [String]]
  private let readerKeys: [String: [String]]

  /// Reads the folder.
  ///
  /// - Throws: everything that is wrong with the files, each with its place.
  package static func load(
    _ path: String, variables: ProjectVariables = ProjectVariables()
  ) throws(ProjectErrors) -> Project {
    let folder = ProjectFolder(path)
    let configuration: ProjectConfiguration
    do throws(ProjectError) {
      guard folder.exists(ProjectConfiguration.fileName) else {
        throw ProjectError(
          "\(folder.resolve(ProjectConfiguration.fileName)) is not there; name the project's folder "
            + "with --project-dir, or make a project with olap init")
      }
      configuration = try ProjectConfiguration(folder.read(ProjectConfiguration.fileName))
    } catch {
      throw ProjectErrors([error])
    }
    return try Project(folder: folder, configuration: configuration, overriding: variables)
  }

  private init(
    folder: ProjectFolder, configuration: ProjectConfiguration, overriding: ProjectVariables
  ) throws(ProjectErrors) {
    self.folder = folder
    self.configuration = configuration
    var variables = configuration.variables
    variables.merge(overriding)
    self.variables = variables
    var found = FoundNodes()
    found.read(folder, NodeReader(configuration: configuration, variables: variables))
    guard found.errors.isEmpty else { throw ProjectErrors(found.errors) }
    let graph = NodeGraph(found.nodes)
    if let cycle = graph.cycle { throw ProjectErrors([Project.error(of: cycle)]) }
    nodes = graph.ordered
    inputKeys = graph.inputs
    readerKeys = graph.readers
    positions = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.key, $0) })
  }

  private static func error(of cycle: [ProjectNode]) -> ProjectError {
    let path = (cycle.map(\.name) + [cycle[0].name]).joined(separator: " → ")
    return ProjectError("models read each other in a circle: \(path)", in: cycle[0].file, at: 0)
  }

  package subscript(key: String) -> ProjectNode? { positions[key].map { nodes[$0] } }

  /// Nodes that the node reads.
  package func inputs(of node: ProjectNode) -> [ProjectNode] {
    (inputKeys[node.key] ?? []).compactMap { self[$0] }
  }

  /// Nodes that read the node.
  package func readers(of node: ProjectNode) -> [ProjectNode] {
    (readerKeys[node.key] ?? []).compactMap { self[$0] }
  }

  /// The node a name in SQL means; nil when the project does not declare it.
  package func node(ofTable name: String) -> ProjectNode? {
    NodeGraph.key(ofTable: name, in: positions).flatMap { self[$0] }
  }

  /// All nodes that the given ones read, directly or not, and the given ones; in the project's order.
  package func withInputs(_ chosen: [ProjectNode]) -> [ProjectNode] {
    let keys = Selection.reach(chosen, Int.max) { inputs(of: $0) }.union(chosen.map(\.key))
    return nodes.filter { keys.contains($0.key) }
  }

  /// Path of the database file as seen from where the process runs.
  package var databasePath: String { folder.resolve(configuration.database) }
}

/// What the folder holds, with all that is wrong with it.
private struct FoundNodes {
  var nodes: [ProjectNode] = []
  var errors: [ProjectError] = []

  mutating func read(_ folder: ProjectFolder, _ reader: NodeReader) {
    for path in folder.files(below: "sources", extensions: [".sql"]) {
      add { () throws(ProjectError) in try reader.sources(folder.read(path)) }
    }
    let seeds = folder.files(
      below: "seeds", extensions: [".csv", ".tsv", ".csv.gz", ".csv.zst", ".jsonl", ".json"])
    for path in seeds { addSeed(path, folder) }
    for path in folder.files(below: "models", extensions: [".sql"]) {
      add { () throws(ProjectError) in [try reader.model(folder.read(path))] }
    }
    for path in folder.files(below: "tests", extensions: [".sql"]) {
      add { () throws(ProjectError) in [try reader.test(folder.read(path))] }
    }
  }

  private mutating func add(_ read: () throws(ProjectError) -> [ProjectNode]) {
    do throws(ProjectError) {
      for node in try read() { addUnique(node) }
    } catch {
      errors.append(error)
    }
  }

  private mutating func addUnique(_ node: ProjectNode) {
    if let other = nodes.first(where: { $0.key == node.key }) {
      errors.append(
        ProjectError(
          "\"\(node.name)\" is declared twice: also in \(other.file.path)", in: node.file, at: 0))
      return
    }
    nodes.append(node)
  }

  /// A seed whose table a source declares is loaded into that table.
  private mutating func addSeed(_ path: String, _ folder: ProjectFolder) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let stem = String(name.prefix { $0 != "." })
    if let index = nodes.firstIndex(where: { $0.key == stem.lowercased() && $0.kind == .source }) {
      nodes[index].source.files.append(path)
      return
    }
    var seed = ProjectNode(kind: .seed, name: stem, file: ProjectFile(path: path, text: ""))
    seed.layer = "bronze"
    seed.source.files = [path]
    addUnique(seed)
  }
}
