"""Relations and the joins between them. A scope is a list of (column, type); `x.id` in it is a key of relation x."""

from grammar_templates import TYPES

# Types with an order that both engines agree on, for ASOF and for ranges.
ORDERED = ["int", "date", "timestamp", "decimal", "text", "zoned"]


class Joins:
    def alias(self):
        self.aliases += 1
        return f"r{self.aliases}"

    def relation(self, depth):
        """Text, scope and an estimate of the rows."""
        alias = self.alias()
        if depth > 0 and self.chance(20):
            kinds = ["int"] + [self.pick(TYPES) for _ in range(self.random.randrange(3))]
            columns = [(f"{alias}.k{i}", kind) for i, kind in enumerate(kinds)]
            return f"({self.query(kinds, depth - 1)}) AS {alias}", columns, 40
        if self.chance(4):
            return f"(SELECT unnest([1, 2, 3, NULL]) AS k0) AS {alias}", [(f"{alias}.k0", "int")], 4
        if self.chance(3):
            rows = ", ".join(f"({self.literal('int')}, {self.literal('text')})" for _ in range(3))
            return f"(VALUES {rows}) AS {alias}(k0, k1)", [(f"{alias}.k0", "int"), (f"{alias}.k1", "text")], 3
        if self.chance(3):
            call = self.pick(["generate_series(1, 6, 2)", "range(4)"])
            return f"{call} AS {alias}(k0)", [(f"{alias}.k0", "int")], 4
        if depth > 0 and self.chance(10):
            return self.pick([self.pivoted, self.unpivoted, self.recursive])(alias)
        name, columns, count = self.pick(self.tables)
        return f"{name} AS {alias}", [(f"{alias}.{column}", kind) for column, kind in columns], count

    def table(self, limit=100):
        """A base table of at most `limit` rows: its name, the scope under a new alias, and the alias."""
        tables = [t for t in self.tables if t[1][0] == ("id", "int")]
        name, columns, _ = self.pick([t for t in tables if t[2] <= limit] or [min(tables, key=lambda t: t[2])])
        alias = self.alias()
        return f"{name} AS {alias}", [(f"{alias}.{column}", kind) for column, kind in columns], alias

    def pivoted(self, alias):
        text, scope, _ = self.table()
        group = self.expression(self.pick(["int", "text", "date", "enum"]), scope, 1)
        kind = "int" if self.chance(50) else "text"
        values = ["0", "1", "2"] if kind == "int" else ["'a'", "'b'", "'12'"]
        on = f"abs({self.expression('int', scope, 1)}) % 4" if kind == "int" else self.leaf("text", scope)
        inner = f"SELECT {group} AS g, {on} AS p, {self.expression('int', scope, 1)} AS v FROM {text}"
        names = [value.strip("'") for value in values]
        call, tail = self.pick([("sum(v)", ""), ("count(*)", ""), ("max(v)", ""), ("sum(v) AS s, count(v) AS c", "_s")])
        if self.chance(50):
            body = f"PIVOT ({inner}) ON p IN ({', '.join(values)}) USING {call} GROUP BY g"
        else:
            body = f"SELECT * FROM ({inner}) PIVOT ({call} FOR p IN ({', '.join(values)}) GROUP BY g)"
        items = ", ".join(f'"{name}{tail}"::BIGINT AS k{i}' for i, name in enumerate(names))
        columns = [(f"{alias}.k{i}", "int") for i, name in enumerate(names)]
        return f"(SELECT {items} FROM ({body})) AS {alias}", columns, 10

    def unpivoted(self, alias):
        text, scope, _ = self.table()
        items = ", ".join(f"{self.expression('int', scope, 2)}::BIGINT AS {name}" for name in "abc")
        nulls = self.pick(["", " INCLUDE NULLS"])
        if self.chance(50):
            body = f"SELECT * FROM (SELECT {items} FROM {text}) UNPIVOT{nulls} (v FOR n IN (a, b, c))"
        else:
            body = f"FROM (UNPIVOT{nulls} (SELECT {items} FROM {text}) ON a, b + 1 AS bb, c INTO NAME n VALUE v)".replace(
                ", b + 1 AS bb", self.pick([", b", ""]))
        return f"(SELECT v AS k0, n AS k1 FROM ({body})) AS {alias}", [(f"{alias}.k0", "int"), (f"{alias}.k1", "text")], 40

    def recursive(self, alias):
        text, scope, _ = self.table(25)
        start = f"SELECT abs({self.expression('int', scope, 1)})::BIGINT % 5, {self.expression('text', scope, 1)} FROM {text}"
        union = self.pick(["UNION", "UNION ALL"])
        step = f"SELECT n + 1, {self.pick(['t', 't || n', 'upper(t)'])} FROM w WHERE n < 8"
        if self.chance(30):
            other, columns, inner = self.table(25)
            step = f"SELECT w.n + 2, t FROM w JOIN {other} ON {inner}.id = w.n WHERE n < 9"
        columns = [(f"{alias}.k0", "int"), (f"{alias}.k1", "text")]
        return f"(WITH RECURSIVE w(n, t) AS ({start} {union} {step}) SELECT n AS k0, t AS k1 FROM w) AS {alias}", columns, 60

    def source(self, depth):
        """The text of FROM and its scope."""
        if depth > 0 and self.chance(6):
            return self.pick([self.positional, self.shared])()
        text, scope, size = self.relation(depth)
        for _ in range(self.pick([0, 0, 0, 1, 1, 2])):
            if self.chance(8):
                text, scope, size = self.asof(text, scope, size)
            elif self.chance(12) and size <= 100:
                text, scope, size = self.lateral(text, scope, size)
            else:
                text, scope, size = self.joined(text, scope, size, depth)
        return text, scope

    def joined(self, text, scope, size, depth):
        other, columns, count = self.relation(depth)
        left = [c for c, k in scope if k == "int"]
        right = [c for c, k in columns if k == "int"]
        if size * count > 30000:
            condition = f"{self.pick(left)} = {self.pick(right)} AND {scope[0][0]} < 40"
        elif self.chance(80):
            column, kind = self.pick(columns)
            same = [c for c, k in scope if k == kind]
            condition = f"{self.pick(same)} = {column}" if same else f"{self.pick(left)} = {self.pick(right)}"
            if self.chance(20):
                condition += " AND " + self.expression("bool", scope + columns, 1)
        else:
            condition = self.expression("bool", scope + columns, 2)
        if depth > 0 and size * count <= 3000 and self.chance(6):
            condition += f" AND {self.pick(right)} IN (SELECT {self.leaf('int', scope[:0])} UNION ALL SELECT id FROM t1)"
        kind = self.pick(["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"])
        text = f"{text} {kind} {other} ON {condition}"
        if kind in ("SEMI JOIN", "ANTI JOIN"):
            return text, scope, size
        return text, scope + columns, min(30000, max(size, size * count // 3))

    def asof(self, text, scope, size):
        """The right side has one row for each pair of keys: which of equal rows is taken would be nobody's promise."""
        other, columns, inner = self.table()
        alias = self.alias()
        ordered = [(c, k) for c, k in columns if k in ORDERED and any(k == kind for _, kind in scope)]
        column, kind = self.pick(ordered)
        value = self.pick([c for c, k in scope if k == kind])
        sign = self.pick([">=", ">", "<=", "<"])
        condition = f"{value} {sign} {alias}.k1"
        key = "1"
        equal = [(c, k) for c, k in columns if k in ("int", "text", "enum", "bool") and any(k == kind for _, kind in scope)]
        if equal and self.chance(70):
            key, kind = self.pick(equal)
            condition = f"{self.pick([c for c, k in scope if k == kind])} = {alias}.k0 AND {condition}"
        body = f"SELECT {key} AS k0, {column} AS k1, count(*) AS k2, max({inner}.id) AS k3 FROM {other} GROUP BY ALL"
        word = self.pick(["ASOF JOIN", "ASOF LEFT JOIN"])
        extra = [(f"{alias}.k2", "int"), (f"{alias}.k3", "int")]
        return f"{text} {word} ({body}) AS {alias} ON {condition}", scope + extra, size

    def lateral(self, text, scope, size):
        alias = self.alias()
        if self.chance(35):
            values = self.expression("list", scope, 1)
            if self.chance(40):
                extra = [(f"{alias}.k0", "int"), (f"{alias}.k1", "int")]
                return f"{text} CROSS JOIN unnest({values}) WITH ORDINALITY AS {alias}(k0, k1)", scope + extra, size * 2
            return f"{text} CROSS JOIN unnest({values}) AS {alias}(k0)", scope + [(f"{alias}.k0", "int")], size * 2
        other, columns, _ = self.table(40)
        kinds = ["int", self.pick(TYPES)]
        column, kind = self.pick(columns)
        same = [c for c, k in scope if k == kind]
        tie = f"{self.pick(same)} = {column}" if same else self.expression("bool", scope + columns, 1)
        if self.chance(50):
            items = [self.aggregate(kind, columns) for kind in kinds]
        else:
            items = [self.expression(kind, scope + columns, 1) for kind in kinds]
        body = f"SELECT {', '.join(f'{item} AS k{i}' for i, item in enumerate(items))} FROM {other} WHERE {tie}"
        extra = [(f"{alias}.k{i}", kind) for i, kind in enumerate(kinds)]
        if self.chance(50):
            return f"{text} LEFT JOIN LATERAL ({body}) AS {alias} ON true", scope + extra, size * 3
        return f"{text} CROSS JOIN LATERAL ({body}) AS {alias}", scope + extra, size * 3

    def positional(self):
        sides, scope = [], []
        for _ in range(2):
            text, columns, alias = self.table()
            sides.append(f"(SELECT * FROM {text} ORDER BY {alias}.id LIMIT {self.random.randrange(1, 20)}) AS {alias}")
            scope += columns
        return " POSITIONAL JOIN ".join(sides), scope

    def shared(self):
        """NATURAL and USING: the shared columns have names of their own and stand without a qualifier."""
        shared, sides, scope = f"j{self.aliases}", [], []
        pairs = []
        for _ in range(2):
            text, columns, alias = self.table(60)
            kind = [c for c, k in columns if k == "int"]
            others = [(c, k) for c, k in columns if not c.endswith(".id")][:3]
            names = [(f"{alias}.v{i}", k) for i, (_, k) in enumerate(others)]
            items = ", ".join(f"{c} AS {n.split('.')[1]}{alias}" for (c, _), (n, _) in zip(others, names))
            sides.append(f"(SELECT abs({self.pick(kind)})::BIGINT % 30 AS {shared}, {items} FROM {text}) AS {alias}")
            pairs += [(f"{n}{alias}", k) for n, k in names]
        scope = [(shared, "int")] + pairs
        kind = self.pick(["", "LEFT ", "RIGHT ", "FULL "])
        if self.chance(50):
            return f"{sides[0]} NATURAL {kind}JOIN {sides[1]}", scope
        return f"{sides[0]} {kind}JOIN {sides[1]} USING ({shared})", scope
