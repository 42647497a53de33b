"""Threads and processes on one store neither lose nor double anything."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from limnograph.store import SERVICE, OutcomeRow, Store, open_store
from limnograph.store.engine import Database
from limnograph.store.location import locate
from limnograph.store.migrating import migrate
from monitors.core import Outcome, State, Subject
from tests.limnograph.store import racers
from tests.limnograph.store.samples import LABELS, NOW, POSTS, commit, look, read, record, write

pytestmark = pytest.mark.wide

TABLES = [POSTS, LABELS, Subject("table", "c"), Subject("table", "d")]


@pytest.fixture(scope="module")
def two_processes() -> Iterator[Executor]:
    spawn = multiprocessing.get_context("spawn")
    gate = spawn.Barrier(2)
    with ProcessPoolExecutor(2, spawn, racers.take_places, (gate,)) as pool:
        yield pool


def together(*calls: Callable[[], object]) -> list[object]:
    """What the calls return when they start at the same time, each in its thread."""
    gate = Barrier(len(calls))

    def start(call: Callable[[], object]) -> object:
        gate.wait(60)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))


def counted(store: Store) -> tuple[float, int | None, int]:
    """Rows inserted by the counter and by the buckets, and the number of facts."""
    (counter,) = store.counters([POSTS.id])
    (bucket,) = store.buckets(POSTS.id, "hour")
    return counter.value, bucket.inserted, len(store.facts(POSTS.id))


def test_of_two_threads_exactly_one_moves_the_cursor(store: Store) -> None:
    for number in range(20):
        attempt = record(store, read(f"v{number}", number))
        results = together(*[partial(store.write, attempt)] * 2)
        assert sorted(map(bool, results)) == [False, True]
        assert look(store).cursor == attempt.reading.cursor


def test_of_two_threads_exactly_one_meets_the_new_table(store: Store) -> None:
    for number in range(10):
        write(store, read("old", 1), subject=TABLES[0], monitor=f"m{number}")
        attempt = record(store, read("new", 2, recreated=True), monitor=f"m{number}")
        results = together(*[partial(store.write, attempt)] * 2)
        assert sorted(map(bool, results)) == [False, True]


def test_of_two_threads_exactly_one_keeps_the_live_files(store: Store) -> None:
    for number in range(10):
        before = f"v{number - 1}" if number else None
        keep = partial(store.write_log, POSTS.id, before, f"v{number}")
        blobs = [State("base", "f", 1, b"a")], [State("base", "f", 1, b"b")]
        results = together(*(partial(keep, blob) for blob in blobs))
        assert sorted(map(bool, results)) == [False, True]
        winner = b"a" if results[0] else b"b"
        assert store.states(POSTS.id, "log")["base"].blob == winner


def test_threads_of_a_runner_count_every_row_once(store: Store) -> None:
    together(*[lambda: racers.count_in(store, 15)] * 4)
    assert counted(store) == (60, 60, 60)
    assert [row.value for row in store.latest()] == [60]


def test_writers_of_every_kind_never_wait_for_each_other_in_a_circle(store: Store) -> None:
    names = {table.name: {"uri": "s3://x"} for table in TABLES}

    def runner(turn: int) -> None:
        for number in range(12):
            for table in TABLES if turn else reversed(TABLES):
                position = f"{turn}-{number}"
                facts = (commit(number, f"2026-03-{1 + number:02} 09:00", 1),)
                write(store, read(position, facts=facts), subject=table, monitor=f"m{turn}")

    def toucher() -> None:
        for number in range(30):
            result = Outcome.ERROR if number % 2 else Outcome.ASSESSED
            store.touch([OutcomeRow(one.id, "m0", result, NOW, "run") for one in TABLES])

    def rest() -> None:
        for number in range(30):
            store.sync_roster("table", names if number % 2 else {}, NOW)
            store.add_totals(SERVICE, "runner", {("runs", ()): 1})
            store.buckets([one.id for one in TABLES], "day", f"Etc/GMT+{number % 12}")

    together(lambda: runner(0), lambda: runner(1), toucher, toucher, rest, rest)
    assert [row.value for row in store.counters([SERVICE])] == [60]
    for table in TABLES:
        assert len(store.facts(table.id)) == 12
        assert sum(bucket.commits for bucket in store.buckets(table.id, "day", "Etc/GMT+3")) == 12


def test_many_threads_open_a_new_store_at_once(store_url: str) -> None:
    def open_it() -> int:
        with open_store(store_url) as opened:
            return opened.revision()

    assert together(*[open_it] * 6) == [0] * 6


def test_a_process_that_waited_for_a_migration_finds_it_done(store_url: str) -> None:
    first, second = Database(locate(store_url)), Database(locate(store_url))
    together(lambda: migrate(first), lambda: migrate(second))
    migrate(first)
    first.close()
    second.close()


@pytest.mark.slow
def test_two_processes_open_a_new_store_at_once(store_url: str, two_processes: Executor) -> None:
    results = [two_processes.submit(racers.open_once, store_url) for _ in range(2)]
    assert [result.result(120) for result in results] == [0, 0]


@pytest.mark.slow
def test_two_processes_lose_no_increment(store_url: str, two_processes: Executor) -> None:
    results = [two_processes.submit(racers.increment, store_url, 300) for _ in range(2)]
    for result in results:
        result.result(120)
    with open_store(store_url) as store:
        assert [row.value for row in store.counters([SERVICE])] == [600]


@pytest.mark.slow
def test_two_processes_count_every_row_once(store_url: str, two_processes: Executor) -> None:
    results = [two_processes.submit(racers.count, store_url, 50) for _ in range(2)]
    late = [result.result(120) for result in results]
    assert sum(late) > 0
    with open_store(store_url) as store:
        assert counted(store) == (100, 100, 100)
