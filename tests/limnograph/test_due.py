from datetime import UTC, datetime, timedelta

import pytest

from limnograph.due import GRACE, SPREAD, is_due, next_time, overdue_time
from limnograph.settings.schedules import Cron, Every, Schedule

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
QUARTER = Every(900)
MORNING = Cron("0 8 * * mon,tue,wed,thu,fri")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def due(schedule: Schedule, last: datetime | None, now: datetime, zone: str = "UTC") -> bool:
    return is_due(schedule, zone, "bronze.posts", last, now)


@pytest.mark.parametrize("schedule", [QUARTER, MORNING])
def test_what_was_never_read_is_due(schedule: Schedule) -> None:
    assert due(schedule, None, NOON)


def test_an_interval_is_due_once_each_time_it_passes() -> None:
    first = next_time(QUARTER, "UTC", "bronze.posts", NOON)
    assert not due(QUARTER, NOON, first - timedelta(seconds=1))
    assert due(QUARTER, NOON, first)
    assert not due(QUARTER, first, first + minutes(14))
    assert due(QUARTER, first, first + minutes(15))


def test_times_that_nobody_saw_count_once() -> None:
    first = next_time(QUARTER, "UTC", "bronze.posts", NOON)
    much_later = first + minutes(15) * 100
    assert due(QUARTER, first, much_later)
    assert not due(QUARTER, much_later, much_later + minutes(1))


def test_tables_of_one_schedule_are_spread_and_each_keeps_its_place() -> None:
    names = [f"bronze.table_{number}" for number in range(50)]
    times = [next_time(QUARTER, "UTC", name, NOON) - NOON for name in names]
    assert len(set(times)) > 25
    assert all(timedelta(0) <= time % minutes(15) < SPREAD for time in times)
    assert times == [next_time(QUARTER, "UTC", name, NOON) - NOON for name in names]


def test_a_short_interval_is_spread_over_a_tenth_of_itself() -> None:
    for number in range(50):
        time = next_time(Every(10), "UTC", f"table_{number}", NOON)
        assert (time - NOON) % timedelta(seconds=10) < timedelta(seconds=1)


def test_cron_is_read_in_the_time_zone_of_the_table() -> None:
    berlin = next_time(MORNING, "Europe/Berlin", "bronze.posts", NOON)
    monday = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert monday <= berlin < monday + SPREAD


def test_a_time_of_cron_missed_by_little_is_made_up_for() -> None:
    eight = datetime(2026, 11, 20, 8, tzinfo=UTC)
    yesterday = eight - timedelta(days=1) + minutes(2)
    assert due(MORNING, yesterday, eight + GRACE - minutes(5))
    assert not due(MORNING, yesterday, eight + GRACE + minutes(5))


def test_a_clock_set_back_does_not_stop_a_table() -> None:
    assert due(QUARTER, NOON + timedelta(days=30), NOON)
    assert not due(QUARTER, NOON + timedelta(seconds=2), NOON)


def test_overdue_is_after_three_times_of_the_schedule() -> None:
    assert overdue_time(QUARTER, "UTC", NOON) == NOON + minutes(45)
    assert overdue_time(MORNING, "UTC", NOON) == datetime(2026, 11, 25, 8, tzinfo=UTC)
