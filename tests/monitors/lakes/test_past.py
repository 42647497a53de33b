"""Windows of a table's past, against what its first read counted."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from monitors.core import EventKind
from monitors.lakes.embedded import Access
from monitors.lakes.past import PastTable
from tests.monitors.cycles import Cycles, Inline, rows

FEED = {"delta.enableChangeDataFeed": "true"}


def past_of(uri: str) -> PastTable:
    return PastTable(uri, {}, Access(Inline()), datetime.now(UTC))


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return str(tmp_path / "posts")


def test_a_window_is_counted_as_the_first_read_counted_it(uri: str) -> None:
    write_deltalake(uri, rows(1, 5), configuration=FEED)
    write_deltalake(uri, rows(6, 8), mode="append")
    DeltaTable(uri).delete("id <= 2")
    DeltaTable(uri).create_checkpoint()
    write_deltalake(uri, rows(9, 9), mode="append")
    cycles = Cycles(uri)
    whole = cycles.run()
    past = past_of(uri)
    for first, last in ((0, 0), (1, 2), (2, 3), (3, 3)):
        window = asyncio.run(past.window(first, last))
        assert window.commits == whole.commits[first : last + 1]
        assert window.events == ()
    times = asyncio.run(past.commit_times())
    assert times == {fact.version: fact.at for fact in whole.commits}


def test_a_window_over_commits_that_are_gone_says_so(uri: str) -> None:
    for start in (1, 2, 3, 4):
        write_deltalake(uri, rows(start, start), mode="append")
    sorted(Path(uri, "_delta_log").glob("*.json"))[1].unlink()
    window = asyncio.run(past_of(uri).window(1, 2))
    assert [fact.version for fact in window.commits] == [2]
    assert [event.kind for event in window.events] == [EventKind.LOG_CLEANED]
