"""Upserts of random keys, half of them new, into a large keyed table."""

import random

import results

SCHEMA = """
CREATE TABLE {table} (
  id BIGINT PRIMARY KEY, account INTEGER, amount DECIMAL(12,2), note VARCHAR, updated_at TIMESTAMP
)
"""
ROW = "{id},{account},{amount}.{cents:02},note {id} of {account},2025-11-{day:02} 12:00:00\n"
SUMMARY = "SELECT count(*), sum(id), sum(account), sum(amount), min(note), max(note), max(updated_at) FROM ledger"


def row(key, version, pick):
    return ROW.format(
        id=key, account=key * 7919 % 100_003, amount=pick.randrange(1_000_000), cents=version, day=1 + version % 30
    )


def write_rows(path, keys, version):
    if not path.exists():
        pick = random.Random(version)
        with open(path, "w") as file:
            file.writelines(row(key, version, pick) for key in keys)
    return path


def run(rows, batch_sizes, engines, data):
    """Seconds per batch size and engine, and whether both end in the same state."""
    print(f"\nUpsert into {rows:,} rows, half the keys new")
    base = write_rows(data / f"ledger-{rows}.csv", range(rows), 0)
    for engine in engines:
        engine.run(SCHEMA.format(table="ledger"))
        engine.run(SCHEMA.format(table="batch"))
        engine.run(f"COPY ledger FROM '{base}' (HEADER false)")
        engine.run("CHECKPOINT")
    next_key, version, report = rows, 0, {}
    for size in batch_sizes:
        seconds = {engine.name: [] for engine in engines}
        for _ in range(3):
            version += 1
            pick = random.Random(version)
            keys = pick.sample(range(rows), size // 2) + list(range(next_key, next_key + size - size // 2))
            pick.shuffle(keys)
            next_key += size - size // 2
            file = write_rows(data / f"batch-{rows}-{size}-{version}.csv", keys, version)
            for engine in engines:
                engine.run("DELETE FROM batch")
                engine.run(f"COPY batch FROM '{file}' (HEADER false)")
                seconds[engine.name].append(engine.run("INSERT OR REPLACE INTO ledger SELECT * FROM batch")[0])
        report[size] = {name: results.median(times) for name, times in seconds.items()}
    answers = {engine.name: engine.run(SUMMARY)[1] for engine in engines}
    equal = len(answers) < 2 or results.same(answers["olap"], answers["duckdb"])
    lines = [
        [f"{size:,}", *(results.milliseconds(times[e.name]) for e in engines), ratio(times)]
        for size, times in report.items()
    ]
    results.table(["batch, ms", *(engine.name for engine in engines), "ratio"], lines)
    print("same state" if equal else "STATES DIFFER")
    return {"rows": rows, "seconds": report, "equal": equal}


def ratio(times):
    return f"{times['olap'] / max(times['duckdb'], 1e-9):.2f}" if len(times) > 1 else "-"
