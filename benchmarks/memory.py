"""Peak memory of the whole process tree in a log-only cycle.

`limnograph run` over many tables of a configuration, in a fresh process, first with everything to
read, then idle, then with one new commit per table. Memory is sampled every 20 ms as the sum of
the proportional set sizes of the process and all its children.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pyarrow as pa
from deltalake import write_deltalake

PROGRAM = Path(sys.executable).with_name("limnograph")
_EVERY = 0.02


def build(folder: Path, tables: int, commits: int) -> None:
    """One table written by deltalake, and copies of it."""
    first = folder / "lake" / "table_0000"
    for number in range(commits):
        rows = pa.table({"id": [number], "text": [f"row {number}"]})
        write_deltalake(str(first), rows, mode="append")
    for number in range(1, tables):
        shutil.copytree(first, folder / "lake" / f"table_{number:04}")
    (folder / "limnograph.yaml").write_text(
        "store: sqlite:///limnograph.db\nrun: {log_only: true}\ntables:\n  - glob: ./lake/*\n"
    )


def one_more_commit(folder: Path) -> None:
    """A new commit for every table, copied from the first."""
    first = folder / "lake" / "table_0000"
    before = {file.relative_to(first) for file in first.rglob("*") if file.is_file()}
    write_deltalake(str(first), pa.table({"id": [-1], "text": ["new"]}), mode="append")
    new = [file.relative_to(first) for file in first.rglob("*") if file.is_file()]
    for table in sorted((folder / "lake").iterdir())[1:]:
        for file in (name for name in new if name not in before):
            shutil.copy2(first / file, table / file)


def tree_bytes(process: psutil.Process) -> int:
    total = 0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += one.memory_full_info().pss
    return total


def cycle(folder: Path) -> tuple[float, float, int]:
    """Wall and CPU seconds of one cycle, and the greatest memory of its tree in bytes."""
    started = time.perf_counter()
    command = [str(PROGRAM), "run", "-c", str(folder / "limnograph.yaml")]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process, peak, cpu = psutil.Process(running.pid), 0, 0.0
    while running.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            peak = max(peak, tree_bytes(process))
            times = process.cpu_times()
            cpu = times.user + times.system
        time.sleep(_EVERY)
    if running.returncode:
        raise SystemExit(f"the cycle ended with {running.returncode}")
    return time.perf_counter() - started, cpu, peak


def show(name: str, run: Callable[[], tuple[float, float, int]]) -> None:
    wall, cpu, peak = run()
    print(f"{name:24} wall {wall:7.2f} s   CPU {cpu:7.2f} s   peak {peak / 2**20:6.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--commits", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, arguments.tables, arguments.commits)
        print(f"{arguments.tables} tables of {arguments.commits} commits, log only")
        show("first cycle", lambda: cycle(folder))
        show("idle cycle", lambda: cycle(folder))
        one_more_commit(folder)
        show("one commit per table", lambda: cycle(folder))


if __name__ == "__main__":
    main()
