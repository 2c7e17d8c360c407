"""Random typed queries in the dialect that olap and DuckDB share.

Expressions come from a table of templates by result type: `{int}` in a template stands for an expression of that type.
Every query is written so that its result does not depend on the order of rows.
"""

import random

from grammar_constructs import Constructs
from grammar_files import Files
from grammar_functions import FUNCTIONS
from grammar_joins import Joins
from grammar_places import Places
from grammar_queries import Queries
from grammar_rare import EXTREMES, rare_literal
from grammar_templates import AGGREGATES, GENERAL, SQL_TYPES, TEMPLATES, TYPES, WORDS
from grammar_writes import Writes


TIME_ZONE = "SET TimeZone = 'Europe/Kyiv'"
ALL_TEMPLATES = {kind: TEMPLATES[kind] + FUNCTIONS.get(kind, []) for kind in TYPES}


class Grammar(Joins, Queries, Writes, Constructs, Places, Files):
    """Writes tables and queries from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tables = []
        self.aliases = 0
        self.has_null_literals = True

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
            case "huge":
                return f"{n}00000000000000000000::HUGEINT"
            case "texts":
                return self.pick([f"['{self.pick(WORDS)}', 'a']", "['b', NULL]", f"['{self.pick(WORDS)}']", "['c', 'a', 'b']"])
            case "map":
                return self.pick([f"MAP {{'a': {n}}}", f"MAP {{'b': {n}, 'a': 1}}", "MAP {'c': NULL::INTEGER}"])
            case "json":
                word = self.pick(WORDS)
                return self.pick([
                    f"""'{{"a": {n}, "b": "{word}", "c": [{n}, 2]}}'::JSON""", f"""'{{"a": null, "c": []}}'::JSON""",
                    f"""'{{"b": {{"d": {n}.5}}}}'::JSON""",
                ])
            case "interval":
                return self.pick([f"INTERVAL {n} DAY", f"INTERVAL '{n} months 3 days 1 hours'", f"INTERVAL '{n} hours 5 seconds'"])
            case "time":
                r = self.random.randrange
                return f"TIME '{r(24):02}:{r(60):02}:{self.pick(['00', '07', '30.25'])}'"
            case "zoned":
                r = self.random.randrange
                return f"TIMESTAMPTZ '{2020 + n % 5}-{1 + n % 12:02}-{1 + r(28):02} {r(24):02}:{r(60):02}:00+0{r(4)}'"
            case "enum":
                return "'" + self.pick(["sad", "ok", "happy"]) + "'::mood"
            case _:
                return rare_literal(self.random, WORDS, kind, n)

    def make_tables(self):
        """Statements that make and fill three tables."""
        statements = [TIME_ZONE, "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')"]
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
                    if sql.startswith("U"):
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
        template = self.pick(GENERAL) if self.chance(15) else self.pick(ALL_TEMPLATES[kind])
        if not self.has_null_literals and "NULL" in template:
            return self.leaf(kind, scope)
        if template.lstrip("(").startswith(("typeof", "extract(", "date_part(")):
            return self.without_nulls(lambda: self.fill(template, kind, scope, size - 1))
        return self.fill(template, kind, scope, size - 1)

    def without_nulls(self, write):
        """What is written while no NULL is written out: in DuckDB a part of such a NULL has a type of its own."""
        saved, self.has_null_literals = self.has_null_literals, False
        text = write()
        self.has_null_literals = saved
        return text

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
        if self.has_null_literals and self.chance(4):
            return f"NULL::{SQL_TYPES[kind][0]}"
        if kind in EXTREMES and self.chance(3):
            return self.pick(EXTREMES[kind])
        return self.literal(kind)
