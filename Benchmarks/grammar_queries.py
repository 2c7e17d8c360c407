"""Whole queries: projections, groups, windows, sets, common table expressions."""

from grammar_templates import AGGREGATES, TYPES

EXCLUDES = ["", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP", " EXCLUDE NO OTHERS"]


class Queries:
    def where(self, scope, depth):
        if self.chance(40):
            return ""
        condition = self.expression("bool", scope, 3)
        if depth > 0 and self.chance(25):
            condition += self.pick([" AND ", " OR "]) + self.subquery_condition(scope, depth)
        return " WHERE " + condition

    def subquery_condition(self, scope, depth):
        inner, columns = self.source(depth - 1)
        column, kind = self.pick(columns)
        outer = [c for c, k in scope if k == kind]
        tie = f"{self.pick(outer)} = {column}" if outer else self.expression("bool", scope + columns, 1)
        match self.random.randrange(7):
            case 0:
                return f"EXISTS (SELECT 1 FROM {inner} WHERE {tie})"
            case 1:
                return f"NOT EXISTS (SELECT 1 FROM {inner} WHERE {tie} AND {self.expression('bool', columns + scope, 1)})"
            case 2:
                kind = self.pick(["int", "text", "date"])
                word = self.pick(["IN", "NOT IN"])
                return f"{self.expression(kind, scope, 1)} {word} (SELECT {self.expression(kind, columns, 1)} FROM {inner})"
            case 3:
                kind = self.pick(["int", "decimal"])
                aggregate = self.fill(self.pick(["max({T})", "min({T})", "sum({T})", "count({T})"]), kind, columns, 1)
                return f"{self.expression(kind, scope, 1)} > (SELECT {aggregate} FROM {inner} WHERE {tie})"
            case 4:
                # Correlated through two levels.
                other, more, _ = self.table(40)
                first = self.pick([c for c, k in more if k == "int"])
                second = self.leaf("int", scope)
                return f"EXISTS (SELECT 1 FROM {inner} WHERE {tie} AND EXISTS (SELECT 1 FROM {other} WHERE {first} = {second} AND {self.expression('bool', columns, 1)}))"
            case 5:
                left = f"({self.expression('int', scope, 1)}, {self.expression('text', scope, 1)})"
                right = f"{self.expression('int', columns, 1)}, {self.expression('text', columns, 1)}"
                return f"{left} {self.pick(['IN', 'NOT IN'])} (SELECT {right} FROM {inner})"
            case _:
                word, sign = self.pick(["ANY", "ALL"]), self.pick(["=", "<>", "<", ">="])
                return f"{self.expression('int', scope, 1)} {sign} {word} (SELECT {self.expression('int', columns, 1)} FROM {inner})"

    def query(self, kinds, depth):
        roll = self.random.randrange(100)
        if roll < 38:
            return self.plain(kinds, depth)
        if roll < 66:
            return self.grouped(kinds, depth)
        if roll < 88:
            return self.windowed(kinds, depth)
        if roll < 92 and depth > 0:
            return self.with_clause(kinds, depth)
        operation = self.pick(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL"])
        if self.chance(25):
            operation = self.pick(["UNION BY NAME", "UNION ALL BY NAME"])
            return f"({self.plain(kinds, depth)}) {operation} ({self.plain(kinds, depth, backwards=True)})"
        return f"({self.plain(kinds, depth)}) {operation} ({self.plain(kinds, depth)})"

    def with_clause(self, kinds, depth):
        """A common table expression that the query may read several times."""
        inner = ["int"] + [self.pick(TYPES) for _ in range(2)]
        self.aliases += 1
        name = f"w{self.aliases}"
        body = self.query(inner, depth - 1)
        hint = self.pick(["", "MATERIALIZED ", "NOT MATERIALIZED "])
        saved = self.tables
        self.tables = [(name, [(f"k{i}", kind) for i, kind in enumerate(inner)], 200)] * 3 + saved
        text = f"WITH {name} AS {hint}({body}) {self.query(kinds, depth - 1)}"
        self.tables = saved
        return f"SELECT * FROM ({text})"

    def plain(self, kinds, depth, backwards=False):
        text, scope = self.source(depth)
        ids = [c for c, _ in scope if c.endswith(".id")]
        total = ids and len(ids) == text.count(" AS r")
        items = [f"{self.expression(kind, scope, 3)} AS k{i}" for i, kind in enumerate(kinds)]
        if depth > 0 and self.chance(14):
            item = self.scalar_subquery(kinds[0], scope)
            if item:
                items[0] = f"{item} AS k0"
        if kinds[0] == "int" and self.chance(6):
            items[0] = f"unnest({self.expression('list', scope, 1)}) AS k0"
        filtered = f"FROM {text}{self.where(scope, depth)}"
        if backwards:
            items.reverse()
        if total and self.chance(8):
            key = self.pick(scope)[0]
            order = ", ".join(f"{c} {self.pick(['', 'DESC'])}" for c in ids)
            return f"SELECT DISTINCT ON ({key}) {', '.join(items)} {filtered} ORDER BY {key} NULLS LAST, {order}"
        distinct = "DISTINCT " if self.chance(15) else ""
        return f"SELECT {distinct}{', '.join(items)} {filtered}"

    def scalar_subquery(self, kind, scope):
        inner, columns = self.source(0)
        column, other = self.pick(columns)
        outer = [c for c, k in scope if k == other]
        if not outer:
            return None
        sign = self.pick(["=", "=", "<"]) if other not in ("list", "struct", "map", "json", "texts") else "IS NOT DISTINCT FROM"
        tie = f"{column} {sign} {self.pick(outer)}"
        match kind:
            case "int":
                call = self.pick(["count(*)", f"max({self.expression('int', columns, 1)})", f"sum({self.expression('int', columns, 1)})::BIGINT"])
            case "bool":
                return f"EXISTS (SELECT 1 FROM {inner} WHERE {tie})"
            case "text" | "date" | "decimal" | "double":
                call = f"min({self.expression(kind, columns, 1)})"
            case _:
                return None
        return f"(SELECT {call} FROM {inner} WHERE {tie})"

    def grouped(self, kinds, depth):
        text, scope = self.source(depth)
        filter_text = self.where(scope, depth)
        keys = []
        for _ in range(self.random.randrange(3)):
            kind = self.pick(TYPES)
            columns = [c for c, k in scope if k == kind]
            if columns:
                key = self.pick(columns)
                if self.chance(20):
                    key = {"int": f"({key} % 3)", "date": f"CAST(date_trunc('month', {key}) AS DATE)", "text": f"substr({key}, 1, 1)"}.get(kind, key)
                if key not in [k for k, _ in keys]:
                    keys.append((key, kind))
        names = [k for k, _ in keys]
        group = f" GROUP BY {', '.join(names)}" if keys else ""
        sets = keys and self.chance(25)
        if sets:
            listed = ", ".join(names)
            group = " GROUP BY " + self.pick([
                f"ROLLUP ({listed})", f"CUBE ({listed})", f"GROUPING SETS (({listed}), ())",
                f"GROUPING SETS ({names[0]}, ({listed}), ({names[-1]}))", f"{names[0]}, ROLLUP ({names[-1]})",
            ])
        items, used = [], set()
        for i, kind in enumerate(kinds):
            same = [k for k, other in keys if other == kind]
            if same and self.chance(40):
                value = self.pick(same)
                used.add(value)
            elif sets and kind == "int" and self.chance(40):
                value = f"{self.pick(['GROUPING', 'GROUPING_ID'])}({self.pick(names)})"
            else:
                value = self.aggregate(kind, scope)
            items.append(f"{value} AS k{i}")
        if keys and not sets and used == set(names):
            group = self.pick([group, " GROUP BY ALL"])
        having = f" HAVING {self.aggregate('int', scope)} > {self.literal('int')}" if self.chance(20) else ""
        return f"SELECT {', '.join(items)} FROM {text}{filter_text}{group}{having}"

    def aggregate(self, kind, scope):
        # A template with {id} needs the ids of all relations, which together order the rows.
        aliases = {column.split(".")[0] for column, _ in scope}
        is_total = sum(column.endswith(".id") for column, _ in scope) == len(aliases)
        templates = [t for t in AGGREGATES[kind] if is_total or "{id}" not in t]
        if not templates:
            return self.literal(kind)
        value = self.fill(self.pick(templates), kind, scope, 1)
        if self.chance(15) and value.count("(") == 1 and value.endswith(")"):
            value += f" FILTER (WHERE {self.expression('bool', scope, 1)})"
        return value

    def windowed(self, kinds, depth):
        text, scope = self.source(depth)
        ids = [c for c, _ in scope if c.endswith(".id")]
        total = len(ids) == text.count(" AS r") and ids
        items = []
        for i, kind in enumerate(kinds):
            value = self.window(kind, scope, ids if total else []) if self.chance(70) else self.expression(kind, scope, 2)
            items.append(f"{value} AS k{i}")
        tail = ""
        if total and self.chance(20):
            order = ", ".join(ids)
            over = f"(PARTITION BY {self.pick(scope)[0]} ORDER BY {order})"
            condition = self.pick([
                f"row_number() OVER {over} <= {self.random.randrange(1, 4)}", f"count(*) OVER {over} > 1",
                f"lag({ids[0]}) OVER {over} IS NULL",
            ])
            tail = f" QUALIFY {condition}"
        elif total and kinds[0] == "int" and self.chance(15):
            items[0] = f"sum({self.expression('int', scope, 1)}) OVER named AS k0"
            tail = f" WINDOW named AS (PARTITION BY {self.pick(scope)[0]} ORDER BY {', '.join(ids)} ROWS 2 PRECEDING)"
        where = self.where(scope, depth)
        return f"SELECT {', '.join(items)} FROM {text}{where}{tail}"

    def window(self, kind, scope, ids):
        direction = lambda: self.pick([" ASC", " DESC", "", " NULLS FIRST", " DESC NULLS LAST"])
        partition = f"PARTITION BY {self.pick(scope)[0]} " if self.chance(60) else ""
        order = [self.pick(scope)[0] + direction()] if self.chance(60) else []
        frame = ""
        if ids and self.chance(75):
            order += [i + direction() for i in ids]
            call = self.pick(self.ordered_calls(kind))
            if self.chance(55):
                frame = self.frame(self.pick(["ROWS", "ROWS", "GROUPS"]))
        else:
            call = self.pick(self.peer_calls(kind))
            if order and self.chance(35):
                frame = self.pick([" RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", self.frame("GROUPS")])
            elif self.chance(30):
                numbers = [c for c, k in scope if k in ("int", "decimal")]
                dates = [c for c, k in scope if k in ("date", "timestamp", "zoned")]
                if numbers:
                    order = [self.pick(numbers) + self.pick(["", " DESC", " NULLS FIRST"])]
                    frame = self.frame("RANGE")
                elif dates:
                    order = [self.pick(dates)]
                    frame = " RANGE BETWEEN INTERVAL 1 MONTH PRECEDING AND " + self.pick(["CURRENT ROW", "INTERVAL 3 DAY FOLLOWING"])
        over = partition + (f"ORDER BY {', '.join(order)}" if order else "")
        return f"{self.fill(call, kind, scope, 1)} OVER ({over}{frame})"

    def frame(self, unit):
        n = self.random.randrange(3)
        bounds = self.pick([
            f"{n} PRECEDING AND {n} FOLLOWING", "UNBOUNDED PRECEDING AND CURRENT ROW", "CURRENT ROW AND UNBOUNDED FOLLOWING",
            f"{n + 1} PRECEDING AND {n} PRECEDING", f"{n} FOLLOWING AND UNBOUNDED FOLLOWING", f"{n} FOLLOWING AND {n + 2} FOLLOWING",
            "UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", f"UNBOUNDED PRECEDING AND {n} PRECEDING", "CURRENT ROW AND CURRENT ROW",
        ])
        # DuckDB 2.0 drops rows that are in the frame from RANGE … n PRECEDING EXCLUDE TIES.
        excludes = [e for e in EXCLUDES if e != " EXCLUDE TIES"] if unit == "RANGE" else EXCLUDES
        return f" {unit} BETWEEN {bounds}{self.pick(excludes)}"

    def ordered_calls(self, kind):
        """Calls whose result depends on the order of the rows, which is total here."""
        calls = [
            "first_value({T})", "last_value({T})", "nth_value({T}, 2)", "lag({T})", "lead({T}, 2)",
            "first_value({T} IGNORE NULLS)", "last_value({T} IGNORE NULLS)", "nth_value({T}, 2 IGNORE NULLS)",
            "lag({T} IGNORE NULLS)", "lead({T} IGNORE NULLS)", "max({T})", "min({T})", "arg_max({T}, {id})",
        ]
        # A default of another scale or width: DuckDB casts it to the column's type, olap widens.
        if kind in ("text", "date", "timestamp", "bool", "double"):
            calls.append("lag({T}, 1, {T})")
        match kind:
            case "int":
                calls += ["row_number()", "ntile(3)", "sum({int})", "count({any})", "count(DISTINCT {int})", "rank()", "dense_rank()",
                          "count(*) FILTER (WHERE {bool})", "bit_or({int})", "quantile_disc({int}, 0.5)", "sum(DISTINCT {int})"]
            case "double":
                calls += ["avg({int})", "percent_rank()", "cume_dist()", "sum({int})::DOUBLE", "stddev({int})", "median({int})", "var_pop({int})"]
            case "text":
                calls += ["string_agg({text}, ',')", "string_agg({text}, ',' ORDER BY {id} DESC)", "list({text})::VARCHAR"]
            case "list":
                calls += ["list({int}::INTEGER)", "array_agg({int}::INTEGER ORDER BY {id})"]
            case "bool":
                calls += ["bool_and({bool})", "bool_or({bool})"]
        return calls

    def peer_calls(self, kind):
        """Calls whose result is the same for all rows that are equal under ORDER BY."""
        calls = ["max({T})", "min({T})"]
        match kind:
            case "int":
                calls += ["sum({int})", "count({any})", "rank()", "dense_rank()", "count(DISTINCT {int})", "count(*)", "bit_and({int})"]
            case "double":
                calls += ["avg({int})", "percent_rank()", "cume_dist()", "stddev_pop({int})", "quantile_cont({int}, 0.3)"]
            case "bool":
                calls += ["bool_and({bool})"]
            case "decimal":
                calls += ["sum({decimal})"]
        return calls

    def statement(self):
        """Statements, of which the last one gives rows to compare."""
        self.aliases = 0
        if self.chance(8):
            return self.writes()
        if self.chance(28):
            return self.construct()
        kinds = [self.pick(TYPES) for _ in range(self.random.randrange(1, 4))]
        body = self.query(kinds, 2)
        columns = ", ".join(f"CAST(k{i} AS VARCHAR) AS k{i}" for i in range(len(kinds)))
        text = f"SELECT {columns} FROM ({body})"
        if self.chance(20):
            sortable = ", ".join(f"{i + 1} {self.pick(['', 'DESC', 'NULLS FIRST'])}" for i in range(len(kinds)))
            limit = self.pick([f"LIMIT {self.random.randrange(1, 9)}", f"LIMIT {self.random.randrange(1, 9)} OFFSET {self.random.randrange(4)}",
                               "LIMIT 40%", f"OFFSET {self.random.randrange(3)} ROWS FETCH FIRST 5 ROWS ONLY"])
            text = f"SELECT {columns} FROM (SELECT * FROM ({body}) ORDER BY {sortable} {limit})"
        return [text]
