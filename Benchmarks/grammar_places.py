"""Subqueries in every place a value may stand, joins by ranges, recursion with its neighbours, keys of several columns.

Each method returns statements, of which the last one gives rows to compare.
"""

from grammar_templates import TYPES

COMPARED = ["int", "text", "date", "decimal", "timestamp", "double", "uuid", "nano", "second", "bool", "enum", "blob"]


class Places:
    def correlated(self, kind, scope):
        """A scalar subquery of a kind that reads the scope."""
        inner, columns, alias = self.table(60)
        column, other = self.pick(columns)
        outer = [c for c, k in scope if k == other] or [c for c, k in scope if k == "int"]
        sign = self.pick(["=", "=", "=", "<", "<>", "IS NOT DISTINCT FROM"])
        if not outer:
            tie = "true"
        elif any(k == other for _, k in scope):
            tie = f"{column} {sign} {self.pick(outer)}"
        else:
            tie = f"{alias}.id {sign} {self.pick(outer)}"
        if self.chance(25):
            tie += " AND " + self.expression("bool", columns + scope, 1)
        match self.random.randrange(4):
            case 0:
                return f"(SELECT {self.expression(kind, columns + scope, 1)} FROM {inner} WHERE {tie} ORDER BY {alias}.id LIMIT 1)"
            case 1:
                return f"(SELECT max({self.expression(kind, columns, 1)}) FROM {inner} WHERE {tie})"
            case 2:
                return f"(SELECT first({self.expression(kind, columns, 1)} ORDER BY {alias}.id DESC) FROM {inner} WHERE {tie} HAVING count(*) > 1)"
            case _:
                body = f"SELECT {self.expression(kind, columns, 1)} AS k, {alias}.id AS i FROM {inner} WHERE {tie}"
                return f"(SELECT arg_max(k, i) FROM ({body}))"

    def placed(self):
        text, scope, alias = self.table(60)
        kind = self.pick(COMPARED)
        one = self.correlated(kind, scope)
        number = self.correlated("int", scope)
        condition = f"{number} {self.pick(['>', '=', '<', 'IS DISTINCT FROM'])} {self.expression('int', scope, 1)}"
        match self.random.randrange(17):
            case 0:
                return [f"SELECT {alias}.id, {one}::VARCHAR FROM {text}"]
            case 1:
                return [f"SELECT {alias}.id FROM {text} WHERE {condition} OR {self.expression('bool', scope, 1)}"]
            case 2:
                return [f"SELECT ({one})::VARCHAR AS g, count(*), max({alias}.id) FROM {text} GROUP BY g"]
            case 3:
                return [f"SELECT {alias}.id % 4 AS g, sum({number}) FROM {text} GROUP BY g HAVING sum({number}) > 2 OR count(*) > 3"]
            case 4:
                return [f"SELECT {alias}.id FROM {text} ORDER BY {one} {self.pick(['', 'DESC', 'NULLS FIRST'])}, {alias}.id LIMIT 7"]
            case 5:
                return [f"SELECT {alias}.id, CASE WHEN {condition} THEN {number} ELSE {self.expression('int', scope, 1)} END FROM {text}"]
            case 6:
                return [f"SELECT count(*) FILTER (WHERE {condition}), list({one} ORDER BY {alias}.id)::VARCHAR FROM {text}"]
            case 7:
                return [f"SELECT {alias}.id, sum({number}) OVER (PARTITION BY {alias}.id % 3 ORDER BY {alias}.id), rank() OVER (ORDER BY {one}) FROM {text}"]
            case 8:
                return [f"SELECT {alias}.id FROM {text} QUALIFY row_number() OVER (PARTITION BY {one} ORDER BY {alias}.id) <= 2"]
            case 9:
                other, columns, second = self.table(40)
                on = f"{alias}.id = {second}.id + 1 AND {self.correlated('int', columns)} >= {self.leaf('int', columns)}"
                return [f"SELECT {alias}.id, {second}.id FROM {text} {self.pick(['JOIN', 'LEFT JOIN'])} {other} ON {on}"]
            case 10:
                return [f"SELECT {alias}.id, {self.expression('int', scope, 1)} IN ({number}, 3, NULL), [{number}, 1]::VARCHAR, {{'a': {one}}}::VARCHAR FROM {text}"]
            case 11:
                other, columns, second = self.table(40)
                deep = self.correlated("int", scope + columns)
                return [f"SELECT {alias}.id, (SELECT sum({deep}) FROM {other} WHERE {second}.id < {alias}.id) FROM {text} WHERE {alias}.id < 12"]
            case 12:
                inner, columns, second = self.table(60)
                kinds = ["int", "text"]
                sets = self.pick(["UNION ALL", "UNION", "EXCEPT", "INTERSECT"])
                left = f"SELECT {self.expression('int', columns, 1)} AS k FROM {inner} WHERE {second}.id <= {alias}.id"
                return [f"SELECT {alias}.id, (SELECT count(k) FROM ({left} {sets} SELECT {self.leaf('int', scope)})) FROM {text}"]
            case 13:
                inner, columns, second = self.table(60)
                window = f"SELECT {self.expression('int', columns, 1)} AS v, row_number() OVER (ORDER BY {second}.id DESC) AS r FROM {inner} WHERE {second}.id % 4 = {alias}.id % 4"
                return [f"SELECT {alias}.id, (SELECT v FROM ({window}) WHERE r = 2) FROM {text}"]
            case 14:
                inner, columns, second = self.table(60)
                body = f"SELECT {self.expression(kind, columns, 1)} FROM {inner} WHERE {second}.id <= {alias}.id % 6 ORDER BY {second}.id"
                return [f"SELECT {alias}.id, ARRAY({body})::VARCHAR, (SELECT count(DISTINCT x) FROM unnest([{alias}.id, 1, 2]) u(x)) FROM {text}"]
            case 15:
                inner, columns, second = self.table(60)
                word, sign = self.pick(["ANY", "ALL"]), self.pick(["=", "<>", "<", ">="])
                body = f"SELECT {self.expression(kind, columns, 1)} FROM {inner} WHERE {second}.id {self.pick(['<', '=', '>'])} {alias}.id"
                return [f"SELECT {alias}.id, {self.expression(kind, scope, 1)} {sign} {word} ({body}) FROM {text}"]
            case _:
                body = f"SELECT {number} AS a, {one}::VARCHAR AS b"
                return [f"SELECT {alias}.id, l.a, l.b FROM {text}, LATERAL ({body}) AS l WHERE l.a IS NOT NULL"]

    def written_places(self):
        """Correlated subqueries in what UPDATE, DELETE, MERGE and RETURNING say."""
        create, columns = self.work()
        scope = [(f"x.{c}", k) for c, k in columns]
        number = self.correlated("int", scope)
        condition = f"{number} > {self.expression('int', scope, 1)}"
        name, kind = columns[1]
        value = self.correlated(kind, scope) if kind in COMPARED else self.expression(kind, scope, 1)
        change = self.pick([
            f"UPDATE x SET {name} = {value} WHERE {condition}", f"DELETE FROM x WHERE {condition}", f"UPDATE x SET {name} = {value}",
            f"DELETE FROM x WHERE EXISTS (SELECT 1 FROM x AS y WHERE y.id = x.id + 1 AND {self.expression('bool', scope, 1)})",
            f"INSERT INTO x SELECT id + 700, x0, x1 FROM x WHERE {condition}",
            f"UPDATE x SET id = (SELECT max(y.id) FROM x AS y) + x.id WHERE {self.expression('bool', scope, 1)}",
            f"MERGE INTO x USING (SELECT id, {number} AS n FROM x) AS s ON x.id = s.id WHEN MATCHED AND s.n > 2 THEN DELETE WHEN MATCHED THEN UPDATE SET id = x.id + 50",
        ])
        return [create, change, self.shown_work()]

    def ranged(self):
        """Joins by one and two inequalities, of every kind, over small and large tables."""
        left, scope, one = self.table(self.pick([60, 5000]))
        right, columns, two = self.table(60)
        pairs = [(a, b) for a, k in scope for b, other in columns if k == other and k in COMPARED]
        a, b = self.pick(pairs)
        c, d = self.pick(pairs)
        signs = ["<", "<=", ">", ">="]
        condition = f"{a} {self.pick(signs)} {b}"
        if self.chance(70):
            condition += f" AND {c} {self.pick(signs)} {d}"
        if self.chance(20):
            condition += f" AND {self.expression('bool', scope + columns, 1)}"
        if self.chance(25):
            number = self.pick([x for x, k in scope if k == "int"])
            condition = f"{number} BETWEEN {two}.id - 1 AND {two}.id + {self.random.randrange(4)}"
        kind = self.pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"])
        if kind in ("SEMI JOIN", "ANTI JOIN"):
            return [f"SELECT {one}.id FROM {left} {kind} {right} ON {condition}"]
        return [f"SELECT {one}.id % 50 AS g, count(*), count({one}.id), count({two}.id), sum({one}.id), sum({two}.id) FROM {left} {kind} {right} ON {condition} GROUP BY g"]

    def composite(self):
        """A key of several columns, a second unique key, and what conflicts with them."""
        one, two = self.pick([("INTEGER", "int"), ("VARCHAR", "text"), ("DATE", "date"), ("DECIMAL(9,2)", "decimal")]), self.pick([("VARCHAR", "text"), ("BIGINT", "int"), ("BOOLEAN", "bool")])
        text, scope, alias = self.table(40)
        rows = lambda: f"SELECT {self.expression(one[1], scope, 1)} AS a, {self.expression(two[1], scope, 1)} AS b, {alias}.id + {self.random.randrange(5)} AS n, {self.expression('text', scope, 1)} AS t FROM {text}"
        deduplicated = lambda: f"SELECT DISTINCT ON (a, b) * FROM ({rows()}) WHERE a IS NOT NULL AND b IS NOT NULL ORDER BY a, b, n"
        conflict = self.pick([
            "ON CONFLICT DO NOTHING", "ON CONFLICT (a, b) DO NOTHING", "ON CONFLICT (a, b) DO UPDATE SET t = excluded.t || coalesce(x.t, '')", "ON CONFLICT (a, b) DO UPDATE SET n = x.n + excluded.n WHERE excluded.n > x.n",
            "ON CONFLICT (a, b) DO UPDATE SET (n, t) = (excluded.n, 'new')",
        ])
        key = self.pick(["PRIMARY KEY (a, b)", "UNIQUE (a, b)"])
        change = self.pick([f"UPDATE x SET n = n + 1 WHERE {self.expression('bool', [('a', one[1]), ('b', two[1]), ('n', 'int')], 1)}", "DELETE FROM x WHERE n % 3 = 0", "DELETE FROM x"])
        extra = [change] if self.chance(50) else []
        again = f"INSERT INTO x {deduplicated()} {conflict}" if self.chance(75) else f"INSERT OR REPLACE INTO x {deduplicated()}"
        return [f"CREATE OR REPLACE TABLE x (a {one[0]}, b {two[0]}, n BIGINT, t VARCHAR, {key})", f"INSERT INTO x {deduplicated()}"] + extra + [again, self.shown_work()]

    def recursive_forms(self):
        text, scope, alias = self.table(40)
        edges = f"SELECT {alias}.id AS a, abs({self.expression('int', scope, 1)}) % 12 AS b FROM {text} WHERE {alias}.id < 14"
        body = self.pick([
            "w(n, d) AS (SELECT a, 0 FROM e WHERE a < 3 UNION SELECT e.b, w.d + 1 FROM w JOIN e ON w.n = e.a WHERE w.d < 5) SELECT n, d FROM w",
            "w(n, p) AS (SELECT a, [a] FROM e WHERE a < 4 UNION ALL SELECT e.b, list_append(p, e.b) FROM w, e WHERE e.a = w.n AND NOT list_contains(p, e.b) AND len(p) < 5) SELECT n, p::VARCHAR FROM w",
            "w(n) AS (SELECT min(a) FROM e UNION SELECT b FROM e, w WHERE a = n) SELECT count(*), sum(n) FROM w",
            "w(n, s) AS (SELECT 1, '' UNION ALL SELECT n + 1, s || (SELECT coalesce(max(b), 0) FROM e WHERE a = n) FROM w WHERE n < 6) SELECT n, s FROM w",
            "w(n, k) AS (SELECT a, {'b': b} FROM e WHERE a % 3 = 0 UNION SELECT n - 1, {'b': k.b + 1} FROM w WHERE n > 0) SELECT n, k::VARCHAR FROM w",
            "w(n) AS (SELECT a FROM e WHERE a = 2 UNION ALL SELECT n + 1 FROM w WHERE n < (SELECT max(b) FROM e)) SELECT n FROM w WHERE n IN (SELECT b FROM e)",
            "w(n, d) AS (SELECT a, b FROM e UNION SELECT n, x FROM (SELECT n, max(d) - 1 AS x FROM w GROUP BY n) WHERE x > 0) SELECT n, d FROM w",
            "w(n, d) AS (SELECT a, 0 FROM e WHERE a < 2 UNION ALL (SELECT e.b, d + 1 FROM w LEFT JOIN e ON w.n = e.a WHERE d < 3)), v AS (SELECT n, count(*) AS c FROM w GROUP BY n) SELECT w.n, d, c FROM w JOIN v ON w.n IS NOT DISTINCT FROM v.n",
            "w(n, r) AS (SELECT a, 1::BIGINT FROM e WHERE a < 6 UNION ALL SELECT n, r + 1 FROM (SELECT n, r, row_number() OVER (ORDER BY n) AS q FROM w WHERE r < 4) WHERE q % 2 = 1) SELECT n, r FROM w",
        ])
        return [f"WITH RECURSIVE e AS ({edges}), {body}"]

    def nested_keys(self):
        """Structs, lists and maps as keys of joins, groups, sorts, sets and windows."""
        kind = self.pick(["struct", "list", "deep", "array", "union", "map", "texts", "uuid", "bit", "nano", "zonedtime", "blob", "interval", "huge"])
        left, scope, one = self.table(60)
        right, columns, two = self.table(60)
        a, b = self.expression(kind, scope, 2), self.expression(kind, columns, 2)
        match self.random.randrange(6):
            case 0:
                join = self.pick(["JOIN", "LEFT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"])
                ids = f"{one}.id" if "I J" in join else f"{one}.id, {two}.id"
                return [f"SELECT {ids} FROM {left} {join} {right} ON {a} {self.pick(['=', 'IS NOT DISTINCT FROM'])} {b}"]
            case 1:
                return [f"SELECT k::VARCHAR, count(*), list(id ORDER BY id)::VARCHAR FROM (SELECT {a} AS k, {one}.id AS id FROM {left}) GROUP BY {self.pick(['k', 'ROLLUP (k)', 'CUBE (k, id % 2)'])}"]
            case 2:
                return [f"SELECT k::VARCHAR FROM ((SELECT {a} AS k FROM {left}) {self.pick(['UNION', 'EXCEPT', 'INTERSECT', 'EXCEPT ALL', 'INTERSECT ALL'])} (SELECT {b} FROM {right}))"]
            case 3:
                return [f"SELECT id FROM (SELECT {a} AS k, {one}.id AS id FROM {left}) ORDER BY k {self.pick(['', 'DESC', 'NULLS FIRST', 'DESC NULLS LAST'])}, id LIMIT {self.random.randrange(1, 9)}"]
            case 4:
                return [f"SELECT id, rank() OVER (ORDER BY k), count(*) OVER (PARTITION BY k), lag(k) OVER (ORDER BY k, id)::VARCHAR FROM (SELECT {a} AS k, {one}.id AS id FROM {left})"]
            case _:
                return [f"SELECT {one}.id, {a} {self.pick(['IN', 'NOT IN'])} (SELECT {b} FROM {right}) FROM {left}"]

    def starry(self):
        name, columns, _ = self.pick([t for t in self.tables if t[1][0] == ("id", "int") and t[2] <= 100] or self.tables[:1])
        items = self.pick([
            "coalesce(*COLUMNS('^(id|c9)$')) AS a", "concat(*COLUMNS(*)) AS a", "concat_ws('-', *COLUMNS('c[01]')) AS a", "struct_pack(*COLUMNS('c[01]'))::VARCHAR AS a", "[*COLUMNS('id')]::VARCHAR AS a",
            "concat(*COLUMNS('c[01]'), 'x') AS a", "count(COLUMNS(*)) AS n", "max(COLUMNS('c0|c1'))::VARCHAR AS m", "COLUMNS('c(\\d)')::VARCHAR AS \"k\\1\"", "typeof(COLUMNS(*))", "COLUMNS(c -> c LIKE 'c%')::VARCHAR",
            "COLUMNS(['id', 'c0'])::VARCHAR", "(COLUMNS(*) IS NULL)", "id, COLUMNS(* EXCLUDE (id))::VARCHAR || '!'", "row(*COLUMNS('c[01]'))::VARCHAR AS r", "greatest(*COLUMNS('id')) AS g", "* EXCLUDE (id) REPLACE (c0::VARCHAR AS c0)",
            "UNPACK(COLUMNS('id')) AS a", "min(COLUMNS(* EXCLUDE (id)))::VARCHAR", "COLUMNS(*)::VARCHAR || COLUMNS(*)::VARCHAR", "first(COLUMNS('c.') ORDER BY id)::VARCHAR",
        ])
        where = self.pick(["", " WHERE COLUMNS('c[01]') IS NOT NULL", f" WHERE id < {self.random.randrange(1, 9)}", " WHERE COLUMNS(*) IS NOT NULL"])
        return [f"SELECT COLUMNS(*)::VARCHAR FROM (SELECT {items} FROM {name}{where})"]

    def stored(self):
        """A query's rows written, sorted or joined anew, encoded by a checkpoint and read back."""
        kinds = [self.pick(TYPES), self.pick(TYPES), self.pick(["list", "map", "deep", "texts", "struct", "array", "json"])]
        again = self.pick(["SELECT * FROM x ORDER BY k0 DESC", "SELECT y.* FROM x JOIN x AS y ON true LIMIT 900", "SELECT * FROM x"])
        copy = [f"CREATE OR REPLACE TABLE x2 AS {again}", "CHECKPOINT"] if self.chance(50) and "LIMIT" not in again else []
        columns = ", ".join(f"CAST(k{i} AS VARCHAR) AS k{i}" for i in range(len(kinds)))
        return [f"CREATE OR REPLACE TABLE x AS {self.query(kinds, 1)}", "CHECKPOINT"] + copy + [f"SELECT {columns} FROM {'x2' if copy else 'x'}"]
