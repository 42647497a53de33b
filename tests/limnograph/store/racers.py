"""What the other processes of a race do; imported by them, so it starts nothing."""

from multiprocessing.synchronize import Barrier

from limnograph.store import SERVICE, Seen, Store, open_store
from monitors.core import Cursor
from tests.limnograph.store.samples import commit, inserts, look, read, record, rows

_gate: list[Barrier] = []


def take_places(gate: Barrier) -> None:
    """Keep the gate at which this process waits for the other one."""
    _gate.append(gate)


def increment(url: str, times: int) -> None:
    """Add one to a counter of limnograph's own, many times."""
    with open_store(url) as store:
        _gate[0].wait(60)
        for _ in range(times):
            store.add_totals(SERVICE, "runner", {("runs", ("ok",)): 1})


def count(url: str, wins: int) -> int:
    """Read and write as a runner does until so many readings were first; how many were late."""
    with open_store(url) as store:
        _gate[0].wait(60)
        return count_in(store, wins)


def open_once(url: str) -> int:
    """Open a store that may not exist yet, at the same time as the other process."""
    _gate[0].wait(60)
    with open_store(url) as store:
        return store.revision()


def count_in(store: Store, wins: int) -> int:
    """Insert one row per reading until so many were first; how many were late."""
    late = 0
    while wins:
        if _insert_one(store, look(store)):
            wins -= 1
        else:
            late += 1
    return late


def _insert_one(store: Store, seen: Seen) -> bool:
    version, before = _position(seen.cursor)
    reading = read(
        str(version + 1),
        before + 1,
        facts=(commit(version + 1, "2026-03-10 09:00", 1),),
        measurements=(rows(before + 1, "2026-03-10 09:00"),),
    )
    return store.write(record(store, reading, seen=seen))


def _position(cursor: Cursor | None) -> tuple[int, float]:
    if cursor is None:
        return -1, 0
    return int(cursor.position), cursor.totals[next(iter(inserts(0)))]
