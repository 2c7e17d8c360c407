/// Aggregates.
enum AggregateFunctions {
  static let basic: [AggregateFunction] = [
    .count, .countStar, .countIf, .sum, .average, .minimum, .maximum, .booleanAnd, .booleanOr,
    .first, .last, .anyValue, .argumentMinimum, .argumentMaximum, .argumentMinimumNull,
    .argumentMaximumNull,
  ]
}
