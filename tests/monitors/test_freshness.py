"""Freshness: maxima that never fall back, and the due time learned from hours of the week."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitors import freshness
from monitors.core import (
    CommitFact,
    Cursor,
    EventTime,
    Reading,
    Snapshot,
    State,
    Subject,
    Tail,
)
from monitors.freshness import Config, Seen, expectation, read, slot
from tests.monitors.one_tail import OneTail

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
POSTS = Subject("table", "main.bronze.posts")


def fact(version: int, at: datetime, *, data: bool = True) -> CommitFact:
    return CommitFact(version, at, "WRITE", 1, 0, 0, 1, 9, 0, 1, 0, "log", True, changes_data=data)


def reading(
    commits: Sequence[CommitFact],
    now: datetime,
    *,
    states: dict[str, State] | None = None,
    config: Config | None = None,
    event: EventTime | None = None,
    **tail: Any,
) -> Reading:
    snapshot = Snapshot(9, now, "id", 1, 1, 1)
    found = Tail(snapshot, tuple(commits), (), "9", **tail)
    source = OneTail(found, event or EventTime(None))
    return asyncio.run(read(source, POSTS, config or Config(), Cursor("1"), states or {}, now))


def values(found: Reading) -> dict[str, float]:
    return {m.metric.name: m.value for m in found.measurements}


def hourly(start: datetime, weeks: float) -> list[int]:
    return [slot(start) + hour for hour in range(int(weeks * 168))]


def test_hours_of_the_week_begin_on_monday() -> None:
    assert slot(MONDAY) % 168 == 0
    assert slot(MONDAY - timedelta(seconds=1)) % 168 == 167


def test_an_hourly_table_is_due_within_three_hours() -> None:
    found = expectation(hourly(MONDAY, 4))
    assert found is not None
    last = MONDAY + timedelta(weeks=4) - HOUR
    assert timedelta(hours=1) < found.due - last <= timedelta(hours=4)
    assert found.confidence > 0.8


def test_a_table_of_working_hours_is_not_due_at_night_or_on_the_weekend() -> None:
    hours = [hour for hour in hourly(MONDAY, 5) if 8 <= hour % 24 < 18 and hour % 168 < 120]
    friday_evening = MONDAY + timedelta(weeks=4, days=4, hours=17)
    assert hours[-1] == slot(friday_evening)
    found = expectation(hours)
    assert found is not None
    monday = MONDAY + timedelta(weeks=5, hours=8)
    assert monday < found.due <= monday + timedelta(hours=6)


def test_hours_are_learned_in_the_time_zone_of_the_table_across_a_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    nine = datetime(2026, 3, 9, 9, tzinfo=berlin)
    daily = [slot(nine + timedelta(days=day)) for day in range(28)]  # clocks change on day 20
    local = expectation(daily, "Europe/Berlin")
    assert local is not None
    # Adding days keeps the wall clock: due in the slot after the second missed nine o'clock.
    assert local.due == (nine + timedelta(days=29, hours=1)).astimezone(UTC)
    utc = expectation(daily, "UTC")
    assert utc is not None
    assert utc.due > local.due


@pytest.mark.parametrize(
    "hours",
    [[], hourly(MONDAY, 1), [slot(MONDAY) + day * 24 for day in range(0, 56, 7)]],
    ids=["none", "one week", "eight commits"],
)
def test_nothing_is_expected_while_history_is_short(hours: list[int]) -> None:
    assert expectation(hours) is None


def test_a_short_history_is_not_assessed_and_says_how_much_is_missing() -> None:
    found = reading([fact(1, MONDAY)], MONDAY + HOUR, first=True)
    assert freshness.DUE.name not in values(found)
    [problem] = found.problems
    assert (problem.what, problem.state) == ("due", "not_assessed")
    assert "commits in 1 hours over 0.0 weeks, 10 over 2 are needed" in problem.reason


def test_maintenance_moves_only_the_time_of_any_commit() -> None:
    found = reading(
        [fact(1, MONDAY), fact(2, MONDAY + HOUR, data=False)], MONDAY + 2 * HOUR, first=True
    )
    assert values(found) == {
        freshness.LAST_COMMIT.name: MONDAY.timestamp(),
        freshness.LAST_ANY_COMMIT.name: (MONDAY + HOUR).timestamp(),
    }


def test_a_commit_time_that_goes_backwards_does_not_make_the_table_older() -> None:
    before = Seen(MONDAY.timestamp(), MONDAY.timestamp(), (slot(MONDAY),))
    found = reading([fact(2, MONDAY - 5 * HOUR)], MONDAY + HOUR, states={"seen": before.state(1)})
    assert values(found)[freshness.LAST_COMMIT.name] == MONDAY.timestamp()


def test_a_commit_from_the_future_counts_as_of_now() -> None:
    found = reading([fact(1, MONDAY + timedelta(days=9))], MONDAY, first=True)
    assert values(found)[freshness.LAST_COMMIT.name] == MONDAY.timestamp()


def test_an_idle_reading_repeats_what_it_knows_and_writes_no_state() -> None:
    first = reading([fact(1, MONDAY)], MONDAY, first=True)
    states = {state.key: state for state in first.states}
    idle = reading([], MONDAY + HOUR, states=states)
    assert values(idle) == values(first)
    assert idle.states == ()


def test_a_recreated_table_forgets_what_the_old_one_did() -> None:
    before = Seen(MONDAY.timestamp(), MONDAY.timestamp(), tuple(hourly(MONDAY, 4)))
    now = MONDAY + timedelta(weeks=6)
    found = reading([fact(0, now)], now, states={"seen": before.state(1)}, recreated=True)
    assert values(found)[freshness.LAST_COMMIT.name] == now.timestamp()
    assert freshness.DUE.name not in values(found)


def test_a_state_of_another_format_is_not_guessed() -> None:
    assert freshness.seen_in({"seen": State("seen", "other", 1, b"12345678")}) == Seen()


def test_the_event_time_is_measured_only_where_a_column_is_declared() -> None:
    event = EventTime(MONDAY)
    declared = reading([], MONDAY, config=Config(event_time="at"), event=event)
    assert values(declared)[freshness.LAST_EVENT.name] == MONDAY.timestamp()
    assert freshness.LAST_EVENT.name not in values(reading([], MONDAY, event=event))


def test_an_unknown_event_time_is_a_problem_with_its_mend_and_no_measurement() -> None:
    event = EventTime(None, reason="not proven", mend="scan it")
    found = reading([], MONDAY, config=Config(event_time="at"), event=event)
    assert freshness.LAST_EVENT.name not in values(found)
    assert ("event time", "not_assessed", "not proven", "scan it") in [
        (p.what, p.state, p.reason, p.mend) for p in found.problems
    ]
