"""Query suites: load the same files into both engines, run each query in turn, compare answers."""

import environment
import results
from engines import EngineError

DATASETS = environment.ROOT / "datasets"
TPCH_TABLES = ["region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem"]


class Suite:
    """Tables, how to load them, and named queries."""

    def __init__(self, name, schema, loads, queries):
        self.name = name
        self.schema = schema
        self.loads = loads  # table -> the file to copy, its options
        self.queries = queries

    def load_statement(self, table, engine):
        """The COPY of a table. DuckDB has to be told that a quoted empty text is a text."""
        file, options = self.loads[table]
        if engine.name == "duckdb":
            options += ", ALLOW_QUOTED_NULLS false"
        return f"COPY {table} FROM '{file}' ({options})"


def tpch(scale, data):
    """TPC-H at a scale factor."""
    folder = data / f"tpch-{scale:g}"
    environment.generate("tpch", folder, "--scale", f"{scale:g}")
    queries = {}
    for file in sorted((DATASETS / "tpch/queries").glob("q*.sql")):
        text = file.read_text()
        if file.stem == "q11" and scale > 1:
            text = text.replace("0.0001000000", f"{0.0001 / scale:.10f}")
        queries[file.stem] = text
    options = "DELIMITER '|', HEADER false, QUOTE ''"
    loads = {table: (folder / f"{table}.tbl", options) for table in TPCH_TABLES}
    return Suite(f"TPC-H at scale {scale:g}", (DATASETS / "tpch/schema.sql").read_text(), loads, queries)


def hits(rows, data):
    """Web analytics after ClickBench."""
    folder = data / f"hits-{rows}"
    environment.generate("hits", folder, "--rows", rows)
    text = (DATASETS / "hits/queries.sql").read_text()
    statements = [part.strip() for part in text.split(";") if part.strip()]
    queries = {f"h{number:02}": statement for number, statement in enumerate(statements)}
    loads = {"hits": (folder / "hits.csv", "HEADER false")}
    return Suite(f"hits, {rows:,} rows", (DATASETS / "hits/schema.sql").read_text(), loads, queries)


def run(suite, engines, repeats, only):
    """Loads and measures; returns what was measured as a dictionary."""
    print(f"\n{suite.name}")
    report = {"suite": suite.name, "load": load(suite, engines), "queries": {}}
    for name, query in suite.queries.items():
        if not only or name in only:
            report["queries"][name] = measure(name, query, engines, repeats)
    summarise(report, engines)
    return report


def load(suite, engines):
    """Seconds per table and engine, and the size of the files after a checkpoint."""
    for engine in engines:
        engine.script(suite.schema)
    seconds = {}
    for table in suite.loads:
        seconds[table] = {engine.name: engine.run(suite.load_statement(table, engine))[0] for engine in engines}
    seconds["checkpoint"] = {engine.name: engine.run("CHECKPOINT")[0] for engine in engines}
    total = {engine.name: sum(by_engine[engine.name] for by_engine in seconds.values()) for engine in engines}
    size = {engine.name: engine.file_bytes() for engine in engines}
    largest = max(suite.loads, key=lambda table: seconds[table][engines[-1].name])
    rows = [
        [f"load {largest}, s", *(f"{seconds[largest][e.name]:.2f}" for e in engines), ratio(seconds[largest], engines)],
        ["load all, s", *(f"{total[e.name]:.2f}" for e in engines), ratio(total, engines)],
        ["file, MB", *(f"{size[e.name] / 1e6:.1f}" for e in engines), ratio(size, engines)],
    ]
    results.table(["", *(engine.name for engine in engines), "ratio"], rows)
    return {"seconds": seconds, "bytes": size}


def measure(name, query, engines, repeats):
    """The median of `repeats` hot runs per engine, taken in turns after one that warms and is compared."""
    answers, failures = {}, {}
    for engine in engines:
        try:
            answers[engine.name] = engine.run(query)[1]
        except EngineError as error:
            failures[engine.name] = str(error).splitlines()[0] if str(error) else "failed"
    runs = {name: [] for name in answers}
    for _ in range(repeats):
        for engine in engines:
            if engine.name in answers:
                runs[engine.name].append(engine.run(query)[0])
    seconds = {name: results.median(times) for name, times in runs.items()}
    compared = len(answers) == 2
    equal = results.same(answers["olap"], answers["duckdb"]) if compared else len(engines) == 1 and not failures
    return {"seconds": seconds, "equal": equal, "failures": failures}


def summarise(report, engines):
    rows = []
    for name, query in report["queries"].items():
        times = [
            results.milliseconds(query["seconds"][e.name]) if e.name in query["seconds"] else "-" for e in engines
        ]
        note = "; ".join(query["failures"].values()) or "DIFFERS"
        if query["equal"]:
            note = "same" if len(engines) == 2 else "not compared"
        rows.append([name, *times, ratio(query["seconds"], engines), note[:60]])
    print()
    results.table(["query, ms", *(engine.name for engine in engines), "ratio", "answer"], rows)
    if len(engines) < 2:
        report["equal"] = all(query["equal"] for query in report["queries"].values())
        return
    both = [query["seconds"] for query in report["queries"].values() if len(query["seconds"]) == 2]
    report["geometric_mean"] = results.geometric_mean([s["olap"] / max(s["duckdb"], 1e-6) for s in both])
    report["equal"] = sum(query["equal"] for query in report["queries"].values())
    worst = max((s["olap"] / max(s["duckdb"], 1e-6) for s in both), default=float("nan"))
    print(
        f"\n{report['equal']} of {len(report['queries'])} answers the same; "
        f"geometric mean {report['geometric_mean']:.2f}, worst {worst:.2f} (olap over duckdb; below 1 is faster)"
    )


def ratio(by_engine, engines):
    if len(by_engine) < 2 or len(engines) < 2:
        return "-"
    return f"{by_engine['olap'] / max(by_engine['duckdb'], 1e-9):.2f}"
