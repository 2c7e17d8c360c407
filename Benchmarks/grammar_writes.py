"""INSERT, UPDATE, DELETE and MERGE on a table of their own, then its rows."""

from grammar_templates import SQL_TYPES

KINDS = ["int", "text", "decimal", "double", "bool", "date", "timestamp", "list", "huge", "enum"]


class Writes:
    def writes(self):
        kinds = [self.pick(KINDS) for _ in range(self.random.randrange(1, 4))]
        types = self.write_types = [self.pick(SQL_TYPES[kind]) for kind in kinds]
        columns = [("w.id", "int")] + [(f"w.w{i}", kind) for i, kind in enumerate(kinds)]
        definitions = ", ".join(
            f"w{i} {sql}" + (f" DEFAULT {self.literal(kind).replace('-', '')}" if self.chance(30) else "")
            for i, (kind, sql) in enumerate(zip(kinds, types))
        )
        statements = [
            f"CREATE OR REPLACE TABLE w (id INTEGER PRIMARY KEY, {definitions})",
            f"INSERT INTO w {self.rows(kinds, '')}",
        ]
        for _ in range(self.random.randrange(1, 4)):
            step = self.pick([self.update, self.update_from, self.delete, self.conflict, self.merge])
            statements.append(step(kinds, columns))
        output = ", ".join(f"CAST({c} AS VARCHAR) AS o{i}" for i, (c, _) in enumerate(columns))
        if self.chance(20) and not statements[-1].startswith("MERGE"):
            statements[-1] += f" RETURNING {output}"
        else:
            statements.append(f"SELECT {output} FROM w")
        return statements

    def rows(self, kinds, extra, cast=False):
        """A query with one row for each of some ids."""
        text, scope, alias = self.table(60)
        items = [f"{self.expression(kind, scope, 2)} AS w{i}" for i, kind in enumerate(kinds)]
        if cast:
            items = [f"CAST({item.rpartition(' AS ')[0]} AS {sql}) AS w{i}" for i, (item, sql) in enumerate(zip(items, self.write_types))]
        shift = self.random.randrange(12)
        return f"SELECT {alias}.id + {shift} AS id, {', '.join(items)} FROM {text}{extra}"

    def sets(self, kinds, scope):
        chosen = self.random.sample(range(len(kinds)), self.random.randrange(1, len(kinds) + 1))
        return ", ".join(
            f"w{i} = " + ("DEFAULT" if self.chance(8) else self.expression(kinds[i], scope, 2)) for i in chosen
        )

    def update(self, kinds, columns):
        return f"UPDATE w SET {self.sets(kinds, columns)} WHERE {self.expression('bool', columns, 2)}"

    def update_from(self, kinds, columns):
        alias = self.alias()
        scope = columns + [(f"{alias}.w{i}", kind) for i, kind in enumerate(kinds)]
        return (f"UPDATE w SET {self.sets(kinds, scope)} FROM ({self.rows(kinds, '')}) AS {alias} "
                f"WHERE w.id = {alias}.id AND {self.expression('bool', scope, 1)}")

    def delete(self, kinds, columns):
        if self.chance(50):
            return f"DELETE FROM w WHERE {self.expression('bool', columns, 2)}"
        text, scope, alias = self.table(60)
        return f"DELETE FROM w USING {text} WHERE w.id = {alias}.id AND {self.expression('bool', columns + scope, 1)}"

    def conflict(self, kinds, columns):
        # In DuckDB `excluded` has the values before they are cast to the table's types.
        source = self.rows(kinds, "", cast=True)
        match self.random.randrange(4):
            case 0:
                return f"INSERT INTO w {source} ON CONFLICT DO NOTHING"
            case 1:
                return f"INSERT OR {self.pick(['REPLACE', 'IGNORE'])} INTO w {source}"
            case 2:
                return f"INSERT INTO w BY NAME {source} ON CONFLICT (id) DO UPDATE SET w0 = excluded.w0"
            case _:
                scope = columns + [(f"excluded.w{i}", kind) for i, kind in enumerate(kinds)]
                where = f" WHERE {self.expression('bool', scope, 1)}" if self.chance(40) else ""
                return f"INSERT INTO w {source} ON CONFLICT (id) DO UPDATE SET {self.sets(kinds, scope)}{where}"

    def merge(self, kinds, columns):
        alias = self.alias()
        scope = columns + [(f"{alias}.w{i}", kind) for i, kind in enumerate(kinds)]
        source = [(f"{alias}.id", "int")] + scope[len(columns):]
        names = ", ".join(f"w{i}" for i in range(len(kinds)))
        values = ", ".join(self.expression(kind, source, 1) for kind in kinds)
        matched = self.pick([
            f"WHEN MATCHED THEN UPDATE SET {self.sets(kinds, scope)}", "WHEN MATCHED THEN DELETE", "WHEN MATCHED THEN DO NOTHING",
            f"WHEN MATCHED AND {self.expression('bool', scope, 1)} THEN DELETE WHEN MATCHED THEN UPDATE SET {self.sets(kinds, scope)}",
        ])
        missing = self.pick([
            "", f"WHEN NOT MATCHED THEN INSERT (id, {names}) VALUES ({alias}.id, {values})",
            f"WHEN NOT MATCHED AND {self.expression('bool', source, 1)} THEN INSERT (id, {names}) VALUES ({alias}.id, {values})",
        ])
        orphan = self.pick(["", "", "WHEN NOT MATCHED BY SOURCE THEN DELETE",
                            f"WHEN NOT MATCHED BY SOURCE AND {self.expression('bool', columns, 1)} THEN UPDATE SET {self.sets(kinds, columns)}"])
        return f"MERGE INTO w USING ({self.rows(kinds, '')}) AS {alias} ON w.id = {alias}.id {matched} {missing} {orphan}"
