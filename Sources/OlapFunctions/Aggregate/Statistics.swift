import Glibc
import OlapColumns

/// Statistical aggregates.
extension AggregateFunction {
  private static func moment(
    _ name: String, aliases: [String] = [], _ summary: String, _ example: (String, String),
    degree: Int = 2, _ finish: @escaping MomentAccumulator.Finish
  ) -> AggregateFunction {
    let states: [SQLType] = [.bigint] + (0..<degree).map { _ in .blob }
    return AggregateFunction(
      name, aliases: aliases, summary: summary, example: (sql: example.0, result: example.1),
      overloads: [
        AggregateOverload([.exact(.double)]) { _, _ in
          BoundAggregate(argumentTypes: [.double], returnType: .double, stateTypes: states) {
            MomentAccumulator(isPair: false, degree: degree, result: .double, finish: finish)
          }
        }
      ])
  }

  private static func pair(
    _ name: String, _ summary: String, _ result: String, to type: SQLType = .double,
    _ finish: @escaping MomentAccumulator.Finish
  ) -> AggregateFunction {
    AggregateFunction(
      name, summary: summary,
      example: (
        sql: "SELECT round(\(name)(y, x), 2) FROM (VALUES (1, 1), (2, 2), (4, 3)) t(y, x)",
        result: result
      ),
      overloads: [
        AggregateOverload([.exact(.double), .exact(.double)]) { _, _ in
          BoundAggregate(
            argumentTypes: [.double, .double], returnType: type,
            stateTypes: [.bigint, .blob, .blob, .blob, .blob, .blob]
          ) { MomentAccumulator(isPair: true, degree: 2, result: type, finish: finish) }
        }
      ])
  }

  /// n² × the variance of a population: infinite where the squares pass the range of DOUBLE, NaN where
  /// an argument is not finite.
  private static func spread(_ n: Double, _ s: [WideDouble]) -> Double {
    spread(n, squares: s[1], s[0])
  }

  private static func spread(_ n: Double, squares: WideDouble, _ sum: WideDouble) -> Double {
    let result: Double = WideDouble.centred(n, squares, sum, sum)
    if result.isFinite { return Swift.max(0, result) }
    return sum.high.isFinite ? .infinity : .nan
  }

  private static let three = "(VALUES (1), (2), (4)) t(x)"

  static let statistics: [AggregateFunction] = [
    moment(
      "stddev_samp", aliases: ["stddev", "std"], "The standard deviation of a sample.",
      ("SELECT round(stddev(x), 3) FROM \(three)", "1.528")
    ) { n, s in n < 2 ? nil : (spread(n, s) / (n * (n - 1))).squareRoot() },
    moment(
      "stddev_pop", "The standard deviation of a population.",
      ("SELECT round(stddev_pop(x), 3) FROM \(three)", "1.247")
    ) { n, s in n < 1 ? nil : (spread(n, s) / (n * n)).squareRoot() },
    moment(
      "var_samp", aliases: ["variance"], "The variance of a sample.",
      ("SELECT round(var_samp(x), 3) FROM \(three)", "2.333")
    ) { n, s in n < 2 ? nil : spread(n, s) / (n * (n - 1)) },
    moment(
      "var_pop", "The variance of a population.",
      ("SELECT round(var_pop(x), 3) FROM \(three)", "1.556")
    ) { n, s in n < 1 ? nil : spread(n, s) / (n * n) },
    moment(
      "sem", "The standard error of the mean.", ("SELECT round(sem(x), 3) FROM \(three)", "0.72")
    ) { n, s in n < 1 ? nil : (spread(n, s) / (n * n) / n).squareRoot() },
    moment(
      "skewness", "The skewness.", ("SELECT round(skewness(x), 3) FROM \(three)", "0.935"),
      degree: 3
    ) { n, s in
      if n < 3 { return nil }
      let mean: Double = s[0].value / n
      let variance: Double = spread(n, s) / (n * n)
      if variance == 0 { return nil }
      let third: Double =
        s[2].value / n - 3 * mean * s[1].value / n + 2 * mean * mean * mean
      return (n * (n - 1)).squareRoot() / (n - 2) * third / pow(variance, 1.5)
    },
    moment(
      "kurtosis", "The excess kurtosis, corrected for the size of the sample.",
      ("SELECT round(kurtosis(x), 3) FROM (VALUES (1), (2), (4), (9)) t(x)", "1.5"), degree: 4
    ) { n, s in
      guard n > 3, let g = excess(n, s) else { return nil }
      return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (g + 3) - 3 * (n - 1))
    },
    moment(
      "kurtosis_pop", "The excess kurtosis.",
      ("SELECT round(kurtosis_pop(x), 3) FROM (VALUES (1), (2), (4), (9)) t(x)", "-1.0"),
      degree: 4
    ) { n, s in n < 2 ? nil : excess(n, s) },
  ]

  private static func excess(_ n: Double, _ s: [WideDouble]) -> Double? {
    let mean: Double = s[0].value / n
    let variance: Double = spread(n, s) / (n * n)
    if variance == 0 { return nil }
    let square: Double = mean * mean
    let fourth: Double =
      s[3].value / n - 4 * mean * s[2].value / n + 6 * square * s[1].value / n - 3 * square * square
    return fourth / (variance * variance) - 3
  }

  // Sums of pairs: y = argument 1 (index 0), x = argument 2 (index 1), yy, yx, xx.
  private static func yy(_ n: Double, _ s: [WideDouble]) -> Double {
    spread(n, squares: s[2], s[0])
  }
  private static func yx(_ n: Double, _ s: [WideDouble]) -> Double {
    WideDouble.centred(n, s[3], s[0], s[1])
  }
  private static func xx(_ n: Double, _ s: [WideDouble]) -> Double {
    spread(n, squares: s[4], s[1])
  }

  static let regressions: [AggregateFunction] = [
    pair("covar_pop", "The covariance of a population.", "1.0") { n, s in
      n < 1 ? nil : yx(n, s) / (n * n)
    },
    pair("covar_samp", "The covariance of a sample.", "1.5") { n, s in
      n < 2 ? nil : yx(n, s) / (n * (n - 1))
    },
    pair("corr", "The correlation coefficient.", "0.98") { n, s in
      let scale: Double = (yy(n, s) * xx(n, s)).squareRoot()
      if scale == 0 { return n < 1 ? nil : .nan }
      return Swift.max(-1, Swift.min(1, yx(n, s) / scale))
    },
    pair("regr_slope", "The slope of the line of best fit.", "1.5") { n, s in
      if xx(n, s) == 0 { return n < 1 ? nil : .nan }
      return yx(n, s) / xx(n, s)
    },
    pair("regr_intercept", "Where the line of best fit meets x = 0.", "-0.67") { n, s in
      xx(n, s) == 0 ? nil : (s[0].value - yx(n, s) / xx(n, s) * s[1].value) / n
    },
    pair("regr_r2", "The square of the correlation coefficient.", "0.96") { n, s in
      if n < 1 || xx(n, s) == 0 { return nil }
      if yy(n, s) == 0 { return 1 }
      return yx(n, s) * yx(n, s) / (xx(n, s) * yy(n, s))
    },
    pair("regr_count", "Pairs without a NULL.", "3", to: .uinteger) { n, _ in n },
    pair("regr_avgx", "The mean of x.", "2.0") { n, s in n < 1 ? nil : s[1].value / n },
    pair("regr_avgy", "The mean of y.", "2.33") { n, s in n < 1 ? nil : s[0].value / n },
    pair("regr_sxx", "The squared deviations of x.", "2.0") { n, s in n < 1 ? nil : xx(n, s) / n },
    pair("regr_syy", "The squared deviations of y.", "4.67") { n, s in n < 1 ? nil : yy(n, s) / n },
    pair("regr_sxy", "The products of deviations.", "3.0") { n, s in n < 1 ? nil : yx(n, s) / n },
  ]
}
