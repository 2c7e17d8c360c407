internal import Olap

/// One thing of a project: a bronze table, a seed, a model or a test.
package struct ProjectNode: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case source, seed, model, test
  }

  package let kind: Kind
  package let name: String
  package let file: ProjectFile
  /// Bronze, silver or gold; nil for tests.
  package var layer: String?
  package var description = ""
  package var tags: [String] = []
  package var owner: String?
  /// The SQL with references and variables replaced; empty for seeds.
  package var sql = RenderedText()
  /// What it reads, of this project or not.
  package var references: [Reference] = []
  package var model = ModelOptions()
  package var source = SourceOptions()
  /// Tests: whether rows found only warn.
  package var isWarning = false

  /// A table that the SQL names.
  package struct Reference: Sendable, Hashable {
    /// In lower case.
    package let name: String
    /// Byte offset in the file.
    package let offset: Int
  }

  /// What a model's header says beside its SELECT.
  package struct ModelOptions: Sendable {
    package var key: [String] = []
    package var uniques: [[String]] = []
    package var expectations: [Expectation] = []
    package var refresh: String?
    package var lag: String?
    package var schedule: String?
    package var onFallback: String?
  }

  /// What a source's header says beside its CREATE TABLE.
  package struct SourceOptions: Sendable {
    /// Patterns of the files to load.
    package var files: [String] = []
    /// Options of the reader.
    package var readOptions: [String: String] = [:]
  }

  /// A condition every row must meet.
  package struct Expectation: Sendable, Hashable {
    package let name: String
    package let condition: String
    /// WARN, DROP, FAIL or QUARANTINE.
    package let onViolation: String
    /// Byte offset of the directive's value in the file.
    package let offset: Int

    /// Whether it is one of the ready-made forms (`UNIQUE (a)`, `a REFERENCES t`, …), which stand without
    /// parentheses.
    var isForm: Bool { Expectation.isForm(condition) }

    static func isForm(_ condition: String) -> Bool {
      let folded = condition.lowercased()
      return ["unique (", "unique(", "not null (", "not null(", "fresh (", "fresh(", "row count "]
        .contains { folded.hasPrefix($0) } || folded.split(separator: " ").contains("references")
    }
  }

  package init(kind: Kind, name: String, file: ProjectFile) {
    self.kind = kind
    self.name = name
    self.file = file
  }

  /// Unique in the project: the lower-case name, of tests behind `test:`.
  package var key: String { (kind == .test ? "test:" : "") + name.lowercased() }

  /// Changes when anything that the database would hold changes.
  package var fingerprint: String {
    switch kind {
    case .model: Fingerprint.of(createStatement(orReplace: true).text)
    case .source, .seed, .test: Fingerprint.of(kind == .seed ? file.text : sql.text)
    }
  }
}

/// A short hash of text: FNV-1a over its bytes, twice with different seeds, as 32 digits.
enum Fingerprint {
  static func of(_ text: String) -> String {
    var low: UInt64 = 0xcbf2_9ce4_8422_2325
    var high: UInt64 = 0x9e37_79b9_7f4a_7c15
    for byte in text.utf8 {
      low = (low ^ UInt64(byte)) &* 0x100_0000_01b3
      high = (high ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return digits(high) + digits(low)
  }

  private static func digits(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
