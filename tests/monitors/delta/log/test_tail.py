"""Finding a position again: still there, cleaned away, or of another table."""

import asyncio

import pytest

from monitors.delta.log.listing import commit_path
from monitors.delta.log.logstore import LogStore
from monitors.delta.log.position import Position
from monitors.delta.log.tail import Found, Place, find, whole_log
from monitors.errors import UnreadableError
from monitors.storage.stores import open_store
from tests.monitors.delta.log_builder import BIRTH, Log, add


def store(log: Log) -> LogStore:
    return LogStore(log.uri, open_store(log.uri))


def position(log: Log, version: int) -> Position:
    listing = asyncio.run(whole_log(store(log)))
    return Position.of(
        version, listing.commits[version], (log.table / commit_path(version)).read_bytes()
    )


def place(log: Log, at: Position) -> tuple[Place, int]:
    reader = store(log)
    found = asyncio.run(find(reader, at))
    return found, reader.cost.requests


def test_a_position_that_is_there_costs_one_list(log: Log) -> None:
    log.commits(BIRTH, [add("a", 1)], [add("b", 1)])
    found, requests = place(log, position(log, 1))
    assert (found.found, found.first, requests) == (Found.THERE, 2, 1)
    assert sorted(found.listing.commits) == [1, 2]
    assert not found.whole


def test_a_commit_that_was_written_again_is_compared_by_content(log: Log) -> None:
    log.commits(BIRTH, [add("a", 1)])
    at = position(log, 1)
    log.commit(1, add("a", 1), at=1_000)
    assert place(log, at)[0].found is Found.THERE
    log.commit(1, add("b", 1), at=1_000)
    assert place(log, at)[0].found is Found.RECREATED


def test_a_cleaned_position_tells_which_commits_are_lost(log: Log) -> None:
    log.commits(BIRTH, [add("a", 1)], [add("b", 1)], [add("c", 1)])
    at = position(log, 0)
    for version in (0, 1, 2):
        (log.table / commit_path(version)).unlink()
    found, _ = place(log, at)
    assert (found.found, found.first, found.lost) == (Found.CLEANED, 3, range(1, 3))


def test_a_cleaned_position_with_nothing_lost_is_there(log: Log) -> None:
    log.commits(BIRTH, [add("a", 1)], [add("b", 1)])
    at = position(log, 1)
    (log.table / commit_path(1)).unlink()
    found, _ = place(log, at)
    assert (found.found, found.first, found.whole) == (Found.THERE, 2, True)


def test_a_checkpoint_alone_at_the_position_is_there(log: Log) -> None:
    log.checkpoint(5, *BIRTH, add("a", 1))
    found, _ = place(log, Position(5))
    assert (found.found, found.first, found.lost) == (Found.THERE, 6, range(0))


def test_commits_beneath_a_checkpoint_that_outlived_them_are_lost(log: Log) -> None:
    log.commits(BIRTH)
    at = position(log, 0)
    (log.table / commit_path(0)).unlink()
    log.checkpoint(5, *BIRTH, add("a", 1))
    found, _ = place(log, at)
    assert (found.found, found.first, found.lost) == (Found.CLEANED, 6, range(1, 6))


def test_nothing_at_or_above_the_position_is_another_table(log: Log) -> None:
    log.commits(BIRTH, [add("a", 1)])
    at = position(log, 1)
    (log.table / commit_path(1)).unlink()
    found, _ = place(log, at)
    assert (found.found, found.first) == (Found.RECREATED, 0)


def test_a_folder_without_a_log_is_no_table(log: Log) -> None:
    with pytest.raises(UnreadableError, match="is not a Delta table: it has no _delta_log"):
        asyncio.run(whole_log(store(log)))


def test_a_log_without_commits_and_checkpoints_is_broken(log: Log) -> None:
    log.crc(0, "{}")
    with pytest.raises(UnreadableError, match="neither a commit nor a complete checkpoint"):
        asyncio.run(whole_log(store(log)))
