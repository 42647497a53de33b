"""Statistics of a file: its rows, and what the maximum of the event-time column is worth."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from monitors.delta.live.statistics import (
    Bound,
    EventColumn,
    microseconds,
    newest,
    parse,
    plausible,
    row_count,
    time_at,
)

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
MICROS = 1_772_452_800_000_000
COLUMN = EventColumn("at", ("at",), "timestamp")


@pytest.mark.parametrize(
    ("stats", "rows"),
    [
        ('{"numRecords":5}', 5),
        ('{"numRecords":5,"minValues":{}}', 5),
        ('{ "numRecords" : 5 }', 5),
        ('{"minValues":{"numRecords":9},"numRecords":5}', 5),
        ('{"numRecords":"5"}', 5),
        ('{"numRecords":5.0}', 5),
        ('{"numRecords":0}', 0),
        ('{"numRecords":9007199254740992}', 2**53),
        ('{"numRecords":9007199254740993}', None),
        ('{"numRecords":999999999999999999}', None),
        ('{"numRecords":99999999999999999999999}', None),
        ('{"numRecords":5.5}', None),
        ('{"numRecords":-5}', None),
        ('{"numRecords":null}', None),
        ('{"numRecords":[5]}', None),
        ('{"numRecords":"five"}', None),
        ("{}", None),
        ("[5]", None),
        ("5", None),
        ('{"numRecords":5', None),
        ("not json", None),
        ("", None),
        (None, None),
    ],
)
def test_rows_are_a_plausible_number_or_unknown(stats: str | None, rows: int | None) -> None:
    assert row_count(stats) == rows


def test_rows_of_struct_statistics_are_held_against_the_same_bounds() -> None:
    assert (plausible(5), plausible(-1), plausible(2**60), plausible(None)) == (5, None, None, None)


def test_broken_statistics_are_none_at_all() -> None:
    assert parse('{"numRecords":5,"maxValues":{"x":NaN}}') == {}
    assert parse("[" * 100_000) == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-02T12:00:00.000Z", MICROS),
        ("2026-03-02T12:00:00Z", MICROS),
        ("2026-03-02T14:00:00.000+02:00", MICROS),
        ("2026-03-02T04:00:00.000-08:00", MICROS),
        ("2026-03-02T12:00:00.000", MICROS),
        ("2026-03-02 12:00:00", MICROS),
        ("2026-03-02T12:00:00.000001Z", MICROS + 1),
        ("2026-03-02", MICROS - 12 * 3_600_000_000),
        ("1969-12-31T23:59:59.999999Z", -1),
        (AT, MICROS),
        (AT.replace(tzinfo=None), MICROS),
        (AT.astimezone(timezone(timedelta(hours=9))), MICROS),
        (date(2026, 3, 2), MICROS - 12 * 3_600_000_000),
        ("+10000-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (5, None),
        (None, None),
        (["2026-03-02"], None),
    ],
)
def test_times_of_statistics_are_read_with_their_offset(value: Any, expected: int | None) -> None:
    assert microseconds(value) == expected


def test_microseconds_beyond_what_a_time_can_be_are_none() -> None:
    assert time_at(MICROS) == AT
    assert time_at(2**63 - 1) is None
    assert time_at(-(2**62)) is None


def bound(
    stats: dict[str, Any], rows: int | None = 5, *, whole: bool = True, column: EventColumn = COLUMN
) -> tuple[int | None, Bound]:
    return newest(stats, column, rows, whole=whole)


MAX = {"maxValues": {"at": "2026-03-02T12:00:00.000Z"}}


def test_a_maximum_is_tight_unless_rows_are_deleted() -> None:
    assert bound(MAX) == (MICROS, Bound.TIGHT)
    assert bound(MAX, whole=False) == (MICROS, Bound.LOOSE)


def test_what_the_writer_says_of_tightness_counts() -> None:
    assert bound(MAX | {"tightBounds": False}) == (MICROS, Bound.LOOSE)
    assert bound(MAX | {"tightBounds": True}, whole=False) == (MICROS, Bound.TIGHT)
    assert bound(MAX | {"tightBounds": "yes"}) == (MICROS, Bound.LOOSE)


def test_a_column_of_nulls_has_no_value() -> None:
    assert bound({"nullCount": {"at": 5}}) == (None, Bound.EMPTY)
    assert bound({"nullCount": {"at": 5}}, whole=False) == (None, Bound.EMPTY)
    assert bound({}, rows=0) == (None, Bound.EMPTY)


@pytest.mark.parametrize(
    "stats",
    [
        {},
        {"nullCount": {"at": 4}},
        {"nullCount": {"at": -5}},
        {"maxValues": {"other": "2026-03-02T12:00:00Z"}},
        {"maxValues": {"at": "soon"}},
        {"maxValues": {"at": {"deep": 1}}},
        {"maxValues": "none"},
        {"maxValues": None, "nullCount": None},
    ],
)
def test_a_column_without_a_usable_maximum_is_unknown(stats: dict[str, Any]) -> None:
    assert bound(stats) == (None, Bound.UNKNOWN)


def test_nulls_prove_nothing_while_the_rows_are_unknown() -> None:
    assert bound({"nullCount": {"at": 5}}, rows=None) == (None, Bound.UNKNOWN)


def test_a_nested_column_is_found_by_its_physical_path() -> None:
    column = EventColumn("seen.at", ("col-1", "col-2"), "timestamp_ntz")
    stats = {"maxValues": {"col-1": {"col-2": "2026-03-02T12:00:00.000"}}}
    assert bound(stats, column=column) == (MICROS, Bound.TIGHT)
    assert bound({"maxValues": {"col-1": "x"}}, column=column) == (None, Bound.UNKNOWN)
