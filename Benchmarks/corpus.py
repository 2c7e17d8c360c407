#!/usr/bin/env python3
"""Reads the corpus of awkward files with olap and with DuckDB, and shows both beside what is expected.

Usage: corpus.py [OLAP_BINARY]. Needs the `duckdb` Python module (make bench installs it).
"""

import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CORPUS = os.path.join(ROOT, "Tests", "OlapFormatsTests", "Corpus")


def unescape(text):
    if text == "\\N":
        return None
    out, i = "", 0
    while i < len(text):
        if text[i] == "\\" and i + 1 < len(text):
            out += {"t": "\t", "n": "\n", "r": "\r", "0": "\0"}.get(text[i + 1], text[i + 1])
            i += 2
        else:
            out += text[i]
            i += 1
    return out


def expectation(path):
    result = {"options": "", "columns": [], "rows": [], "error": None, "why": ""}
    for line in open(path, encoding="utf-8", newline="\n").read().split("\n"):
        kind, _, rest = line.partition(": ")
        if line.startswith("# "):
            result["why"] = line[2:]
        elif kind == "options":
            result["options"] = ", " + rest
        elif kind == "column":
            result["columns"].append(rest)
        elif kind == "error":
            result["error"] = rest
        elif kind == "row":
            result["rows"].append([unescape(v) for v in rest.split("\t")])
    return result


def query(path, options):
    reader = "read_json" if path.endswith("json") else "read_csv"
    return f"SELECT * FROM {reader}('{path}'{options})"


def run_olap(binary, sql):
    types = f"DESCRIBE {sql}"
    command = [binary, ":memory:", "-json", "-c", "SET TimeZone = 'UTC'", "-c"]
    described = subprocess.run(command + [types], capture_output=True, text=True)
    if described.returncode:
        return "error", described.stderr.strip().split("\n")[0]
    columns = [f"{r['column_name']} {r['column_type']}" for r in json.loads(described.stdout)]
    names = ", ".join(
        '"%s"::VARCHAR AS c%d' % (r["column_name"].replace('"', '""'), i)
        for i, r in enumerate(json.loads(described.stdout))
    )
    rows = subprocess.run(command + [f"SELECT {names} FROM ({sql})"], capture_output=True, text=True)
    if rows.returncode:
        return "error", rows.stderr.strip().split("\n")[0]
    values = json.loads(rows.stdout or "[]")
    return columns, [list(r.values()) for r in values]


def run_duckdb(sql):
    import duckdb

    try:
        connection = duckdb.connect()
        try:
            connection.execute("SET TimeZone = 'UTC'")
        except duckdb.Error:
            pass
        connection.execute(f"CREATE TEMP TABLE result AS {sql}")
        described = connection.execute("DESCRIBE result").fetchall()
        columns = [f"{r[0]} {r[1]}" for r in described]
        names = ", ".join('"%s"::VARCHAR' % r[0].replace('"', '""') for r in described)
        rows = connection.execute(f"SELECT {names} FROM result").fetchall()
        return columns, [list(r) for r in rows]
    except Exception as error:  # every failure is a result here
        return "error", str(error).split("\n")[0]


def plain(columns):
    """Type names without the quotes that engines put around field names."""
    return [c.replace('"', "") for c in columns] if isinstance(columns, list) else columns


def verdict(result, wanted):
    if wanted["error"]:
        return "right" if result[0] == "error" else "accepted"
    if result[0] == "error":
        return "error"
    if plain(result[0]) != plain(wanted["columns"]):
        return "types"
    return "right" if result[1] == wanted["rows"] else "rows"


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, ".build", "release", "olap")
    files = sorted(f for f in glob.glob(CORPUS + "/*") if not f.endswith(".expected"))
    counts = {"olap": 0, "duckdb": 0}
    print(f"{'file':44} {'olap':9} {'duckdb':9} what duckdb gives instead")
    for path in files:
        wanted = expectation(path + ".expected")
        sql = query(path, wanted["options"])
        ours, theirs = run_olap(binary, sql), run_duckdb(sql)
        a, b = verdict(ours, wanted), verdict(theirs, wanted)
        counts["olap"] += a == "right"
        counts["duckdb"] += b == "right"
        note = ""
        if b == "error":
            note = theirs[1][:90]
        elif b == "types":
            note = ", ".join(theirs[0])[:90]
        elif b in ("rows", "accepted"):
            note = str(theirs[1][:2])[:90]
        if a != "right":
            note += f"   OLAP: {ours}"[:200]
        print(f"{os.path.basename(path):44} {a:9} {b:9} {note}")
    print(f"\nright: olap {counts['olap']} of {len(files)}, duckdb {counts['duckdb']} of {len(files)}")
    return 0 if counts["olap"] == len(files) else 1


if __name__ == "__main__":
    sys.exit(main())
