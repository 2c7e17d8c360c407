"""The virtual environment of the benchmarks: made on first use, with the packages they compare with."""

import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = HERE / ".venv"
PACKAGES = ["duckdb>=2.0"]


def enter():
    """Restarts the running script inside the environment, unless it is there already."""
    if pathlib.Path(sys.prefix).resolve() == VENV.resolve():
        return
    python = VENV / "bin" / "python"
    if not (VENV / "complete").exists():
        print(f"making {VENV.relative_to(ROOT)}", file=sys.stderr)
        venv.create(VENV, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True
        )
        (VENV / "complete").touch()
    os.execv(python, [str(python), *sys.argv])


def generate(dataset, folder, *options):
    """Writes a generated data set into `folder`, unless the same options already did."""
    folder = pathlib.Path(folder)
    stamp = folder / ".complete"
    command = [str(ROOT / ".build/release/olap-datasets"), dataset, *map(str, options), "--out", str(folder)]
    if stamp.exists() and stamp.read_text() == " ".join(command):
        return
    subprocess.run(command, check=True)
    stamp.write_text(" ".join(command))
