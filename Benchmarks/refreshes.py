"""Keeping silver and gold right after an upsert: `REFRESH ALL` beside rebuilding the same tables."""

import random
import re
import statistics

import environment
import results

# Rounds per number of changes.
ROUNDS = 5
KEYCRM = environment.ROOT / "datasets/keycrm"
TABLES = ["sources", "managers", "buyers", "products", "orders", "order_products"]
MODEL = re.compile(r"CREATE (?:SILVER|GOLD) TABLE (\w+).*?\nAS\n(.*?)\n;\n", re.DOTALL)
CHECKS = [
    "SELECT count(*), sum(grand_total), min(order_date), max(order_date) FROM silver_orders",
    "SELECT date, sales_type, revenue, orders_count, avg_check FROM gold_revenue_daily ORDER BY date, sales_type",
    "SELECT date, count(*), sum(product_id), sum(quantity), sum(revenue) FROM gold_product_daily "
    "GROUP BY date ORDER BY date",
]


def run(orders, change_counts, engines, data):
    """Seconds of upsert and refresh per number of changed orders, and whether the layers agree."""
    print(f"\nRefresh of silver and two gold tables over {orders:,} orders")
    layers = (KEYCRM / "layers.sql").read_text()
    for engine in engines:
        fill(engine, orders, data)
    seconds_first = {engine.name: build(engine, layers) for engine in engines}
    report = {"orders": orders, "first": seconds_first, "changes": {}, "equal": True}
    for count in change_counts:
        report["changes"][count] = change(count, orders, engines, layers, data)
        report["equal"] &= agree(engines)
    lines = [["first build", "", "", *(results.milliseconds(seconds_first[e.name]) for e in engines), ratio(seconds_first)]]
    for count, taken in report["changes"].items():
        refresh = {name: times["refresh"] for name, times in taken.items()}
        upsert = results.milliseconds(taken[engines[0].name]["upsert"])
        first = results.milliseconds(taken[engines[0].name]["first"])
        lines.append([f"{count:,}", upsert, first, *(results.milliseconds(refresh[e.name]) for e in engines), ratio(refresh)])
    header = ["changed orders", f"upsert {engines[0].name}, ms", "first round", *(f"{engine.name}, ms" for engine in engines), "ratio"]
    results.table(header, lines)
    print("the layers agree" if report["equal"] else "THE LAYERS DIFFER")
    return report


def fill(engine, orders, data):
    """Makes and loads the bronze tables."""
    folder = data / f"keycrm-{orders}"
    environment.generate("keycrm", folder, "--orders", orders)
    engine.script(engine.bronze((KEYCRM / "sources/bronze.sql").read_text()))
    for table in TABLES:
        engine.run(f"COPY {table} FROM '{folder}/{table}.csv' (HEADER true)")


def build(engine, layers):
    """The first full build. DuckDB rebuilds with the same SELECTs."""
    if engine.name == "olap":
        return engine.script(layers) + engine.run("REFRESH ALL")[0]
    return sum(engine.run(f"CREATE OR REPLACE TABLE {name} AS {query}")[0] for name, query in MODEL.findall(layers))


def change(count, orders, engines, layers, data):
    """Raises the totals of `count` random orders, other ones each round, then refreshes or rebuilds.

    Returns each engine's figures: of olap the first round (parts of the file not read before) and the median of
    all; DuckDB rebuilds once, whatever changed.
    """
    taken = {}
    for number in range(ROUNDS):
        file = changed_keys(count, orders, number, data)
        # DuckDB takes every round's changes, so that the layers stay comparable; the last one is rebuilt.
        for name, times in change_once(file, engines, layers, number == ROUNDS - 1).items():
            taken.setdefault(name, []).append(times)
    figures = {}
    for name, times in taken.items():
        refreshes = [round_["refresh"] for round_ in times if round_["refresh"] is not None]
        figures[name] = {
            "upsert": statistics.median(round_["upsert"] for round_ in times),
            "first": refreshes[0],
            "refresh": statistics.median(refreshes),
        }
    return figures


def changed_keys(count, orders, number, data):
    """A file with the ids of `count` random orders, others for each number."""
    file = data / f"changes-{orders}-{count}-{number}.csv"
    keys = random.Random(count * ROUNDS + number).sample(range(1, orders + 1), min(count, orders))
    file.write_text("".join(f"{key}\n" for key in keys))
    return file


def upsert(engine, file):
    """Raises the totals of the orders in `file`; the seconds of writing them."""
    for table in ["changes", "batch"]:
        engine.run(f"DROP TABLE IF EXISTS {table}")
    engine.run("CREATE TABLE changes (id BIGINT)")
    engine.run(f"COPY changes FROM '{file}' (HEADER false)")
    engine.run("CREATE TABLE batch AS SELECT * FROM orders WHERE id IN (SELECT id FROM changes)")
    engine.run("UPDATE batch SET grand_total = grand_total + 1.00")
    return engine.run("INSERT OR REPLACE INTO orders SELECT * FROM batch")[0]


def change_once(file, engines, layers, is_last):
    """Upsert and refresh of one round; DuckDB rebuilds in the last one only."""
    taken = {}
    for engine in engines:
        upserted = upsert(engine, file)
        refresh = None
        if engine.name == "olap":
            refresh = engine.run("REFRESH ALL")[0]
        elif is_last:
            refresh = build(engine, layers)
        taken[engine.name] = {"upsert": upserted, "refresh": refresh}
    return taken


def agree(engines):
    if len(engines) < 2:
        return True
    return all(results.same(*(engine.run(check)[1] for engine in engines)) for check in CHECKS)


def ratio(times):
    return f"{times['olap'] / max(times['duckdb'], 1e-9):.4f}" if len(times) > 1 else "-"
