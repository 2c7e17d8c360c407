extension BuiltinMacros {
  /// Lists, maps and JSON.
  static let nested: [BuiltinMacro] = [
    BuiltinMacro(
      "array_remove", aliases: ["list_remove"],
      "(list, x) AS list_filter(list, lambda e: e IS DISTINCT FROM x)",
      "The list without the elements equal to a value.", ("array_remove([1, 2, 1], 1)", "[2]")),
    BuiltinMacro(
      "array_except", aliases: ["list_except"],
      "(a, b) AS list_filter(a, lambda e: NOT list_contains(b, e))",
      "The elements of the first list that the second has not.",
      ("array_except([1, 2, 3], [2])", "[1, 3]")),
    BuiltinMacro(
      "size", "(x) AS len(x)", "The number of elements.", ("size([1, 2])", "2")),
    BuiltinMacro(
      "get", "(x, key) AS x[key]", "An element, field or character.", ("get([4, 5], 2)", "5")),
    BuiltinMacro(
      "map_contains_entry", "(m, k, v) AS coalesce(map_extract_value(m, k) = v, false)",
      "Whether the map has the key with that value.",
      ("map_contains_entry(MAP {'a': 1}, 'a', 1)", "true")),
    BuiltinMacro(
      "map_contains_value", "(m, v) AS list_contains(map_values(m), v)",
      "Whether the map has the value.", ("map_contains_value(MAP {'a': 1}, 1)", "true")),
    BuiltinMacro(
      "switch",
      "(k, m) AS map_extract_value(m, k), (k, m, other) AS coalesce(map_extract_value(m, k), other)",
      "The value that a map gives for a key, else a third argument.",
      ("switch(2, MAP {1: 'a', 2: 'b'})", "b")),
    BuiltinMacro(
      "json_query", "(document, path) AS json_extract(document, path)",
      "The part of a JSON document a path leads to.", ("json_query('{\"a\": [1]}', '$.a')", "[1]")),
    BuiltinMacro(
      "jsonb_path_query", "(document, path) AS json_extract(document, path)",
      "The part of a JSON document a path leads to.",
      ("jsonb_path_query('{\"a\": 1}', '$.a')", "1")),
    BuiltinMacro(
      "jsonb_path_exists", "(document, path) AS json_exists(document, path)",
      "Whether the path leads to something.", ("jsonb_path_exists('{\"a\": 1}', '$.b')", "false")),
    BuiltinMacro(
      "jsonb_set",
      "(document, path, value) AS json_set(document, '/' || replace(trim(path, '{}'), ',', '/'), "
        + "value)",
      "A JSON document with one value replaced or added, by a path as Postgres writes it.",
      ("jsonb_set('{\"a\": {\"b\": 1}}', '{a,b}', '2')", "{\"a\":{\"b\":2}}")),
    BuiltinMacro(
      "list_kurtosis_pop", "(list) AS list_aggregate(list, 'kurtosis_pop')",
      "The population excess kurtosis of a list.",
      ("round(list_kurtosis_pop([1, 2, 3, 10]), 4)", "-0.7696")),
  ]
}
