"""Random scripts of writes with cycles in between: nothing is lost, doubled or wrong."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitors.core import CommitFact, EventKind
from monitors.lakes.embedded import Access, EmbeddedTable
from tests.monitors.cycles import Cycles, Inline
from tests.monitors.delta.twins import Twins

pytestmark = pytest.mark.wide

QUICK, LONG = range(4), range(100, 220)


def play(folder: Path, seed: int, steps: int) -> None:
    """Write and read in turns; then hold what was read against a fresh read, the feed and a scan.

    Now and then a part of the kept state is lost.
    """
    rng = random.Random(seed)
    twins = Twins(folder, rng)
    cycles, read = Cycles(twins.table), list[CommitFact]()
    for _ in range(steps):
        twins.step()
        if rng.random() < 0.5:
            if cycles.states and rng.random() < 0.2:
                cycles.states.pop(rng.choice(sorted(cycles.states)))
            read += cycles.run().commits
    last = cycles.run()
    read += last.commits
    fresh = Cycles(twins.table).run()
    assert tuple(read) == fresh.commits
    assert newest(twins.table, 3) == fresh.commits[-3:]
    assert replace(last.snapshot, at=fresh.snapshot.at) == fresh.snapshot
    assert last.snapshot.rows == twins.live_rows()
    assert sum(known(fact.net) for fact in read) == last.snapshot.rows
    assert not {event.kind for event in last.events} & {EventKind.LOG_CLEANED, EventKind.RECREATED}
    for fact in read:
        check(twins, fact)


def newest(uri: str, commits: int) -> tuple[CommitFact, ...]:
    table = EmbeddedTable(uri, {}, Access(Inline()), datetime.now(UTC))
    return asyncio.run(table.last(commits)).commits


def check(twins: Twins, fact: CommitFact) -> None:
    inserted, updated, deleted = twins.truth(fact.version)
    counts = (fact.inserted, fact.updated, fact.deleted)
    told = f"version {fact.version}: {fact}"
    assert fact.net == inserted - deleted, told
    if fact.exact:
        assert counts == (inserted, updated, deleted), told
    else:
        assert fact.reason, told


def known(number: int | None) -> int:
    assert number is not None
    return number


@pytest.mark.parametrize("seed", QUICK)
def test_a_short_script_is_counted_as_the_feed_and_a_fresh_read_count_it(
    tmp_path: Path, seed: int
) -> None:
    play(tmp_path, seed, steps=12)


@pytest.mark.proof
@pytest.mark.parametrize("seed", LONG)
def test_a_long_script_is_counted_as_the_feed_and_a_fresh_read_count_it(
    tmp_path: Path, seed: int
) -> None:
    play(tmp_path, seed, steps=40)
