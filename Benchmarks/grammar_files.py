"""Files: what COPY writes, what readers make of it; summaries; collations; keys that refer to others.

Each method returns statements, of which the last one gives rows to compare. `@OWN@` is a folder of each engine's own,
`@DUCKDB@` the one that DuckDB writes into: both engines read it.
"""

from grammar_templates import SQL_TYPES

# Types whose text is the same on both sides and which readers find again.
PLAIN = ["int", "text", "decimal", "bool", "date", "timestamp", "time", "uuid", "huge", "enum"]
WRITTEN = PLAIN + ["list", "struct", "texts", "map", "interval", "json", "second", "milli", "zoned", "array", "deep", "blob"]


class Files:
    def written_rows(self, kinds):
        text, scope, alias = self.table(60)
        items = ", ".join(f"{self.expression(kind, scope, 1)} AS k{i}" for i, kind in enumerate(kinds))
        return f"SELECT {alias}.id AS id, {items} FROM {text} ORDER BY {alias}.id"

    def copied_csv(self):
        """The bytes of a CSV file."""
        kinds = [self.pick(WRITTEN) for _ in range(2)]
        options = self.pick([
            "", "", " (HEADER false)", " (DELIMITER '|')", " (DELIMITER ';', QUOTE '''', ESCAPE '''')", " (NULLSTR 'NULL')", " (NULLSTR '\\N', HEADER)", " (FORCE_QUOTE *)",
            " (FORCE_QUOTE (k0))", " (DATEFORMAT '%d.%m.%Y')", " (TIMESTAMPFORMAT '%d/%m/%y %H:%M')", " (ESCAPE '\\')", " (DELIMITER '\t')", " (FORMAT csv, HEADER true)",
            " (SUFFIX 'end', PREFIX 'start', HEADER false)", " (DELIMITER ' ')",
        ])
        # Blanks at the ends of a text are in quotes, too.
        kinds = ["date" if kind == "text" else kind for kind in kinds]
        if "NULLSTR" in options:
            # olap writes an empty text in quotes always: without, it would be read as NULL.
            kinds = [kind if kind in ("int", "date", "bool", "timestamp", "list", "uuid", "interval") else "int" for kind in kinds]
        return [f"COPY ({self.written_rows(kinds)}) TO '@OWN@/x.csv'{options}", "SELECT content FROM read_text('@OWN@/x.csv')"]

    def copied_json(self):
        kinds = [self.pick([k for k in WRITTEN if k not in ("json", "decimal")]) for _ in range(2)]
        options = self.pick(["", "", " (ARRAY true)", " (FORMAT json)", " (DATEFORMAT '%d.%m.%Y')", " (TIMESTAMPFORMAT '%d/%m/%y %H:%M')"])
        return [f"COPY ({self.written_rows(kinds)}) TO '@OWN@/x.json'{options}", "SELECT content FROM read_text('@OWN@/x.json')"]

    def read_csv(self):
        """Rows of a CSV file in types that are said."""
        kinds = [self.pick(PLAIN + ["list", "texts", "struct", "interval", "map", "second", "zoned", "array"]) for _ in range(2)]
        # No texts that may be empty: in DuckDB an empty field in quotes is NULL, too.
        kinds = ["timestamp" if kind in ("enum", "text") else kind for kind in kinds]
        delimiter, quote = self.pick([",", "|", ";"]), self.pick(['"', "'"])
        columns = ", ".join(["'id': 'INTEGER'"] + [f"'k{i}': '{SQL_TYPES[kind][0]}'" for i, kind in enumerate(kinds)])
        columns = columns.replace("'INTEGER'", "'BIGINT'").replace("DECIMAL(9,2)", "DECIMAL(20,4)").replace("'HUGEINT'", "'VARCHAR'")
        quoted = quote * (1 + (quote == "'"))
        said = f"delim = '{delimiter}', quote = '{quoted}', escape = '{quoted}', header = true, columns = {{{columns}}}"
        query = self.pick([
            "SELECT COLUMNS(*)::VARCHAR FROM {f}", "SELECT count(*), count(k0), max(k1)::VARCHAR FROM {f}", "SELECT id, k1::VARCHAR FROM {f} WHERE id > 3 AND k0 IS NOT NULL",
            "SELECT k0::VARCHAR, count(*) FROM {f} GROUP BY k0", "SELECT id, k0::VARCHAR FROM {f} ORDER BY id DESC LIMIT 4",
        ])
        copy = f"COPY ({self.written_rows(kinds)}) TO '@DUCKDB@/x.csv' (DELIMITER '{delimiter}', QUOTE '{quoted}', ESCAPE '{quoted}', HEADER)"
        return [copy.replace("COPY", "@ONLY_DUCKDB@COPY", 1), query.replace("{f}", f"read_csv('@DUCKDB@/x.csv', {said})")]

    def sniffed_csv(self):
        """Rows of a CSV file whose types are found."""
        kinds = [self.pick(["int", "bool", "date", "timestamp", "double"]) for _ in range(2)]
        copy = f"@ONLY_DUCKDB@COPY ({self.written_rows(kinds)}) TO '@DUCKDB@/x.csv' (DELIMITER '{self.pick([',', '|', ';'])}', HEADER)"
        return [copy, "SELECT COLUMNS(*)::VARCHAR FROM '@DUCKDB@/x.csv'"]

    def read_json(self):
        kinds = [self.pick(["int", "text", "bool", "date", "list", "texts", "struct", "deep", "array", "double"]) for _ in range(2)]
        columns = ", ".join(["id: 'INTEGER'"] + [f"k{i}: '{SQL_TYPES[kind][0]}'" for i, kind in enumerate(kinds)]).replace("'INTEGER'", "'BIGINT'")
        columns = columns.replace("INTEGER[3]", "INTEGER[]")
        # Texts of nanoseconds are TIMESTAMP when olap finds the types, VARCHAR when DuckDB does.
        said = self.pick(["", f", columns = {{{columns}}}"]) if not {"text", "texts", "deep", "struct"} & set(kinds) else f", columns = {{{columns}}}"
        copy = f"@ONLY_DUCKDB@COPY ({self.written_rows(kinds)}) TO '@DUCKDB@/x.json' (ARRAY {self.pick(['true', 'false'])})"
        return [copy, f"SELECT COLUMNS(*)::VARCHAR FROM read_json('@DUCKDB@/x.json'{said})"]

    def summarized(self):
        kinds = [self.pick(["int", "text", "bool", "date", "timestamp", "decimal", "enum", "uuid", "time", "huge"]) for _ in range(2)]
        return [f"SELECT column_name, column_type, min, max, count, null_percentage::VARCHAR FROM (SUMMARIZE {self.query(kinds, 1)})"]

    def collation(self):
        text, scope, alias = self.table(60)
        other, columns, two = self.table(60)
        name = self.pick(["NOCASE", "NOACCENT", "NOCASE.NOACCENT", "NFC"])
        one, word = self.expression("text", scope, 2), self.literal("text")
        value = f"({one}) COLLATE {name}"
        return [self.pick([
            f"SELECT {alias}.id FROM {text} ORDER BY {value} {self.pick(['', 'DESC', 'NULLS FIRST'])}, {alias}.id LIMIT 9",
            f"SELECT {alias}.id, {value} {self.pick(['=', '<', '>=', '<>'])} {word}, {value} IN ({word}, 'ALPHA', NULL), {value} BETWEEN 'A' AND 'c' FROM {text}",
            f"SELECT {alias}.id, {two}.id FROM {text} JOIN {other} ON {value} = {self.expression('text', columns, 1)}",
            f"SELECT {alias}.id, rank() OVER (ORDER BY {value}), count(*) OVER (PARTITION BY {value}) FROM {text}",
            f"SELECT {alias}.id, CASE {value} WHEN {word} THEN 1 ELSE 2 END, nullif({value}, {word}), {value} IS DISTINCT FROM {word} FROM {text}",
            f"SELECT list({one} ORDER BY {value}, {alias}.id)::VARCHAR FROM {text}",
            f"SELECT {alias}.id, {value} LIKE 'A%', contains({value}, 'A'), starts_with({value}, 'ALP'), instr({value}, 'P') FROM {text}",
            f"SELECT lower(strip_accents(nfc_normalize({value.replace(f' COLLATE {name}', '')}))) AS g, count(*) FROM {text} GROUP BY {value}, g", f"SELECT count(DISTINCT {value}) FROM {text}",
            f"SELECT lower(strip_accents(min({value}))), lower(strip_accents(max({value}))) FROM {text}", f"SELECT count(*) FROM {text} GROUP BY {value}",
        ])]

    def referring(self):
        text, scope, alias = self.table(40)
        change = self.pick([
            "DELETE FROM parent WHERE id = 3", f"INSERT INTO child VALUES (90, {self.random.randrange(12)})", "UPDATE child SET r = r + 1 WHERE r < 4", "UPDATE parent SET v = 'new' WHERE id < 3",
            "INSERT INTO child VALUES (91, NULL)", "DELETE FROM child WHERE r = 2", f"DELETE FROM parent WHERE id NOT IN (SELECT r FROM child WHERE r IS NOT NULL) AND id < {self.random.randrange(9)}",
        ])
        return ["DROP TABLE IF EXISTS child", "CREATE OR REPLACE TABLE parent (id INTEGER PRIMARY KEY, v VARCHAR)", f"INSERT INTO parent SELECT i, 'v' || i FROM range({self.random.randrange(6, 12)}) t(i)",
                "CREATE TABLE child (i INTEGER, r INTEGER REFERENCES parent (id))", f"INSERT INTO child SELECT {alias}.id, abs({self.expression('int', scope, 1)}) % 6 FROM {text}",
                change, "SELECT parent.id, parent.v, count(child.i), sum(child.i) FROM parent LEFT JOIN child ON child.r = parent.id GROUP BY ALL"]

    def outward(self):
        """Aggregates of the outer query's columns inside subqueries."""
        text, scope, alias = self.table(60)
        inner, columns, two = self.table(40)
        g = self.pick([f"{alias}.id % 3", f"{alias}.id % 5 > 2"])
        value = self.pick([c for c, k in scope if k == "int"])
        call = self.pick([f"sum({value})", f"max({value})", f"count({value})", f"min({alias}.id)", f"count(DISTINCT {value})", f"list({value} ORDER BY {alias}.id)[1]", f"sum({value}) FILTER (WHERE {alias}.id > 4)"])
        body = self.pick([
            f"SELECT {call}", f"SELECT max({two}.id) + {call} FROM {inner}", f"SELECT max({two}.id) FROM {inner} WHERE {two}.id < {call}", f"SELECT count(*) FROM {inner} WHERE {self.expression('bool', columns, 1)} AND {two}.id <> {call}",
            f"SELECT (SELECT {call})", f"SELECT {two}.id FROM {inner} ORDER BY abs({two}.id - {call}), {two}.id LIMIT 1", f"SELECT sum({two}.id + {call}) FROM {inner}", f"SELECT s FROM (SELECT {call} + 1 AS s)",
        ])
        return [self.pick([
            f"SELECT ({body}) FROM {text}", f"SELECT {g} AS g, ({body}) FROM {text} GROUP BY g", f"SELECT {g} AS g FROM {text} GROUP BY g HAVING ({body}) > 3",
            f"SELECT {g} AS g, ({body}) AS v FROM {text} GROUP BY ROLLUP (g)", f"SELECT {g} AS g, count(*) FROM {text} GROUP BY g ORDER BY ({body}), g LIMIT 2", f"SELECT {g} AS g, EXISTS ({body}) FROM {text} GROUP BY ALL",
        ])]
