package import OlapColumns
package import OlapFunctions

/// A compiled expression: columns are positions, constants are ready vectors.
///
/// Nodes are immutable and shared by all workers. `evaluate` computes one value per row of the chunk
/// in whatever encoding is cheapest; only the columns in `columns` are read, others may be stale.
package protocol ExpressionNode: AnyObject, Sendable {
  var type: SQLType { get }
  /// Positions of the columns read.
  var columns: Set<Int> { get }
  /// Whether evaluating it on a row may raise an error, so it must not run on rows a guard excludes.
  var canThrow: Bool { get }
  /// The value when it is the same for every row and known.
  var constantValue: Value? { get }
  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector
}

extension ExpressionNode {
  package var constantValue: Value? { nil }
}

extension Chunk {
  /// The rows at `indexes` in the given columns; other columns keep their old vectors and must not be
  /// read. Cheap narrowing for expressions that run on some rows only.
  func narrowed(
    to indexes: UnsafePointer<UInt32>, count: Int, columns needed: Set<Int>
  ) -> Chunk {
    var result = self
    result.count = count
    for position in needed {
      result.columns[position] = columns[position].gathered(indexes, count: count)
    }
    return result
  }
}

/// A column of the input.
final class ColumnNode: ExpressionNode {
  let position: Int
  let type: SQLType
  init(position: Int, type: SQLType) {
    self.position = position
    self.type = type
  }
  var columns: Set<Int> { [position] }
  var canThrow: Bool { false }
  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    chunk.columns[position]
  }
}

/// The same value in every row.
final class ConstantNode: ExpressionNode {
  let value: Value
  let type: SQLType
  private let vector: Vector
  init(_ value: Value, type: SQLType) {
    self.value = value
    self.type = type
    vector = Vector.constant(value, type: type, count: VectorSize.current)
  }
  var columns: Set<Int> { [] }
  var canThrow: Bool { false }
  var constantValue: Value? { value }
  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    chunk.count == vector.count ? vector : vector.broadcast(row: 0, count: chunk.count)
  }
}

/// left op right.
final class ComparisonNode: FoldableNode {
  let comparison: ComparisonOperator
  let left: any ExpressionNode
  let right: any ExpressionNode
  let columns: Set<Int>
  let canThrow: Bool
  var type: SQLType { .boolean }
  init(_ comparison: ComparisonOperator, _ left: any ExpressionNode, _ right: any ExpressionNode) {
    self.comparison = comparison
    self.left = left
    self.right = right
    columns = left.columns.union(right.columns)
    canThrow = left.canThrow || right.canThrow
  }
  var operandsAreConstant: Bool { left.constantValue != nil && right.constantValue != nil }
  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    let l = try left.evaluate(chunk, context)
    let r = try right.evaluate(chunk, context)
    return Compare.compare(comparison, l, r, count: chunk.count)
  }
}

/// NOT operand.
final class NotNode: FoldableNode {
  private let operand: any ExpressionNode
  var type: SQLType { .boolean }
  var columns: Set<Int> { operand.columns }
  var canThrow: Bool { operand.canThrow }
  init(_ operand: any ExpressionNode) { self.operand = operand }
  var operandsAreConstant: Bool { operand.constantValue != nil }
  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    Boolean.not(try operand.evaluate(chunk, context), count: chunk.count)
  }
}

/// operand IS [NOT] NULL.
final class IsNullNode: FoldableNode {
  private let operand: any ExpressionNode
  private let negated: Bool
  var type: SQLType { .boolean }
  var columns: Set<Int> { operand.columns }
  var canThrow: Bool { operand.canThrow }
  init(_ operand: any ExpressionNode, negated: Bool) {
    self.operand = operand
    self.negated = negated
  }
  var operandsAreConstant: Bool { operand.constantValue != nil }
  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    Boolean.isNull(try operand.evaluate(chunk, context), count: chunk.count, negated: negated)
  }
}

/// [TRY_]CAST(operand AS type).
final class CastNode: FoldableNode {
  private let operand: any ExpressionNode
  private let isTry: Bool
  private let cache = DictionaryCache()
  let type: SQLType
  let canThrow: Bool
  var columns: Set<Int> { operand.columns }
  init(_ operand: any ExpressionNode, to type: SQLType, isTry: Bool) {
    self.operand = operand
    self.type = type
    self.isTry = isTry
    canThrow = operand.canThrow || !isTry
  }
  var operandsAreConstant: Bool { operand.constantValue != nil }
  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    let input = try operand.evaluate(chunk, context)
    let (type, isTry) = (self.type, self.isTry)
    if !Cast.keepsNull(from: input.type, to: type),
      let result = cache.apply(
        to: input,
        { dictionary in
          try Cast.cast(
            dictionary, to: type, isTry: isTry, timeZoneName: context.timeZoneName)
        })
    {
      return result
    }
    return try Cast.cast(
      input, to: type, isTry: isTry, timeZoneName: context.timeZoneName)
  }
}

/// A scalar function.
final class CallNode: FoldableNode {
  private let name: String
  private let kernel: ScalarKernel
  private let arguments: [any ExpressionNode]
  /// The one argument that is not constant, when there is exactly one and the result depends on its
  /// value alone: its dictionary entries are then computed once each.
  private let soleArgument: Int?
  private let cache = DictionaryCache()
  let type: SQLType
  let columns: Set<Int>
  let canThrow: Bool

  /// Functions that never fail, so filters may run them in any order.
  private static let neverThrows: Set<String> = [
    "like", "not_like", "ilike", "not_ilike", "~~", "!~~", "starts_with", "ends_with", "contains",
    "prefix", "suffix", "lower", "upper", "length", "substring", "year", "month", "day",
  ]

  init(
    name: String, kernel: @escaping ScalarKernel, arguments: [any ExpressionNode], type: SQLType,
    isVolatile: Bool, handlesNull: Bool
  ) {
    self.name = name
    self.kernel = kernel
    self.arguments = arguments
    self.type = type
    columns = arguments.reduce(into: []) { $0.formUnion($1.columns) }
    canThrow =
      !CallNode.neverThrows.contains(name) || arguments.contains { $0.canThrow }
    let varying = arguments.indices.filter { arguments[$0].constantValue == nil }
    soleArgument = varying.count == 1 && !isVolatile && !handlesNull ? varying[0] : nil
  }

  var operandsAreConstant: Bool { arguments.allSatisfy { $0.constantValue != nil } }

  func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> Vector {
    var inputs: [Vector] = []
    inputs.reserveCapacity(arguments.count)
    for argument in arguments { inputs.append(try argument.evaluate(chunk, context)) }
    if let soleArgument, inputs[soleArgument].encoding == .dictionary {
      let kernel = self.kernel
      if let result = cache.apply(
        to: inputs[soleArgument],
        { dictionary in
          var entries = inputs.map {
            $0.encoding == .constant ? $0.broadcast(row: 0, count: dictionary.count) : $0
          }
          entries[soleArgument] = dictionary
          return try kernel(entries, dictionary.count, context)
        })
      {
        return result
      }
    }
    return try kernel(inputs, chunk.count, context)
  }
}
