import Glibc
import OlapColumns

/// An aggregate with a state of fixed size and one argument.
protocol AggregateRule: Sendable {
  associatedtype Input: BitwiseCopyable
  associatedtype State: BitwiseCopyable
  associatedtype Output: BitwiseCopyable
  static var initial: State { get }
  static func add(_ state: inout State, _ value: Input)
  static func merge(_ state: inout State, _ other: State)
  /// nil is NULL.
  static func result(_ state: State) throws -> Output?
}

/// An aggregate with a state of fixed size and two arguments; rows with a NULL on either side do
/// not count.
protocol PairRule: Sendable {
  associatedtype Left: BitwiseCopyable
  associatedtype Right: BitwiseCopyable
  associatedtype State: BitwiseCopyable
  associatedtype Output: BitwiseCopyable
  static var initial: State { get }
  static func add(_ state: inout State, _ left: Left, _ right: Right)
  static func merge(_ state: inout State, _ other: State)
  static func result(_ state: State) throws -> Output?
}

extension AggregateFunction {
  static func stateAggregate<Rule: AggregateRule>(
    _: Rule.Type, _ argument: SQLType, to result: SQLType
  ) -> BoundAggregate {
    BoundAggregate(argumentTypes: [argument], returnType: result, stateTypes: [.blob]) {
      StateAccumulator<Rule>(result: result)
    }
  }

  static func pairAggregate<Rule: PairRule>(
    _: Rule.Type, _ left: SQLType, _ right: SQLType, to result: SQLType
  ) -> BoundAggregate {
    BoundAggregate(argumentTypes: [left, right], returnType: result, stateTypes: [.blob]) {
      PairAccumulator<Rule>(result: result)
    }
  }
}

/// Exported states: the bytes of a state as a BLOB.
enum StateBytes {
  static func export<State: BitwiseCopyable>(
    _ states: UnsafePointer<State>, count: Int
  ) -> Vector {
    let builder = StringVectorBuilder(type: .blob, capacity: count)
    for i in 0..<count {
      builder.append(UnsafeRawBufferPointer(start: states + i, count: MemoryLayout<State>.size))
    }
    return builder.finish()
  }

  /// State in row `i`; nil when its length is not that of a state.
  static func read<State: BitwiseCopyable>(
    _ views: UnsafePointer<StringView>, _ i: Int, _: State.Type
  ) -> State? {
    views[i].withBytes { bytes in
      guard bytes.count == MemoryLayout<State>.size else { return nil }
      return bytes.loadUnaligned(as: State.self)
    }
  }
}

/// Runs a one-argument rule over groups.
final class StateAccumulator<Rule: AggregateRule>: AggregateAccumulator {
  private let states = GroupArray<Rule.State>(initial: Rule.initial)
  private let result: SQLType
  init(result: SQLType) { self.result = result }

  var byteCount: Int { states.byteCount }
  func reserve(groupCount: Int) { states.reserve(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    let vector: Vector = arguments[0].flattened()
    let values = UnsafePointer(vector.data.assumingMemoryBound(to: Rule.Input.self))
    let target = states.pointer
    if let validity = vector.validity {
      for i in 0..<count where validity[i] != 0 { Rule.add(&target[Int(groups[i])], values[i]) }
    } else {
      for i in 0..<count { Rule.add(&target[Int(groups[i])], values[i]) }
    }
    withExtendedLifetime(vector) {}
  }

  func updateAll(arguments: [Vector], count: Int) throws {
    let vector: Vector = arguments[0].flattened()
    let values = UnsafePointer(vector.data.assumingMemoryBound(to: Rule.Input.self))
    let target = states.pointer
    if let validity = vector.validity {
      for i in 0..<count where validity[i] != 0 { Rule.add(&target[0], values[i]) }
    } else {
      for i in 0..<count { Rule.add(&target[0], values[i]) }
    }
    withExtendedLifetime(vector) {}
  }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? StateAccumulator<Rule> else { return }
    for i in 0..<count { Rule.merge(&states.pointer[Int(groups[i])], other.states.pointer[i]) }
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    try StateResult.vector(result, count: count) {
      try Rule.result(self.states.pointer[first + $0])
    }
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    [StateBytes.export(states.pointer + first, count: count)]
  }

  func mergeStates(_ exported: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    let vector: Vector = exported[0].flattened()
    let views = vector.values(StringView.self)
    for i in 0..<count {
      guard let state = StateBytes.read(views, i, Rule.State.self) else { continue }
      Rule.merge(&states.pointer[Int(groups[i])], state)
    }
    withExtendedLifetime(vector) {}
  }
}

/// Runs a two-argument rule over groups.
final class PairAccumulator<Rule: PairRule>: AggregateAccumulator {
  private let states = GroupArray<Rule.State>(initial: Rule.initial)
  private let result: SQLType
  init(result: SQLType) { self.result = result }

  var byteCount: Int { states.byteCount }
  func reserve(groupCount: Int) { states.reserve(groupCount) }

  private func run(_ arguments: [Vector], _ count: Int, _ group: (Int) -> Int) {
    let left: Vector = arguments[0].flattened()
    let right: Vector = arguments[1].flattened()
    let a = UnsafePointer(left.data.assumingMemoryBound(to: Rule.Left.self))
    let b = UnsafePointer(right.data.assumingMemoryBound(to: Rule.Right.self))
    let mask = RowMask([left, right], count: count)
    let target = states.pointer
    for i in 0..<count where mask.bytes == nil || mask.bytes.unsafelyUnwrapped[i] != 0 {
      Rule.add(&target[group(i)], a[i], b[i])
    }
    withExtendedLifetime((left, right, mask.owner)) {}
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws {
    run(arguments, count) { Int(groups[$0]) }
  }

  func updateAll(arguments: [Vector], count: Int) throws { run(arguments, count) { _ in 0 } }

  func merge(_ other: any AggregateAccumulator, groups: UnsafePointer<UInt32>, count: Int) throws {
    guard let other = other as? PairAccumulator<Rule> else { return }
    for i in 0..<count { Rule.merge(&states.pointer[Int(groups[i])], other.states.pointer[i]) }
  }

  func finalize(first: Int, count: Int) throws -> Vector {
    try StateResult.vector(result, count: count) {
      try Rule.result(self.states.pointer[first + $0])
    }
  }

  func exportStates(first: Int, count: Int) throws -> [Vector] {
    [StateBytes.export(states.pointer + first, count: count)]
  }

  func mergeStates(_ exported: [Vector], groups: UnsafePointer<UInt32>, count: Int) throws {
    let vector: Vector = exported[0].flattened()
    let views = vector.values(StringView.self)
    for i in 0..<count {
      guard let state = StateBytes.read(views, i, Rule.State.self) else { continue }
      Rule.merge(&states.pointer[Int(groups[i])], state)
    }
    withExtendedLifetime(vector) {}
  }
}

/// Result vectors of fixed-width aggregates.
enum StateResult {
  static func vector<Output: BitwiseCopyable>(
    _ type: SQLType, count: Int, _ body: (Int) throws -> Output?
  ) throws -> Vector {
    let vector = Vector.flat(type, count: count, nullable: true)
    let out = vector.values(Output.self)
    memset(vector.data, 0, count * MemoryLayout<Output>.stride)
    for i in 0..<count {
      if let value = try body(i) { out[i] = value } else { vector.validity?[i] = 0 }
    }
    return vector
  }
}
