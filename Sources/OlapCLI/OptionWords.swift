/// The words of a command line: options with one dash or two, whose value is `name=value` or the next word.
enum OptionWords {
  struct UsageError: Error { let message: String }

  /// Hands over each word in turn; behind `--` nothing is an option. `option` gets the name without
  /// dashes, and takes a value when it needs one.
  static func read(
    _ arguments: [String], positional: (String) throws -> Void,
    option: (_ name: String, _ value: () throws -> String) throws -> Void
  ) throws {
    var rest = arguments[...]
    var isPositionalOnly = false
    while let argument = rest.popFirst() {
      guard !isPositionalOnly, argument.hasPrefix("-"), argument.count > 1 else {
        try positional(argument)
        continue
      }
      if argument == "--" {
        isPositionalOnly = true
        continue
      }
      var name = argument.drop { $0 == "-" }
      var inlineValue: String?
      if let equals = name.firstIndex(of: "=") {
        inlineValue = String(name[name.index(after: equals)...])
        name = name[..<equals]
      }
      try option(String(name)) {
        if let inlineValue { return inlineValue }
        guard let next = rest.popFirst() else {
          throw UsageError(message: "option \(argument) needs a value")
        }
        return next
      }
    }
  }

  /// A number above 0.
  static func count(_ name: String, _ text: String) throws -> Int {
    guard let count = Int(text), count > 0 else {
      throw UsageError(message: "-\(name) takes a number above 0")
    }
    return count
  }

  /// "512MB" as bytes.
  static func byteCount(_ name: String, _ text: String) throws -> Int {
    guard let bytes = ByteSize.parse(text) else {
      throw UsageError(message: "-\(name) takes a size such as 512MB, not \"\(text)\"")
    }
    return bytes
  }
}
