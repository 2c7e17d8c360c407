import OlapColumns

extension FunctionResolver {
  /// Cost of reading a constant string as another type, above every cast between numbers.
  private static let stringLiteralCost = 400

  /// The argument types after implicit casts and their cost, or nil when the signature does not fit.
  static func match(
    _ parameters: [Parameter], _ variadic: Parameter?, types: [SQLType], constants: [Value?]
  ) -> (cost: Int, types: [SQLType])? {
    guard types.count == parameters.count || (variadic != nil && types.count > parameters.count)
    else { return nil }
    var total = 0
    var result: [SQLType] = types
    for i in types.indices {
      let parameter: Parameter = i < parameters.count ? parameters[i] : (variadic ?? .any)
      let constant: Value? = i < constants.count ? constants[i] : nil
      if case .anyCommon = parameter { continue }
      let isLiteral: Bool =
        constant != nil && types.indices.contains { $0 >= constants.count || constants[$0] == nil }
      guard let (cost, type) = accept(parameter, types[i], constant, isIntegerLiteral: isLiteral)
      else { return nil }
      total += cost
      result[i] = type
    }
    let shared: [Int] = types.indices.filter { i in
      if case .anyCommon = i < parameters.count ? parameters[i] : (variadic ?? .any) { return true }
      return false
    }
    if !shared.isEmpty {
      guard
        let common = unify(shared.map { (types[$0], $0 < constants.count ? constants[$0] : nil) })
      else { return nil }
      for i in shared {
        result[i] = common
        total += types[i] == common ? 0 : 1
      }
    }
    return (total, result)
  }

  /// The common type of arguments; constants that can be read as the others' type give way to it.
  static func unify(_ arguments: [(type: SQLType, constant: Value?)]) -> SQLType? {
    var common: SQLType = .null
    for (type, constant) in arguments where !isAdaptable(type, constant) {
      guard let joined = TypeRules.commonType(common, type) else { return nil }
      common = joined
    }
    for (type, constant) in arguments where isAdaptable(type, constant) {
      if let constant, common != .null {
        if type == .varchar && !common.isNested { continue }
        if fits(constant, common) { continue }
      }
      guard let joined = TypeRules.commonType(common, type) else { return nil }
      common = joined
    }
    return common
  }

  private static func isAdaptable(_ type: SQLType, _ constant: Value?) -> Bool {
    guard let constant, !constant.isNull else { return false }
    return type == .varchar || type.isInteger
  }

  private static func accept(
    _ parameter: Parameter, _ type: SQLType, _ constant: Value?, isIntegerLiteral: Bool
  ) -> (Int, SQLType)? {
    switch parameter {
    case .exact(let wanted):
      guard let cost = castCost(type, wanted, constant, isIntegerLiteral) else { return nil }
      return (cost, wanted)
    case .any, .anyCommon: return (1, type)
    case .anyDecimal:
      if type.isDecimal { return (0, type) }
      if type == .null { return (1, .decimal(precision: 18, scale: 3)) }
      guard let precision = decimalDigits(type) else { return nil }
      return (30, .decimal(precision: precision, scale: 0))
    case .anyInteger:
      if type == .null { return (1, .integer) }
      return type.isInteger ? (0, type) : nil
    case .anyNumeric:
      if type == .null { return (1, .integer) }
      return type.isNumeric ? (0, type) : nil
    case .anyList:
      if type == .null { return (2, .list(.null)) }
      switch type {
      case .list, .array: return (0, type)
      default: return nil
      }
    case .anyStruct:
      if case .structure = type { return (0, type) }
      return nil
    case .anyMap:
      if case .map = type { return (0, type) }
      return nil
    case .anyEnum:
      if case .enumeration = type { return (0, type) }
      return nil
    case .lambda: return nil
    }
  }

  private static func castCost(
    _ type: SQLType, _ wanted: SQLType, _ constant: Value?, _ isIntegerLiteral: Bool
  ) -> Int? {
    if type == wanted { return 0 }
    if type == .null { return 1 }
    if let constant, isIntegerLiteral, fits(constant, wanted) { return 1 }
    if let cost = TypeRules.implicitCastCost(from: type, to: wanted) { return cost }
    // A string constant reads as whatever is wanted: date_trunc('day', '2020-01-01').
    if type == .varchar && constant != nil && !wanted.isNested { return stringLiteralCost }
    return nil
  }

  /// Whether an integer constant lies in the range of the wanted integer type.
  static func fits(_ constant: Value, _ wanted: SQLType) -> Bool {
    guard case .integer(let value) = constant else { return false }
    switch wanted {
    case .tinyint: return Int8(exactly: value) != nil
    case .smallint: return Int16(exactly: value) != nil
    case .integer: return Int32(exactly: value) != nil
    case .utinyint: return UInt8(exactly: value) != nil
    case .usmallint: return UInt16(exactly: value) != nil
    case .uinteger: return UInt32(exactly: value) != nil
    case .ubigint, .uhugeint: return value >= 0
    default: return false
    }
  }

  /// Digits of the DECIMAL that holds every value of an integer type.
  static func decimalDigits(_ type: SQLType) -> Int? {
    switch type {
    case .tinyint, .utinyint, .boolean: 3
    case .smallint, .usmallint: 5
    case .integer, .uinteger: 10
    case .bigint: 19
    case .ubigint: 20
    case .hugeint, .uhugeint: 38
    default: nil
    }
  }
}
