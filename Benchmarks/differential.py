#!/usr/bin/env python3
"""Random queries on olap and DuckDB: `differential.py [--queries N] [--seed S] [--binary FILE]`.

Prints every query whose rows differ, then how many were compared, refused by one engine, or wrong.
"""

import argparse
import collections
import json
import multiprocessing
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import environment

if __name__ == "__main__":
    environment.enter()

import duckdb

from grammar import TIME_ZONE, Grammar

WORLD = 250  # queries over one set of tables
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?", re.I)


class Shell:
    """One `olap shell` process over pipes."""

    def __init__(self, binary, path, threads):
        self.command = [str(binary), "shell", str(path), "-json", "-continue", "-threads", str(threads)]
        self.is_memory = str(path) == ":memory:"
        self.count = 0
        self.open()

    def open(self):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.place = 0

    def reopen(self):
        """Ends the process and opens the database again: what follows is read from the disk."""
        if not self.is_memory:
            self.close()
            self.open()
            self.run(TIME_ZONE)

    def run(self, sql):
        """Rows as tuples of text, or an exception with the shell's message."""
        self.count += 1
        mark = f"END-{self.count}-END"
        self.process.stdin.write(f"{sql};\n.print {mark}\n")
        self.process.stdin.flush()
        text = ""
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise EOFError(f"the shell ended with {self.process.wait()}")
            if line.rstrip("\n").endswith(mark):
                break
            text += line
        self.errors.seek(self.place)
        message = self.errors.read()
        self.place = self.errors.tell()
        if message:
            raise RuntimeError(message)
        # Pairs, not dictionaries: two columns may have one name.
        rows = json.loads(text, object_pairs_hook=list) if text.strip() else []
        return [tuple(value for _, value in row) for row in rows]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def normal(value):
    """Text in which doubles are cut to nine digits (the order of a sum is nobody's promise) and NaN has no sign."""
    if value is None:
        return "\0NULL"
    return NUMBER.sub(lambda match: f"{float(match[0]):.9g}" if len(match[0]) > 9 else match[0], str(value).replace("-nan", "nan"))


def normalised(rows):
    return sorted(tuple(normal(value) for value in row) for row in rows)


def same(left, right):
    if left == right:
        return True
    if len(left) != len(right):
        return False
    for a, b in zip(left, right):
        for x, y in zip(a, b):
            if x == y:
                continue
            try:
                x, y = float(x), float(y)
            except ValueError:
                return False
            if abs(x - y) > 1e-6 * max(1, abs(x), abs(y)):
                return False
    return True


def compared(statements, reference, shell, folders):
    """What came of it, and what each engine gave: rows of the last statement, or the message of the first error."""
    theirs, ours = folders
    for number, sql in enumerate(statements, start=1):
        expected = got = failure = refused = None
        only = "@ONLY_DUCKDB@" in sql
        sql = sql.replace("@ONLY_DUCKDB@", "").replace("@DUCKDB@", theirs)
        try:
            expected = reference.execute(sql.replace("@OWN@", theirs)).fetchall()
        except (duckdb.Error, MemoryError) as error:
            failure = str(error) or "out of memory"
        if failure and "FATAL" in failure:
            return "refused by DuckDB", failure, None
        try:
            got = None if only else shell.run(sql.replace("@OWN@", ours))
        except RuntimeError as error:
            refused = str(error)
        if only and failure:
            return "refused by both", failure, failure
        if failure and refused:
            return "refused by both", failure, refused
        if failure:
            return "refused by DuckDB", failure, None
        if refused:
            return "refused by olap", None, refused
        if sql == "CHECKPOINT":
            shell.reopen()
        if number == len(statements):
            if same(normalised(expected), normalised(got)):
                return "same", expected, got
            return ("DuckDB differs from itself" if unoptimized_agrees(sql, got, reference) else "wrong"), expected, got


def unoptimized_agrees(sql, got, reference):
    """Whether DuckDB without its optimizer gives what olap does: then its optimizer is at fault."""
    if not sql.startswith(("SELECT", "FROM", "WITH")) or "@" in sql:
        return False
    try:
        reference.execute("PRAGMA disable_optimizer")
        return same(normalised(reference.execute(sql).fetchall()), normalised(got))
    except duckdb.Error:
        return False
    finally:
        reference.execute("PRAGMA enable_optimizer")


def recover(reference, shell):
    """Ends a transaction that a refused statement left open."""
    try:
        reference.execute("ROLLBACK")
    except duckdb.Error:
        pass
    try:
        shell.run("ROLLBACK")
    except RuntimeError:
        pass


def run_world(seed, options, report):
    """250 queries over the tables of one seed; tells `report` of each what came of it, as it comes."""
    grammar = Grammar(seed)
    setup = grammar.make_tables()
    reference = duckdb.connect()
    folder = tempfile.TemporaryDirectory()
    path = pathlib.Path(folder.name) / "x.olap" if options.disk else ":memory:"
    folders = [f"{folder.name}/duckdb", f"{folder.name}/olap"]
    for name in folders:
        pathlib.Path(name).mkdir()
    shell = Shell(options.binary, path, options.threads)
    for statement in setup:
        reference.execute(statement)
        shell.run(statement)
    if options.disk:
        shell.run("CHECKPOINT")
    for number in range(WORLD):
        statements = grammar.statement()
        sql = ";\n".join(statements)
        report(("started", number, sql))
        start = time.time()
        try:
            outcome, expected, got = compared(statements, reference, shell, folders)
        except EOFError as error:
            report(("crashed", number, sql, str(error)))
            shell = Shell(options.binary, path, options.threads)
            for statement in setup if not options.disk else [TIME_ZONE]:
                shell.run(statement)
            continue
        if outcome != "same" and "BEGIN" in statements:
            recover(reference, shell)
        if outcome == "wrong":
            left, right = normalised(expected), normalised(got)
            expected = ([row for row in left if row not in right][:3], len(left))
            got = ([row for row in right if row not in left][:3], len(right))
        elif outcome in ("same", "DuckDB differs from itself"):
            expected = got = None
        report((outcome, number, sql, expected, got, time.time() - start))
        if outcome == "refused by DuckDB" and "FATAL" in expected:
            break
    shell.close()
    folder.cleanup()


def world(seed, options):
    """What `run_world` reports, from a process of its own: DuckDB may end it."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=run_world, args=(seed, options, sender.send))
    process.start()
    sender.close()
    started = None
    while True:
        try:
            event = receiver.recv()
        except EOFError:
            break
        if event[0] == "started":
            started = event
        else:
            started = None
            yield event
    process.join()
    if process.exitcode:
        number, sql = started[1:] if started else (-1, "")
        yield "DuckDB crashed", number, sql, process.exitcode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--disk", action="store_true", help="a database on disk, checkpointed after the load")
    parser.add_argument("--show", type=int, default=20, help="differences to print")
    parser.add_argument("--binary", default=environment.ROOT / ".build/release/olap")
    options = parser.parse_args()
    counts = collections.Counter()
    refusals = collections.Counter()
    examples = {}
    slowest = (0, "")
    seed = options.seed
    while sum(counts.values()) < options.queries:
        for outcome, number, sql, *rest in world(seed, options):
            counts[outcome] += 1
            place = f"seed {seed} query {number}"
            if "crashed" in outcome:
                print(f"-- {outcome.upper()} {place}: {rest[0]}\n{sql};\n", flush=True)
                continue
            expected, got, seconds = rest
            slowest = max(slowest, (seconds, place))
            if outcome in ("refused by olap", "refused by DuckDB"):
                message = got if outcome.endswith("olap") else "duckdb: " + expected
                key = re.sub(r"\br\d+\.\w+|\d+", "#", message.split("\n")[0])[:110]
                refusals[key] += 1
                examples.setdefault(key, f"{place}: {sql}")
            elif outcome == "DuckDB differs from itself":
                print(f"-- {outcome}: {place}", flush=True)
            elif outcome == "wrong" and counts["wrong"] <= options.show:
                print(f"-- WRONG {place}\n{sql};")
                print("--   duckdb only:", *expected)
                print("--   olap only:  ", *got, flush=True)
        seed += 1
    for key, count in refusals.most_common(40):
        print(f"{count:6} {key}\n         {examples[key][:600]}")
    print(dict(counts), f"slowest {slowest[0]:.1f} s: {slowest[1]}")
    sys.exit(1 if counts["wrong"] or counts["crashed"] else 0)


if __name__ == "__main__":
    main()
