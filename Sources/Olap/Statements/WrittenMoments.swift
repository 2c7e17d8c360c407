internal import OlapColumns
internal import OlapFunctions

/// DATEFORMAT and TIMESTAMPFORMAT of COPY … TO: the columns that they turn into texts.
struct WrittenMoments {
  /// The columns as the writer sees them.
  private(set) var columns: [(String, SQLType)]
  private var kernels: [(column: Int, kernel: ScalarKernel, format: String, argument: SQLType)] =
    []
  private let context: EvaluationContext

  /// Takes its options out of `options`. TIMESTAMPFORMAT is for TIMESTAMP_S, _MS and _NS in JSON only.
  init(
    columns: [(String, SQLType)], isJSON: Bool, options: inout [String: String],
    functions: FunctionRegistry, context: EvaluationContext
  ) throws {
    self.columns = columns
    self.context = context
    let dates = options.removeValue(forKey: "dateformat")
    let date = options.removeValue(forKey: "date_format") ?? dates
    let timestamps = options.removeValue(forKey: "timestampformat")
    let timestamp = options.removeValue(forKey: "timestamp_format") ?? timestamps
    guard let function = functions.scalars["strftime"] else { return }
    for (position, column) in columns.enumerated() {
      let format: String?
      switch column.1 {
      case .date: format = date
      case .timestamp, .timestampTZ: format = timestamp
      case .timestampOf: format = isJSON ? timestamp : nil
      default: format = nil
      }
      guard let format else { continue }
      let bound = try FunctionResolver.resolve(
        function, types: [column.1, .varchar], constants: [nil, .varchar(format)])
      kernels.append((position, bound.kernel, format, bound.argumentTypes[0]))
      self.columns[position].1 = .varchar
    }
  }

  func applied(to chunk: Chunk) throws -> Chunk {
    guard !kernels.isEmpty, chunk.count > 0 else { return chunk }
    var result = chunk.columns
    for (column, kernel, format, argument) in kernels {
      let formats = Vector.constant(.varchar(format), type: .varchar, count: chunk.count)
      let moments = try Cast.cast(
        result[column], to: argument, isTry: false, timeZoneName: context.timeZoneName)
      result[column] = try kernel([moments, formats], chunk.count, context)
    }
    return Chunk(columns: result, count: chunk.count)
  }
}
