#!/usr/bin/env python3
"""Measures olap beside DuckDB: TPC-H, load, file size, upsert, refresh. See README.md."""

import environment

environment.enter()

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys

import duckdb

import growth
import queries
import refreshes
import upserts
from engines import DuckDB, EngineError, Olap

SUITES = ["tpch", "hits", "upsert", "refresh", "growth"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"any of {', '.join(SUITES)} (all but hits and growth)")
    parser.add_argument("--sf", type=float, default=1, help="TPC-H scale factor (1)")
    parser.add_argument("--queries", help="these queries only, such as q01,q06")
    parser.add_argument("--repeats", type=int, default=3, help="hot runs per query (3)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the upsert table and of hits (1000000)")
    parser.add_argument("--orders", type=int, default=1_000_000, help="orders of refresh and growth (1000000)")
    parser.add_argument("--quick", action="store_true", help="small data and one run each: does it work at all?")
    parser.add_argument("--full", action="store_true", help="ten million rows and orders, hits too")
    parser.add_argument("--threads", type=int, help="threads for each engine (all cores)")
    parser.add_argument("--engine", choices=["olap", "duckdb"], help="one engine only")
    parser.add_argument("--binary", default=str(environment.ROOT / ".build/release/olap"), help="the olap to measure")
    parser.add_argument("--data", default=str(environment.ROOT / "bench-data"), help="where data and databases go")
    parser.add_argument("--json", help="append the figures to this file (bench-data/history.jsonl)")
    options = parser.parse_args()
    unknown = [suite for suite in options.suites if suite not in SUITES]
    if unknown:
        parser.error(f"unknown suite {unknown[0]}; there are {', '.join(SUITES)}")
    if options.quick:
        options.sf, options.rows, options.orders, options.repeats = 0.01, 20_000, 20_000, 1
    if options.full:
        options.rows = options.orders = 10_000_000
    if not options.suites:
        options.suites = ["tpch", "hits", "upsert", "refresh"] if options.full else ["tpch", "upsert", "refresh"]
    return options


def engines(options, data, name):
    """Both engines, each on a new file."""
    opened = []
    for engine, path in [("olap", data / f"{name}.olap"), ("duckdb", data / f"{name}.duckdb")]:
        if options.engine in (None, engine):
            for old in data.glob(path.name + "*"):
                old.unlink()
            opened.append(
                Olap(path, options.binary, options.threads) if engine == "olap" else DuckDB(path, options.threads)
            )
    return opened


def sizes_of_olap(options, data):
    """Two databases of olap, each a new file."""
    for old in data.glob("growth-*.olap*"):
        old.unlink()
    return [Olap(data / f"growth-{name}.olap", options.binary, options.threads) for name in ("small", "large")]


def run(suite, options, data):
    opened = []
    try:
        opened = sizes_of_olap(options, data) if suite == "growth" else engines(options, data, suite)
        if suite in ("tpch", "hits"):
            chosen = queries.tpch(options.sf, data) if suite == "tpch" else queries.hits(options.rows, data)
            only = options.queries.split(",") if options.queries else None
            return queries.run(chosen, opened, options.repeats, only)
        if suite == "upsert":
            sizes = [size for size in (1_000, 10_000, 100_000) if size <= options.rows // 2]
            return upserts.run(options.rows, sizes, opened, data)
        counts = [count for count in (10, 100, 1_000, 10_000, 100_000) if count <= options.orders // 10]
        return (growth if suite == "growth" else refreshes).run(options.orders, counts, opened, data)
    except (EngineError, OSError) as error:
        print(f"{suite} failed: {error}", file=sys.stderr)
        return {"equal": False, "failure": str(error)}
    finally:
        for engine in opened:
            engine.close()


def machine():
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {"cpu": model, "cores": os.cpu_count(), "load": os.getloadavg()[0]}


def main():
    options = arguments()
    data = pathlib.Path(options.data).resolve()
    data.mkdir(parents=True, exist_ok=True)
    commit = subprocess.run(
        ["git", "-C", environment.ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True
    ).stdout.strip()
    here = machine()
    print(f"olap {commit}, DuckDB {duckdb.__version__}, {here['cores']} cores of {here['cpu']}, load {here['load']:.1f}")
    record = {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit, "duckdb": duckdb.__version__, "machine": here, "suites": {},
    }
    for suite in options.suites:
        record["suites"][suite] = run(suite, options, data)
    with open(options.json or data / "history.jsonl", "a") as history:
        history.write(json.dumps(record) + "\n")
    wrong = [name for name, report in record["suites"].items() if is_wrong(report)]
    return 1 if wrong else 0


def is_wrong(report):
    equal = report["equal"]
    return not equal if isinstance(equal, bool) else equal < len(report["queries"])


if __name__ == "__main__":
    sys.exit(main())
