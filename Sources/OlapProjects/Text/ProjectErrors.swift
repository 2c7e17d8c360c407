/// One or more things wrong, in the order they were found.
package struct ProjectErrors: Error, CustomStringConvertible, Sendable {
  package let errors: [ProjectError]

  package init(_ errors: [ProjectError]) { self.errors = errors }

  package var description: String { errors.map(\.description).joined(separator: "\n") }

  package var detailedDescription: String {
    errors.map(\.detailedDescription).joined(separator: "\n")
  }
}
