/// Functions that are syntax: evaluated lazily, over lambdas or over windows.
enum FunctionForms {
  static let all: [FunctionDocument] = forms + lambdas + windows

  private static let forms: [FunctionDocument] = [
    FunctionDocument(
      "coalesce", .scalar, "The first argument that is not NULL; later ones are not evaluated.",
      ("coalesce(NULL, 2, 3)", "2")),
    FunctionDocument(
      "try", .scalar, "The expression, with NULL where it fails for a row's values.",
      ("try(1 // 0)", "NULL")),
    FunctionDocument(
      "try_cast", .scalar, "TRY_CAST(x AS type): the cast, NULL where it fails.",
      ("TRY_CAST('x' AS INTEGER)", "NULL")),
    FunctionDocument(
      "isnull", .scalar, "Whether the argument is NULL.", ("isnull(NULL)", "true")),
    FunctionDocument(
      "alias", .scalar, "The name that a column of the expression would have.",
      ("alias(1 + 1)", "(1 + 1)")),
    FunctionDocument(
      "struct_pack", .scalar, "A struct of named values.",
      ("struct_pack(a := 1, b := 'x')", "{'a': 1, 'b': x}")),
    FunctionDocument(
      "union_value", .scalar, "A union of one member, which other unions take.",
      ("union_value(num := 5)", "5")),
    FunctionDocument("row", .scalar, "A struct without names.", ("row(1, 'x')", "(1, x)")),
    FunctionDocument(
      "struct_insert", .scalar, "The struct with more fields.",
      ("struct_insert({'a': 1}, b := 2)", "{'a': 1, 'b': 2}")),
    FunctionDocument(
      "struct_update", .scalar, "The struct with fields replaced or added.",
      ("struct_update({'a': 1}, a := 2, b := 3)", "{'a': 2, 'b': 3}")),
    FunctionDocument(
      "array_value", .scalar, "An array of fixed length.", ("array_value(1, 2)", "[1, 2]")),
    FunctionDocument(
      "unnest", .scalar, aliases: ["explode"],
      "The elements of a list, a row each; the fields of a struct, a column each.",
      ("SELECT sum(x) FROM (SELECT unnest([1, 2, 3]) AS x)", "6")),
    FunctionDocument(
      "grouping", .aggregate, aliases: ["grouping_id"],
      "A bit for each column, set where the row is grouped over all its values.",
      ("SELECT grouping(x) FROM (VALUES (1)) t(x) GROUP BY ROLLUP (x) ORDER BY 1 DESC LIMIT 1", "1")
    ),
  ]

  private static let lambdas: [FunctionDocument] = [
    FunctionDocument(
      "list_transform", .scalar,
      aliases: ["array_transform", "list_apply", "array_apply", "apply"],
      "The list with a function applied to each element.",
      ("list_transform([1, 2], lambda x: x * 10)", "[10, 20]")),
    FunctionDocument(
      "list_filter", .scalar, aliases: ["array_filter", "filter"],
      "The elements for which the function is true.",
      ("list_filter([1, 2, 3], lambda x: x > 1)", "[2, 3]")),
    FunctionDocument(
      "list_reduce", .scalar, aliases: ["array_reduce", "reduce"],
      "The elements folded from the left by a function of two.",
      ("list_reduce([1, 2, 3], lambda a, b: a + b)", "6")),
  ]

  private static func window(
    _ name: String, _ summary: String, _ call: String, _ result: String
  ) -> FunctionDocument {
    FunctionDocument(
      name, .window, summary,
      (
        "SELECT string_agg(r::VARCHAR, ' ' ORDER BY x) FROM (SELECT x, \(call) AS r "
          + "FROM (VALUES (1), (2), (2), (3)) t(x))", result
      ))
  }

  private static let windows: [FunctionDocument] = [
    window(
      "row_number", "The row's number in its partition.",
      "sum(1) OVER (ORDER BY x ROWS "
        + "UNBOUNDED PRECEDING) - row_number() OVER (ORDER BY x)", "0 0 0 0"),
    window(
      "rank", "The row's place; equal rows share it and leave a gap.", "rank() OVER (ORDER BY x)",
      "1 2 2 4"),
    FunctionDocument(
      "dense_rank", .window, aliases: ["rank_dense"], "The row's place without gaps.",
      (
        "SELECT max(r) FROM (SELECT dense_rank() OVER (ORDER BY x) AS r "
          + "FROM (VALUES (1), (2), (2), (3)) t(x))", "3"
      )),
    window(
      "percent_rank", "(rank - 1) / (rows - 1).",
      "round(percent_rank() OVER (ORDER BY x), 2)", "0.0 0.33 0.33 1.0"),
    window(
      "cume_dist", "The share of rows up to and with this one.",
      "cume_dist() OVER (ORDER BY x)", "0.25 0.75 0.75 1.0"),
    window(
      "ntile", "The number of the row's part when the partition is cut in n parts.",
      "CASE WHEN x = 2 THEN 0 ELSE ntile(2) OVER (ORDER BY x) END", "1 0 0 2"),
    window(
      "lag", "The value a number of rows before, or a default.",
      "coalesce(lag(x) OVER (ORDER BY x), 0) * 0 + lag(x, 9, 7) OVER (ORDER BY x)", "7 7 7 7"),
    window(
      "lead", "The value a number of rows after, or a default.",
      "lead(x, 9, 7) OVER (ORDER BY x)", "7 7 7 7"),
    window(
      "first_value", "The value of the frame's first row.", "first_value(x) OVER (ORDER BY x)",
      "1 1 1 1"),
    window(
      "last_value", "The value of the frame's last row.", "last_value(x) OVER (ORDER BY x)",
      "1 2 2 3"),
    window(
      "nth_value", "The value of the frame's n-th row.",
      "coalesce(nth_value(x, 2) OVER (ORDER BY x), 0)", "0 2 2 2"),
  ]
}
