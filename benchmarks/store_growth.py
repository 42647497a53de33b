"""How large the store becomes: `python -m benchmarks.store_growth`.

Tables with a commit every 15 minutes are read by the default monitors for some months of simulated
time, and every gauge of theirs moves with every commit: more than real tables do. One SQLite store
is pruned every day by the default policy, as `serve` does; another one never, until the end, when
it is pruned at once while a thread goes on writing to it and says how long it had to wait.

Bytes are those of the pages that a table and its indexes take in the file; what pruning frees is
used again by what comes later. "Per table" means a table of the lake.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import monitors
from limnograph.store import Keep, OutcomeRow, Policy, Record, Seen, Store, open_store
from limnograph.store.describing import StoreInfo, describe
from monitors.core import CommitFact, Cursor, Metric, Monitor, Outcome, Reading, Subject

START = datetime(2026, 1, 1, tzinfo=UTC)
EVERY = timedelta(minutes=15)
DAY = timedelta(days=1)
COMMITS = DAY // EVERY
READ = [monitor for monitor in monitors.ALL if monitor.scope == "table"]
GAUGES = [metric for monitor in READ for metric in monitor.metrics if metric.kind == "gauge"]
POLICY = Policy(metrics={metric.name: Keep(rollup=metric.rollup) for metric in GAUGES})


def write_day(store: Store, subjects: Sequence[Subject], day: int) -> None:
    """What a day's cycles write, in one reading per monitor and table: the same rows, sooner."""
    now = START + (day + 1) * DAY
    run = f"{now:%Y%m%dT%H%M%SZ}-0a1b2c"
    for subject in subjects:
        for monitor in READ:
            before = Cursor(f"v{day - 1}", {}) if day else None
            reading = readings(subject, monitor, day)
            record = Record(subject, monitor.name, run, reading, Seen(1, before), "UTC", now)
            assert store.write(record)


def readings(subject: Subject, monitor: Monitor, day: int) -> Reading:
    """A day of commits as one monitor sees them."""
    numbers = range(day * COMMITS, (day + 1) * COMMITS)
    gauges = [metric for metric in monitor.metrics if metric.kind == "gauge"]
    return Reading(
        measurements=tuple(
            metric(1e9 + 977 * number, *labels(metric, subject), at=START + number * EVERY)
            for metric in gauges
            for number in numbers
        ),
        facts=tuple(map(commit, numbers)) if monitor.name == "ingestion" else (),
        cursor=Cursor(f"v{day}"),
    )


def labels(metric: Metric, subject: Subject) -> tuple[str, ...]:
    """The table's labels; where a metric has more, one value for each."""
    more = len(metric.labels) - len(subject.labels)
    return (*subject.labels, *["some"] * more)


def commit(number: int) -> CommitFact:
    """A commit that inserted rows and removed some small files."""
    at = START + number * EVERY
    return CommitFact(
        number, at, "WRITE", 977, 31, 7, 970, 9_700_001, 40_009, 3, 1, "log", exact=True
    )


@dataclass(slots=True)
class Waiting:
    """A writer beside the pruning; `longest` is in seconds."""

    store: Store
    longest: float = 0.0
    writes: int = 0

    def write_until(self, stop: threading.Event) -> None:
        while not stop.wait(0.01):
            started = time.perf_counter()
            row = OutcomeRow("table:other", "ingestion", Outcome.ASSESSED, START, "run")
            self.store.touch([row])
            self.longest = max(self.longest, time.perf_counter() - started)
            self.writes += 1


def prune_beside_a_writer(url: str, now: datetime) -> str:
    """Prune everything at once; what it took, and what it cost the writer."""
    stop = threading.Event()
    with open_store(url) as store, open_store(url) as other:
        waiting = Waiting(other)
        thread = threading.Thread(target=waiting.write_until, args=(stop,))
        thread.start()
        started = time.perf_counter()
        removed = store.prune(POLICY, now)
        took = time.perf_counter() - started
        stop.set()
        thread.join()
    rows = sum(removed.values())
    return (
        f"pruned at once: {rows:,} rows in {took:.1f} s, {rows / took:,.0f} a second; of "
        f"{waiting.writes} writes meanwhile the slowest took {waiting.longest * 1000:.0f} ms"
    )


def show(what: str, found: StoreInfo, tables: int, days: int) -> None:
    print(f"\n{what}: {used(found) / 1e6:.1f} MB, {used(found) / tables / 1e3:.1f} kB per table")
    print(f"  {'table':12}{'rows':>12}{'bytes':>14}{'per row':>10}{'per table and day':>20}")
    for name, table in found.tables.items():
        size = table.bytes or 0
        if table.rows:
            each, daily = size / table.rows, size / tables / days
            print(f"  {name:12}{table.rows:>12,}{size:>14,}{each:>10.1f}{daily:>20,.0f}")


def used(found: StoreInfo) -> int:
    return found.bytes - found.free_bytes


def grow(folder: Path, tables: int, days: int) -> None:
    pruned, kept = (f"sqlite:///{folder / name}.db" for name in ("pruned", "kept"))
    subjects = [Subject("table", f"main.bronze.table_{number}") for number in range(tables)]
    for line in simulate(pruned, subjects, days):
        print(line, flush=True)
    with open_store(kept) as store:
        for day in range(days):
            write_day(store, subjects, day)
    end = START + days * DAY
    show("never pruned", describe(kept, POLICY, end), tables, days)
    print(prune_beside_a_writer(kept, end))
    show("then pruned", describe(kept, POLICY, end), tables, days)
    show("pruned every day", describe(pruned, POLICY, end), tables, days)


def simulate(url: str, subjects: Sequence[Subject], days: int) -> Iterator[str]:
    """Read and prune day by day; a line for each month, as the store stands then."""
    longest = 0.0
    with open_store(url) as store:
        for day in range(days):
            write_day(store, subjects, day)
            now, started = START + (day + 1) * DAY, time.perf_counter()
            store.prune(POLICY, now)
            longest = max(longest, time.perf_counter() - started)
            if (day + 1) % 30 == 0:
                found = describe(url, POLICY, now)
                yield (
                    f"pruned every day, after {day + 1:4} days: {used(found) / 1e6:7.1f} MB, "
                    f"{used(found) / len(subjects) / 1e3:8.1f} kB per table; a day's pruning took "
                    f"{longest * 1000:.0f} ms at most"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", type=int, default=5)
    parser.add_argument("--days", type=int, default=120)
    arguments = parser.parse_args()
    names = ", ".join(monitor.name for monitor in READ)
    print(f"{arguments.tables} tables, {COMMITS} commits a day, {arguments.days} days")
    print(f"{names}: {len(GAUGES)} gauges per table, of which every one moves with every commit")
    with tempfile.TemporaryDirectory() as name:
        grow(Path(name), arguments.tables, arguments.days)


if __name__ == "__main__":
    main()
