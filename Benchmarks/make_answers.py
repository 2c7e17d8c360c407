#!/usr/bin/env python3
"""Writes the expected answers of TPC-H at scale 0.01, as DuckDB computes them.

    Benchmarks/make_answers.py            rewrite datasets/tpch/answers/sf0.01
    Benchmarks/make_answers.py --check    fail if they would change
"""

import environment

environment.enter()

import pathlib
import sys
import tempfile

import duckdb

TPCH = environment.ROOT / "datasets/tpch"
TABLES = ["region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem"]


def answers(scale):
    """Yields each query's name and its answer as CSV text with a header."""
    with tempfile.TemporaryDirectory() as folder:
        environment.generate("tpch", folder, "--scale", scale)
        connection = duckdb.connect()
        connection.execute((TPCH / "schema.sql").read_text())
        for table in TABLES:
            connection.execute(f"COPY {table} FROM '{folder}/{table}.tbl' (DELIMITER '|', HEADER false, QUOTE '')")
        for file in sorted((TPCH / "queries").glob("q*.sql")):
            query = file.read_text().rstrip().removesuffix(";")
            target = pathlib.Path(folder) / "answer.csv"
            connection.execute(f"COPY ({query}) TO '{target}' (HEADER)")
            yield file.stem, target.read_text()


def main():
    folder = TPCH / "answers/sf0.01"
    folder.mkdir(parents=True, exist_ok=True)
    differing = []
    for name, text in answers(0.01):
        file = folder / f"{name}.csv"
        if not file.exists() or file.read_text() != text:
            differing.append(name)
        if "--check" not in sys.argv:
            file.write_text(text)
    print(f"{len(differing)} answers differ from the committed ones: {' '.join(differing)}")
    return 1 if differing and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
