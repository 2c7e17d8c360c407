"""Random typed queries in the dialect that olap and DuckDB share.

Expressions come from a table of templates by result type: `{int}` in a template stands for an expression of that type.
Every query is written so that its result does not depend on the order of rows.
"""

import random

TYPES = ["int", "text", "decimal", "double", "bool", "date", "timestamp", "list", "struct"]

SQL_TYPES = {
    "int": ["INTEGER", "BIGINT", "SMALLINT", "TINYINT", "UINTEGER"],
    "text": ["VARCHAR"],
    "decimal": ["DECIMAL(9,2)", "DECIMAL(18,4)", "DECIMAL(30,6)", "DECIMAL(4,1)"],
    "double": ["DOUBLE", "REAL"],
    "bool": ["BOOLEAN"],
    "date": ["DATE"],
    "timestamp": ["TIMESTAMP"],
    "list": ["INTEGER[]"],
    "struct": ["STRUCT(a INTEGER, b VARCHAR)"],
}

TEMPLATES = {
    "int": [
        "({int} + {int})", "({int} - {int})", "({int} % {small})", "({int} // {small})", "abs({int})", "-({int})",
        "length({text})", "CAST({decimal} AS INTEGER)", "extract(year FROM {date})", "extract(month FROM {timestamp})",
        "date_diff('day', {date}, {date})", "dayofweek({date})", "week({date})", "quarter({date})", "sign({int})",
        "greatest({int}, {int})", "least({int}, {int})", "len({list})", "list_sum({list})", "list_max({list})",
        "({struct}).a", "strpos({text}, {textlit})", "ascii({text})", "({int} & {small})", "({int} | {small})",
        "xor({int}, {small})", "{list}[{small}]", "hour({timestamp})", "minute({timestamp})",
        "list_position({list}, {small})", "CAST({bool} AS INTEGER)", "try_cast({text} AS INTEGER)",
        "epoch({timestamp})::BIGINT", "bit_count({int})", "isodow({date})", "dayofyear({date})",
        "date_part('year', {timestamp})", "datediff('month', {date}, {date})", "levenshtein({text}, {textlit})",
        "length({text} || {text})", "CAST(round({double}) AS BIGINT)", "(({int}) * {small})", "last_day({date}) - {date}",
        "ceil({decimal})::BIGINT", "floor({double})::BIGINT", "unicode({text})", "list_min({list})",
        "CAST({int} AS SMALLINT)", "date_sub('month', {date}, {date})",
    ],
    "text": [
        "({text} || {text})", "upper({text})", "lower({text})", "substr({text}, {small}, {small})", "trim({text})",
        "replace({text}, 'a', {textlit})", "CAST({int} AS VARCHAR)", "CAST({decimal} AS VARCHAR)",
        "CAST({date} AS VARCHAR)", "left({text}, {small})", "right({text}, {small})", "reverse({text})",
        "repeat({text}, 2)", "lpad({text}, {small}, '*')", "rpad({text}, {small}, '-')", "concat({text}, {int}, {text})",
        "concat_ws('-', {text}, {text})", "split_part({text}, ' ', {small})", "strftime({date}, '%Y/%m/%d')",
        "({struct}).b", "regexp_replace({text}, '[aeiou]', '.', 'g')", "regexp_extract({text}, '([a-c]+)', 1)",
        "CAST({bool} AS VARCHAR)", "initcap({text})", "translate({text}, 'abc', 'xyz')", "dayname({date})",
        "monthname({date})", "array_to_string({list}, ',')", "CAST({list} AS VARCHAR)", "hex({int})", "md5({text})",
        "CAST({timestamp} AS VARCHAR)", "CAST({struct} AS VARCHAR)", "{text}[{small}]", "{text}[1:{small}]",
        "strftime({timestamp}, '%d.%m.%y %H:%M:%S')", "ltrim({text})", "chr({small} + 64)", "printf('%d-%s', {int}, {text})",
        "CAST({double} AS VARCHAR)", "substring({text} FROM 2 FOR {small})", "overlay({text} PLACING 'Q' FROM 1 FOR 1)",
        "format('{{}}:{{}}', {int}, {text})", "string_split({text}, 'a')[1]", "typeof({decimal})", "typeof({int} + {int})",
    ],
    "decimal": [
        "({decimal} + {decimal})", "({decimal} - {decimal})", "({decimal} * {small})", "abs({decimal})", "-({decimal})",
        "round({decimal}, 1)", "({decimal} + {int})", "CAST({int} AS DECIMAL(12,3))", "CAST({double} AS DECIMAL(18,2))",
        "CAST({decimal} AS DECIMAL(12,1))", "trunc({decimal})", "floor({decimal})", "ceil({decimal})",
        "({decimal} % {small})", "greatest({decimal}, {decimal})", "round({decimal})", "({decimal} * {decimallit})",
        "least({decimal}, {decimallit})",
    ],
    "double": [
        "({double} + {double})", "({double} * {double})", "({double} - {double})",
        "({decimal} / {small})", "sqrt(abs({double}))", "round({double}, 2)", "floor({double})", "ceil({double})",
        "CAST({int} AS DOUBLE)", "CAST({decimal} AS DOUBLE)", "exp({double} / 1000)", "ln(abs({double}) + 1)",
        "power({double}, 2)", "list_avg({list})", "try_cast({text} AS DOUBLE)", "({double} % {small})", "degrees({double})",
        "log10(abs({double}) + 1)", "trunc({double})", "cbrt({double})", "atan2({double}, {double})", "sin({double})",
    ],
    "bool": [
        "({int} {cmp} {int})", "({text} {cmp} {text})", "({decimal} {cmp} {decimal})", "({double} {cmp} {double})",
        "({date} {cmp} {date})", "({timestamp} {cmp} {timestamp})", "({decimal} {cmp} {int})", "({date} {cmp} {timestamp})",
        "({bool} AND {bool})", "({bool} OR {bool})", "(NOT {bool})", "({any} IS NULL)", "({any} IS NOT NULL)",
        "({text} LIKE '%a%')", "({text} ILIKE 'A%')", "({text} NOT LIKE '_b%')", "({int} BETWEEN {int} AND {int})",
        "({int} IN ({small}, {small}, NULL))", "({text} IN ({textlit}, {textlit}))", "({text} SIMILAR TO '[a-c].*')",
        "starts_with({text}, 'a')", "contains({text}, 'b')", "list_contains({list}, {small})",
        "regexp_matches({text}, '^[a-m]')", "({int} IS DISTINCT FROM {int})", "({text} IS NOT DISTINCT FROM {text})",
        "({list} {cmp} {list})", "({struct} = {struct})", "({bool} IS TRUE)", "({bool} IS NOT FALSE)",
        "({date} BETWEEN {date} AND {date})", "({decimal} NOT BETWEEN {decimal} AND {decimal})",
        "({int} NOT IN ({small}, {small}))", "list_has_any({list}, {list})",
        "({double} = {int})", "({decimal} = {double})", "suffix({text}, 'b')", "({text} > 'b')", "({int} = {intlit})",
        "({date} >= DATE '2022-01-01')", "({text} = {textlit})", "({int} > ALL (SELECT {intlit}))",
        "({date} IN ({date}, {date}))",
    ],
    "date": [
        "({date} + {small})", "({date} - {small})", "CAST({timestamp} AS DATE)", "last_day({date})",
        "CAST(date_trunc('month', {date}) AS DATE)", "CAST({date} + INTERVAL 1 MONTH AS DATE)",
        "make_date(2020 + {small}, 2, 3)", "greatest({date}, {date})", "CAST({date} - INTERVAL '2 months 3 days' AS DATE)",
        "CAST(date_trunc('week', {timestamp}) AS DATE)", "CAST(date_trunc('quarter', {date}) AS DATE)",
        "CAST(strptime(strftime({date}, '%Y-%m-%d'), '%Y-%m-%d') AS DATE)", "date_add({date}, INTERVAL 3 DAY)::DATE",
    ],
    "timestamp": [
        "({timestamp} + INTERVAL 3 HOUR)", "date_trunc('day', {timestamp})", "date_trunc('hour', {timestamp})",
        "CAST({date} AS TIMESTAMP)", "({date} + INTERVAL 1 DAY)", "({timestamp} - INTERVAL '1 month 2 days')",
        "date_trunc('year', {timestamp})", "least({timestamp}, {timestamp})", "time_bucket(INTERVAL 7 DAY, {timestamp})",
        "({timestamp} + INTERVAL ({small}) MINUTE)", "make_timestamp(2021, 3, 4, {small}, 5, 6.5)",
        "date_add({timestamp}, INTERVAL 2 WEEK)", "({timestamp} + ({timestamp} - {timestamp}))",
    ],
    "list": [
        "list_value({int}::INTEGER, {small})", "list_sort({list})", "list_reverse({list})", "list_distinct({list}).list_sort()",
        "list_concat({list}, {list})", "{list}[1:2]", "[{small}, NULL, {int}::INTEGER]", "list_append({list}, {small})",
        "list_filter({list}, lambda x: x > 2)", "list_transform({list}, lambda x: x + 1)", "range({small})::INTEGER[]",
        "list_prepend({small}, {list})", "list_slice({list}, 1, 2)", "list_sort({list}, 'DESC')",
        "[x * 2 FOR x IN {list} IF x > 1]",
    ],
    "struct": [
        "struct_pack(a := {int}::INTEGER, b := {text})", "{{'a': {small}, 'b': {text} }}",
    ],
}

GENERAL = [
    "CASE WHEN {bool} THEN {T} ELSE {T} END", "CASE WHEN {bool} THEN {T} END", "coalesce({T}, {T})", "nullif({T}, {T})",
    "CASE {int} WHEN {small} THEN {T} WHEN {small} THEN {T} ELSE {T} END", "if({bool}, {T}, {T})", "ifnull({T}, {T})",
]

AGGREGATES = {
    "int": [
        "count(*)", "count({any})", "count(DISTINCT {key})", "sum({int})", "min({int})", "max({int})", "sum(DISTINCT {int})",
        "bit_or({int})", "bit_xor({int})", "approx_count_distinct({int}) * 0", "arg_max({int}, {id})",
        "arg_min({int}, {id})", "quantile_disc({int}, 0.5)", "mode({small})", "product({small})::BIGINT",
        "min(length({text}))", "regr_count({double}, {double})",
    ],
    "text": [
        "min({text})", "max({text})", "string_agg({text}, ',' ORDER BY {id})", "arg_max({text}, {id})",
        "first({text} ORDER BY {id})", "last({text} ORDER BY {id})",
    ],
    "decimal": ["sum({decimal})", "min({decimal})", "max({decimal})", "sum(DISTINCT {decimal})", "quantile_disc({decimal}, 0.25)"],
    "double": [
        "avg({int})", "avg({decimal})", "sum({double})", "stddev({int})", "var_pop({double})", "median({int})",
        "avg(DISTINCT {int})", "quantile_cont({double}, 0.3)", "covar_pop({int}, {double})",
        "max({double})", "min({double})", "mad({int})", "skewness({int})",
        "stddev_pop({decimal})", "favg({double})", "entropy({int})",
    ],
    "bool": ["bool_and({bool})", "bool_or({bool})", "(count(*) > 3)", "max({bool})"],
    "date": ["min({date})", "max({date})"],
    "timestamp": ["min({timestamp})", "max({timestamp})"],
    "list": ["list({int}::INTEGER ORDER BY {id})", "histogram({small}).map_values()::INTEGER[]"],
    "struct": ["struct_pack(a := count(*)::INTEGER, b := min({text}))"],
}

WORDS = ["", "a", "b", "ab", "abc", "Alpha", "beta gamma", "12", "-7", "3.5", "é", "日本", "x y z", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "a_b", "NULL", "zeta"]


class Grammar:
    """Writes tables and queries from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tables = []
        self.aliases = 0

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, items):
        return self.random.choice(items)

    # Tables

    def literal(self, kind, spread=10):
        n = self.random.randrange(spread)
        match kind:
            case "int":
                return f"({n - 2})" if n < 2 else str(n)
            case "text":
                return "'" + self.pick(WORDS) + "'"
            case "decimal":
                return f"{n}.{self.random.randrange(10)}"
            case "double":
                return f"{n}.{self.pick(['25', '5', '125', '0'])}::DOUBLE"
            case "bool":
                return self.pick(["TRUE", "FALSE"])
            case "date":
                return f"DATE '{2020 + n % 5}-{1 + n % 12:02}-{1 + self.random.randrange(28):02}'"
            case "timestamp":
                r = self.random.randrange
                return f"TIMESTAMP '{2020 + n % 5}-{1 + n % 12:02}-{1 + r(28):02} {r(24):02}:{r(60):02}:{r(60):02}'"
            case "list":
                return self.pick(["[1, 2, 3]", "[NULL, 4]::INTEGER[]", f"[{n}]", "[5, 1, 5]"])
            case "struct":
                return f"{{'a': {n}, 'b': '{self.pick(WORDS)}'}}"

    def make_tables(self):
        """Statements that make and fill three tables."""
        statements = []
        for number in range(3):
            kinds = [self.pick(TYPES) for _ in range(self.random.randrange(3, 8))]
            kinds[0] = self.pick(["int", "text", "date"])
            columns = [("id", "int", "INTEGER")] + [
                (f"c{i}", kind, self.pick(SQL_TYPES[kind])) for i, kind in enumerate(kinds)
            ]
            name = f"t{number}"
            count = self.pick([0, 3, 10, 25, 60, 5000]) if number == 0 else self.pick([1, 8, 20, 40])
            spreads = [self.pick([3, 10, 50]) for _ in columns]
            nulls = [self.pick([0, 10, 40]) for _ in columns]
            rows = []
            for row in range(count):
                values = [str(row)]
                for (_, kind, sql), spread, null in list(zip(columns, spreads, nulls))[1:]:
                    value = self.literal(kind, spread)
                    if sql == "UINTEGER":
                        value = value.replace("-", "")
                    values.append("NULL" if self.chance(null) else value)
                rows.append("(" + ", ".join(values) + ")")
            self.tables.append((name, [(column, kind) for column, kind, _ in columns], count))
            statements.append(f"CREATE TABLE {name} ({', '.join(c + ' ' + s for c, _, s in columns)})")
            for start in range(0, count, 500):
                statements.append(f"INSERT INTO {name} VALUES {', '.join(rows[start:start + 500])}")
        return statements

    # Expressions

    def expression(self, kind, scope, size):
        if kind == "any":
            kind = self.pick(TYPES)
        if size <= 0 or self.chance(25):
            return self.leaf(kind, scope)
        template = self.pick(GENERAL) if self.chance(15) else self.pick(TEMPLATES[kind])
        return self.fill(template, kind, scope, size - 1)

    def fill(self, template, kind, scope, size):
        out, rest = [], template.replace("{{", "\0").replace("}}", "\1")
        while "{" in rest:
            head, _, rest = rest.partition("{")
            name, _, rest = rest.partition("}")
            out.append(head)
            match name:
                case "T":
                    out.append(self.expression(kind, scope, size))
                case "small":
                    out.append(str(self.random.randrange(1, 6)))
                case "textlit" | "intlit" | "decimallit":
                    out.append(self.literal(name[:-3]))
                case "cmp":
                    out.append(self.pick(["=", "=", "<>", "<", "<=", ">", ">="]))
                case "key":
                    out.append(self.leaf(self.pick(["int", "text", "date"]), scope))
                case "id":
                    ids = [f"coalesce({c}, -1)" for c, _ in scope if c.endswith(".id")]
                    out.append(f"concat_ws('-', {', '.join(ids)})")
                case _:
                    out.append(self.expression(name, scope, size))
        out.append(rest)
        return "".join(out).replace("\0", "{").replace("\1", "}")

    def leaf(self, kind, scope):
        columns = [column for column, other in scope if other == kind]
        if columns and self.chance(85):
            return self.pick(columns)
        if self.chance(4):
            return f"NULL::{SQL_TYPES[kind][0]}"
        return self.literal(kind)

    # Queries

    def relation(self, depth):
        self.aliases += 1
        alias = f"r{self.aliases}"
        if depth > 0 and self.chance(20):
            kinds = ["int"] + [self.pick(TYPES) for _ in range(self.random.randrange(3))]
            columns = [(f"{alias}.k{i}", kind) for i, kind in enumerate(kinds)]
            return f"({self.query(kinds, depth - 1)}) AS {alias}", columns, 40
        if self.chance(6):
            return f"(SELECT unnest([1, 2, 3, NULL]) AS k0) AS {alias}", [(f"{alias}.k0", "int")], 4
        name, columns, count = self.pick(self.tables)
        return f"{name} AS {alias}", [(f"{alias}.{column}", kind) for column, kind in columns], count

    def source(self, depth):
        text, scope, size = self.relation(depth)
        for _ in range(self.pick([0, 0, 0, 1, 1, 2])):
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
            kind = self.pick(["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"])
            if kind in ("SEMI JOIN", "ANTI JOIN"):
                text = f"{text} {kind} {other} ON {condition}"
                continue
            text = f"{text} {kind} {other} ON {condition}"
            scope = scope + columns
            size = min(30000, max(size, size * count // 3))
        return text, scope

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
        match self.random.randrange(5):
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
            case _:
                word = self.pick(["ANY", "ALL"])
                return f"{self.expression('int', scope, 1)} <> {word} (SELECT {self.expression('int', columns, 1)} FROM {inner})"

    def query(self, kinds, depth):
        roll = self.random.randrange(100)
        if roll < 40:
            return self.plain(kinds, depth)
        if roll < 70:
            return self.grouped(kinds, depth)
        if roll < 90:
            return self.windowed(kinds, depth)
        operation = self.pick(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL"])
        return f"({self.plain(kinds, depth)}) {operation} ({self.plain(kinds, depth)})"

    def plain(self, kinds, depth):
        text, scope = self.source(depth)
        items = [f"{self.expression(kind, scope, 3)} AS k{i}" for i, kind in enumerate(kinds)]
        if depth > 0 and self.chance(12):
            inner, columns = self.source(0)
            column, kind = self.pick(columns)
            outer = [c for c, k in scope if k == kind] or ["1"]
            sign = self.pick(["=", "=", "<"]) if kind not in ("list", "struct") and outer != ["1"] else "IS NOT DISTINCT FROM"
            if outer != ["1"] and kinds[0] == "int":
                items[0] = f"(SELECT {self.pick(['count(*)', 'max(' + self.expression('int', columns, 1) + ')'])} FROM {inner} WHERE {column} {sign} {self.pick(outer)}) AS k0"
        distinct = "DISTINCT " if self.chance(15) else ""
        return f"SELECT {distinct}{', '.join(items)} FROM {text}{self.where(scope, depth)}"

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
        items = []
        for i, kind in enumerate(kinds):
            same = [k for k, other in keys if other == kind]
            if same and self.chance(40):
                value = self.pick(same)
            else:
                value = self.aggregate(kind, scope)
            items.append(f"{value} AS k{i}")
        group = ""
        if keys:
            names = ", ".join(k for k, _ in keys)
            group = f" GROUP BY {names}"
            if self.chance(15):
                group = self.pick([f" GROUP BY ROLLUP ({names})", f" GROUP BY CUBE ({names})", f" GROUP BY GROUPING SETS (({names}), ())"])
        having = f" HAVING {self.aggregate('int', scope)} > {self.literal('int')}" if self.chance(20) else ""
        return f"SELECT {', '.join(items)} FROM {text}{filter_text}{group}{having}"

    def aggregate(self, kind, scope):
        # A template with {id} needs the ids of all relations, which together order the rows.
        aliases = {column.split(".")[0] for column, _ in scope}
        is_total = sum(column.endswith(".id") for column, _ in scope) == len(aliases)
        templates = [t for t in AGGREGATES[kind] if is_total or "{id}" not in t]
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
        qualify = ""
        if total and self.chance(20):
            order = ", ".join(ids)
            qualify = f" QUALIFY row_number() OVER (PARTITION BY {self.pick(scope)[0]} ORDER BY {order}) <= {self.random.randrange(1, 4)}"
        return f"SELECT {', '.join(items)} FROM {text}{self.where(scope, depth)}{qualify}"

    def window(self, kind, scope, ids):
        direction = lambda: self.pick([" ASC", " DESC", "", " NULLS FIRST", " DESC NULLS LAST"])
        partition = f"PARTITION BY {self.pick(scope)[0]} " if self.chance(60) else ""
        order = [self.pick(scope)[0] + direction()] if self.chance(60) else []
        frame = ""
        if ids and self.chance(80):
            order += [i + direction() for i in ids]
            values = ["first_value({T})", "last_value({T})", "nth_value({T}, 2)", "lag({T})", "lead({T}, 2)", "lag({T}, 1, {T})",
                      "first_value({T} IGNORE NULLS)", "lag({T} IGNORE NULLS)", "max({T})", "min({T})"]
            if kind == "int":
                values += ["row_number()", "ntile(3)", "sum({int})", "count({any})", "count(DISTINCT {int})", "rank()"]
            if kind == "double":
                values += ["avg({int})", "percent_rank()", "cume_dist()", "sum({int})::DOUBLE"]
            if kind in ("list", "struct"):
                values = values[:7]
            if kind == "decimal":
                # A default of another scale: DuckDB rounds it to the column's, olap keeps it.
                values.remove("lag({T}, 1, {T})")
            call = self.pick(values)
            if self.chance(50):
                n = self.random.randrange(3)
                frame = " ROWS BETWEEN " + self.pick([
                    f"{n} PRECEDING AND {n} FOLLOWING", "UNBOUNDED PRECEDING AND CURRENT ROW", "CURRENT ROW AND UNBOUNDED FOLLOWING",
                    f"{n + 1} PRECEDING AND {n} PRECEDING", f"{n} FOLLOWING AND UNBOUNDED FOLLOWING"])
                if self.chance(15):
                    frame += self.pick([" EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP"])
        else:
            values = ["max({T})", "min({T})"]
            if kind == "int":
                values += ["sum({int})", "count({any})", "rank()", "dense_rank()"]
            if kind == "double":
                values += ["avg({int})", "percent_rank()", "cume_dist()"]
            call = self.pick(values)
            if order and self.chance(35):
                frame = self.pick([" RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING"])
            elif self.chance(20):
                numbers = [c for c, k in scope if k in ("int", "decimal")]
                dates = [c for c, k in scope if k in ("date", "timestamp")]
                if numbers:
                    order = [self.pick(numbers)]
                    frame = " RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING"
                elif dates:
                    order = [self.pick(dates)]
                    frame = " RANGE BETWEEN INTERVAL 1 MONTH PRECEDING AND CURRENT ROW"
        over = partition + (f"ORDER BY {', '.join(order)}" if order else "")
        return f"{self.fill(call, kind, scope, 1)} OVER ({over}{frame})"

    def statement(self):
        """A query and the number of its columns."""
        self.aliases = 0
        kinds = [self.pick(TYPES) for _ in range(self.random.randrange(1, 4))]
        body = self.query(kinds, 2)
        columns = ", ".join(f"CAST(k{i} AS VARCHAR) AS k{i}" for i in range(len(kinds)))
        text = f"SELECT {columns} FROM ({body})"
        if self.chance(20):
            sortable = [f"{i + 1} {self.pick(['', 'DESC', 'NULLS FIRST'])}" for i in range(len(kinds))]
            text = f"SELECT {columns} FROM (SELECT * FROM ({body}) ORDER BY {', '.join(sortable)} LIMIT {self.random.randrange(1, 9)})"
        return text
