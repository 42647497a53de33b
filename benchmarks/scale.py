"""Cycles over many tables: against the raw lower bound on the same objects, and against deltalake.

Some tables that deltalake wrote stand for all of them: a loopback S3 with latency presents each as
many, and on disk many symlinks lead to each. Every cycle is `limnograph run`, a process of its
own; CPU is that of its process tree, the server's is not in it. The peers read a few of the tables
in one process: deltalake's `history()`, and its change feed where a table has one.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from benchmarks.loopback_s3 import BUCKET, running
from benchmarks.raw_reads import read_all, read_disk
from limnograph import logs
from limnograph.service import opened
from limnograph.settings import load

PROGRAM = Path(sys.executable).with_name("limnograph")
FEED = {"delta.enableChangeDataFeed": "true"}
_EVERY = 0.05  # seconds between two looks at a process tree


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds, requests (None on disk), and the greatest memory of the process tree in bytes."""

    wall: float
    cpu: float
    requests: int | None
    peak: int


@dataclass(frozen=True, slots=True)
class Lake:
    """Where the tables are, for us and for the peers."""

    name: str
    prefix: str
    options: Mapping[str, str]

    def requests(self) -> int | None:
        """What the server has answered so far."""
        if not self.options:
            return None
        with urllib.request.urlopen(f"{self.options['AWS_ENDPOINT_URL']}/requests") as answer:
            return int(answer.read())


def build(folder: Path, templates: int, commits: int) -> None:
    """Tables that were appended to and deleted from; every other one has a change feed."""
    for number in range(templates):
        table = folder / f"template_{number:04}"
        for version in range(commits):
            commit(table, version, FEED if number % 2 else None)


def commit(table: Path, version: int, properties: Mapping[str, str] | None = None) -> None:
    """One more commit: every tenth is a delete."""
    if version % 10 == 9:
        DeltaTable(str(table)).delete(f"id = {version - 1}")
        return
    rows = pa.table({"id": [version] * 10, "text": [f"row {version}"] * 10})
    configuration = dict(properties) if properties and version == 0 else None
    write_deltalake(str(table), rows, mode="append", configuration=configuration)


def configure(folder: Path, lake: Lake, tables: int, name: str) -> Path:
    """A configuration of the tables, with a store of its own."""
    options = "".join(f"    {key}: {_reference(key)}\n" for key in lake.options)
    listed = "".join(
        f"  - {{name: table_{number:05}, uri: '{lake.prefix}/table_{number:05}'}}\n"
        for number in range(tables)
    )
    head = f"store: sqlite:///{name}.db\nrun: {{log_only: true}}\n"
    defaults = f"defaults:\n  storage_options:\n{options}" if options else ""
    file = folder / f"{name}.yaml"
    file.write_text(f"{head}{defaults}tables:\n{listed}")
    return file


def _reference(key: str) -> str:
    return f"env:{key}"


def measured(command: Sequence[str], lake: Lake) -> Cost:
    """What a command took."""
    before, started, spent = lake.requests(), time.perf_counter(), _cpu_of_children()
    environment = {**os.environ, **lake.options}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment) as process_of:
        process, peak = psutil.Process(process_of.pid), 0
        while process_of.poll() is None:
            peak = max(peak, _memory(process))
            time.sleep(_EVERY)
        wall = time.perf_counter() - started
    if process_of.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process_of.returncode}")
    after = lake.requests()
    asked = None if before is None or after is None else after - before
    return Cost(wall, _cpu_of_children() - spent, asked, peak)


def _cpu_of_children() -> float:
    """CPU seconds of the processes that have ended; the server has not."""
    usage = os.times()
    return usage.children_user + usage.children_system


def _memory(process: psutil.Process) -> int:
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += one.memory_full_info().pss
    return total


def cycle(name: str, lake: Lake, file: Path, tables: int, known: int | None) -> None:
    """One cycle of ours and its lower bound, printed."""
    ours = measured([str(PROGRAM), "run", "-c", str(file)], lake)
    after = [] if known is None else ["--after", str(known)]
    raw = [sys.executable, "-m", "benchmarks.raw_reads", lake.prefix, str(tables), *after]
    bound = measured(raw, lake)
    print(f"{lake.name}, {name}")
    for label, cost in (("limnograph", ours), ("raw bound", bound)):
        asked = (
            "" if cost.requests is None else f"   {cost.requests / tables:6.2f} requests a table"
        )
        print(
            f"  {label:12} wall {cost.wall:7.2f} s   CPU {cost.cpu:7.2f} s{asked}"
            f"   peak {cost.peak / 2**20:5.0f} MiB"
        )
    print(
        f"  limnograph / raw bound: {ours.wall / bound.wall:.2f} wall, "
        f"{ours.cpu / bound.cpu:.2f} CPU",
        flush=True,
    )


def in_service(lake: Lake, file: Path, tables: int, known: int, rounds: int = 5) -> None:
    """Idle cycles as `serve` runs them, one after another in a process that has begun long ago."""
    os.environ.update(lake.options)
    names = [f"table_{number:05}" for number in range(tables)]
    after = f"{known:020d}.json"
    logs.configure(level="warning")
    with opened(load(file)) as service:
        service.refresh()
        due = service.due()
        ours = [_timed(lambda: asyncio.run(service.cycle(due))) for _ in range(rounds)]
    if lake.options:
        bound = [_timed(lambda: asyncio.run(read_all(names, after))) for _ in range(rounds)]
    else:
        paths = [f"{lake.prefix}/{name}" for name in names]
        bound = [_timed(lambda: [read_disk(at, after) for at in paths]) for _ in range(rounds)]
    print(f"{lake.name}, idle cycle within a service, median of {rounds}")
    for label, costs in (("limnograph", ours), ("raw bound", bound)):
        wall, cpu = (statistics.median(seconds) for seconds in zip(*costs, strict=True))
        print(f"  {label:12} wall {wall:7.2f} s   CPU {cpu:7.2f} s", flush=True)


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def peers(lake: Lake, tables: int) -> None:
    """deltalake on some of the tables, one after the other; seconds for each table."""
    uris = [f"{lake.prefix}/table_{number:05}" for number in range(tables)]
    history = _seconds(
        lambda: [DeltaTable(u, storage_options=_options(lake)).history() for u in uris]
    )
    feed = _seconds(lambda: [_feed(u, lake) for u in uris[1::2]])
    print(f"{lake.name}, deltalake on {tables} tables, seconds a table")
    print(f"  history()    {history / tables:7.3f}")
    print(f"  change feed  {feed / len(uris[1::2]):7.3f}", flush=True)


def _options(lake: Lake) -> dict[str, str] | None:
    return dict(lake.options) or None


def _feed(uri: str, lake: Lake) -> int:
    table = DeltaTable(uri, storage_options=_options(lake))
    changes = table.load_cdf(0, columns=["_change_type", "_commit_version"])
    return sum(batch.num_rows for batch in changes)


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


@contextmanager
def on_s3(folder: Path, templates: int, latency: float) -> Iterator[Lake]:
    with running(folder, latency, templates) as options:
        yield Lake(f"S3, {latency * 1000:.0f} ms", f"s3://{BUCKET}", options)


def on_disk(folder: Path, templates: int, tables: int) -> Lake:
    lake = folder / "lake"
    lake.mkdir(exist_ok=True)
    for number in range(tables):
        link = lake / f"table_{number:05}"
        if not link.exists():
            link.symlink_to(folder / f"template_{number % templates:04}")
    return Lake("disk", str(lake), {})


def cycles(folder: Path, lake: Lake, tables: int, templates: int, commits: int, name: str) -> None:
    """First, idle, and with one new commit per table."""
    file = configure(folder, lake, tables, name)
    cycle("first cycle", lake, file, tables, None)
    cycle("idle cycle", lake, file, tables, commits - 1)
    for number in range(templates):
        commit(folder / f"template_{number:04}", commits)
    cycle("one commit per table", lake, file, tables, commits - 1)
    in_service(lake, file, tables, commits)
    store = (folder / f"{name}.db").stat().st_size
    print(f"  the store holds {store / tables:,.0f} bytes per table", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--commits", type=int, default=200)
    parser.add_argument("--templates", type=int, default=20)
    parser.add_argument("--latency", type=float, default=0.02, help="seconds of each answer")
    parser.add_argument("--idle-tables", type=int, default=10_000, help="tables on disk, idle")
    arguments = parser.parse_args()
    tables, templates, commits = arguments.tables, arguments.templates, arguments.commits
    print(f"{tables} tables of {commits} commits, log only")
    for where in ("S3", "disk"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            build(folder, templates, commits)
            if where == "disk":
                cycles(
                    folder, on_disk(folder, templates, tables), tables, templates, commits, where
                )
                continue
            with on_s3(folder, templates, arguments.latency) as lake:
                cycles(folder, lake, tables, templates, commits, where)
                peers(lake, templates)
    idle(arguments.idle_tables, templates)


def idle(tables: int, templates: int) -> None:
    """Many tables of few commits on disk, of which nothing is new."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, templates, 5)
        lake = on_disk(folder, templates, tables)
        file = configure(folder, lake, tables, "idle")
        print(f"{tables} tables of 5 commits, log only")
        cycle("first cycle", lake, file, tables, None)
        cycle("idle cycle", lake, file, tables, 4)
        in_service(lake, file, tables, 4)


if __name__ == "__main__":
    main()
