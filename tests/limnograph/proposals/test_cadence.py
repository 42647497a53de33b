"""How often a table changes, from the times of its commits."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from limnograph.proposals.cadence import Cadence, learn, sentences, short

START = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def cadence(times: list[datetime], zone: str = "UTC") -> Cadence:
    learned = learn(times, zone, max(times))
    assert learned is not None
    return learned


def test_hourly_commits_are_read_every_quarter_of_an_hour() -> None:
    wobble = [0, 2, 1, 3, 1, 1]
    times = [START + hour * HOUR + wobble[hour % 6] * MINUTE for hour in range(48)]
    learned = cadence(times)
    assert (learned.rhythm, learned.schedule) == ("steady", "15m")
    assert sentences(learned, max(times)) == (
        "Changes about every 1h (half of the gaps are from 59m to 1h 2m): learned from 48 commits "
        "that changed data.",
    )


@pytest.mark.parametrize(
    ("gap", "schedule"),
    [
        (MINUTE, "5m"),
        (10 * MINUTE, "5m"),
        (HOUR, "15m"),
        (6 * HOUR, "30m"),
        (DAY, "1h"),
        (2 * DAY, "1h"),
        (7 * DAY, "6h"),
        (30 * DAY, "6h"),
    ],
)
def test_a_table_is_read_often_enough_for_its_changes(gap: timedelta, schedule: str) -> None:
    assert cadence([START + number * gap for number in range(12)]).schedule == schedule


def test_a_daily_table_has_its_time_of_day_where_its_people_live() -> None:
    zone = ZoneInfo("Europe/Berlin")
    # Across the change to summer time on 29 March.
    times = [datetime(2026, 3, 20 + day, 6, 8 + day % 4, tzinfo=zone) for day in range(12)]
    learned = cadence(times, "Europe/Berlin")
    assert (learned.rhythm, learned.schedule) == ("daily", "1h")
    assert sentences(learned, max(times))[0].startswith(
        "Changes daily at about 06:10 Europe/Berlin: "
    )


def test_around_midnight_is_one_time_of_day() -> None:
    times = [START.replace(hour=0, minute=0) + day * DAY + (-1) ** day * MINUTE for day in range(9)]
    assert "daily at about 00:00 UTC" in sentences(cadence(times), max(times))[0]


def test_a_table_that_rests_on_weekends() -> None:
    times = [START + day * DAY for day in range(28) if (START + day * DAY).weekday() < 5]
    learned = cadence(times)
    assert learned.rhythm == "weekdays"
    assert sentences(learned, max(times)) == (
        "Changes on weekdays at about 06:10 UTC: learned from 20 commits that changed data.",
    )


def test_a_weekly_table_has_its_weekday() -> None:
    times = [START + week * 7 * DAY for week in range(6)]
    learned = cadence(times)
    assert (learned.rhythm, learned.schedule) == ("weekly", "6h")
    assert "weekly, on Mondays at about 06:10 UTC" in sentences(learned, max(times))[0]


def test_the_commits_of_one_nightly_job_are_one_change() -> None:
    times = [START + day * DAY + step * 3 * MINUTE for day in range(10) for step in range(5)]
    learned = cadence(times)
    assert (learned.rhythm, learned.commits, learned.changes) == ("daily", 50, 10)
    assert "50 commits in 10 bursts" in sentences(learned, max(times))[0]


def test_working_hours_are_not_taken_for_one_burst_a_day() -> None:
    times = [START + day * DAY + step * 10 * MINUTE for day in range(10) for step in range(48)]
    learned = cadence(times)
    assert (learned.typical, learned.schedule) == (10 * MINUTE, "5m")
    assert sentences(learned, max(times))[1] == "The longest silence between them was 16h 10m."


def test_irregular_changes_are_called_so_and_read_for_the_shorter_gaps() -> None:
    hours = [0, 4, 34, 43, 103, 108, 156, 176, 183, 253, 265, 305]
    times = [START + hour * HOUR for hour in hours]
    learned = cadence(times)
    assert (learned.rhythm, learned.schedule) == ("irregular", "30m")
    assert sentences(learned, max(times))[0].startswith(
        "Changes irregularly (half of the gaps are from 7h to 2d)"
    )


@pytest.mark.parametrize("commits", range(5))
def test_few_commits_teach_nothing(commits: int) -> None:
    times = [START + number * DAY for number in range(commits)]
    assert learn(times, "UTC", START + 9 * DAY) is None


def test_many_commits_in_a_single_burst_teach_only_their_own_pace() -> None:
    times = [START + second * timedelta(seconds=1) for second in range(30)]
    assert cadence(times).typical == timedelta(seconds=1)


def test_commits_at_one_instant_are_one() -> None:
    assert learn([START] * 50, "UTC", START) is None


def test_a_clock_that_is_ahead_counts_as_now() -> None:
    times = [START + hour * HOUR for hour in range(10)]
    learned = learn([*times, START + 400 * DAY], "UTC", START + 10 * HOUR)
    assert learned is not None
    assert (learned.last, learned.longest) == (START + 10 * HOUR, HOUR)


def test_a_table_that_went_silent_is_asked_about() -> None:
    times = [START + hour * HOUR for hour in range(24)]
    assert sentences(cadence(times), max(times) + 9 * DAY)[-1] == (
        "It has been silent for 9d; is it still being written?"
    )


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(seconds=61), "1m 1s"),
        (timedelta(minutes=59, seconds=57), "1h"),
        (timedelta(days=1, minutes=5), "1d"),
        (timedelta(days=2, hours=16, minutes=29), "2d 16h"),
    ],
)
def test_lengths_for_people(length: timedelta, text: str) -> None:
    assert short(length) == text
