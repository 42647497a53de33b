"""The rules of the report, each on literal histories with the exact troubles that they give."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from exporters.history import Bucket, MonitorOutcome, TableHistory, hour_slots
from exporters.rules import Trouble, TroubleKind, Window, troubles
from monitors.core import Event, EventKind, Outcome

# A Thursday.
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
MIDNIGHT = NOW.replace(hour=0)
START = MIDNIGHT - 5 * WEEK


def bucket(start: datetime, rows: int | None, *, uncounted: int = 0) -> Bucket:
    return Bucket(start, rows, 0 if rows is not None else None, 0, rows, 1, uncounted)


def hourly(rows: Callable[[datetime], int | None], end: datetime = NOW) -> tuple[Bucket, ...]:
    hours = (START + n * HOUR for n in range(int((end - START) / HOUR)))
    return tuple(bucket(hour, n) for hour in hours if (n := rows(hour)) != 0)


def by_day(hours: Iterable[Bucket], zone: str = "UTC") -> tuple[Bucket, ...]:
    sums: dict[datetime, int] = {}
    for hour in hours:
        local = hour.start.astimezone(ZoneInfo(zone)).replace(hour=0)
        start = local.astimezone(UTC)
        sums[start] = sums.get(start, 0) + (hour.inserted or 0)
    return tuple(bucket(start, rows) for start, rows in sorted(sums.items()))


def read(at: datetime = NOW) -> tuple[MonitorOutcome, ...]:
    return (MonitorOutcome("ingestion", Outcome.ASSESSED, at, at),)


def table(hours: tuple[Bucket, ...] = (), days: tuple[Bucket, ...] | None = None) -> TableHistory:
    return TableHistory(
        "bronze.posts",
        outcomes=read(),
        counted_at=NOW,
        last_commit=hours[-1].start if hours else None,
        hours=hours,
        days=by_day(hours) if days is None else days,
    )


def kinds(found: Iterable[Trouble]) -> list[str]:
    return [trouble.kind.value for trouble in found]


def steady(_: datetime) -> int:
    return 200


def test_a_steady_table_is_no_trouble() -> None:
    assert troubles(table(hourly(steady)), NOW) == []


def test_a_table_that_was_never_read_is_no_trouble() -> None:
    assert troubles(TableHistory("bronze.posts"), NOW) == []


def test_late_once_the_due_time_has_passed() -> None:
    posts = replace(table(), last_commit=NOW - 6 * HOUR, due=NOW - 2 * HOUR, due_confidence=0.99)
    assert troubles(posts, NOW) == [
        Trouble(
            "bronze.posts",
            TroubleKind.LATE,
            NOW - 2 * HOUR,
            NOW - 6 * HOUR,
            NOW - 2 * HOUR,
            "no data since 2026-03-05 06:00; the next commit was due by 2026-03-05 10:00 "
            "(2 h ago, confidence 99 %)",
            "look at the job that writes this table",
        )
    ]


@pytest.mark.parametrize("due", [None, NOW, NOW + HOUR])
def test_not_late_before_the_due_time(due: datetime | None) -> None:
    assert troubles(replace(table(), due=due), NOW) == []


def test_an_unreadable_table_is_one_trouble_however_many_monitors_failed() -> None:
    failed = MonitorOutcome(
        "ingestion", Outcome.ERROR, NOW, NOW - DAY, "commit 7 is not JSON", "restore it"
    )
    posts = replace(
        table(), outcomes=(failed, replace(failed, monitor="freshness")), due=NOW - HOUR
    )
    assert troubles(posts, NOW) == [
        Trouble(
            "bronze.posts",
            TroubleKind.UNREADABLE,
            NOW - DAY,
            None,
            None,
            "commit 7 is not JSON",
            "restore it",
        )
    ]


def test_a_table_not_read_for_too_long_is_stale_and_not_late() -> None:
    posts = replace(table(), outcomes=read(NOW - 2 * HOUR), due=NOW - HOUR, overdue_at=NOW - HOUR)
    assert troubles(posts, NOW) == [
        Trouble(
            "bronze.posts",
            TroubleKind.STALE,
            NOW - 2 * HOUR,
            NOW - 2 * HOUR,
            None,
            "not read since 2026-03-05 10:00 (2 h ago)",
            "run `limnograph run`, or see why `limnograph serve` has stopped",
        )
    ]


def yesterday_at(share: float) -> tuple[Bucket, ...]:
    return hourly(lambda hour: round(200 * share) if MIDNIGHT - DAY <= hour < MIDNIGHT else 200)


def test_a_day_under_half_of_the_same_weekdays_is_a_drop() -> None:
    assert troubles(table(yesterday_at(0.3)), NOW) == [
        Trouble(
            "bronze.posts",
            TroubleKind.DROP,
            MIDNIGHT - DAY,
            1440,
            4800,
            "1,440 rows written on Wed 2026-03-04, 30 % of the usual 4,800 on this weekday",
            "look for missing loads of that day, then load them again",
        )
    ]


@pytest.mark.parametrize(("share", "found"), [(0.5, []), (0.49, ["drop"]), (0.0, ["drop"])])
def test_half_is_the_limit_of_a_drop_and_no_commits_are_zero_rows(
    share: float, found: list[str]
) -> None:
    assert kinds(troubles(table(yesterday_at(share)), NOW)) == found


def test_today_is_not_judged_before_it_is_over() -> None:
    nothing_today = hourly(lambda hour: 0 if hour >= MIDNIGHT else 200)
    assert troubles(table(nothing_today), NOW) == []


def test_the_two_last_complete_days_are_judged_and_older_ones_with_a_longer_window() -> None:
    low = hourly(lambda hour: 20 if MIDNIGHT - 3 * DAY <= hour < MIDNIGHT else 200)
    assert [t.since for t in troubles(table(low), NOW)] == [MIDNIGHT - 2 * DAY, MIDNIGHT - DAY]
    week = troubles(table(low), NOW, Window.back(WEEK))
    assert [t.since for t in week] == [MIDNIGHT - n * DAY for n in (3, 2, 1)]


def test_a_day_of_unknown_rows_is_not_judged() -> None:
    hours = yesterday_at(0.1)
    days = list(by_day(hours))
    for unknown in (
        bucket(MIDNIGHT - DAY, None, uncounted=3),
        bucket(MIDNIGHT - DAY, 480, uncounted=1),
    ):
        days[-2] = unknown
        assert troubles(table(hours, tuple(days)), NOW) == []


def test_two_earlier_weekdays_are_too_few_for_a_drop() -> None:
    hours = tuple(b for b in yesterday_at(0.1) if b.start >= MIDNIGHT - DAY - 2 * WEEK)
    assert troubles(table(hours), NOW) == []
    hours = tuple(b for b in yesterday_at(0.1) if b.start >= MIDNIGHT - DAY - 3 * WEEK)
    assert kinds(troubles(table(hours), NOW)) == ["drop"]


def test_a_late_table_has_no_drop_since_its_last_commit() -> None:
    silent = hourly(lambda hour: 0 if hour >= MIDNIGHT - DAY else 200)
    posts = replace(table(silent), due=NOW - DAY)
    assert kinds(troubles(posts, NOW)) == ["late"]


def test_weekends_are_compared_with_weekends() -> None:
    monday = MIDNIGHT - 3 * DAY + 12 * HOUR
    weekdays = tuple(
        b for b in hourly(lambda hour: 20 if hour.weekday() >= 5 else 400) if b.start < monday
    )
    posts = replace(table(weekdays), counted_at=monday, outcomes=read(monday))
    assert troubles(posts, monday) == []


def test_a_handful_of_rows_is_no_drop() -> None:
    few = hourly(lambda hour: 0 if hour.hour or MIDNIGHT - DAY <= hour < MIDNIGHT else 19)
    assert troubles(table(few), NOW) == []


def test_days_are_cut_in_the_time_zone_of_the_table() -> None:
    zone = ZoneInfo("America/New_York")
    start = datetime(2026, 3, 4, tzinfo=zone).astimezone(UTC)
    low = hourly(lambda hour: 20 if start <= hour < start + DAY else 200)
    posts = replace(table(low, by_day(low, "America/New_York")), time_zone="America/New_York")
    found = troubles(posts, NOW)
    assert [(t.since, t.observed, t.expected) for t in found] == [(start, 480, 4800)]


def one_hour(rows: int, at: datetime = NOW - 7 * HOUR) -> tuple[Bucket, ...]:
    return hourly(lambda hour: rows if hour == at else 200)


def test_an_hour_over_1_8_times_its_hour_of_week_is_a_duplicate() -> None:
    assert troubles(table(one_hour(400)), NOW) == [
        Trouble(
            "bronze.posts",
            TroubleKind.DUPLICATE,
            NOW - 7 * HOUR,
            400,
            200,
            "400 rows written in the hour from 2026-03-05 05:00, 2.0 times the usual 200",
            "see whether a load ran twice; RESTORE or delete the second copy",
        )
    ]


@pytest.mark.parametrize(
    ("rows", "at", "found"),
    [
        (360, NOW - 7 * HOUR, []),
        (361, NOW - 7 * HOUR, ["duplicate"]),
        (400, NOW - 47 * HOUR, ["duplicate"]),
        (400, NOW - 49 * HOUR, []),
    ],
)
def test_limits_of_a_duplicate(rows: int, at: datetime, found: list[str]) -> None:
    assert kinds(troubles(table(one_hour(rows, at)), NOW)) == found


def test_two_earlier_hours_of_the_week_are_too_few_for_a_duplicate() -> None:
    hours = tuple(b for b in one_hour(400) if b.start >= NOW - 7 * HOUR - 2 * WEEK)
    assert troubles(table(hours), NOW) == []


def test_a_few_rows_are_no_duplicate() -> None:
    few = hourly(lambda hour: 29 if hour == NOW - 7 * HOUR else 10)
    assert troubles(table(few), NOW) == []


def test_a_load_that_comes_late_is_not_a_second_one() -> None:
    late = {NOW - 9 * HOUR: 0, NOW - 8 * HOUR: 0, NOW - 7 * HOUR: 600}
    assert troubles(table(hourly(lambda hour: late.get(hour, 200))), NOW) == []


def test_a_load_that_comes_early_is_not_a_second_one() -> None:
    early = {NOW - 8 * HOUR: 400, NOW - 7 * HOUR: 0}
    assert troubles(table(hourly(lambda hour: early.get(hour, 200))), NOW) == []


def test_the_hour_in_which_a_table_was_replaced_is_no_duplicate() -> None:
    at = NOW - 7 * HOUR + timedelta(minutes=20)
    event = Event(EventKind.REPLACED, "9", at, "replaced by CREATE OR REPLACE TABLE")
    posts = replace(table(one_hour(5000)), events=(event,))
    assert kinds(troubles(posts, NOW)) == ["replaced"]


def test_a_hole_in_the_history_is_neither_a_drop_nor_part_of_what_is_usual() -> None:
    gone = hourly(lambda hour: 0 if MIDNIGHT - DAY <= hour < MIDNIGHT - 2 * HOUR else 200)
    hole = (MIDNIGHT - DAY - HOUR, MIDNIGHT - 2 * HOUR)
    assert kinds(troubles(table(gone), NOW)) == ["drop"]
    assert troubles(replace(table(gone), holes=(hole,)), NOW) == []
    next_week = replace(
        table(gone), holes=(hole,), counted_at=NOW + WEEK, outcomes=read(NOW + WEEK)
    )
    assert next(t.expected for t in troubles(next_week, NOW + WEEK)) == 4800


def test_hours_that_were_not_looked_up_are_unknown_and_not_zero() -> None:
    ends = [NOW + HOUR - week * WEEK for week in range(5, -1, -1)]
    windows = tuple((end - 55 * HOUR, end) for end in ends)
    known = [b for b in one_hour(400) if any(a <= b.start < z for a, z in windows)]
    posts = replace(table(tuple(known), by_day(one_hour(400))), hour_windows=windows)
    assert kinds(troubles(posts, NOW)) == ["duplicate"]
    assert len(hour_slots(posts)) == len(known) + 1


@pytest.mark.parametrize("noise", [0.1, 0.15])
@pytest.mark.parametrize("rows", [60, 200, 5000])
def test_a_healthy_rhythm_with_noise_never_alarms(noise: float, rows: int) -> None:
    chance = Random(f"{noise} {rows}")

    def rhythm(hour: datetime) -> int:
        usual = rows * (0.5 if hour.weekday() >= 5 else 1) * (1.4 if hour.hour > 8 else 0.6)
        return max(0, round(chance.gauss(usual, noise * usual)))

    for _ in range(20):
        assert troubles(table(hourly(rhythm)), NOW) == []


def test_a_table_noisier_than_the_limits_assume_does_not_alarm() -> None:
    chance = Random(7)
    wild = hourly(lambda hour: round(200 * chance.choice((0.2, 0.5, 1, 2, 4))))
    assert troubles(table(wild), NOW) == []


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (EventKind.RECREATED, ["recreated"]),
        (EventKind.REPLACED, ["replaced"]),
        (EventKind.FEED_OFF, ["feed_off"]),
        (EventKind.FEED_VACUUMED, ["feed_vacuumed"]),
        (EventKind.LOG_CLEANED, ["log_cleaned"]),
        (EventKind.FEED_ON, []),
        (EventKind.CLOCK_SKEW, []),
    ],
)
def test_holes_and_replacements_of_the_last_week_are_trouble(
    kind: EventKind, found: list[str]
) -> None:
    recent = Event(kind, "1", NOW - 6 * DAY, "it happened")
    old = Event(kind, "0", NOW - 8 * DAY, "it happened long ago")
    posts = replace(table(), events=(recent, old))
    happened = troubles(posts, NOW)
    assert kinds(happened) == found
    assert [t.message for t in happened] == ["it happened"] * len(found)


def test_worst_comes_first() -> None:
    event = Event(EventKind.REPLACED, "9", NOW - 2 * DAY, "replaced")
    posts = replace(table(yesterday_at(0.3)), events=(event,))
    assert kinds(troubles(posts, NOW)) == ["drop", "replaced"]
