"""Whether the cost of a refresh follows the change or the table: the same changes over N and over 10 N orders.

Both databases are open at once and take turns, so that whatever else the machine does falls on both.
"""

import statistics

import environment
import refreshes
import results

ROUNDS = 9
FACTOR = 10


def run(orders, change_counts, engines, data):
    """Milliseconds of `REFRESH ALL` over both sizes. `engines` are two databases of olap."""
    small, large = orders, orders * FACTOR
    print(f"\nRefresh over {small:,} and over {large:,} orders, in turns")
    for engine, size in zip(engines, [small, large]):
        refreshes.fill(engine, size, data)
        refreshes.build(engine, (refreshes.KEYCRM / "layers.sql").read_text())
    report = {"orders": [small, large], "changes": {}, "equal": True}
    lines = []
    for count in change_counts:
        taken = [[], []]
        for number in range(ROUNDS):
            for engine, size, times in zip(engines, [small, large], taken):
                refreshes.upsert(engine, refreshes.changed_keys(count, size, number, data))
                times.append(engine.run("REFRESH ALL")[0])
        medians = [statistics.median(times) for times in taken]
        report["changes"][count] = {"refresh": medians}
        lines.append([f"{count:,}", *(results.milliseconds(time) for time in medians), f"{medians[1] / medians[0]:.2f}"])
    results.table(["changed orders", f"{small:,}, ms", f"{large:,}, ms", "ratio"], lines)
    return report
