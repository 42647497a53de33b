"""How long a scrape takes while a cycle writes: `python -m benchmarks.metrics`.

A server process holds a real store, the metrics feed and the HTTP server of `limnograph serve`, and
a thread that writes one reading after the other, as fast as the store takes them: more than a cycle
ever does. This process is the scraper. It asks 20 times a second for the whole page, over one
connection, and counts from when a scrape was to begin, so that one that waits for its predecessor
is not flattered. Latencies are until the last byte, in milliseconds. A first, short measurement
without a cycle shows what the machine itself adds.
"""

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle as forever
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

import psutil

from exporters.exposition import Exposition
from limnograph import self_metrics
from limnograph.settings import TableSettings
from limnograph.store import Record, Seen, Store, open_store
from limnograph.web.app import create_app
from limnograph.web.metrics_feed import MetricsFeed
from limnograph.web.server import Server
from monitors import freshness, ingestion
from monitors.core import CommitFact, Cursor, Reading, Subject, Totals

ROOT = Path(__file__).parents[1]
SERIES_PER_TABLE = 14
WARM_UP = 3.0
IDLE = 5.0
AIM = 20.0
ACCEPT = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
ON = {"ingestion": ingestion.Config(), "freshness": freshness.Config()}


def serve(series: int, folder: Path) -> None:
    """The server process: fill a store, serve it, write from the first line of stdin to its end."""
    subjects = [
        Subject("table", f"main.bronze.table_{number}")
        for number in range(series // SERIES_PER_TABLE)
    ]
    tables = [TableSettings(name=s.name, uri=f"/lake/{s.name}", monitors=ON) for s in subjects]
    exposition = Exposition([*ingestion.METRICS, *freshness.METRICS, *self_metrics.ALL])
    with open_store(f"sqlite:///{folder / 'limnograph.db'}") as store:
        writer = Writer(store)
        for subject in subjects:
            writer.write(subject)
        feed = MetricsFeed(store, exposition, lambda: tables, lambda: datetime.now(UTC))
        feed.start()
        with Server(create_app(exposition, list, dict)) as server:
            thread = threading.Thread(target=writer.write_all, args=(subjects,))
            tell(url=server.url, series=exposition.rendered.series)
            sys.stdin.readline()
            thread.start()
            sys.stdin.read()
            writer.stop.set()
            thread.join()
        feed.stop()
        tell(writes=writer.writes)


@dataclass(slots=True)
class Writer:
    """A cycle that never ends: each reading brings a commit, and moves every number of a table."""

    store: Store
    stop: threading.Event = field(default_factory=threading.Event)
    writes: int = 0
    version: int = 0

    def write_all(self, subjects: Sequence[Subject]) -> None:
        self.writes = 0
        for number, subject in enumerate(forever(subjects)):
            if number % len(subjects) == 0:
                self.version += 1
            if self.stop.is_set():
                break
            self.write(subject)

    def write(self, subject: Subject) -> None:
        now, version = datetime.now(UTC), self.version
        for monitor, reading in (
            ("ingestion", counted(subject, version, now)),
            ("freshness", fresh(subject, version, now)),
        ):
            totals = reading.cursor.totals if reading.cursor else {}
            before = {key: total - step(*key) for key, total in totals.items()}
            seen = Seen(1, Cursor(f"v{version - 1}", before), 1) if version else Seen()
            assert self.store.write(Record(subject, monitor, "run", reading, seen, "UTC", now))
            self.writes += 1


def counted(subject: Subject, version: int, now: datetime) -> Reading:
    """What ingestion reads of a table with so many commits."""
    labels = subject.labels
    commit = CommitFact(
        version, now, "WRITE", 977, 31, 7, 970, 9_700_001, 40_009, 3, 1, "log", exact=True
    )
    keys = [
        *((ingestion.CHANGES.name, (*labels, c)) for c in ("insert", "update", "delete")),
        *((ingestion.COUNTED.name, (*labels, source)) for source in ("log", "feed")),
        (ingestion.UNCOUNTED.name, (*labels, "no_metrics")),
    ]
    totals: Totals = {key: (version + 1) * step(*key) for key in keys}
    return Reading(
        measurements=(
            ingestion.ROWS(1_000_000 + 970 * version, *labels, at=now),
            ingestion.SIZE(5_000_000_000 + 9_700_001 * version, *labels, at=now),
            ingestion.FILES(200 + version, *labels, at=now),
        ),
        facts=(commit,),
        cursor=Cursor(f"v{version}", totals),
    )


def fresh(subject: Subject, version: int, now: datetime) -> Reading:
    """What freshness reads of it."""
    due, event = now + timedelta(hours=1), now - timedelta(minutes=1)
    return Reading(
        measurements=(
            freshness.LAST_COMMIT(now.timestamp(), *subject.labels, at=now),
            freshness.LAST_EVENT(event.timestamp(), *subject.labels, at=now),
            freshness.DUE(due.timestamp(), *subject.labels, at=now),
        ),
        cursor=Cursor(f"v{version}"),
    )


def step(name: str, labels: tuple[str, ...]) -> float:
    """What one commit adds to a counter."""
    return float(len(name) + len(labels[-1]))


def tell(**values: object) -> None:
    print(json.dumps(values), flush=True)


@dataclass(frozen=True, slots=True)
class Scrapes:
    """What the scraper saw: latencies in milliseconds and memory in MiB, both in order of time."""

    size: int
    latencies: list[float]
    memory: list[float]

    def row(self) -> dict[str, float]:
        first, last = quarters(self.latencies)
        memory_first, memory_last = quarters(self.memory)
        return {
            "bytes": self.size,
            "p50": percentile(self.latencies, 50),
            "p99": percentile(self.latencies, 99),
            "max": max(self.latencies),
            "p50 1st quarter": percentile(first, 50),
            "p50 4th quarter": percentile(last, 50),
            "MiB 1st quarter": fmean(memory_first),
            "MiB 4th quarter": fmean(memory_last),
        }


def quarters(values: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    count = max(2, len(values) // 4)
    return values[:count], values[-count:]


def percentile(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def scrape(url: str, process: psutil.Process, encoding: str, rate: int, seconds: float) -> Scrapes:
    """Ask `rate` times a second for so many seconds."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    buffer = memoryview(bytearray(1 << 20))
    size, latencies, memory = 0, [], []
    start = time.perf_counter()
    for number in range(int(rate * (WARM_UP + seconds))):
        begin = start + number / rate
        time.sleep(max(0.0, begin - time.perf_counter()))
        connection.request(
            "GET", "/metrics", headers={"Accept": ACCEPT, "Accept-Encoding": encoding}
        )
        answer = connection.getresponse()
        assert answer.status == 200
        size = 0
        while got := answer.readinto(buffer):
            size += got
        if number >= rate * WARM_UP:
            latencies.append((time.perf_counter() - begin) * 1000)
            memory.append(process.memory_info().rss / 2**20)
    connection.close()
    return Scrapes(size, latencies, memory)


@dataclass(slots=True)
class ServerProcess:
    """A server process, told by lines on its stdin and telling by lines on its stdout."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]

    def start_cycle(self) -> None:
        assert self.process.stdin
        print(file=self.process.stdin, flush=True)

    def scrape(self, encoding: str, rate: int, seconds: float) -> Scrapes:
        memory = psutil.Process(self.process.pid)
        return scrape(self.ready["url"], memory, encoding, rate, seconds)


@contextmanager
def server(series: int) -> Iterator[ServerProcess]:
    """A server process with so many series, ready to be scraped."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.metrics", "--serve", str(series), folder]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin
            assert process.stdout
            yield ServerProcess(process, told(process.stdout))
            process.stdin.close()
            print(f"  {told(process.stdout)['writes']} readings were written meanwhile")


def told(lines: Iterable[str]) -> dict[str, Any]:
    """The next JSON line; others are the log."""
    return dict(json.loads(next(line for line in lines if line.startswith("{"))))


def report(what: str, seen: Scrapes) -> None:
    row = seen.row()
    numbers = ", ".join(f"{name} {value:,.1f}" for name, value in row.items())
    verdict = "within" if row["p99"] < AIM else "over"
    print(f"  {what}: {numbers}; p99 {verdict} the aim of {AIM:g} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--series", type=int, nargs="+", default=[50_000, 150_000])
    parser.add_argument("--rate", type=int, default=20, help="scrapes a second")
    parser.add_argument("--seconds", type=float, default=25.0, help="of a measurement in a cycle")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(int(arguments.serve[0]), Path(arguments.serve[1]))
        return
    for series in arguments.series:
        with server(series) as process:
            print(f"{process.ready['series']} series, {arguments.rate} scrapes a second")
            for encoding in ("gzip", "identity"):
                report(f"{encoding}, idle", process.scrape(encoding, arguments.rate, IDLE))
            process.start_cycle()
            for encoding in ("gzip", "identity"):
                seen = process.scrape(encoding, arguments.rate, arguments.seconds)
                report(f"{encoding}, in a cycle", seen)


if __name__ == "__main__":
    main()
