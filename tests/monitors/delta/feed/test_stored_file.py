"""Files in object stores, read by ranges."""

import pytest
from obstore.store import MemoryStore

from monitors.core import Cost
from monitors.delta.feed.stored_file import TAIL, StoredFile

BODY = bytes(n % 251 for n in range(200_000)) + b"PAR1"


def opened(size: int | None) -> StoredFile:
    store = MemoryStore()
    store.put("f", BODY)
    return StoredFile(store, "f", size)


def test_the_end_comes_with_the_first_request() -> None:
    file = opened(len(BODY))
    file.seek(-10, 2)
    assert bytes(file.read()) == BODY[-10:]
    assert file.tell() == len(BODY)
    assert file.cost == Cost(1, TAIL)


@pytest.mark.parametrize("size", [None, 0, 100, len(BODY) - 1, len(BODY) + 1, 10**9])
def test_the_size_is_made_sure(size: int | None) -> None:
    file = opened(size)
    assert file.size == len(BODY)
    assert bytes(file.read()) == BODY


def test_ranges_named_in_advance_are_fetched_together() -> None:
    file = opened(len(BODY))
    file.fetch([(10, 20), (30, 40), (130_000, 130_010), (len(BODY) - 8, len(BODY))])
    assert file.cost == Cost(3, TAIL + 30 + 10)
    file.seek(12)
    assert bytes(file.read(25)) == BODY[12:37]
    assert file.cost.requests == 3
    file.seek(1)
    assert bytes(file.read(3)) == BODY[1:4]
    assert file.cost.requests == 4


def test_reading_ends_at_the_end() -> None:
    file = opened(len(BODY))
    file.seek(5, 2)
    assert bytes(file.read(3)) == b""
    file.seek(-2, 2)
    assert bytes(file.read(100)) == b"R1"
    file.seek(-1, 1)
    assert bytes(file.read(0)) == b""
