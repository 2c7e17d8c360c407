extension BuiltinMacros {
  /// What client tools ask a server of Postgres or MySQL for.
  static let tools: [BuiltinMacro] = [
    BuiltinMacro(
      "assert_true",
      "(condition) AS CASE WHEN condition THEN NULL ELSE error('assert_true failed') END, "
        + "(condition, message) AS CASE WHEN condition THEN NULL ELSE error(message) END",
      "NULL when the condition is true, else an error.", ("assert_true(1 < 2)", "NULL")),
    BuiltinMacro(
      "schema", "() AS current_schema()", "The current schema.", ("schema()", "main")),
    BuiltinMacro(
      "database", "() AS current_database()", "The current database.",
      ("database() = current_database()", "true")),
    BuiltinMacro(
      "connection_id", "() AS 1", "Always 1: a session knows no others.", ("connection_id()", "1")),
    BuiltinMacro(
      "in_search_path", "(catalog, name) AS list_contains(current_schemas(true), name)",
      "Whether unqualified names are looked up in the schema.",
      ("in_search_path('memory', 'main')", "true")),
    BuiltinMacro(
      "has_table_privilege",
      aliases: [
        "has_any_column_privilege", "has_schema_privilege", "has_database_privilege",
        "has_sequence_privilege", "has_function_privilege", "has_tablespace_privilege",
        "has_language_privilege", "has_server_privilege", "has_foreign_data_wrapper_privilege",
        "pg_has_role",
      ],
      "(object, privilege) AS true, (owner, object, privilege) AS true",
      "Always true: a database has no privileges.", ("has_table_privilege('t', 'SELECT')", "true")),
    BuiltinMacro(
      "has_column_privilege",
      "(object, name, privilege) AS true, (owner, object, name, privilege) AS true",
      "Always true: a database has no privileges.",
      ("has_column_privilege('t', 'c', 'SELECT')", "true")),
    BuiltinMacro(
      "pg_table_is_visible",
      aliases: [
        "pg_type_is_visible", "pg_function_is_visible", "pg_operator_is_visible",
        "pg_opclass_is_visible", "pg_opfamily_is_visible", "pg_collation_is_visible",
        "pg_conversion_is_visible", "pg_ts_config_is_visible", "pg_ts_dict_is_visible",
        "pg_ts_parser_is_visible", "pg_ts_template_is_visible",
      ], "(id) AS true", "Always true.", ("pg_table_is_visible(1)", "true")),
    BuiltinMacro(
      "obj_description", aliases: ["shobj_description"], "(id) AS NULL, (id, kind) AS NULL",
      "Always NULL: comments are in duckdb_tables().", ("obj_description(1)", "NULL")),
    BuiltinMacro(
      "col_description", "(id, position) AS NULL",
      "Always NULL: comments are in duckdb_columns().", ("col_description(1, 1)", "NULL")),
    BuiltinMacro(
      "pg_my_temp_schema", "() AS 0", "Always 0.", ("pg_my_temp_schema()", "0")),
    BuiltinMacro(
      "pg_is_other_temp_schema", "(id) AS false", "Always false.",
      ("pg_is_other_temp_schema(1)", "false")),
    BuiltinMacro(
      "pg_postmaster_start_time", aliases: ["pg_conf_load_time"], "() AS now()",
      "The transaction's time: there is no server.", ("pg_postmaster_start_time() <= now()", "true")
    ),
    BuiltinMacro(
      "inet_server_addr", aliases: ["inet_client_addr", "inet_server_port", "inet_client_port"],
      "() AS NULL", "Always NULL: there is no server.", ("inet_server_addr()", "NULL")),
    BuiltinMacro(
      "txid_current", "() AS epoch_us(now())",
      "A number that grows from transaction to transaction.",
      ("txid_current() > 0", "true")),
  ]

  /// Functions of FROM.
  static let tables: [BuiltinMacro] = [
    BuiltinMacro(
      "regexp_split_to_table", kind: .table,
      "(x, pattern) AS TABLE SELECT unnest(string_split_regex(x, pattern)) AS regexp_split_to_table",
      "The pieces between the matches of a regular expression, a row each.",
      ("SELECT count(*) FROM regexp_split_to_table('a b c', ' ')", "3")),
    BuiltinMacro(
      "pragma_table_info", kind: .table,
      "(t) AS TABLE SELECT column_index - 1 AS cid, column_name AS name, data_type AS type, "
        + "NOT is_nullable AS \"notnull\", column_default AS dflt_value, is_primary_key AS pk "
        + "FROM duckdb_columns() WHERE lower(table_name) = lower(t) ORDER BY column_index",
      "The columns of a table, as SQLite lists them.",
      ("SELECT count(*) FROM pragma_table_info('no_such_table')", "0")),
    BuiltinMacro(
      "string_split_to_table", kind: .table,
      "(x, separator) AS TABLE SELECT unnest(string_split(x, separator)) AS value",
      "The pieces between separators, a row each.",
      ("SELECT count(*) FROM string_split_to_table('a,b', ',')", "2")),
    BuiltinMacro(
      "json_array_elements_text", aliases: ["jsonb_array_elements_text"], kind: .table,
      "(document) AS TABLE SELECT value ->> '$' AS value FROM json_each(document)",
      "The elements of a JSON array as text, a row each.",
      ("SELECT max(value) FROM json_array_elements_text('[\"a\", \"b\"]')", "b")),
  ]
}
