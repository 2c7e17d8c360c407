internal import Olap

/// Makes nodes from the files of a project.
struct NodeReader {
  let configuration: ProjectConfiguration
  let variables: ProjectVariables

  // MARK: Models

  /// `models/…/name.sql`: one SELECT under a header.
  func model(_ file: ProjectFile) throws(ProjectError) -> ProjectNode {
    let header = HeaderComment(file)
    var node = ProjectNode(kind: .model, name: try name(header, file), file: file)
    node.layer = try layer(header, file)
    let defaults = configuration.defaults(forLayer: node.layer ?? "")
    node.description = header.description
    node.owner = defaults.owner
    node.tags = defaults.tags
    node.model.lag = defaults.lag
    node.model.schedule = defaults.schedule
    node.model.refresh = defaults.refresh
    node.model.onFallback = defaults.onFallback
    for directive in header.directives { try apply(directive, to: &node) }
    try setQuery(of: &node, from: header.end)
    return node
  }

  private func name(_ header: HeaderComment, _ file: ProjectFile) throws(ProjectError) -> String {
    guard let directive = header.directives.first(where: { $0.name == "name" }) else {
      return file.stem
    }
    guard !directive.value.isEmpty else {
      throw ProjectError("@name needs a name", in: file, at: directive.offset)
    }
    return directive.value
  }

  /// From the header, or the folder below `models`.
  private func layer(_ header: HeaderComment, _ file: ProjectFile) throws(ProjectError) -> String {
    if let directive = header.directives.first(where: { $0.name == "layer" }) {
      let layer = directive.value.lowercased()
      if layer == "silver" || layer == "gold" { return layer }
      throw ProjectError(
        "@layer takes silver or gold; bronze tables are declared in sources/", in: file,
        at: directive.valueOffset)
    }
    let folders = file.path.split(separator: "/").dropLast().map { $0.lowercased() }
    if let layer = folders.first(where: { $0 == "silver" || $0 == "gold" }) { return layer }
    throw ProjectError(
      "the model has no layer: write -- @layer silver, or put it into models/silver or models/gold",
      in: file, at: 0)
  }

  private static let modelDirectives = [
    "name", "layer", "key", "unique", "tags", "owner", "description", "expect", "refresh", "lag",
    "schedule", "fallback",
  ]

  private func apply(
    _ directive: HeaderComment.Directive, to node: inout ProjectNode
  ) throws(ProjectError) {
    let file = node.file
    let value = directive.value
    guard NodeReader.modelDirectives.contains(directive.name) else {
      throw unknown(directive, in: file, known: NodeReader.modelDirectives)
    }
    guard !value.isEmpty else {
      throw ProjectError("@\(directive.name) needs a value", in: file, at: directive.offset)
    }
    switch directive.name {
    case "key": node.model.key = NodeReader.words(value)
    case "unique": node.model.uniques.append(NodeReader.words(value))
    case "tags": node.tags += NodeReader.words(value).filter { !node.tags.contains($0) }
    case "owner": node.owner = value
    case "description": node.description = value
    case "refresh":
      let modes = ["auto", "incremental", "full", "immediate", "manual"]
      guard modes.contains(value.lowercased()) else {
        throw ProjectError(
          "@refresh takes " + modes.joined(separator: ", "), in: file, at: directive.valueOffset)
      }
      node.model.refresh = value
    case "lag":
      guard value.lowercased() == "downstream" || Lag.seconds(value) != nil else {
        throw ProjectError(
          "@lag takes a time such as 5 minutes, or downstream", in: file,
          at: directive.valueOffset)
      }
      node.model.lag = value
      node.model.schedule = nil
    case "schedule":
      do throws(CronExpression.Failure) {
        _ = try CronExpression(schedule: value)
      } catch {
        throw ProjectError(error.message, in: file, at: directive.valueOffset)
      }
      node.model.schedule = value
    case "fallback":
      guard ["warn", "error"].contains(value.lowercased()) else {
        throw ProjectError("@fallback takes warn or error", in: file, at: directive.valueOffset)
      }
      node.model.onFallback = value
    case "expect": try addExpectation(directive, to: &node)
    default: break
    }
  }

  /// `[name:] condition [on violation warn|drop|fail|quarantine]`; FAIL when nothing is said.
  private func addExpectation(
    _ directive: HeaderComment.Directive, to node: inout ProjectNode
  ) throws(ProjectError) {
    var condition = directive.value
    var offset = directive.valueOffset
    var name: String?
    if let colon = condition.firstIndex(of: ":") {
      let next = condition.index(after: colon)
      let word = condition[..<colon]
      if next < condition.endIndex, condition[next] == " ",
        TemplateCall.isPlainName(String(word))
      {
        name = String(word)
        let rest = condition[next...].drop { $0 == " " }
        offset += condition.utf8.count - rest.utf8.count
        condition = String(rest)
      }
    }
    var action = "FAIL"
    let folded = Array(condition.lowercased().split(separator: " "))
    if folded.count >= 3, folded[folded.count - 3] == "on", folded[folded.count - 2] == "violation"
    {
      action = folded[folded.count - 1].uppercased()
      guard ["WARN", "DROP", "FAIL", "QUARANTINE"].contains(action) else {
        throw ProjectError(
          "on violation takes warn, drop, fail or quarantine", in: node.file, at: offset)
      }
      let words = condition.split(separator: " ", omittingEmptySubsequences: true)
      let start = words[words.count - 3].startIndex
      condition = String(condition[..<start])
      while condition.hasSuffix(" ") { condition.removeLast() }
    }
    let chosen = unusedName(name ?? NodeReader.slug(condition), in: node)
    node.model.expectations.append(
      .init(name: chosen, condition: condition, onViolation: action, offset: offset))
  }

  private func unusedName(_ name: String, in node: ProjectNode) -> String {
    var candidate = name
    var number = 2
    while node.model.expectations.contains(where: { $0.name == candidate }) {
      candidate = "\(name)_\(number)"
      number += 1
    }
    return candidate
  }

  /// Letters and digits of a condition with underscores between them: a readable name.
  private static func slug(_ condition: String) -> String {
    let signs: [Character: String] = ["<": " lt ", ">": " gt ", "=": " eq "]
    let spelled = condition.lowercased().map { signs[$0] ?? String($0) }.joined()
    let words = spelled.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    let text = words.joined(separator: "_")
    return text.isEmpty ? "expectation" : String(text.prefix(60))
  }

  // MARK: Tests

  /// `tests/name.sql`: a SELECT for rows that must not exist.
  func test(_ file: ProjectFile) throws(ProjectError) -> ProjectNode {
    let header = HeaderComment(file)
    var node = ProjectNode(kind: .test, name: try name(header, file), file: file)
    node.description = header.description
    let known = ["name", "tags", "owner", "description", "severity"]
    for directive in header.directives {
      switch directive.name {
      case "name": break
      case "tags": node.tags = NodeReader.words(directive.value)
      case "owner": node.owner = directive.value
      case "description": node.description = directive.value
      case "severity":
        guard ["warn", "error"].contains(directive.value.lowercased()) else {
          throw ProjectError(
            "@severity takes warn or error", in: file, at: directive.valueOffset)
        }
        node.isWarning = directive.value.lowercased() == "warn"
      default: throw unknown(directive, in: file, known: known)
      }
    }
    try setQuery(of: &node, from: header.end)
    return node
  }

  /// Renders and parses the one SELECT of a file.
  private func setQuery(of node: inout ProjectNode, from start: Int) throws(ProjectError) {
    let rendered = try SQLTemplate.render(node.file, from: start, variables: variables)
    let outlines = try outline(rendered, of: node.file)
    guard let query = outlines.first else {
      throw ProjectError("the file has no SELECT", in: node.file, at: start)
    }
    guard query.kind == .query else {
      throw ProjectError(
        "a \(node.kind.rawValue) is a SELECT; the table around it is made from the header",
        in: node.file, at: rendered.originalOffset(of: query.range.lowerBound))
    }
    if outlines.count > 1 {
      throw ProjectError(
        "a \(node.kind.rawValue) is one SELECT, and here a second statement starts",
        in: node.file, at: rendered.originalOffset(of: outlines[1].range.lowerBound))
    }
    node.sql = rendered.slice(query.range)
    node.references = query.reads.map {
      ProjectNode.Reference(
        name: $0.name.lowercased(),
        offset: rendered.originalOffset(of: $0.range.lowerBound))
    }
  }

  private func outline(
    _ rendered: RenderedText, of file: ProjectFile
  ) throws(ProjectError) -> [StatementOutline] {
    do {
      return try SQLText.outline(rendered.text)
    } catch {
      var located = ProjectError.from(error, in: file, rendered: rendered)
      located.kind = .project
      throw located
    }
  }

  // MARK: Sources

  /// `sources/*.sql`: CREATE BRONZE TABLE statements, each under a header of its own.
  func sources(_ file: ProjectFile) throws(ProjectError) -> [ProjectNode] {
    let rendered = try SQLTemplate.render(file, variables: variables)
    var nodes: [ProjectNode] = []
    var headerStart = 0
    for statement in try outline(rendered, of: file) {
      let start = rendered.originalOffset(of: statement.range.lowerBound)
      guard let name = statement.definedName, NodeReader.isSource(statement.kind) else {
        throw ProjectError(
          "sources/ holds CREATE BRONZE TABLE statements only", in: file, at: start)
      }
      var node = ProjectNode(kind: .source, name: name, file: file)
      node.layer = "bronze"
      node.sql = rendered.slice(statement.range)
      let header = HeaderComment(file, from: headerStart)
      // Paragraphs above the last one are about the file.
      node.description = header.description.split(separator: "\n").last.map(String.init) ?? ""
      for directive in header.directives { try apply(directive, toSource: &node) }
      nodes.append(node)
      headerStart = rendered.originalOffset(of: statement.range.upperBound)
      let rest = file.text.utf8.dropFirst(headerStart)
      if rest.first == UInt8(ascii: ";") { headerStart += 1 }
    }
    return nodes
  }

  private static func isSource(_ kind: StatementOutline.Kind) -> Bool {
    switch kind {
    case .table: true
    case .layerTable(let layer): layer == "bronze"
    default: false
    }
  }

  private func apply(
    _ directive: HeaderComment.Directive, toSource node: inout ProjectNode
  ) throws(ProjectError) {
    let file = node.file
    switch directive.name {
    case "files":
      let value = try SQLTemplate.renderPlain(
        directive.value, of: file, at: directive.valueOffset, variables: variables)
      node.source.files += NodeReader.words(value)
    case "read":
      for option in NodeReader.words(directive.value) {
        guard let equals = option.firstIndex(of: "=") else {
          throw ProjectError(
            "@read takes option=value, …", in: file, at: directive.valueOffset)
        }
        let value = option[option.index(after: equals)...]
        node.source.readOptions[String(option[..<equals])] = String(value)
      }
    case "tags": node.tags = NodeReader.words(directive.value)
    case "owner": node.owner = directive.value
    case "description": node.description = directive.value
    default:
      throw unknown(
        directive, in: file, known: ["files", "read", "tags", "owner", "description"])
    }
  }

  // MARK: Shared

  private func unknown(
    _ directive: HeaderComment.Directive, in file: ProjectFile, known: [String]
  ) -> ProjectError {
    ProjectError(
      "unknown directive @\(directive.name)" + Spelling.hint(directive.name, among: known),
      in: file, at: directive.offset)
  }

  /// Words between commas, blanks around them dropped.
  static func words(_ text: String) -> [String] {
    text.split(separator: ",").compactMap { part in
      let word = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      return word.isEmpty ? nil : String(word)
    }
  }
}
