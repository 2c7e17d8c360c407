"""The engines under comparison behind one interface: run a statement, say how long it took."""

import csv
import io
import pathlib
import re
import subprocess
import threading
import time

import duckdb

TIMER = re.compile(r"^Run Time \(s\): real ([0-9.]+)")


class EngineError(Exception):
    """A statement failed."""


class Olap:
    """One `olap shell` process fed over its standard input.

    The shell flushes after every statement, and prints each one's time when `.timer` is on: starting the process
    and opening the file are no part of a measurement.
    """

    name = "olap"

    def __init__(self, path, binary, threads=None):
        self.path = pathlib.Path(path)
        command = [str(binary), "shell", str(path), "-csv", "-header", "-continue"]
        if threads:
            command += ["-threads", str(threads)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1 << 16
        )
        self.errors = []
        self.reader = threading.Thread(target=self._read_errors, daemon=True)
        self.reader.start()
        self.statements = 0
        self._send(".timer on")

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line)

    def _send(self, text):
        try:
            self.process.stdin.write(text + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise EngineError(self._failure("the shell has ended")) from None

    def _failure(self, otherwise):
        self.reader.join(0.2)
        text = "".join(self.errors).strip() or otherwise
        self.errors.clear()
        return text

    def run(self, sql):
        """Returns the seconds the shell reports and the rows as texts, without the header."""
        self.statements += 1
        mark = f"--end-of-statement-{self.statements}--"
        self._send(sql.strip().removesuffix(";") + ";")
        self._send(f".print {mark}")
        lines, seconds = [], 0.0
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise EngineError(self._failure("the shell has ended"))
            if line.rstrip("\n") == mark:
                break
            timed = TIMER.match(line)
            if timed:
                seconds += float(timed[1])
            else:
                lines.append(line)
        if self.errors:
            raise EngineError(self._failure(""))
        return seconds, list(csv.reader(io.StringIO("".join(lines))))[1:]

    def script(self, sql):
        """Runs several statements, none of which holds a semicolon inside; returns the seconds of all."""
        comments_removed = re.sub(r"--[^\n]*", "", sql)
        return sum(self.run(statement)[0] for statement in comments_removed.split(";") if statement.strip())

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # It has ended already; what failed was reported then.
        self.process.wait()

    def file_bytes(self):
        return _size(self.path, "-wal")

    def bronze(self, sql):
        return sql


class DuckDB:
    """DuckDB as a library in this process; a result is timed until it is complete, not until Python has its rows."""

    name = "duckdb"

    def __init__(self, path, threads=None):
        self.path = pathlib.Path(path)
        self.connection = duckdb.connect(str(path))
        if threads:
            self.connection.execute(f"SET threads = {threads}")

    def run(self, sql):
        start = time.perf_counter()
        try:
            self.connection.execute(sql)
        except duckdb.Error as error:
            raise EngineError(str(error)) from None
        seconds = time.perf_counter() - start
        return seconds, self.connection.fetchall() if self.connection.description else []

    def script(self, sql):
        self.connection.execute(sql)

    def close(self):
        self.connection.close()

    def file_bytes(self):
        return _size(self.path, ".wal")

    def bronze(self, sql):
        """DuckDB has no layers and no expectations: a bronze table is a table."""
        sql = re.sub(r",\s*CONSTRAINT \w+ EXPECT \(.*?\) ON VIOLATION \w+", "", sql)
        return sql.replace("CREATE BRONZE TABLE", "CREATE TABLE")


def _size(path, wal_suffix):
    wal = path.with_name(path.name + wal_suffix)
    return path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)
