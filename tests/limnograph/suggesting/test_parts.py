"""The parts of a suggestion: where a history is cut, which rows are read, what names tell."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from limnograph.suggesting.halves import halves
from limnograph.suggesting.live import LiveFile, Origin
from limnograph.suggesting.log_bounds import ColumnLog, column_logs
from limnograph.suggesting.names import come_in_order, is_personal, may_be_later
from limnograph.suggesting.number_rules import outward
from limnograph.suggesting.proposal import Alarms
from limnograph.suggesting.sampling import positions, spread
from limnograph.suggesting.yaml_lines import alarm_sentence
from monitors.delta.feed.commits import ChangedFile, Table
from monitors.delta.schema import Field, Primitive, Schema

START = datetime(2026, 3, 1, tzinfo=UTC)


def file(
    version: int | None,
    rows: int | None = 10,
    stats: str | None = None,
    partition: Mapping[str, str | None] | None = None,
) -> LiveFile:
    origin = None if version is None else Origin(version, START + timedelta(days=version))
    changed = ChangedFile(f"f{version}.parquet", partition or {})
    return LiveFile(changed, rows, stats, origin)


def test_the_newest_fifth_of_the_commits_is_held_out() -> None:
    cut = halves([file(version) for version in range(30, 40)])
    assert (cut.first, cut.commits, cut.length) == (38, 2, timedelta(days=2))
    assert [cut.is_newer(version) for version in (None, 37, 38, 39)] == [False, False, True, True]


def test_nothing_is_held_out_of_a_short_history() -> None:
    cut = halves([file(None), *(file(version) for version in range(4))])
    assert cut.first is None
    assert cut.reason == (
        "4 commits have live rows of their own, 5 are needed to hold out the newest of them"
    )
    assert not cut.is_newer(3)


def test_files_are_read_at_equal_distances_with_the_first_and_the_last() -> None:
    files = [file(version) for version in range(100)]
    chosen = [one.origin.version for one in spread(files, 4) if one.origin]
    assert chosen == [0, 33, 66, 99]
    assert spread([file(0, rows=0), file(1)], 5) == [file(1)]
    assert len(spread(files, 1)) == 1


@pytest.mark.parametrize(("rows", "most"), [(10, 10), (10, 99), (1000, 16), (1000, 3), (7, 6)])
def test_rows_of_a_file_are_taken_from_all_of_it(rows: int, most: int) -> None:
    found = positions(rows, most).tolist()
    assert len(found) == min(rows, most)
    assert sorted(set(found)) == found
    assert (found[0], found[-1]) == (0, rows - 1)


def test_the_log_tells_of_a_column_only_what_holds_for_every_file() -> None:
    names = {"n": "long", "d": "date", "t": "timestamp", "x": "decimal(10,2)", "p": "integer"}
    fields = tuple(Field(name, Primitive(kind), f"col-{name}") for name, kind in names.items())
    table = Table("/t", Schema(fields), ("p",))
    stats = (
        '{"numRecords":3,"minValues":{"col-n":1,"col-d":"2026-01-02","col-x":0.5,'
        '"col-t":"2026-01-02T03:04:05.678Z"},"maxValues":{"col-n":7,"col-d":"2026-01-09",'
        '"col-x":2.25,"col-t":"2026-01-02T03:04:05.678Z"},'
        '"nullCount":{"col-n":0,"col-d":1,"col-x":0}}'
    )
    other = (
        '{"numRecords":2,"minValues":{"col-n":-4},"maxValues":{"col-n":2},'
        '"nullCount":{"col-n":2,"col-d":2}}'
    )
    found = column_logs(
        table,
        [
            file(0, stats=stats, partition={"col-p": "8"}),
            file(1, stats=other, partition={"col-p": None}),
        ],
    )
    assert found == {
        "n": ColumnLog(5, 2, -4, 7),
        # The second file has nothing but nulls, so that its bounds are not missing.
        "d": ColumnLog(5, 3, date(2026, 1, 2), date(2026, 1, 9)),
        "t": ColumnLog(5, None, None, None),
        "x": ColumnLog(5, None, None, None),
        "p": ColumnLog(5, 2, 8, 8),
    }
    one = column_logs(table, [file(0, stats=stats, partition={"col-p": "8"})])
    assert one["x"] == ColumnLog(3, 0, Decimal("0.5"), Decimal("2.25"))
    at = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    assert one["t"] == ColumnLog(3, None, at, at + timedelta(milliseconds=1))
    assert column_logs(table, [file(0)])["n"] == ColumnLog()


@pytest.mark.parametrize(
    "name",
    ["email", "userEmail", "E-Mail", "first_name", "LastName", "phone_no", "ssn", "home_address",
     "api_token", "password_hash", "Zip Code", "date_of_birth", "contact"],
)  # fmt: skip
def test_columns_of_people_are_told_by_their_names(name: str) -> None:
    assert is_personal(name) is (name != "contact")


def test_times_that_may_be_ahead_are_told_by_their_names() -> None:
    assert may_be_later("due_date")
    assert may_be_later("validUntil")
    assert not may_be_later("created_at")


def test_names_tell_which_column_comes_first() -> None:
    assert come_in_order("start_date", "end_date")
    assert come_in_order("createdAt", "updatedAt")
    assert come_in_order("minPrice", "maxPrice")
    assert not come_in_order("end_date", "start_date")
    assert not come_in_order("created_at", "price")


def test_ranges_are_rounded_outward_and_exact_in_any_type() -> None:
    assert outward(Decimal("0.01"), Decimal("99.99"), 1) == (-100, 200)
    assert outward(0.1, 0.30000000000000004, 0) == (0.1, 0.30000000000000004)
    assert outward(-5, 5, 4) == (-50, 50)
    assert outward(1e-9, 3e-9, 1) == (-1e-9, 5e-9)


def test_alarms_in_words_never_say_a_rate_that_nobody_knows() -> None:
    assert alarm_sentence(Alarms(2, 10, 30)) == (
        "It would have failed on 2 of 10 newer commits: 2 alarms in 30 days."
    )
    assert alarm_sentence(Alarms(0, 1, 0)) == "It would have failed on 0 of 1 newer commit."
    assert not Alarms(1, 3, 0).few
    assert Alarms(1, 3, 30).few
