"""Statements that are no plain query: samples, recursion by key, definitions, prepared statements, stars, transactions.

Each method returns statements, of which the last one gives rows to compare.
"""

from grammar_templates import TYPES

# Types that GROUP BY, DISTINCT and joins may compare.
KEYS = ["int", "text", "date", "enum", "bool"]


class Constructs:
    def construct(self):
        return self.pick([
            self.sampled, self.keyed, self.nearest, self.grouping, self.exploded, self.viewed, self.macro, self.prepared,
            self.starred, self.aliased, self.described, self.transaction, self.altered, self.generated, self.sequenced,
            self.writing_with, self.merge_returning, self.chained_sets, self.framed, self.multi_pivot, self.multi_unpivot,
            self.nested, self.nested, self.distinct_on, self.variables, self.placed, self.placed, self.placed, self.written_places,
            self.ranged, self.ranged, self.composite, self.recursive_forms, self.nested_keys, self.nested_keys, self.starry, self.stored, self.stored, self.stored,
            self.copied_csv, self.copied_json, self.read_csv, self.sniffed_csv, self.read_json, self.summarized, self.collation, self.collation, self.referring, self.outward, self.outward,
        ])()

    def shown(self, kinds, body):
        columns = ", ".join(f"CAST(k{i} AS VARCHAR) AS k{i}" for i in range(len(kinds)))
        return f"SELECT {columns} FROM ({body})"

    def sampled(self):
        """What a sample promises whatever rows it takes: how many, and that they are rows of the table."""
        text, scope, alias = self.table(5000)
        name = text.split(" ")[0]
        n = self.random.randrange(1, 12)
        sample, count = self.pick([
            ("TABLESAMPLE 100 PERCENT (bernoulli)", "count(*)"), ("USING SAMPLE 100%", "count(*)"),
            (f"TABLESAMPLE reservoir({n} ROWS)", "count(*)"), (f"USING SAMPLE {n} ROWS", "count(*)"),
            (f"TABLESAMPLE reservoir({n} ROWS) REPEATABLE (7)", "count(*)"), ("USING SAMPLE 0 ROWS", "count(*)"),
            ("TABLESAMPLE 50 PERCENT (bernoulli)", f"count(*) <= (SELECT count(*) FROM {name})"),
            ("TABLESAMPLE 0 PERCENT (system)", "count(*)"), ("USING SAMPLE 100 PERCENT (system, 3)", "count(*)"),
        ])
        where = f" WHERE {self.expression('bool', scope, 2)}" if self.chance(40) and "reservoir" not in sample and "ROWS" not in sample else ""
        if "USING" in sample or self.chance(50):
            return [f"SELECT {count} FROM (SELECT * FROM {name} AS {alias} {sample}) AS {alias}{where}"]
        return [f"SELECT {count} FROM {name} AS {alias} {sample}{where}"]

    def keyed(self):
        text, scope, alias = self.table(60)
        key, value = self.expression("int", scope, 1), self.expression("int", scope, 1)
        bound = self.random.randrange(4, 12)
        step = self.pick([
            f"SELECT k, n + 1 FROM w WHERE n < {bound}", f"SELECT k + 1, n + 2 FROM w WHERE n < {bound} AND k < 6",
            f"SELECT (k + 1) % 5, max(n) + 1 FROM w WHERE n < {bound} GROUP BY ALL",
        ])
        start = f"SELECT abs({key})::BIGINT % 5, least(max(abs({value})::BIGINT), 20) FROM {text} GROUP BY 1"
        return [f"SELECT k::VARCHAR, n::VARCHAR FROM (WITH RECURSIVE w(k, n) USING KEY (k) AS ({start} UNION {step}) SELECT * FROM w)"]

    def nearest(self):
        """Distances that a row's number decides: which of equal rows is taken would be nobody's promise."""
        left, scope, one = self.table(60)
        right, columns, two = self.table(60)
        of = self.pick([c for c, k in scope if k == "int"])
        word = self.pick(["DISTANCE", "SIMILARITY"])
        join = self.pick(["JOIN", "LEFT JOIN"])
        call = f"abs(coalesce({of}, 3) * 4 + 1 - {two}.id * 4)"
        return [f"SELECT {one}.id, {two}.id FROM {left} {join} {right} EXACT NEAREST {self.random.randrange(1, 4)} BY {word} {call}"]

    def grouping(self):
        text, scope = self.source(1)
        keys = []
        for _ in range(3):
            column, kind = self.pick(scope)
            if kind in KEYS and column not in [k for k, _ in keys]:
                keys.append((column, kind))
        if not keys:
            keys = [(self.pick([c for c, k in scope if k == "int"]), "int")]
        names = [k for k, _ in keys]
        a, b = names[0], names[-1]
        listed = ", ".join(names)
        group = self.pick([
            f"ROLLUP ({listed})", f"CUBE ({listed})", f"GROUPING SETS (({listed}), ({b}), ())", f"GROUPING SETS (ROLLUP ({listed}), ({b}))",
            f"{a}, CUBE ({b})", f"GROUPING SETS (CUBE ({a}), ROLLUP ({b}))", f"ROLLUP ({a}), ROLLUP ({b})", f"ROLLUP (({listed}))", "ALL",
        ])
        calls = [self.aggregate(kind, scope) for kind in (self.pick(TYPES), "int")]
        grouping = [] if group == "ALL" else [f"GROUPING({listed})"]
        items = names + grouping + calls
        having = self.pick(["", "", " HAVING count(*) > 1", f" HAVING max({a}) IS NOT NULL"])
        filtered = self.where(scope, 1)
        columns = ", ".join(f"{item} AS k{i}" for i, item in enumerate(items))
        return [self.shown(items, f"SELECT {columns} FROM {text}{filtered} GROUP BY {group}{having}")]

    def exploded(self):
        """Table functions of JSON and lists beside a table."""
        text, scope, alias = self.table(60)
        match self.random.randrange(6):
            case 0:
                return [f"SELECT {alias}.id, e.key, e.value::VARCHAR, e.type FROM {text}, json_each({self.expression('json', scope, 1)}) AS e"]
            case 1:
                return [f"SELECT {alias}.id, e.fullkey, e.type FROM {text}, json_tree({self.expression('json', scope, 1)}) AS e"]
            case 2:
                return [f"SELECT {alias}.id, u::VARCHAR FROM (SELECT id, unnest({self.expression('texts', scope, 1)}) AS u FROM {text}) AS {alias}"]
            case 3:
                return [f"SELECT unnest([{self.expression('struct', scope, 1)}, {self.expression('struct', scope, 1)}], recursive := true) FROM {text} WHERE {alias}.id < 20"]
            case 4:
                lists = f"unnest({self.expression('list', scope, 1)}) AS a, unnest({self.expression('texts', scope, 1)}) AS b"
                return [f"SELECT a, b FROM (SELECT {lists} FROM {text})"]
            case _:
                return [f"SELECT unnest(map_entries({self.expression('map', scope, 1)}))::VARCHAR FROM {text}"]

    def viewed(self):
        kinds = ["int", self.pick(TYPES), self.pick(TYPES)]
        body = self.query(kinds, 1)
        saved = self.tables
        # A name of its own: a temporary view ends with the process, and a checkpoint on disk starts a new one.
        temporary = self.chance(50)
        name = "tv" if temporary else "v"
        self.tables = [(name, [(f"k{i}", kind) for i, kind in enumerate(kinds)], 200)] * 4 + saved
        text = self.query(kinds, 1)
        self.tables = saved
        return [f"CREATE OR REPLACE {'TEMP ' if temporary else ''}VIEW {name} AS {body}", self.shown(kinds, text)]

    def macro(self):
        kinds = [self.pick(TYPES), self.pick(TYPES)]
        scope = [("a", kinds[0]), ("b", kinds[1])]
        result = self.pick(TYPES)
        body = self.expression(result, scope, 3)
        default = f" := {self.literal(kinds[1])}" if self.chance(50) else ""
        text, columns, _ = self.table(60)
        one, two = self.expression(kinds[0], columns, 1), self.expression(kinds[1], columns, 1)
        call = f"m({one})" if default and self.chance(50) else f"m({one}, b := {two})" if default else f"m({one}, {two})"
        if self.chance(25):
            limit = self.random.randrange(3, 30)
            table, inner, alias = self.table(60)
            return [f"CREATE OR REPLACE MACRO mt(n, b := 2) AS TABLE SELECT {alias}.id + b AS k0 FROM {table} WHERE {alias}.id < n AND {self.expression('bool', inner, 1)}",
                    f"SELECT k0::VARCHAR FROM mt({limit})" if self.chance(50) else f"SELECT k0::VARCHAR FROM mt({limit}, b := 5)"]
        return [f"CREATE OR REPLACE MACRO m(a, b{default}) AS {body}", f"SELECT ({call})::VARCHAR FROM {text}"]

    def prepared(self):
        kinds = ["int", "text", "decimal", "date", "double", "timestamp"]
        chosen = [self.pick(kinds) for _ in range(2)]
        text, columns, _ = self.table(60)
        types = {"int": "INTEGER", "text": "VARCHAR", "decimal": "DECIMAL(9,2)", "date": "DATE", "double": "DOUBLE", "timestamp": "TIMESTAMP"}
        scope = columns + [(f"$p{i}::{types[kind]}", kind) for i, kind in enumerate(chosen)] * 2
        result = [self.pick(TYPES), "bool"]
        body = f"SELECT {', '.join(f'({self.expression(kind, scope, 2)})::VARCHAR' for kind in result)}, $p0, $p1 FROM {text} WHERE {self.expression('bool', scope, 1)}"
        values = ", ".join(f"p{i} := {self.literal(kind)}" for i, kind in enumerate(chosen))
        return [f"PREPARE p AS {body}", f"EXECUTE p({values})"]

    def starred(self):
        name, columns, count = self.pick([t for t in self.tables if t[1][0] == ("id", "int") and t[2] <= 100] or self.tables[:1])
        scope = [(f"{name}.{c}", k) for c, k in columns]
        last, kind = columns[-1]
        where = f" WHERE {self.expression('bool', scope, 2)}"
        star = self.pick([
            f"* EXCLUDE ({last})", f"* REPLACE (({self.expression(kind, scope, 2)}) AS {last})", f"* RENAME ({last} AS renamed)", "COLUMNS('c[0-2]')",
            f"COLUMNS(lambda c: c <> '{last}')", "* LIKE 'c%'", f"{name}.* EXCLUDE (id)", "COLUMNS(* EXCLUDE (id))", "*COLUMNS('^c')",
        ])
        if star == "COLUMNS('c[0-2]')" and self.chance(40):
            star = self.pick(["max(COLUMNS('c[0-2]'))", "count(COLUMNS(*))", "min(COLUMNS('c.'))::VARCHAR", "COLUMNS('c[0-1]')::VARCHAR", "coalesce(*COLUMNS('c9|id'))"])
        if self.chance(30):
            return [f"SELECT COLUMNS(*)::VARCHAR FROM (FROM {name} SELECT {star}{where})"]
        if self.chance(20):
            return [f"SELECT COLUMNS(*)::VARCHAR FROM (FROM {name}{where})"]
        return [f"SELECT COLUMNS(*)::VARCHAR FROM (SELECT {star} FROM {name}{where})"]

    def aliased(self):
        """Aliases of the same SELECT, GROUP BY ALL, ORDER BY ALL, HAVING and QUALIFY on aliases."""
        text, scope, alias = self.table(100)
        key = self.pick(KEYS)
        one, two = self.expression(key, scope, 2), self.expression("int", scope, 1)
        match self.random.randrange(5):
            case 0:
                return [f"SELECT {two} AS first_one, first_one + 1 AS second_one, (second_one * 2)::VARCHAR AS third_one FROM {text} WHERE first_one > 0"]
            case 1:
                return [f"SELECT ({one})::VARCHAR AS g, sum({two}) AS s, count(*) AS c FROM {text} GROUP BY ALL HAVING c > 0 ORDER BY ALL"]
            case 2:
                return [f"SELECT ({one})::VARCHAR AS g, {alias}.id AS i, row_number() OVER (PARTITION BY g ORDER BY i) AS r FROM {text} QUALIFY r <= 2"]
            case 3:
                return [f"SELECT g::VARCHAR, list(i ORDER BY i) FROM (SELECT {one} AS g, {alias}.id AS i FROM {text}) GROUP BY g ORDER BY g DESC NULLS LAST LIMIT 5"]
            case _:
                return [f"FROM {text} SELECT ({one})::VARCHAR AS g, count(DISTINCT {two}) AS c GROUP BY g ORDER BY 2 DESC, 1 LIMIT {self.random.randrange(1, 6)}"]

    def described(self):
        """The types and names of a query's columns."""
        kinds = [self.pick(TYPES) for _ in range(3)]
        text = self.without_nulls(lambda: self.query(kinds, 1))
        return [f"SELECT column_name, column_type FROM (DESCRIBE {text})"]

    def work(self, rows=True):
        """A table `x` with a few columns of its own; its columns."""
        kinds = [self.pick(["int", "text", "decimal", "date", "bool", "list"]) for _ in range(2)]
        text, scope, alias = self.table(40)
        items = ", ".join(f"{self.expression(kind, scope, 2)} AS x{i}" for i, kind in enumerate(kinds))
        return f"CREATE OR REPLACE TABLE x AS SELECT {alias}.id AS id, {items} FROM {text}", [("id", "int")] + [(f"x{i}", k) for i, k in enumerate(kinds)]

    def shown_work(self, extra=""):
        return f"SELECT COLUMNS(*)::VARCHAR FROM x{extra}"

    def transaction(self):
        create, columns = self.work()
        change = lambda: self.pick([
            f"UPDATE x SET {columns[1][0]} = {self.expression(columns[1][1], columns, 2)} WHERE {self.expression('bool', columns, 1)}",
            f"DELETE FROM x WHERE {self.expression('bool', columns, 2)}", "INSERT INTO x SELECT * FROM x WHERE id < 3", "TRUNCATE x",
            f"INSERT INTO x (id, {columns[2][0]}) VALUES (900, {self.literal(columns[2][1])}), (901, NULL)",
        ])
        return [create, change(), "BEGIN", change(), change(), self.pick(["ROLLBACK", "COMMIT"]), change(), self.shown_work()]

    def altered(self):
        create, columns = self.work()
        kind = self.pick(["int", "text", "decimal", "date"])
        sql = {"int": "BIGINT", "text": "VARCHAR", "decimal": "DECIMAL(12,2)", "date": "DATE"}[kind]
        change = self.pick([
            f"ALTER TABLE x ADD COLUMN y {sql} DEFAULT {self.literal(kind)}", f"ALTER TABLE x ADD COLUMN y {sql}", "ALTER TABLE x DROP COLUMN x0",
            "ALTER TABLE x RENAME COLUMN x1 TO y", "ALTER TABLE x ALTER id TYPE VARCHAR", "ALTER TABLE x ALTER id TYPE DOUBLE USING id / 4",
            f"ALTER TABLE x ALTER x0 SET DEFAULT {self.literal(columns[1][1])}", "ALTER TABLE x ALTER id SET NOT NULL", "ALTER TABLE x ALTER x0 TYPE VARCHAR",
            "ALTER TABLE x ADD PRIMARY KEY (id)", "CREATE INDEX i ON x (id)",
        ])
        extra = ["INSERT INTO x (id) VALUES (950)"] if self.chance(60) else []
        return [create, change] + extra + [self.shown_work()]

    def generated(self):
        text, scope, alias = self.table(40)
        one, two = self.pick([("a + b", "BIGINT"), ("a * 2", "BIGINT"), ("concat(a, '-', b)", "VARCHAR"), ("a > b", "BOOLEAN")])
        check = self.pick(["", f", CHECK (a < {self.random.randrange(5, 60)})", ", UNIQUE (a)", ", CHECK (b IS NOT NULL)"])
        change = self.pick([
            f"UPDATE x SET a = b WHERE {self.expression('bool', [('a', 'int'), ('b', 'int')], 1)}", "DELETE FROM x WHERE a > b",
            "INSERT INTO x (a, b) VALUES (77, 3)", "INSERT INTO x (a) VALUES (78), (79)",
        ])
        return [f"CREATE OR REPLACE TABLE x (a BIGINT, b BIGINT DEFAULT 4, c {two} GENERATED ALWAYS AS ({one}){check})",
                f"INSERT INTO x (a, b) SELECT {alias}.id, {self.expression('int', scope, 2)} FROM {text}", change, self.shown_work()]

    def sequenced(self):
        start, step = self.random.randrange(1, 9), self.pick([1, 2, 5])
        return ["DROP TABLE IF EXISTS x", f"CREATE OR REPLACE SEQUENCE s START {start} INCREMENT {step}",
                "CREATE OR REPLACE TABLE x (id BIGINT DEFAULT nextval('s'), v VARCHAR)",
                f"INSERT INTO x (v) VALUES ({self.literal('text')}), ({self.literal('text')})", "INSERT INTO x BY NAME SELECT 'z' AS v FROM range(3)",
                "SELECT min(id), max(id), count(DISTINCT id), currval('s') FROM x"]

    def writing_with(self):
        create, columns = self.work()
        condition = self.expression("bool", columns, 1)
        write = self.pick([
            f"DELETE FROM x WHERE {condition} RETURNING *", f"UPDATE x SET id = id + 100 WHERE {condition} RETURNING *",
            "INSERT INTO x SELECT * REPLACE (id + 500 AS id) FROM x WHERE id < 5 RETURNING *",
        ])
        if self.chance(50):
            return [create, write.replace("RETURNING *", "RETURNING id, x0::VARCHAR, x1::VARCHAR")]
        return [create, f"WITH written AS ({write}) SELECT count(*), min(id), max(id) FROM written", self.shown_work()]

    def merge_returning(self):
        create, columns = self.work()
        text, scope, alias = self.table(40)
        kinds = [kind for _, kind in columns[1:]]
        source = ", ".join(f"{self.expression(kind, scope, 1)} AS x{i}" for i, kind in enumerate(kinds))
        matched = self.pick(["UPDATE SET x0 = m.x0", "DELETE", "UPDATE", "DO NOTHING", f"UPDATE SET x1 = m.x1, id = x.id + 1000"])
        guard = f" AND {self.expression('bool', [('m.id', 'int')], 1)}" if self.chance(40) else ""
        missing = self.pick(["", " WHEN NOT MATCHED THEN INSERT", " WHEN NOT MATCHED THEN INSERT (id, x0) VALUES (m.id, m.x0)", " WHEN NOT MATCHED THEN INSERT BY NAME"])
        orphan = self.pick(["", "", " WHEN NOT MATCHED BY SOURCE THEN DELETE"])
        return [create, f"MERGE INTO x USING (SELECT {alias}.id + 3 AS id, {source} FROM {text}) AS m {self.pick(['USING (id)', 'ON x.id = m.id'])} "
                f"WHEN MATCHED{guard} THEN {matched}{missing}{orphan} RETURNING merge_action, x.id, x0::VARCHAR, x1::VARCHAR"]

    def chained_sets(self):
        kinds = [self.pick(TYPES), self.pick(KEYS)]
        parts = [self.plain(kinds, 1) for _ in range(3)]
        one, two = self.pick(["UNION", "EXCEPT", "UNION ALL"]), self.pick(["UNION ALL", "INTERSECT", "UNION", "EXCEPT ALL"])
        text = f"(({parts[0]}) {one} ({parts[1]})) {two} ({parts[2]})" if self.chance(50) else f"({parts[0]}) {one} ({parts[1]}) {two} ({parts[2]})"
        if self.chance(30):
            text = f"({parts[0]}) UNION BY NAME (SELECT {self.literal(kinds[1])} AS k1) UNION ALL BY NAME (SELECT {self.literal(kinds[0])} AS k0)"
        return [self.shown(kinds, f"SELECT * FROM ({text}) ORDER BY ALL LIMIT {self.random.randrange(3, 30)}")]

    def framed(self):
        """Window frames by value over numbers, dates and intervals, named windows, and functions with ORDER BY inside."""
        text, scope, alias = self.table(5000)
        numbers = [c for c, k in scope if k in ("int", "decimal", "double")]
        dates = [c for c, k in scope if k in ("date", "timestamp", "zoned")]
        direction = self.pick(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
        if dates and self.chance(50):
            order = self.pick(dates) + direction
            a, b = (f"INTERVAL {self.random.randrange(1, 60)} {self.pick(['DAY', 'HOUR', 'MONTH'])}" for _ in range(2))
        else:
            order = self.pick(numbers) + direction
            a, b = (str(self.random.randrange(0, 9)) + self.pick(["", ".5"]) * (0) for _ in range(2))
        frame = self.pick([
            f"{a} PRECEDING AND {b} FOLLOWING", f"{a} PRECEDING AND CURRENT ROW", f"CURRENT ROW AND {b} FOLLOWING", f"UNBOUNDED PRECEDING AND {b} FOLLOWING",
            f"{a} PRECEDING AND UNBOUNDED FOLLOWING", f"{a} FOLLOWING AND UNBOUNDED FOLLOWING",
        ]) + self.pick(["", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP"])
        partition = f"PARTITION BY {self.pick([c for c, k in scope if k in KEYS] )} " if self.chance(50) else ""
        kind = self.pick(["int", "double", "decimal", "bool", "text", "date", "list"])
        calls = {
            "int": ["sum({int})", "count(*)", "count({any})", "count(DISTINCT {int})", "max({int})", "quantile_disc({int}, 0.5)", "min({int}) FILTER (WHERE {bool})"],
            "double": ["avg({int})", "stddev_pop({int})", "median({int})", "avg({int}) FILTER (WHERE {bool})", "var_samp({int})"],
            "decimal": ["sum({decimal})", "min({decimal})"], "bool": ["bool_and({bool})", "bool_or({bool})"], "text": ["max({text})", "string_agg({text}, ',' ORDER BY {id})"],
            "date": ["min({date})", "max({date})"], "list": ["list({int}::INTEGER ORDER BY {id})", "list_sort(list(DISTINCT {int}::INTEGER))"],
        }
        call = self.fill(self.pick(calls[kind]), kind, scope, 1)
        if call.startswith("list_sort("):
            call, kind = f"list({self.leaf('int', scope)} ORDER BY {alias}.id)", "list"
        if self.chance(30):
            return [f"SELECT {alias}.id, ({call} OVER named)::VARCHAR, count(*) OVER (named RANGE BETWEEN {frame}) FROM {text} WINDOW named AS ({partition}ORDER BY {order})"]
        return [f"SELECT {alias}.id, ({call} OVER ({partition}ORDER BY {order} RANGE BETWEEN {frame}))::VARCHAR FROM {text}"]

    def multi_pivot(self):
        text, scope, alias = self.table(60)
        inner = (f"SELECT {self.expression(self.pick(KEYS), scope, 1)} AS g, abs({self.expression('int', scope, 1)}) % 3 AS p, "
                 f"{self.expression('bool', scope, 1)} AS q, {self.expression('int', scope, 1)} AS v FROM {text}")
        aggregates = self.pick(["sum(v)", "sum(v) AS s, max(v) AS m", "count(*)", "list(v ORDER BY v)", "first(v ORDER BY v)"])
        match self.random.randrange(4):
            case 0:
                body = f"PIVOT ({inner}) ON p IN (0, 1, 2), q IN (true, false) USING {aggregates} GROUP BY g"
            case 1:
                body = f"SELECT * FROM ({inner}) PIVOT ({aggregates} FOR p IN (0, 1) q IN (true) GROUP BY g)"
            case 2:
                body = f"PIVOT ({inner}) ON p USING {aggregates} GROUP BY g"
            case _:
                body = f"PIVOT (SELECT g, p, v FROM ({inner})) ON p IN (1, 2) USING {aggregates}"
        if body.startswith("PIVOT") and " ON p USING" in body:
            return [body.replace("list(v ORDER BY v)", "max(v)")]
        return [f"SELECT COLUMNS(*)::VARCHAR FROM ({body})"]

    def multi_unpivot(self):
        text, scope, alias = self.table(60)
        items = ", ".join(f"{self.expression('int', scope, 1)}::BIGINT AS {name}" for name in "abcd")
        inner = f"SELECT {alias}.id AS id, {items} FROM {text}"
        nulls = self.pick(["", " INCLUDE NULLS"])
        body = self.pick([
            f"UNPIVOT{nulls} ({inner}) ON (a, b) AS one, (c, d) AS two INTO NAME n VALUE v, w", f"UNPIVOT{nulls} ({inner}) ON COLUMNS(* EXCLUDE (id)) INTO NAME n VALUE v",
            f"UNPIVOT{nulls} ({inner}) ON a, b, c * 2 INTO NAME n VALUE v", f"SELECT * FROM ({inner}) UNPIVOT{nulls} (v FOR n IN (a AS x, b AS y, c))",
            f"SELECT * FROM ({inner}) UNPIVOT{nulls} ((v, w) FOR n IN ((a, b), (c, d)))",
        ])
        return [f"FROM ({body})" if body.startswith("UNPIVOT") else body]

    def nested(self):
        """Lists of structs of lists: built, taken apart, grouped."""
        text, scope, alias = self.table(60)
        one, two, three = self.expression("int", scope, 1), self.expression("text", scope, 1), self.expression("list", scope, 1)
        build = f"{{'i': {one}, 't': {two}, 'l': {three}, 'n': {{'d': {self.expression('date', scope, 1)}}}}}"
        rows = f"SELECT {alias}.id AS id, {build} AS s FROM {text}"
        item = self.pick([
            "s::VARCHAR", "s.n.d::VARCHAR", "s.l[1] + len(s.l)", "list_transform(s.l, lambda x: x + s.i)::VARCHAR", "struct_extract(s, 't')", "s['l'][2]",
            "list_transform([s, s], lambda e: {'k': e.t, 'm': list_sum(e.l)})::VARCHAR", "list_filter([s], lambda e: e.i > 2).len()", "to_json(s)::VARCHAR",
            "(s = s)::VARCHAR", "[e.n.d FOR e IN [s, NULL, s]]::VARCHAR", "map([s.t], [s.l])::VARCHAR", "map([s.i], [s])[s.i].t", "list_concat([s], [s])[2].l::VARCHAR",
            "[s.l, [s.i::INTEGER]]::VARCHAR", "flatten([s.l, s.l])::VARCHAR", "list_sort([s, s])[1]::VARCHAR", "struct_insert(s, z := 1)::VARCHAR", "(s::JSON ->> 't')",
            "list_reduce([s.l, [1]], lambda a, b: list_concat(a, b))::VARCHAR", "[[x * y FOR y IN s.l] FOR x IN s.l]::VARCHAR", "list_distinct([s.t, s.t]).len()",
            "list_transform(s.l, lambda x, i: {'x': x, 'i': i})::VARCHAR", "[{'x': x, 'i': i} FOR x, i IN s.l IF x > 1]::VARCHAR", "list_zip(s.l, [s.t])::VARCHAR",
        ])
        if self.chance(35):
            call = self.pick(["list(s ORDER BY id)", "max(s)", "first(s ORDER BY id)", "list(s.l ORDER BY id)", "list(DISTINCT s.i).list_sort()", "arg_max(s, id)", "list(s.n ORDER BY id DESC)",
                              "histogram(s.i)", "map_from_entries(list((id, s.t) ORDER BY id))", "count(DISTINCT s)", "min(s.l)"])
            return [f"SELECT id % 3, ({call})::VARCHAR FROM ({rows}) GROUP BY 1"]
        return [f"SELECT id, {item} FROM ({rows})"]

    def distinct_on(self):
        text, scope, alias = self.table(100)
        key = self.pick([c for c, k in scope if k in KEYS])
        return [f"SELECT DISTINCT ON ({key}) ({self.expression(self.pick(TYPES), scope, 2)})::VARCHAR, {alias}.id FROM {text} ORDER BY {key}, {alias}.id {self.pick(['', 'DESC'])}"]

    def variables(self):
        kind = self.pick(TYPES)
        text, scope, alias = self.table(60)
        call = self.pick(["query_table", "query"])
        if self.chance(30):
            name = text.split(" ")[0]
            inner = f"query_table('{name}')" if call == "query_table" else f"query('FROM {name} WHERE id < 5')"
            return [f"SELECT count(*), max(id) FROM {inner}"]
        return [f"SET VARIABLE v = {self.expression(kind, [], 2)}", f"SELECT {alias}.id, getvariable('v')::VARCHAR FROM {text}"]
