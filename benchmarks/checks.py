"""Judging many tables: cycles with four stored checks a table, against the same cycles without.

Each table has 60 days of commits, four a day, in a log written by hand, and a threshold, a
freshness, a volume and a schema check. The raw lower bound of a check is the cycle that reads the
same tables and judges nothing. CPU is that of the process and its workers; the clock of the service
is the benchmark's, so that an hour and a day may pass.
"""

import argparse
import asyncio
import json
import logging
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from limnograph.service import opened
from limnograph.settings import load

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS, A_DAY = 60, 4
CHECKS = """\
  checks:
  - {type: threshold, metric: lakehouse_table_rows, comparison: below, fail: 1}
  - {type: freshness, max_age: 26h}
  - {type: volume}
  - {type: schema}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of a cycle, and how many verdicts it gave."""

    wall: float
    cpu: float
    verdicts: int


def build(folder: Path, tables: int) -> None:
    """Logs whose last commit is of seven in the morning."""
    for number in range(tables):
        log = folder / f"t{number:04}" / "_delta_log"
        log.mkdir(parents=True)
        for version in range(DAYS * A_DAY):
            back = timedelta(hours=6) * (DAYS * A_DAY - 1 - version)
            commit(log, version, NOON - timedelta(hours=5) - back)


def commit(log: Path, version: int, at: datetime) -> None:
    """One more commit of a table."""
    stamp, rows = int(at.timestamp() * 1000), 1000 + version * 37 % 83
    actions: list[dict[str, object]] = [
        {"commitInfo": {"timestamp": stamp, "operation": "WRITE", "operationParameters": {}}}
    ]
    if version == 0:
        columns = [
            {"name": name, "type": type_, "nullable": True, "metadata": {}}
            for name, type_ in (("id", "long"), ("text", "string"))
        ]
        schema = json.dumps({"type": "struct", "fields": columns})
        about = {"id": str(log), "format": {"provider": "parquet", "options": {}}}
        more = {"schemaString": schema, "partitionColumns": [], "configuration": {}}
        actions += [
            {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": {**about, **more}},
        ]
    stats = json.dumps({"numRecords": rows})
    file = {"path": f"{version}.parquet", "partitionValues": {}, "size": 100_000}
    actions.append({"add": {**file, "modificationTime": stamp, "dataChange": True, "stats": stats}})
    text = "".join(f"{json.dumps(action)}\n" for action in actions)
    (log / f"{version:020}.json").write_text(text)


def configured(folder: Path, tables: int, checks: str) -> Path:
    """The configuration of all tables, with a store of its own."""
    file = folder / ("with.yaml" if checks else "without.yaml")
    items = "".join(f"- name: t{n:04}\n  uri: lake/t{n:04}\n{checks}" for n in range(tables))
    file.write_text(f"store: sqlite:///{file.stem}.db\ntables:\n{items}")
    return file


def cycles(file: Path, steps: Sequence[tuple[datetime, Callable[[], None]]]) -> list[Cost]:
    """The costs of a cycle at each time, before which something was done."""
    found = []
    for now, before in steps:
        before()
        with opened(load(file), lambda now=now: now) as service:  # type: ignore[misc]
            service.refresh()
            due = service.due()
            began, cpu = time.perf_counter(), _cpu()
            result = asyncio.run(service.cycle(due))
            wall = time.perf_counter() - began
        found.append(Cost(wall, _cpu() - cpu, sum(len(one.verdicts) for one in result.checks)))
    return found


def _cpu() -> float:
    own, children = (
        resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def measure(tables: int) -> None:
    """Print what each cycle costs without checks and with them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder / "lake", tables)
        logs = [folder / "lake" / f"t{n:04}" / "_delta_log" for n in range(tables)]

        def arrive(version: int, at: datetime) -> None:
            for log in logs:
                commit(log, version, at)

        day = NOON + timedelta(days=1)
        later = DAYS * A_DAY
        titles = (
            "first look",
            "again, nothing new",
            "an hour later",
            "a day later, one commit each",
        )
        rows = []
        for checks in ("", CHECKS):
            for log in logs:
                (log / f"{later:020}.json").unlink(missing_ok=True)
            steps: list[tuple[datetime, Callable[[], None]]] = [
                (NOON, lambda: None),
                (NOON + timedelta(minutes=5), lambda: None),
                (NOON + timedelta(hours=1), lambda: None),
                (day, lambda: arrive(later, NOON - timedelta(hours=5) + timedelta(days=1))),
            ]
            rows.append(cycles(configured(folder, tables, checks), steps))
        show(tables, titles, *rows)


def show(tables: int, titles: Sequence[str], without: list[Cost], judged: list[Cost]) -> None:
    """The table."""
    print(f"{tables:,} tables, {DAYS * A_DAY} commits each, CPU seconds of a cycle\n")
    print(f"{'':32}{'without':>10}{'with':>10}{'ratio':>8}{'verdicts':>10}{'ms each':>9}")
    for title, plain, more in zip(titles, without, judged, strict=True):
        each = 1000 * (more.cpu - plain.cpu) / more.verdicts if more.verdicts else 0.0
        print(
            f"{title:32}{plain.cpu:10.2f}{more.cpu:10.2f}{more.cpu / plain.cpu:8.2f}"
            f"{more.verdicts:10,}{each:9.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1000)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    measure(parser.parse_args().tables)


if __name__ == "__main__":
    main()
