@preconcurrency import Glibc
import Olap
import OlapProjects

extension ProjectCommand {
  /// `olap list`: a name a line, or everything about the nodes as JSON.
  func list(_ project: Project, _ selection: Selection) throws -> Int32 {
    var context = Selection.Context()
    if selection.needsContext, let session = try openIfThere(project) {
      defer { try? session.close() }
      context = try session.selectionContext()
    }
    let nodes = try selection.nodes(of: project, context: context)
    guard options.printsJSON else {
      for node in nodes {
        print((node.kind == .model ? node.layer ?? "model" : node.kind.rawValue) + " " + node.name)
      }
      return 0
    }
    let items = nodes.map { node -> String in
      let fields: [(String, String)] = [
        ("name", JSONSpelling.string(node.name)), ("kind", JSONSpelling.string(node.kind.rawValue)),
        ("layer", node.layer.map { JSONSpelling.string($0) } ?? "null"),
        ("path", JSONSpelling.string(node.file.path)),
        ("tags", JSONSpelling.array(node.tags)),
        ("owner", node.owner.map { JSONSpelling.string($0) } ?? "null"),
        ("description", JSONSpelling.string(node.description)),
        ("key", JSONSpelling.array(node.model.key)),
        ("reads", JSONSpelling.array(project.inputs(of: node).map(\.name))),
      ]
      return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }
    print("[" + items.joined(separator: ",\n ") + "]")
    return 0
  }

  /// `olap compile`: everything checked; the SQL of what is selected.
  func compile(_ project: Project, _ selection: Selection) throws -> Int32 {
    let session = try openIfThere(project)
    defer { try? session?.close() }
    let context = selection.needsContext ? try session?.selectionContext() : nil
    let nodes = try selection.nodes(of: project, context: context ?? Selection.Context())
    let rehearsal = try Rehearsal.run(
      project, nodes: project.withInputs(nodes), actual: session?.connection)
    if options.printsJSON {
      let items = nodes.map { node in
        let columns = (rehearsal.columns[node.key] ?? []).map {
          "{\"name\":\(JSONSpelling.string($0.name)),\"type\":\(JSONSpelling.string("\($0.type)"))}"
        }
        return "{\"name\":\(JSONSpelling.string(node.name)),\"kind\":"
          + "\(JSONSpelling.string(node.kind.rawValue)),\"sql\":\(JSONSpelling.string(node.compiledSQL)),"
          + "\"columns\":[\(columns.joined(separator: ","))]}"
      }
      print("[" + items.joined(separator: ",\n ") + "]")
      return 0
    }
    if selection.selectsEverything {
      for kind in ProjectNode.Kind.allCases {
        let count = nodes.count { $0.kind == kind }
        if count > 0 { print("\(count) \(kind.rawValue)\(count == 1 ? "" : "s")") }
      }
      return 0
    }
    for node in nodes where node.kind != .seed {
      print("-- \(node.file.path)\n\(node.compiledSQL);\n")
    }
    return 0
  }
}

extension ProjectPlan {
  var text: String {
    var grid = TextGrid(["action", "node", "reason"])
    for step in steps { grid.append([step.action, step.node.name, step.reason]) }
    return grid.text
  }

  var json: String {
    var grid = TextGrid(["action", "node", "reason"])
    for step in steps { grid.append([step.action, step.node.name, step.reason]) }
    return grid.jsonText
  }
}

extension JSONSpelling {
  static func array(_ texts: [String]) -> String {
    "[" + texts.map { string($0) }.joined(separator: ",") + "]"
  }
}
