"""The layout of live files, from literal files."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.delta.health.layout import (
    CLASSES,
    MIB,
    Layout,
    Partitions,
    layout_in,
    layout_of,
    unknown_sizes,
)
from tests.monitors.one_tail import FILES

SMALL = 32 * MIB
File = tuple[int | None, int | None, int | None, str]


def table(*files: File) -> pa.Table:
    """Files of (rows, vector, size, partition)."""
    columns: list[Any] = [list(column) for column in zip(*files, strict=True)] or [[]] * 4
    return pa.Table.from_arrays(
        [pa.array(values, field.type) for values, field in zip(columns, FILES, strict=True)],
        schema=FILES,
    )


def layout(*files: File, by: tuple[str, ...] = ()) -> Layout:
    return layout_of(table(*files), by, SMALL)


def test_small_files_are_those_below_the_size() -> None:
    found = layout((1, 0, 10, ""), (1, 0, SMALL - 1, ""), (1, 0, SMALL, ""), (1, 0, 9 * SMALL, ""))
    assert (found.files, found.small, found.small_ratio) == (4, 2, 0.5)
    assert found.size_bytes == 11 * SMALL + 9
    assert found.average_bytes == (11 * SMALL + 9) / 4


def test_each_file_is_in_one_size_class_and_their_edges_belong_to_the_larger() -> None:
    sizes = [0, MIB - 1, MIB, 8 * MIB, 32 * MIB, 128 * MIB, 1024 * MIB - 1, 1024 * MIB]
    found = layout(*((1, 0, size, "") for size in sizes))
    assert found.classes is not None
    assert dict(zip(CLASSES, found.classes, strict=True)) == {
        "<1MiB": (2, MIB - 1),
        "1-8MiB": (1, MIB),
        "8-32MiB": (1, 8 * MIB),
        "32-128MiB": (1, 32 * MIB),
        "128MiB-1GiB": (2, 1152 * MIB - 1),
        ">=1GiB": (1, 1024 * MIB),
    }


def test_a_table_without_files_has_no_shares_but_known_zeros() -> None:
    found = layout(by=("day",))
    assert (found.small_ratio, found.average_bytes, found.deleted_ratio) == (None, None, None)
    assert (found.size_bytes, found.rows, found.deleted, found.vectors) == (0, 0, 0, 0)
    assert found.classes == ((0, 0),) * len(CLASSES)
    assert (found.partitions, found.largest_ratio, found.skew) == (Partitions(0), None, None)
    assert list(unknown_sizes(found)) == []


def test_a_few_unknown_sizes_leave_the_share_of_small_files_and_nothing_exact() -> None:
    known: list[File] = [(1, 0, 10, "")] * 19
    few = layout(*known, (1, 0, None, ""))
    assert (few.small_ratio, few.size_bytes, few.classes, few.average_bytes) == (
        1,
        None,
        None,
        None,
    )
    assert list(unknown_sizes(few)) == []
    many = layout(*known[:18], (1, 0, None, ""))
    assert many.small_ratio is None
    (problem,) = unknown_sizes(many)
    assert problem.reason == "the log tells the size of 18 of 19 live files"
    assert problem.mend


def test_the_most_skewed_partition_is_measured_in_bytes_against_the_median() -> None:
    found = layout(
        *((9, 0, 10, "day=1"), (9, 0, 70, "day=2"), (9, 0, 10, "day=2"), (9, 0, 10, "day=3")),
        by=("day",),
    )
    assert found.partitions == Partitions(3, "day=2", 80, 10.0)
    assert (found.largest_ratio, found.skew) == (0.8, 8.0)


def test_a_partition_is_the_same_in_whatever_order_its_columns_are_written() -> None:
    found = layout((1, 0, 5, "a=1/b=2"), (1, 0, 5, "b=2/a=1"), (1, 0, 6, "a=1/b=3"), by=("a", "b"))
    assert found.partitions == Partitions(2, "a=1/b=2", 10, 8.0)


def test_without_partition_columns_there_is_no_skew() -> None:
    found = layout((1, 0, 5, ""))
    assert (found.partitions, found.largest_ratio, found.skew) == (None, None, None)


def test_partitions_are_counted_even_if_their_sizes_are_unknown() -> None:
    found = layout((1, 0, None, "a=1"), (1, 0, 5, "a=2"), by=("a",))
    assert (found.partitions, found.largest_ratio, found.skew) == (Partitions(2), None, None)


def test_the_share_of_deleted_rows_needs_all_rows_and_all_vectors() -> None:
    assert layout((10, 2, 1, ""), (10, 0, 1, "")).deleted_ratio == 0.1
    assert layout((10, 2, 1, ""), (10, 0, 1, "")).vectors == 1
    assert layout((10, 2, 1, ""), (None, 0, 1, "")).deleted_ratio is None
    unknown = layout((10, None, 1, ""), (10, 0, 1, ""))
    assert (unknown.deleted_ratio, unknown.vectors) == (None, 1)


def test_sizes_that_no_storage_holds_do_not_wrap_around() -> None:
    found = layout((2**62, 2**61, 2**62, "a=1"), (2**62, 0, 2**62, "a=1"), by=("a",))
    assert (found.size_bytes, found.rows, found.largest_ratio) == (2**63, 2**63, 1.0)


FILE = st.tuples(
    st.none() | st.integers(0, 10**6),
    st.none() | st.integers(0, 10**3),
    st.none() | st.integers(0, 10**10),
    st.sampled_from(["a=1", "a=2", "a=", "a=x/y"]),
)


@given(st.lists(FILE), st.randoms())
def test_a_layout_survives_json_and_the_order_of_files_does_not_matter(
    files: list[File], random: Any
) -> None:
    found = layout(*files, by=("a",))
    assert layout_in(json.loads(json.dumps(found.document()))) == found
    random.shuffle(files)
    again = layout(*files, by=("a",))
    shares = (found.small_ratio, found.largest_ratio, found.skew, found.deleted_ratio)
    assert shares == (again.small_ratio, again.largest_ratio, again.skew, again.deleted_ratio)
    for share in (found.small_ratio, found.largest_ratio):
        assert share is None or 0 <= share <= 1
    if found.classes is not None:
        assert sum(number for number, _ in found.classes) == len(files)
        assert sum(size for _, size in found.classes) == found.size_bytes


def test_what_is_no_layout_is_refused() -> None:
    with pytest.raises((KeyError, TypeError)):
        layout_in({"classes": None, "partitions": None, "more": 1})
