internal import OlapColumns
internal import OlapPlanning
import Synchronization

extension Lowering {
  func lowerValues(_ rows: [[BoundExpression]], _ columns: [PlanColumn]) throws -> Flow {
    let compiler = ExpressionCompiler(ColumnLayout([]), context)
    let profile = OperatorProfile(name: "Values", detail: "\(rows.count) row(s)")
    // Expressions run when the rows are read, not while lowering: they may be volatile or fail.
    let nodes = try rows.map { try $0.map { try compiler.compile($0) } }
    let types = columns.map { $0.type }
    let source = ValuesSource(rows: nodes, types: types)
    return Flow(source: source, columns: columns, profile: profile)
  }
}

/// Literal rows.
final class ValuesSource: PipelineSource {
  private let rows: [[any ExpressionNode]]
  private let types: [SQLType]
  init(rows: [[any ExpressionNode]], types: [SQLType]) {
    self.rows = rows
    self.types = types
  }
  private let isTaken = Atomic<Bool>(false)
  var maximumWorkers: Int { 1 }
  var isSerial: Bool { true }
  func prepare(_ context: ExecutionContext) throws { isTaken.store(false, ordering: .relaxed) }
  func makeReader(_ context: ExecutionContext) throws -> any SourceReader {
    // A second worker (another branch is parallel) finds nothing here.
    let isFirst = !isTaken.exchange(true, ordering: .relaxed)
    return Reader(isFirst ? rows : [], types, context)
  }

  private final class Reader: SourceReader {
    private let rows: [[any ExpressionNode]]
    private let types: [SQLType]
    private let context: ExecutionContext
    private var position = 0
    let ordinal = 0
    init(_ rows: [[any ExpressionNode]], _ types: [SQLType], _ context: ExecutionContext) {
      self.rows = rows
      self.types = types
      self.context = context
    }

    func next() throws -> Chunk? {
      let count = Swift.min(VectorSize.current, rows.count - position)
      if count <= 0 { return nil }
      let empty = Chunk(columns: [], count: 1)
      var columns: [Vector] = []
      for column in types.indices {
        if count == 1 {
          columns.append(try rows[position][column].evaluate(empty, context.evaluation))
          continue
        }
        let builder = VectorBuilder(type: types[column], capacity: count)
        for row in position..<(position + count) {
          let node = rows[row][column]
          if let value = node.constantValue {
            builder.append(value)
          } else {
            builder.append(from: try node.evaluate(empty, context.evaluation), row: 0)
          }
        }
        columns.append(builder.finish())
      }
      position += count
      return Chunk(columns: columns, count: count)
    }
  }
}
