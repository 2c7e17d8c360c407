package import OlapColumns
package import OlapFunctions

/// The columns of a file scan: the files' own, then those of names and folders, then origins.
package struct FileLayout: Sendable {
  package private(set) var columns: [TableFunction.Column] = []
  /// Per column what produces it.
  package private(set) var sources: [FileColumn] = []

  package init(
    fields: [TableFunction.Column], options: FileOptions, partitions: HivePartitions,
    hasOrigins: Bool
  ) {
    for (index, field) in fields.enumerated() {
      // A folder's column hides the file's own of that name.
      if let hidden = partitions.names.firstIndex(where: {
        $0.lowercased() == field.name.lowercased()
      }) {
        add(field.name, partitions.types[hidden], .partition(hidden))
      } else {
        add(field.name, field.type, .field(index))
      }
    }
    if let name = options.filenameColumn { add(name, .varchar, .filename) }
    for (index, name) in partitions.names.enumerated()
    where !columns.contains(where: { $0.name.lowercased() == name.lowercased() }) {
      add(name, partitions.types[index], .partition(index))
    }
    if hasOrigins {
      for origin in FileColumn.origins { add(origin.name, origin.type, origin.column) }
    }
  }

  /// Conditions on positions as conditions on what produces them.
  package func filters(_ predicates: [ScanPredicate]) -> [FileFilter] {
    predicates.map { FileFilter(column: sources[$0.column], condition: $0.condition) }
  }

  private mutating func add(_ name: String, _ type: SQLType, _ source: FileColumn) {
    columns.append(TableFunction.Column(name, type))
    sources.append(source)
  }
}
