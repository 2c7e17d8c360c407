/// Aggregates.
enum AggregateFunctions {
  static let basic: [AggregateFunction] = [
    .count, .countStar, .countIf, .sum, .average, .minimum, .maximum, .booleanAnd, .booleanOr,
    .first, .last, .anyValue, .argumentMinimum, .argumentMaximum, .argumentMinimumNull,
    .argumentMaximumNull,
  ]
  static let distribution: [AggregateFunction] =
    [
      .median, .quantileContinuous, .quantileDiscrete, .approximateQuantile, .reservoirQuantile,
      .medianAbsoluteDeviation, .mode, .histogram, .entropy, .approximateTop,
      .approximateCountDistinct,
    ] + AggregateFunction.statistics + AggregateFunction.regressions
  static let gathering: [AggregateFunction] = [
    .list, .stringAggregate, .bitAnd, .bitOr, .bitXor, .bitStringAggregate, .product, .exactSum,
    .exactAverage,
    .jsonGroupArray, .jsonGroupObject,
  ]
}
