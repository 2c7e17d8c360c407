extension BuiltinMacros {
  /// Strings under the names of MySQL and Snowflake.
  static let text: [BuiltinMacro] = [
    BuiltinMacro(
      "find_in_set", "(x, list) AS coalesce(list_position(string_split(list, ','), x), 0)",
      "The place of a text in a list separated by commas; 0 when it is not there.",
      ("find_in_set('b', 'a,b,c')", "2")),
    BuiltinMacro(
      "overlay",
      "(x, replacement, start) AS left(x, start - 1) || replacement || "
        + "substring(x, start + length(replacement)), "
        + "(x, replacement, start, n) AS left(x, start - 1) || replacement || substring(x, start + n)",
      "The text with a part replaced from a place on.",
      ("overlay('abcdef', 'XX', 2, 3)", "aXXef")),
    BuiltinMacro(
      "strtok",
      "(x) AS list_extract(list_filter(string_split(x, ' '), lambda t: t <> ''), 1), "
        + "(x, marks, n := 1) AS list_extract(list_filter(string_split_regex(x, '[' || "
        + "regexp_escape(marks) || ']'), lambda t: t <> ''), n)",
      "The n-th piece of a text cut at any of the marks.", ("strtok('a.b-c', '.-', 3)", "c")),
    BuiltinMacro(
      "jarowinkler_similarity",
      "(a, b) AS round(jaro_winkler_similarity(lower(a), lower(b)) * 100)::INTEGER",
      "Likeness of two texts from 0 to 100.", ("jarowinkler_similarity('duck', 'DUCK')", "100")),
    BuiltinMacro(
      "regexp_instr",
      "(x, pattern) AS CASE WHEN regexp_matches(x, pattern) THEN strpos(x, regexp_extract(x, "
        + "pattern)) ELSE 0 END",
      "Where the text that a regular expression matches first stands; 0 for no match.",
      ("regexp_instr('ab12', '[0-9]+')", "3")),
    BuiltinMacro(
      "sha2",
      "(x) AS sha256(x), (x, bits) AS CASE bits WHEN 0 THEN sha256(x) WHEN 256 THEN sha256(x) "
        + "WHEN 512 THEN sha512(x) ELSE error('sha2 takes 256 or 512 bits') END",
      "The SHA-2 hash of 256 or 512 bits as hexadecimal text.",
      ("left(sha2('hello', 512), 8)", "9b71d224")),
    BuiltinMacro(
      "array_to_string_comma_default",
      "(list) AS array_to_string(list, ','), (list, separator) AS array_to_string(list, separator)",
      "The elements joined by commas, or by a separator.",
      ("array_to_string_comma_default([1, 2])", "1,2")),
    BuiltinMacro(
      "hive_partition_component", "(name, value) AS name || '=' || value",
      "A folder name of a hive partition.", ("hive_partition_component('a', 'b')", "a=b")),
    BuiltinMacro(
      "pg_size_pretty", "(n) AS format_bytes(n)", "A number of bytes as text.",
      ("pg_size_pretty(2048)", "2.0 KiB")),
    BuiltinMacro(
      "md5_number_upper", "(x) AS (md5_number(x) % 18446744073709551616::UHUGEINT)::UBIGINT",
      "The upper 64 bits of the MD5 hash.", ("md5_number_upper('a')", "12157170054180749580")),
    BuiltinMacro(
      "md5_number_lower", "(x) AS (md5_number(x) // 18446744073709551616::UHUGEINT)::UBIGINT",
      "The lower 64 bits of the MD5 hash.", ("md5_number_lower('a')", "7000413967451013937")),
  ]
}
