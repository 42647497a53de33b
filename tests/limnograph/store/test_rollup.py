"""Points become hours, hours days, and a value holds until the next point."""

from datetime import datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limnograph.store.rollup import LENGTH, Graded, Rollup, Span, at_grain, filled, fold
from tests.limnograph.store.samples import at

DAY = at("2026-03-01 00:00")
KINDS: tuple[Rollup, ...] = ("last", "min", "max", "sum")


def points(*timed: tuple[str, float]) -> list[Span]:
    return [Span(at(f"2026-03-01 {time}"), value, value) for time, value in timed]


def hours(items: list[Span], kind: Rollup, carry: float | None = None) -> list[tuple[str, float]]:
    return [(f"{row.start:%H:%M}", row.value) for row in fold(items, carry, "hour", kind)]


THREE = points(("09:10", 5), ("09:50", 7), ("11:20", 6))


@pytest.mark.parametrize(
    ("kind", "rolled"),
    [
        ("last", [("09:00", 7), ("11:00", 6)]),
        ("min", [("09:00", 5), ("11:00", 6)]),
        ("max", [("09:00", 7), ("11:00", 7)]),
        ("sum", [("09:00", 12), ("11:00", 6)]),
    ],
)
def test_an_hour_is_worth_what_the_metric_says(
    kind: Rollup, rolled: list[tuple[str, float]]
) -> None:
    assert hours(THREE, kind) == rolled


def test_the_value_that_was_carried_into_an_hour_was_in_force_in_it() -> None:
    assert hours(THREE, "min", carry=1) == [("09:00", 1), ("11:00", 6)]
    assert hours(THREE, "max", carry=9) == [("09:00", 9), ("11:00", 7)]
    assert hours(THREE, "last", carry=9) == [("09:00", 7), ("11:00", 6)]
    assert hours(THREE, "sum", carry=9) == [("09:00", 12), ("11:00", 6)]


def test_a_value_that_changes_when_the_hour_begins_was_not_in_force_before() -> None:
    assert hours(points(("09:00", 5)), "max", carry=9) == [("09:00", 5)]


def test_a_sum_that_is_no_number_is_unknown() -> None:
    odd = points(("09:00", float("inf")), ("09:10", float("-inf")), ("10:00", 3))
    assert hours(odd, "sum") == [("10:00", 3)]


@st.composite
def changes(draw: st.DrawFn) -> list[Span]:
    minutes = sorted(draw(st.sets(st.integers(0, 3 * 24 * 60 - 1), max_size=12)))
    values = draw(st.lists(st.integers(-9, 9), min_size=len(minutes), max_size=len(minutes)))
    return [
        Span(DAY + timedelta(minutes=minute), float(value), float(value))
        for minute, value in zip(minutes, values, strict=True)
    ]


def minute_of(at: datetime) -> int:
    return int((at - DAY).total_seconds()) // 60


def by_minute(items: list[Span], minutes: int) -> dict[int, float]:
    """The value in force in every minute, from the first that has one."""
    held: dict[int, float] = {}
    for one in items:
        held |= dict.fromkeys(range(minute_of(one.start), minutes), one.value)
    return held


@settings(max_examples=30, deadline=None)
@given(changes(), st.sampled_from(KINDS[:3]), st.sampled_from([("hour", 60), ("day", 1440)]))
def test_a_span_is_worth_what_its_minutes_are(
    items: list[Span], kind: Rollup, of: tuple[Literal["hour", "day"], int]
) -> None:
    grain, length = of
    rows = at_grain([], [], items, None, grain, kind)
    end = items[-1].start + timedelta(hours=30) if items else DAY
    held = by_minute(items, 6 * 24 * 60)
    for row in filled(rows, grain, None, end):
        start = minute_of(row.span.start)
        seen = [held[minute] for minute in range(start, start + length) if minute in held]
        assert row.span.value == {"last": seen[-1], "min": min(seen), "max": max(seen)}[kind]


@settings(max_examples=50, deadline=None)
@given(changes(), st.sampled_from(KINDS), st.integers(0, 96), st.integers(0, 4))
def test_rolling_up_step_by_step_ends_in_the_same_days(
    items: list[Span], kind: Rollup, hour: int, day: int
) -> None:
    until = max(DAY + hour * LENGTH["hour"], DAY + day * LENGTH["day"])
    old = [one for one in items if one.start < until]
    carry = old[-1].value if old else None
    rolled = list(fold(old, None, "hour", kind))
    coarse = [one for one in rolled if one.start < DAY + day * LENGTH["day"]]
    days = list(fold(coarse, None, "day", kind))
    fresh = items[len(old) :]
    for grain in ("hour", "day"):
        assert at_grain([], rolled, fresh, carry, grain, kind) == at_grain(
            [], [], items, None, grain, kind
        )
    assert at_grain(days, rolled[len(coarse) :], fresh, carry, "day", kind) == at_grain(
        [], [], items, None, "day", kind
    )


def shown(rows: list[Graded]) -> list[tuple[str | None, str, float]]:
    return [(row.grain, f"{row.span.start:%d %H:%M}", row.span.value) for row in rows]


def test_where_only_days_are_left_they_come_as_days() -> None:
    days = [Span(DAY, 5, 4, 3)]
    rolled = [Span(at("2026-03-02 22:00"), 6, 6)]
    found = at_grain(days, rolled, points(), None, "hour", "max")
    assert shown(found) == [("day", "01 00:00", 5), ("hour", "02 22:00", 6)]
    since = at("2026-03-02 20:30")
    assert shown(list(filled(found, "hour", since, at("2026-03-03 00:59")))) == [
        ("day", "01 00:00", 5),
        ("hour", "02 20:00", 4),
        ("hour", "02 21:00", 4),
        ("hour", "02 22:00", 6),
        ("hour", "02 23:00", 6),
        ("hour", "03 00:00", 6),
    ]


def test_points_are_as_fine_as_they_are_kept() -> None:
    found = at_grain([Span(DAY, 5, 4)], [], points(("09:10", 7)), 4, None, "max")
    assert shown(found) == [("day", "01 00:00", 5), (None, "01 09:10", 7)]
