#!/usr/bin/env python3
"""Builds the models of datasets/buyer-exporter-profiles with DuckDB and compares the report's figures."""

import environment

environment.enter()

import pathlib
import sys
import tempfile

import duckdb

PROJECT = environment.ROOT / "datasets/buyer-exporter-profiles"
MODELS = ["silver/stg_shipments_standardized", "silver/global_trades_ledger", "gold/buyer_profile", "gold/exporter_profile"]
EXPECTED = [
    [("INDONESIA", 65, 1002, 46271563), ("KENYA", 316, 1002, 22141781)],
    [("INDIA", 7, 8000, 813065738), ("INDONESIA", 65, 762, 441013757), ("KENYA", 7, 703, 34230086)],
    [("Value", 167, 34374), ("New", 126, 3679), ("Mid", 51, 234373), ("Small", 21, 4980), ("Whale", 16, 3134480)],
    [("40-59", 76), ("0-39", 3)],
    [("global_trades_ledger", 11469), ("stg_shipments_raw", 11469), ("stg_shipments_standardized", 11469)],
]


def build(connection, folder, clock):
    connection.execute((PROJECT / "sources/bronze.sql").read_text().replace("CREATE BRONZE TABLE", "CREATE TABLE"))
    for table in ["stg_shipments_raw", "organizations_master"]:
        connection.execute(f"COPY {table} FROM '{folder}/{table}.csv' (HEADER true)")
    for model in MODELS:
        query = (PROJECT / f"models/{model}.sql").read_text().replace("CURRENT_DATE", f"DATE '{clock}'")
        connection.execute(f"CREATE TABLE {model.split('/')[1]} AS {query}")


def main():
    connection = duckdb.connect()
    with tempfile.TemporaryDirectory() as folder:
        environment.generate("trade-profiles", folder)
        build(connection, folder, "2025-11-30")
    wrong = 0
    queries = [query for query in (PROJECT / "queries.sql").read_text().split(";") if query.strip()]
    for query, expected in zip(queries, EXPECTED):
        found = connection.execute(query).fetchall()
        wrong += found != expected
        print("ok  " if found == expected else "NO  ", found)
    for test in sorted((PROJECT / "tests").glob("*.sql")):
        failing = connection.execute(test.read_text()).fetchall()
        wrong += bool(failing)
        print("ok  " if not failing else "NO  ", test.stem, failing[:2])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
