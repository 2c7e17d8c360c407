/// What `--select` and `--exclude` mean in a project: words add up, commas within a word intersect.
package struct Selection: Sendable {
  private let included: [[Selector]]
  private let excluded: [[Selector]]

  /// What the last run and the database say about nodes, for `state:` and `result:`.
  package struct Context: Sendable {
    /// Fingerprints that the database holds, by key.
    package var fingerprints: [String: String] = [:]
    /// Outcome of the last run, by key: success, error, skipped, fail, warn.
    package var results: [String: String] = [:]

    package init() {}
  }

  /// Each argument may hold several words between blanks. Nothing at all selects everything.
  package init(select: [String], exclude: [String]) throws(ProjectError) {
    included = try Selection.parse(select)
    excluded = try Selection.parse(exclude)
  }

  package var selectsEverything: Bool { included.isEmpty && excluded.isEmpty }

  /// Whether the database must be asked: `state:` or `result:` occurs.
  package var needsContext: Bool {
    (included + excluded).contains { $0.contains { $0.method == .state || $0.method == .result } }
  }

  private static func parse(_ arguments: [String]) throws(ProjectError) -> [[Selector]] {
    var result: [[Selector]] = []
    for argument in arguments {
      for word in argument.split(separator: " ") {
        var parts: [Selector] = []
        for part in word.split(separator: ",") { parts.append(try Selector(String(part))) }
        if !parts.isEmpty { result.append(parts) }
      }
    }
    return result
  }

  /// The nodes selected, in the project's order. A test goes with any table it reads.
  ///
  /// - Throws: when a word that should name something names nothing.
  package func nodes(
    of project: Project, context: Context = Context()
  ) throws(ProjectError) -> [ProjectNode] {
    var chosen: Set<String> = []
    if included.isEmpty {
      chosen = Set(project.nodes.map(\.key))
    } else {
      for word in included { chosen.formUnion(try keys(word, project, context)) }
      for node in project.nodes where node.kind == .test && !chosen.contains(node.key) {
        let readsChosen = project.inputs(of: node).contains { chosen.contains($0.key) }
        if readsChosen { chosen.insert(node.key) }
      }
    }
    for word in excluded { chosen.subtract(try keys(word, project, context)) }
    return project.nodes.filter { chosen.contains($0.key) }
  }

  private func keys(
    _ word: [Selector], _ project: Project, _ context: Context
  ) throws(ProjectError) -> Set<String> {
    var result: Set<String>?
    for selector in word {
      let found = try keys(selector, project, context)
      result = result.map { $0.intersection(found) } ?? found
    }
    return result ?? []
  }

  private func keys(
    _ selector: Selector, _ project: Project, _ context: Context
  ) throws(ProjectError) -> Set<String> {
    let roots = project.nodes.filter { Selection.matches(selector, $0, context) }
    if roots.isEmpty, selector.method == .name, !selector.pattern.contains("*") {
      throw ProjectError(
        "nothing in the project is named \"\(selector.pattern)\""
          + Spelling.hint(selector.pattern, among: project.nodes.map(\.name)))
    }
    var result = Set(roots.map(\.key))
    if let levels = selector.upstream {
      result.formUnion(Selection.reach(roots, levels) { project.inputs(of: $0) })
    }
    if selector.takesFamily || selector.downstream != nil {
      let levels = selector.takesFamily ? Int.max : selector.downstream ?? 0
      result.formUnion(Selection.reach(roots, levels) { project.readers(of: $0) })
    }
    if selector.takesFamily {
      let family = result.compactMap { project[$0] }
      result.formUnion(Selection.reach(family, Int.max) { project.inputs(of: $0) })
    }
    return result
  }

  /// Keys reached from nodes in at most `levels` steps, the nodes left out.
  static func reach(
    _ roots: [ProjectNode], _ levels: Int, _ step: (ProjectNode) -> [ProjectNode]
  ) -> Set<String> {
    var seen: Set<String> = []
    var front = roots
    var level = 0
    while !front.isEmpty, level < levels {
      var next: [ProjectNode] = []
      for node in front {
        for other in step(node) where seen.insert(other.key).inserted { next.append(other) }
      }
      front = next
      level += 1
    }
    return seen
  }

  private static func matches(
    _ selector: Selector, _ node: ProjectNode, _ context: Context
  ) -> Bool {
    let pattern = selector.pattern
    switch selector.method {
    case .name: return Selector.matches(pattern, node.name)
    case .source:
      let name = pattern.split(separator: ".").last.map(String.init) ?? pattern
      return node.kind == .source && Selector.matches(name, node.name)
    case .tag: return node.tags.contains { Selector.matches(pattern, $0) }
    case .layer: return node.layer == pattern.lowercased()
    case .kind: return node.kind.rawValue == pattern.lowercased()
    case .owner: return node.owner.map { Selector.matches(pattern, $0) } ?? false
    case .path:
      var path = pattern
      while path.hasPrefix("./") { path.removeFirst(2) }
      while path.hasSuffix("/") { path.removeLast() }
      return node.file.path == path || node.file.path.hasPrefix(path + "/")
        || Selector.matches(path, node.file.path)
    case .result: return context.results[node.key] == pattern.lowercased()
    case .state:
      let held = context.fingerprints[node.key]
      switch pattern.lowercased() {
      case "new": return held == nil
      case "old": return held != nil
      case "unmodified": return held == node.fingerprint
      default: return held != node.fingerprint
      }
    }
  }
}
