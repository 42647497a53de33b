"""Counting the rows of a Parquet file from its footer."""

import asyncio
from pathlib import Path

import pyarrow as pa
import pytest
from obstore.store import MemoryStore

from monitors.core import Cost
from monitors.delta.footers import row_count
from monitors.errors import UnreadableError
from monitors.storage.stores import Store, VacuumedError, open_store
from tests.monitors.delta.written import parquet


def rows(store: Store, path: str, size: int | None = None, spelled: str = "") -> tuple[int, Cost]:
    return asyncio.run(row_count(store, path, size, spelled=spelled))


def held(body: bytes) -> Store:
    store = MemoryStore()
    store.put("f", body)
    return store


def test_a_small_file_takes_one_request(tmp_path: Path) -> None:
    size = parquet(tmp_path, "p=c%3Ad/a b.parquet", pa.table({"id": [1, 2, 3]}))
    store = open_store(str(tmp_path))
    assert rows(store, "p=c%3Ad/a b.parquet", size) == (3, Cost(1, size))


def test_an_unknown_or_wrong_size_is_asked_of_the_storage(tmp_path: Path) -> None:
    size = parquet(tmp_path, "f", pa.table({"id": [1, 2, 3]}))
    store = open_store(str(tmp_path))
    for wrong in (None, 0, 10, size - 1, size + 1, size + 10**6):
        assert rows(store, "f", wrong)[0] == 3


def test_of_a_large_file_only_the_end_is_read(tmp_path: Path) -> None:
    table = pa.table({"id": pa.array(range(200_000))})
    size = parquet(tmp_path, "f", table, use_dictionary=False, compression="none")
    assert rows(open_store(str(tmp_path)), "f", size) == (200_000, Cost(1, 64 * 1024))


def test_a_footer_larger_than_the_first_read_takes_a_second(tmp_path: Path) -> None:
    wide = pa.table({f"column_{n}_{'x' * 100}": [n] for n in range(400)})
    size = parquet(tmp_path, "f", wide)
    count, cost = rows(open_store(str(tmp_path)), "f", size)
    assert (count, cost.requests) == (1, 2)
    assert 64 * 1024 < cost.bytes < 2 * size


def test_row_groups_are_summed_and_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    parquet(tmp_path, "many", pa.table({"id": [1, 2, 3, 4, 5]}), row_group_size=2)
    parquet(tmp_path, "empty", pa.table({"id": pa.array([], pa.int64())}))
    store = open_store(str(tmp_path))
    assert (rows(store, "many")[0], rows(store, "empty")[0]) == (5, 0)


@pytest.mark.parametrize("size", [None, 100])
def test_a_missing_file_was_vacuumed(tmp_path: Path, size: int | None) -> None:
    with pytest.raises(VacuumedError, match="part-0 is gone: it was vacuumed"):
        rows(open_store(str(tmp_path)), "part-0", size)


def test_the_spelling_without_decoding_is_tried_second(tmp_path: Path) -> None:
    parquet(tmp_path, "a%20b", pa.table({"id": [1]}))
    assert rows(open_store(str(tmp_path)), "a b", None, "a%20b")[0] == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "it has 0 bytes"),
        (b"x" * 100, "its last bytes are not PAR1"),
        (b"x" * 92 + b"\xff\xff\xff\x7fPAR1", "its footer claims 2147483655 bytes"),
        (b"PAR1" + b"x" * 80 + b"\x50\0\0\0PAR1", "is not a Parquet file"),
        (b"x" * 96 + b"PARE", "f is encrypted"),
    ],
)
def test_what_is_not_parquet_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why) as caught:
        rows(held(body), "f", len(body))
    assert not isinstance(caught.value, VacuumedError)
