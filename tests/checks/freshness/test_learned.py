"""Learned freshness: how long a silence a table is used to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.core import Span, Status, Verdict
from checks.freshness.calendar import Calendar
from checks.freshness.learned import alpha_of, usual
from monitors.core import Event, EventKind
from monitors.freshness import LAST_COMMIT, slot
from tests.checks.freshness.sla import LOOK, check, judged
from tests.checks.past import LiteralPast, utc

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAILY = [MONDAY + n * DAY + timedelta(hours=6, minutes=n * 37 % 50) for n in range(50)]
HOURLY = [MONDAY + n * HOUR for n in range(24 * 50)]
OFFICE = [at for at in HOURLY if at.weekday() < 5 and 8 <= at.hour < 18]


def due(commits: Sequence[datetime], calendar: Calendar = Calendar(), **more: float) -> datetime:  # noqa: B008
    found = usual(commits, calendar, more.get("false_alarms", 0.1))
    assert found.due is not None
    return found.due


def past(commits: Sequence[datetime], now: datetime) -> LiteralPast:
    return LiteralPast(now, changed=commits)


def test_a_daily_table_is_late_before_the_second_load_is_missed() -> None:
    # The last commit was in the hour of 06:00; gaps are 23 to 25 hours, and 1.25 times 25 is 32.
    assert DAILY[-1] + 26 * HOUR < due(DAILY) <= DAILY[-1] + 34 * HOUR


def test_a_table_of_weekdays_is_late_within_a_day_and_a_half_of_its_first_missed_load() -> None:
    random = Random(5)
    loads = [at + random.gauss(0, 40) * timedelta(minutes=1) for at in DAILY if at.weekday() < 5]
    tuesday = max(at for at in loads if at.weekday() == 1)
    assert due([at for at in loads if at <= tuesday]) - tuesday < timedelta(days=2, hours=12)
    friday = max(at for at in loads if at.weekday() == 4)
    assert due([at for at in loads if at <= friday]) - friday > timedelta(days=3, hours=1)


def test_an_hourly_table_is_late_after_two_silent_hours() -> None:
    assert due(HOURLY) == HOURLY[-1] + 3 * HOUR


def test_nights_and_weekends_without_commits_are_no_silence() -> None:
    friday = max(at for at in OFFICE if at.weekday() == 4)
    found = due([at for at in OFFICE if at <= friday])
    assert found - friday > timedelta(days=2, hours=14)
    assert (found.weekday(), found.hour) in [(0, 10), (0, 11)]


def test_a_burst_of_commits_is_one_commit() -> None:
    burst = sorted(at + second * timedelta(seconds=1) for at in DAILY for second in range(600))
    assert due(burst) == due(DAILY)


def test_hours_of_holidays_add_nothing_to_a_silence() -> None:
    after = (DAILY[-1] + DAY).date()
    plain, off = due(DAILY), due(DAILY, Calendar(dates=frozenset({after})))
    assert off == plain + DAY


def test_fewer_false_alarms_mean_more_patience() -> None:
    ragged = [at for n, at in enumerate(HOURLY) if n * n * n % 101 < 40 and n % 97 > 20]
    assert due(ragged, false_alarms=0.01) > due(ragged, false_alarms=10)


def test_each_gap_is_a_chance_for_a_false_alarm() -> None:
    assert alpha_of([slot(at) for at in HOURLY], 0.1) == pytest.approx(0.1 / 720)
    assert alpha_of([slot(at) for at in DAILY], 0.1) == pytest.approx(0.1 / 30)
    assert alpha_of([slot(at) for at in DAILY], 30) == 0.01


def test_a_silence_in_an_incident_is_not_usual() -> None:
    outage: Span = (DAILY[20] + 30 * HOUR, DAILY[24])
    broken = [at for n, at in enumerate(DAILY) if not 20 < n < 24]
    spoiled = usual(broken, Calendar(), 1e-6)
    learned = usual(broken, Calendar(), 1e-6, [outage])
    assert spoiled.due is not None
    assert learned.due is not None
    assert learned.due <= DAILY[-1] + 34 * HOUR < spoiled.due


@pytest.mark.parametrize(
    ("commits", "reason"),
    [
        ([], "history is short: commits in 0 hours over 0.0 weeks, 10 over 2 are needed"),
        (DAILY[:9], "history is short: commits in 9 hours over 1.1 weeks, 10 over 2 are needed"),
        (DAILY[:14], "history is short: commits in 14 hours over 1.9 weeks, 10 over 2 are needed"),
    ],
)
def test_a_short_history_tells_what_it_lacks(commits: list[datetime], reason: str) -> None:
    found = usual(commits, Calendar(), 0.1)
    assert (found.due, found.reason) == (None, reason)


def test_an_unusual_silence_fails_where_nothing_is_declared() -> None:
    verdict = judged(past(DAILY, DAILY[-1] + 40 * HOUR))
    assert (verdict.status, verdict.observed, verdict.look) == (Status.FAIL, DAILY[-1], LOOK)
    assert verdict.reason.startswith("no commit since Mon 2026-02-23 07:13; usually there is one ")
    assert verdict.expected.startswith("usually a commit by Tue 2026-02-24 ")
    assert verdict.mend == "see why its load has not run, or declare when it is due"


def test_a_usual_silence_passes() -> None:
    verdict = judged(past(DAILY, DAILY[-1] + 25 * HOUR))
    assert verdict.status is Status.PASS
    assert "; the next is usually due by Tue 2026-02-24 " in verdict.reason


def test_without_enough_history_nothing_is_judged() -> None:
    verdict = judged(past(DAILY[:9], DAILY[8] + 40 * HOUR))
    assert (verdict.status, verdict.reason) == (
        Status.NOT_ASSESSED,
        "history is short: commits in 9 hours over 1.1 weeks, 10 over 2 are needed",
    )


def test_overlooked_commits_change_nothing_where_nothing_is_learned_yet() -> None:
    now = DAILY[8] + 40 * HOUR
    hole = Event(EventKind.LOG_CLEANED, "3-5", now, "versions 3 to 5 were cleaned from the log")
    unseen = LiteralPast(now, changed=DAILY[:9], happened=[hole])
    assert judged(unseen).reason.startswith("history is short")


def test_an_unusual_silence_after_overlooked_commits_is_not_assessed() -> None:
    now = DAILY[-1] + 40 * HOUR
    hole = Event(EventKind.LOG_CLEANED, "3-5", now, "versions 3 to 5 were cleaned from the log")
    verdict = judged(LiteralPast(now, changed=DAILY, happened=[hole]))
    assert (verdict.status, verdict.reason) == (
        Status.NOT_ASSESSED,
        "versions 3 to 5 were cleaned from the log; the newest commit may have been among them",
    )


def test_an_unusual_silence_is_a_warning_where_what_was_declared_is_kept() -> None:
    late = past(DAILY, DAILY[-1] + 40 * HOUR)
    assert judged(late, max_age="3d", learned=True).status is Status.WARN
    assert judged(late, max_age="3d").status is Status.PASS
    assert judged(late, max_age="3d", learned=False).status is Status.PASS


def test_what_was_declared_wins_over_what_is_usual() -> None:
    verdict = judged(past(HOURLY, HOURLY[-1] + 5 * HOUR), max_age="4h", learned=True)
    assert (verdict.status, verdict.detail["rule"]) == (Status.FAIL, "at most 4h old")


def test_a_declared_time_is_judged_while_nothing_is_learned_yet() -> None:
    verdict = judged(past(DAILY[:9], DAILY[8] + 40 * HOUR), max_age="3d", learned=True)
    assert (verdict.status, verdict.detail["not_learned"]) == (
        Status.PASS,
        "history is short: commits in 9 hours over 1.1 weeks, 10 over 2 are needed",
    )


@pytest.mark.parametrize("weeks", [2, 20, 60])
def test_a_table_that_fell_silent_long_ago_still_fails(weeks: int) -> None:
    # The gauge of the newest commit stays, however few commits are kept.
    now, newest = DAILY[-1] + timedelta(weeks=weeks), DAILY[-1].timestamp()
    silent = LiteralPast(now, changed=DAILY, gauges={LAST_COMMIT.name: newest})
    assert judged(silent).status is Status.FAIL


def test_a_weekly_table_is_learned_from_more_than_a_year() -> None:
    weekly = [MONDAY + timedelta(weeks=n, hours=6) for n in range(40)]
    assert judged(past(weekly, weekly[-1] + timedelta(days=7, hours=2))).status is Status.PASS
    assert judged(past(weekly, weekly[-1] + timedelta(days=9))).status is Status.FAIL


def test_a_silence_that_a_user_expected_stays_usual() -> None:
    broken = [at for n, at in enumerate(DAILY) if not 20 < n < 24]
    outage: Span = (DAILY[20] + 30 * HOUR, DAILY[24])
    now = DAILY[-1] + 60 * HOUR
    plain = LiteralPast(now, changed=broken, had_incidents={"fresh": [outage]})
    agreed = LiteralPast(
        now, changed=broken, had_incidents={"fresh": [outage]}, was_expected={"fresh": [outage]}
    )
    form = {"false_alarms": 1e-6}
    assert judged(plain, **form).detail["due"] < judged(agreed, **form).detail["due"]


def test_a_table_that_was_never_written_has_nothing_usual() -> None:
    assert judged(LiteralPast(utc("2026-11-23 10:00"))) == Verdict.not_assessed(
        "no commit that changed data is known, nor since when the table is there",
        "let it run",
        look=LOOK,
    )


@given(st.lists(st.integers(0, 24 * 60), min_size=1, max_size=120, unique=True))
def test_what_was_committed_just_now_is_usual_and_never_late(hours: list[int]) -> None:
    commits = [MONDAY + hour * HOUR for hour in sorted(hours)]
    found = usual(commits, Calendar(), 0.1)
    assert found.due is None or found.due > commits[-1] + HOUR


@pytest.mark.wide
@given(st.lists(st.integers(0, 24 * 60), min_size=12, max_size=120, unique=True), st.randoms())
def test_the_order_of_commits_does_not_matter(hours: list[int], random: object) -> None:
    commits = [MONDAY + hour * HOUR for hour in hours]
    assert usual(commits, Calendar(), 0.1) == usual(sorted(commits), Calendar(), 0.1)


def test_the_check_is_learned_by_default_only_where_nothing_is_declared() -> None:
    assert check().form.model_dump()["learned"] is None
