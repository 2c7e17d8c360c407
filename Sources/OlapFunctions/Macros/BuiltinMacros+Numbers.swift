extension BuiltinMacros {
  /// Numbers, bits and aggregates.
  static let numbers: [BuiltinMacro] = [
    BuiltinMacro("square", "(x) AS x * x", "The number times itself.", ("square(3)", "9")),
    BuiltinMacro(
      "bitand", "(a, b) AS a & b", "The bits that both numbers have.", ("bitand(6, 3)", "2")),
    BuiltinMacro(
      "bitor", "(a, b) AS a | b", "The bits that either number has.", ("bitor(6, 3)", "7")),
    BuiltinMacro(
      "bitxor", "(a, b) AS xor(a, b)", "The bits that one of the numbers has.",
      ("bitxor(6, 3)", "5")),
    BuiltinMacro(
      "bitshiftleft", "(x, n) AS x << n", "The number's bits moved left.",
      ("bitshiftleft(1, 4)", "16")),
    BuiltinMacro(
      "bitshiftright", "(x, n) AS x >> n", "The number's bits moved right.",
      ("bitshiftright(16, 4)", "1")),
    BuiltinMacro(
      "bitcount", "(x) AS bit_count(x)", "How many bits are set.", ("bitcount(7)", "3")),
    BuiltinMacro(
      "geomean", aliases: ["geometric_mean"], kind: .aggregate, "(x) AS exp(avg(ln(x)))",
      "The geometric mean.",
      ("SELECT round(geomean(x), 6) FROM (VALUES (1), (2), (4)) t(x)", "2.0")),
    BuiltinMacro(
      "weighted_avg", aliases: ["wavg"], kind: .aggregate,
      "(x, weight) AS sum(x * weight) / sum(CASE WHEN x IS NOT NULL THEN weight END)",
      "The mean of values by their weights.",
      ("SELECT wavg(x, w) FROM (VALUES (1, 3), (2, 1)) t(x, w)", "1.25")),
  ]
}
