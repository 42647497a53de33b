"""Runners are killed while a writer writes, and yet every row is counted once."""

import json
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from deltalake import DeltaTable

from limnograph.store import Store, open_store
from monitors import ingestion
from monitors.core import CommitFact
from tests.crash.harness import PHASES, Killer, Nursery, ended, nursery, script

Change = tuple[int | None, int | None, int | None]
"""Rows inserted, updated, deleted."""

TABLES = ("labels", "posts")


@contextmanager
def writing(folder: Path, seed: int) -> Iterator[None]:
    """A writer of two tables, from their first commits to the end of the block."""
    folder.mkdir()
    log = folder.parent / "writer.log"
    with script("writer.py", folder, seed, log=log) as writer:
        while not (folder / "ledger").exists() or len(books(folder)) < 2 * len(TABLES):
            assert writer.poll() is None, log.read_text()
            time.sleep(0.01)
        yield
        assert writer.poll() is None, log.read_text()
    assert writer.returncode == 0, log.read_text()


def books(folder: Path) -> list[tuple[str, Change]]:
    """The writer's own books: what each commit did, by table."""
    lines = (folder / "ledger").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    return [(e["table"], (e["inserted"], e["updated"], e["deleted"])) for e in entries]


def changes_by_the_books(folder: Path, table: str) -> list[Change]:
    """What each version of a table did, in order of version."""
    return [change for name, change in books(folder) if name == table]


def change(fact: CommitFact) -> Change:
    return fact.inserted, fact.updated, fact.deleted


def totals(store: Store, metric: str, table: str) -> dict[str, float]:
    """The totals of a counter of one table, by its last label."""
    rows = store.counters([f"table:{table}"])
    return {row.labels[-1]: row.value for row in rows if row.metric == metric}


def summed(changes: list[Change]) -> dict[str, int]:
    names = ("insert", "update", "delete")
    return {name: sum(one[place] or 0 for one in changes) for place, name in enumerate(names)}


def check(store: Store, folder: Path, table: str) -> None:
    """Counters, facts, buckets and gauges of a table are what the writer did to it."""
    subject = f"table:{table}"
    truth = changes_by_the_books(folder, table)
    delta = DeltaTable(folder / table)
    assert len(truth) == delta.version() + 1
    facts = store.facts(subject)
    assert [(fact.version, change(fact)) for fact in facts] == list(enumerate(truth))
    assert totals(store, ingestion.CHANGES.name, table) == summed(truth)
    assert sum(totals(store, ingestion.COUNTED.name, table).values()) == len(truth)
    assert totals(store, ingestion.UNCOUNTED.name, table) == {}
    hours = store.buckets(subject, "hour")
    assert sum(hour.commits for hour in hours) == len(truth)
    assert sum(hour.inserted or 0 for hour in hours) == summed(truth)["insert"]
    (rows,) = (row.value for row in store.latest([subject]) if row.metric == ingestion.ROWS.name)
    assert rows == delta.to_pyarrow_table().num_rows


class NeverFalling:
    """Fails as soon as a counter of a table has fallen."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._before: dict[tuple[str, ...], float] = {}

    def __call__(self) -> None:
        rows = self._store.counters([f"table:{table}" for table in TABLES])
        now = {(row.metric, *row.labels): row.value for row in rows}
        assert all(now[key] >= value for key, value in self._before.items())
        self._before = now


def run_once(nursery: Nursery) -> None:
    """One cycle that nobody disturbs."""
    life = nursery.born("once")
    life.to_the_end()
    assert life.told.endswith(b"E"), nursery.complaints


def killed_and_counted(store_url: str, folder: Path, runners: int, kills: int) -> None:
    """Kill so many runners at moments that follow from a seed, and check what was counted."""
    seed = int(os.environ.get("LIMNOGRAPH_TEST_SEED") or random.SystemRandom().randrange(10**6))
    sys.stdout.write(f"LIMNOGRAPH_TEST_SEED={seed}\n")
    lake = folder / "lake"
    with open_store(store_url) as store, nursery(store_url, lake, folder) as runners_to_be:
        killer = Killer(runners_to_be, random.Random(seed), runners, NeverFalling(store))
        with writing(lake, seed):
            killer.run(kills)
        run_once(runners_to_be)
        for table in TABLES:
            check(store, lake, table)
    sys.stdout.write(f"{dict(killer.deaths)}, {len(killer.orphans)} orphans\n")
    assert killer.deaths.keys() == set(PHASES)
    assert killer.orphans
    assert ended(killer.orphans)


@pytest.mark.slow
@pytest.mark.parametrize("runners", [1, 2])
def test_killed_runners_neither_lose_nor_double(
    store_url: str, tmp_path: Path, runners: int
) -> None:
    killed_and_counted(store_url, tmp_path, runners, kills=14 - runners)


@pytest.mark.proof
@pytest.mark.parametrize("runners", [1, 2])
def test_runners_killed_fifty_times_neither_lose_nor_double(
    store_url: str, tmp_path: Path, runners: int
) -> None:
    killed_and_counted(store_url, tmp_path, runners, kills=50)
