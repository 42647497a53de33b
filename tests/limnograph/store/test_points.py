"""A point per change of value, and the value of the last reading whatever its event time."""

import math

import pytest

from limnograph.store import LatestRow, Store
from limnograph.store.points import Point, new_points
from monitors.core import Reading
from tests.limnograph.store.samples import LABELS, POSTS, ROWS, SIZE, at, read, rows, write


def day(number: int, value: float) -> Point:
    return at(f"2026-03-{number:02} 00:00"), value


@pytest.mark.parametrize(
    ("known", "measured", "added"),
    [
        pytest.param([], [day(1, 5)], [day(1, 5)], id="the first value"),
        pytest.param([day(1, 5)], [day(2, 5)], [], id="the same value later"),
        pytest.param([day(1, 5)], [day(2, 6)], [day(2, 6)], id="another value"),
        pytest.param([day(1, 5)], [day(1, 6)], [day(1, 6)], id="another value at the same time"),
        pytest.param([day(2, 5)], [day(1, 5)], [day(1, 5)], id="the same value, but earlier"),
        pytest.param(
            [day(1, 5), day(3, 6)],
            [day(2, 6)],
            [day(2, 6)],
            id="a value that came back in time is not what was in force then",
        ),
        pytest.param(
            [],
            [day(3, 6), day(1, 5), day(2, 5)],
            [day(1, 5), day(3, 6)],
            id="a history in any order",
        ),
        pytest.param([], [day(1, 5), day(1, 6)], [day(1, 6)], id="the last of two at one time"),
    ],
)
def test_a_point_is_added_where_the_value_was_not_in_force(
    known: list[Point], measured: list[Point], added: list[Point]
) -> None:
    assert new_points(known, measured) == added


def history(store: Store) -> list[tuple[str, float, str]]:
    found = store.points(POSTS.id, ROWS.name)
    return [(f"{row.at:%d}", row.value, row.run) for row in found]


def measure(store: Store, *measured: tuple[float, str], run: str = "r") -> None:
    measurements = tuple(rows(value, when) for value, when in measured)
    assert write(store, read(measurements=measurements), run=run)


def test_an_unchanged_value_is_not_written(store: Store) -> None:
    measure(store, (5, "2026-03-01 00:00"), run="a")
    measure(store, (5, "2026-03-02 00:00"), run="b")
    measure(store, (6, "2026-03-03 00:00"), run="c")
    measure(store, (5, "2026-03-04 00:00"), run="d")
    assert history(store) == [("01", 5, "a"), ("03", 6, "c"), ("04", 5, "d")]


def test_a_value_that_is_written_again_for_its_time_replaces_the_first(store: Store) -> None:
    measure(store, (5, "2026-03-01 00:00"), run="a")
    measure(store, (6, "2026-03-01 00:00"), run="b")
    assert history(store) == [("01", 6, "b")]


def test_a_history_in_one_reading_is_written_where_it_changes(store: Store) -> None:
    days = [(5, "2026-03-01 00:00"), (5, "2026-03-02 00:00"), (7, "2026-03-03 00:00")]
    measure(store, *((float(value), when) for value, when in days))
    measure(store, (5, "2026-03-02 00:00"), (8, "2026-03-04 00:00"))
    assert history(store) == [("01", 5, "r"), ("03", 7, "r"), ("04", 8, "r")]
    assert [row.value for row in store.latest()] == [8]


def test_the_last_reading_is_served_even_when_its_time_went_backwards(store: Store) -> None:
    measure(store, (5, "2026-03-05 00:00"))
    measure(store, (9, "2026-03-04 00:00"))
    assert store.latest() == [
        LatestRow(POSTS.id, "ingestion", ROWS.name, (), 9, at("2026-03-04 00:00"))
    ]
    assert history(store) == [("04", 9, "r"), ("05", 5, "r")]


def test_the_time_of_an_unchanged_value_is_that_of_the_last_reading(store: Store) -> None:
    measure(store, (5, "2026-03-01 00:00"))
    measure(store, (5, "2026-03-02 00:00"))
    assert [row.at for row in store.latest()] == [at("2026-03-02 00:00")]


def test_labels_tell_series_apart_and_come_back_in_their_order(store: Store) -> None:
    when = at("2026-03-01 00:00")
    cold, hot, odd = (SIZE(n, tier, at=when) for n, tier in enumerate(("cold", "hot", '"é,\\')))
    write(store, read(measurements=(hot, odd, cold)))
    write(store, read(measurements=(cold,)), subject=LABELS)
    assert [(row.labels, row.value) for row in store.latest([POSTS.id])] == [
        (('"é,\\',), 2),
        (("cold",), 0),
        (("hot",), 1),
    ]
    assert [row.subject for row in store.latest()] == [LABELS.id, *[POSTS.id] * 3]


def test_what_an_assessed_reading_no_longer_reports_is_unknown(store: Store) -> None:
    when = at("2026-03-01 00:00")
    write(store, read(measurements=(ROWS(5, at=when), SIZE(7, "hot", at=when))))
    revision = store.revision()
    write(store, read(measurements=(SIZE(7, "hot", at=when),)))
    assert [row.metric for row in store.latest()] == [SIZE.name]
    assert history(store) == [("01", 5, "run-1")]
    assert store.changed_since(revision) == (revision + 1, [POSTS.id])
    write(store, read(measurements=(ROWS(5, at=when), SIZE(7, "hot", at=when))))
    assert [row.value for row in store.latest()] == [5, 7]


def test_a_reading_of_one_monitor_leaves_the_series_of_another(store: Store) -> None:
    measure(store, (5, "2026-03-01 00:00"))
    write(store, read("v1"), monitor="freshness")
    assert [row.value for row in store.latest()] == [5]


@pytest.mark.parametrize(
    "reading", [Reading.error("no permission", ""), Reading.not_assessed("short history", "")]
)
def test_a_reading_that_failed_leaves_what_was_known(store: Store, reading: Reading) -> None:
    measure(store, (5, "2026-03-01 00:00"))
    write(store, reading)
    assert [row.value for row in store.latest()] == [5]


def test_what_is_not_a_number_is_unknown(store: Store) -> None:
    measure(store, (5, "2026-03-01 00:00"))
    measure(store, (math.nan, "2026-03-02 00:00"))
    assert store.latest() == []
    measure(store, (math.inf, "2026-03-03 00:00"))
    assert [row.value for row in store.latest()] == [math.inf]


def test_points_are_found_by_their_time(store: Store) -> None:
    days = [(float(n), f"2026-03-0{n} 00:00") for n in (1, 2, 3)]
    measure(store, *days)
    since, until = at("2026-03-02 00:00"), at("2026-03-03 00:00")
    found = store.points(POSTS.id, ROWS.name, since=since, until=until)
    assert [row.value for row in found] == [2]
