public import OlapColumns

/// Name and type of one result column.
public struct ResultColumn: Sendable, Hashable {
  public let name: String
  public let type: SQLType
}

/// One batch of result rows, column by column. Valid as long as it is held.
public struct ResultChunk: @unchecked Sendable {
  package let chunk: Chunk
  public let columns: [ResultColumn]
  /// Zone in which TIMESTAMPTZ is shown.
  public let timeZone: String
  public var rowCount: Int { chunk.count }

  package init(chunk: Chunk, columns: [ResultColumn], timeZone: String) {
    self.chunk = chunk
    self.columns = columns
    self.timeZone = timeZone
  }

  /// The value at a row and column, both 0-based.
  public func value(row: Int, column: Int) -> Value { chunk.columns[column].value(at: row) }

  /// Whether the value is NULL.
  public func isNull(row: Int, column: Int) -> Bool { !chunk.columns[column].isValid(row) }

  /// One row as boxed values.
  public func row(_ index: Int) -> Row {
    Row(
      columns: columns, values: chunk.columns.map { $0.value(at: index) }, timeZone: timeZone)
  }

  /// Calls `body` with a column's values as contiguous 64-bit integers, one byte of validity each
  /// (nil = no NULLs). The column must be BIGINT, TIME, TIMESTAMP or a DECIMAL up to 18 digits.
  public func withInt64Column<R>(
    _ column: Int, _ body: (UnsafeBufferPointer<Int64>, UnsafePointer<UInt8>?) throws -> R
  ) rethrows -> R? {
    let vector = chunk.columns[column].flattened()
    guard vector.physical == .int64 else { return nil }
    let values = UnsafeBufferPointer(start: vector.values(Int64.self), count: chunk.count)
    return try withExtendedLifetime(vector) {
      try body(values, vector.validity.map { UnsafePointer($0) })
    }
  }

  /// The same for DOUBLE columns.
  public func withDoubleColumn<R>(
    _ column: Int, _ body: (UnsafeBufferPointer<Double>, UnsafePointer<UInt8>?) throws -> R
  ) rethrows -> R? {
    let vector = chunk.columns[column].flattened()
    guard vector.physical == .float64 else { return nil }
    let values = UnsafeBufferPointer(start: vector.values(Double.self), count: chunk.count)
    return try withExtendedLifetime(vector) {
      try body(values, vector.validity.map { UnsafePointer($0) })
    }
  }
}

/// One row of boxed values with access by position or name.
public struct Row: Sendable {
  public let columns: [ResultColumn]
  public let values: [Value]
  /// Zone in which TIMESTAMPTZ is shown.
  public let timeZone: String

  public subscript(index: Int) -> Value { values[index] }

  /// The value of the first column of that name (case-insensitive), nil when there is none.
  public subscript(name: String) -> Value? {
    let folded = name.lowercased()
    guard let index = columns.firstIndex(where: { $0.name.lowercased() == folded }) else {
      return nil
    }
    return values[index]
  }

  /// The value as SQL prints it; nil for NULL.
  public func text(_ index: Int) -> String? {
    values[index].isNull ? nil : values[index].text(columns[index].type, timeZone: timeZone)
  }

  public func int(_ index: Int) -> Int? {
    switch values[index] {
    case .integer(let value): Int(value)
    case .hugeint(let value): Int(exactly: value)
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  public func double(_ index: Int) -> Double? {
    switch values[index] {
    case .double(let value): value
    case .real(let value): Double(value)
    case .integer(let value): Double(value)
    case .hugeint(let value): Double(value)
    case .decimal(let unscaled, let scale):
      Double(unscaled) / (0..<scale).reduce(1.0) { power, _ in power * 10 }
    default: nil
    }
  }

  public func string(_ index: Int) -> String? {
    if case .varchar(let text) = values[index] { text } else { text(index) }
  }

  public func bool(_ index: Int) -> Bool? {
    if case .boolean(let value) = values[index] { value } else { nil }
  }
}
