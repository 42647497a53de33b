"""Declared freshness: times of day, ages and lines of cron, on days that count."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.core import Sample, Status, Verdict
from monitors.core import Definition, Event, EventKind
from monitors.freshness import LAST_EVENT
from tests.checks.freshness.sla import LOOK, committed, judged
from tests.checks.past import LiteralPast, utc

WEEKDAYS = {"by": "08:00", "days": "weekdays"}
# In 2026 the clocks of Berlin go forward on 29 March and back on 25 October; 23 November is a
# Monday, and Berlin is then one hour ahead of UTC.


def status(at: str, now: str, **fields: object) -> str:
    return str(judged(committed(at, now), **fields).status)


def due(at: str, **fields: object) -> str:
    """Until when what was committed at a time is new enough, in UTC."""
    at_due = judged(committed(at, at), **fields).detail["due"]
    assert isinstance(at_due, datetime)
    return f"{at_due:%Y-%m-%d %H:%M}"


def test_a_late_table_fails_after_its_deadline_with_everything_that_is_known() -> None:
    assert judged(committed("2026-11-20 06:55", "2026-11-23 10:00"), **WEEKDAYS) == Verdict(
        Status.FAIL,
        "no commit since Fri 2026-11-20 07:55; one was due by Mon 2026-11-23 08:00 Europe/Berlin "
        "(3 h ago)",
        "see why its load has not run",
        observed=utc("2026-11-20 06:55"),
        expected="a commit by Mon 2026-11-23 08:00 Europe/Berlin",
        window=(utc("2026-11-20 06:55"), utc("2026-11-23 10:00")),
        look=LOOK,
        detail={
            "due": utc("2026-11-23 07:00"),
            "rule": "by 08:00",
            "late_seconds": 10800.0,
            "judged_at": utc("2026-11-23 10:00"),
        },
    )


def test_a_table_in_time_passes_and_says_when_the_next_commit_is_due() -> None:
    assert judged(committed("2026-11-23 06:55", "2026-11-23 10:00"), **WEEKDAYS) == Verdict(
        Status.PASS,
        "the newest commit is of Mon 2026-11-23 07:55 (3 h 5 min ago); the next is due by "
        "Tue 2026-11-24 08:00 Europe/Berlin",
        observed=utc("2026-11-23 06:55"),
        expected="a commit by Tue 2026-11-24 08:00 Europe/Berlin",
        window=(utc("2026-11-23 06:55"), utc("2026-11-23 10:00")),
        look=LOOK,
        detail={
            "due": utc("2026-11-24 07:00"),
            "rule": "by 08:00",
            "late_seconds": 0.0,
            "judged_at": utc("2026-11-23 10:00"),
        },
    )


def test_the_minute_of_the_deadline_is_in_time() -> None:
    assert status("2026-11-20 06:55", "2026-11-23 07:00", **WEEKDAYS) == "pass"
    late = committed("2026-11-20 06:55", utc("2026-11-23 07:00") + timedelta(microseconds=1))
    assert judged(late, **WEEKDAYS).status is Status.FAIL


def test_a_weekend_without_commits_is_no_failure_on_weekdays() -> None:
    assert status("2026-11-20 06:55", "2026-11-22 20:00", **WEEKDAYS) == "pass"
    assert status("2026-11-20 06:55", "2026-11-21 07:01", by="08:00") == "fail"


def test_a_commit_that_came_late_ends_the_failure_but_does_not_pass_for_the_next_day() -> None:
    assert status("2026-11-23 09:30", "2026-11-23 10:00", **WEEKDAYS) == "pass"
    assert status("2026-11-23 09:30", "2026-11-24 07:01", **WEEKDAYS) == "fail"


def test_a_commit_of_the_evening_before_counts_only_where_the_form_says_so() -> None:
    verdict = judged(committed("2026-11-22 22:00", "2026-11-23 10:00"), **WEEKDAYS)
    assert (verdict.status, verdict.mend) == (
        Status.FAIL,
        "see why its load has not run; if what came the evening before counts, say from when, for "
        'example from: "20:00"',
    )
    assert due("2026-11-22 22:00", **WEEKDAYS, **{"from": "20:00"}) == "2026-11-24 07:00"
    assert due("2026-11-22 18:59", **WEEKDAYS, **{"from": "20:00"}) == "2026-11-23 07:00"


def test_the_first_moment_of_a_day_counts_for_it() -> None:
    assert due("2026-11-22 23:00", by="08:00") == "2026-11-24 07:00"
    assert due("2026-11-22 22:59", by="08:00") == "2026-11-23 07:00"


@pytest.mark.parametrize(
    ("days", "expected"),
    [("daily", "2026-11-28"), ("weekdays", "2026-11-30"), ("weekends", "2026-11-28"),
     (["tue"], "2026-12-01"), ("wed", "2026-12-02"), (["Mon", "sat"], "2026-11-28")],
)  # fmt: skip
def test_data_is_due_on_the_days_that_are_named(days: object, expected: str) -> None:
    assert due("2026-11-27 12:00", by="08:00", days=days) == f"{expected} 07:00"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("holidays", "expected"),
    [
        ([], "2026-01-06"),
        (["2026-01-06"], "2026-01-07"),
        ("DE", "2026-01-06"),
        ("DE-BY", "2026-01-07"),
        (["DE-BY", "2026-01-07", "2026-01-08"], "2026-01-09"),
    ],
)
def test_nothing_is_due_on_holidays(holidays: object, expected: str) -> None:
    assert due("2026-01-05 12:00", by="08:00", holidays=holidays) == f"{expected} 07:00"


def test_holidays_are_those_of_every_year() -> None:
    assert due("2026-12-31 12:00", by="08:00", holidays="DE") == "2027-01-02 07:00"


def test_a_deadline_is_local_whatever_the_season() -> None:
    assert due("2026-03-27 12:00", by="08:00") == "2026-03-28 07:00"
    assert due("2026-03-28 12:00", by="08:00") == "2026-03-29 06:00"
    assert due("2026-10-24 12:00", by="08:00") == "2026-10-25 07:00"
    assert due("2026-11-23 12:00", by="08:00", time_zone="America/New_York") == "2026-11-24 13:00"


def test_a_time_that_clocks_skip_is_as_long_after_the_hour_before() -> None:
    assert due("2026-03-28 12:00", by="02:30") == "2026-03-29 01:30"


def test_of_a_time_that_clocks_show_twice_the_second_is_the_deadline() -> None:
    assert due("2026-10-24 12:00", by="02:30") == "2026-10-25 01:30"


def test_of_a_time_that_clocks_show_twice_the_first_begins_the_day() -> None:
    fields = {"by": "08:00", "from": "02:30"}
    assert due("2026-10-25 00:29", **fields) == "2026-10-25 07:00"
    assert due("2026-10-25 00:30", **fields) == "2026-10-26 07:00"


def test_an_age_is_that_of_clocks_that_never_jump() -> None:
    assert due("2026-03-28 12:00", max_age="26h") == "2026-03-29 14:00"
    assert status("2026-11-22 10:00", "2026-11-23 12:00", max_age="26h") == "pass"
    late = committed("2026-11-22 10:00", utc("2026-11-23 12:00") + timedelta(seconds=1))
    assert judged(late, max_age="26h").reason == (
        "no commit since Sun 2026-11-22 11:00; one was due by Mon 2026-11-23 13:00 Europe/Berlin "
        "(1 s ago)"
    )


def test_days_that_do_not_count_add_nothing_to_an_age() -> None:
    fields = {"max_age": "26h", "days": "weekdays"}
    # Friday 12:00 to midnight are 12 h, 14 more begin on Monday.
    assert due("2026-11-20 11:00", **fields) == "2026-11-23 13:00"
    assert due("2026-11-21 11:00", **fields) == "2026-11-24 01:00"
    assert due("2026-11-20 11:00", **fields, holidays=["2026-11-23"]) == "2026-11-24 13:00"


def test_days_of_23_and_25_hours_count_as_long_as_they_are() -> None:
    fields = {"max_age": "24h", "days": ["sun", "mon"]}
    assert due("2026-03-28 23:00", **fields) == "2026-03-29 23:00"
    assert due("2026-10-24 22:00", **fields) == "2026-10-25 22:00"


def test_each_time_of_cron_must_be_followed_by_a_commit() -> None:
    fields = {"cron": "0 6 * * 1-5", "grace": "2h"}
    assert due("2026-11-23 04:59", **fields) == "2026-11-23 07:00"
    assert due("2026-11-23 05:00", **fields) == "2026-11-24 07:00"
    assert due("2026-11-27 05:10", **fields) == "2026-11-30 07:00"
    verdict = judged(committed("2026-11-23 04:59", "2026-11-23 07:30"), **fields)
    assert (verdict.status, verdict.detail["rule"]) == (
        Status.FAIL,
        "within 2h of '0 6 * * 1-5'",
    )


def test_times_of_cron_on_holidays_are_left_out() -> None:
    fields = {"cron": "0 6 * * *", "holidays": ["2026-11-24"]}
    assert due("2026-11-23 05:10", **fields) == "2026-11-25 06:00"


def test_a_cron_of_a_fixed_hour_fires_once_where_clocks_show_it_twice() -> None:
    assert due("2026-10-24 12:00", cron="30 2 * * *") == "2026-10-25 01:30"
    assert due("2026-10-25 00:35", cron="30 2 * * *") == "2026-10-26 02:30"


def test_a_cron_of_every_hour_fires_in_both_of_them() -> None:
    assert due("2026-10-25 00:05", cron="0 * * * *", grace="30m") == "2026-10-25 01:30"
    assert due("2026-10-25 01:05", cron="0 * * * *", grace="30m") == "2026-10-25 02:30"


def test_a_cron_in_an_hour_that_clocks_skip_fires_after_it() -> None:
    assert due("2026-03-28 12:00", cron="30 2 * * *") == "2026-03-29 02:30"


def test_sunday_is_0_and_7_in_cron() -> None:
    assert due("2026-11-23 12:00", cron="0 6 * * 0") == "2026-11-29 06:00"
    assert due("2026-11-23 12:00", cron="0 6 * * 7") == "2026-11-29 06:00"
    assert due("2026-11-23 12:00", cron="0 6 * * sat-7") == "2026-11-28 06:00"


def test_of_several_rules_the_first_that_is_missed_counts() -> None:
    fields = {"by": "08:00", "max_age": "12h"}
    assert due("2026-11-23 06:00", **fields) == "2026-11-23 18:00"
    assert due("2026-11-23 22:00", **fields) == "2026-11-24 07:00"


def test_a_table_is_warned_of_shortly_before_its_deadline() -> None:
    fields = {**WEEKDAYS, "warn_before": "30m"}
    assert status("2026-11-20 06:55", "2026-11-23 06:29", **fields) == "pass"
    verdict = judged(committed("2026-11-20 06:55", "2026-11-23 06:30"), **fields)
    assert (verdict.status, verdict.reason) == (
        Status.WARN,
        "no commit since Fri 2026-11-20 07:55; one is due by Mon 2026-11-23 08:00 Europe/Berlin "
        "(in 30 min)",
    )


def test_a_warning_does_not_begin_before_a_commit_could_count() -> None:
    fields = {"by": "08:00", "warn_before": "23h"}
    assert status("2026-11-22 06:55", "2026-11-22 20:00", **fields) == "pass"
    assert status("2026-11-22 06:55", "2026-11-22 23:00", **fields) == "warn"


def test_a_table_without_a_commit_for_months_says_what_was_first_missed() -> None:
    verdict = judged(committed("2026-02-02 06:00", "2026-11-23 10:00"), **WEEKDAYS)
    assert verdict.reason == (
        "no commit since Mon 2026-02-02 07:00; one was due by Tue 2026-02-03 08:00 Europe/Berlin "
        "(293 d 3 h ago)"
    )


def test_a_commit_of_the_future_was_there_by_now() -> None:
    verdict = judged(committed("2027-11-23 06:00", "2026-11-23 10:00"), **WEEKDAYS)
    assert (verdict.status, verdict.observed) == (Status.PASS, utc("2026-11-23 10:00"))


def test_nothing_is_late_by_a_deadline_that_passed_since_the_last_reading() -> None:
    past = committed("2026-11-20 06:55", "2026-11-23 07:30")
    past.last_read = utc("2026-11-23 06:59")
    verdict = judged(past, **WEEKDAYS)
    assert (verdict.status, verdict.detail["judged_at"]) == (Status.PASS, past.last_read)


def test_a_table_that_cannot_be_read_is_an_error_and_never_late() -> None:
    past = committed("2026-02-02 06:00", "2026-11-23 10:00")
    past.unreadable = ("access denied", "grant SELECT")
    assert judged(past, **WEEKDAYS) == Verdict.error("access denied", "grant SELECT", look=LOOK)


def test_a_table_that_was_never_read_is_not_assessed() -> None:
    past = LiteralPast(utc("2026-11-23 10:00"), last_read=None)
    assert judged(past, **WEEKDAYS) == Verdict.not_assessed(
        "the table was never read", "let it run", look=LOOK
    )


def created(at: str, now: str) -> LiteralPast:
    return LiteralPast(utc(now), defined=[Definition(0, utc(at), "id", ())])


def test_a_table_that_was_never_written_is_not_assessed_before_its_first_deadline() -> None:
    assert judged(created("2026-11-23 09:00", "2026-11-23 10:00"), **WEEKDAYS) == (
        Verdict.not_assessed(
            "there is no commit yet; the first is due by Tue 2026-11-24 08:00 Europe/Berlin",
            "let it run",
            window=(utc("2026-11-23 09:00"), utc("2026-11-23 10:00")),
            look=LOOK,
        )
    )


def test_a_table_that_was_never_written_fails_after_its_first_deadline() -> None:
    verdict = judged(created("2026-11-23 09:00", "2026-11-24 08:00"), **WEEKDAYS)
    assert (verdict.status, verdict.observed, verdict.reason) == (
        Status.FAIL,
        None,
        "no commit yet; one was due by Tue 2026-11-24 08:00 Europe/Berlin (1 h ago)",
    )


def test_a_table_of_which_nothing_is_known_is_not_assessed() -> None:
    verdict = judged(LiteralPast(utc("2026-11-23 10:00")), **WEEKDAYS)
    assert (verdict.status, verdict.reason) == (
        Status.NOT_ASSESSED,
        "no commit that changed data is known, nor since when the table is there",
    )


def test_commits_tell_where_the_monitor_of_freshness_does_not() -> None:
    past = LiteralPast(
        utc("2026-11-23 10:00"), changed=[utc("2026-11-20 06:55"), utc("2026-11-23 06:55")]
    )
    assert judged(past, **WEEKDAYS).observed == utc("2026-11-23 06:55")


def cleaned(at: str) -> Event:
    message = "versions 3 to 5 were cleaned from the log before being read"
    return Event(EventKind.LOG_CLEANED, "3-5", utc(at), message, {"first": 3, "last": 5})


def test_a_table_is_not_late_where_a_commit_may_have_been_overlooked() -> None:
    past = committed("2026-11-20 06:55", "2026-11-23 10:00")
    past.happened = [cleaned("2026-11-23 06:00")]
    assert judged(past, **WEEKDAYS) == Verdict.not_assessed(
        "versions 3 to 5 were cleaned from the log before being read; the newest commit may have "
        "been among them",
        "read the table more often than its log is cleaned",
        observed=utc("2026-11-20 06:55"),
        window=(utc("2026-11-20 06:55"), utc("2026-11-23 10:00")),
        look=LOOK,
    )


def test_a_table_is_late_where_even_an_overlooked_commit_would_be_too_old() -> None:
    past = committed("2026-11-20 06:55", "2026-11-23 10:00")
    past.happened = [cleaned("2026-11-21 06:00")]
    assert judged(past, **WEEKDAYS).status is Status.FAIL


def test_a_warning_stands_where_even_an_overlooked_commit_would_be_too_old() -> None:
    past = committed("2026-11-20 06:55", "2026-11-23 06:45")
    fields = {**WEEKDAYS, "warn_before": "30m"}
    past.happened = [cleaned("2026-11-21 06:00")]
    assert judged(past, **fields).status is Status.WARN
    past.happened = [cleaned("2026-11-23 06:00")]
    assert judged(past, **fields).status is Status.NOT_ASSESSED


def events(newest: str | None, now: str) -> LiteralPast:
    at = utc(newest) if newest else None
    samples = [Sample(at, at.timestamp())] if at else []
    return LiteralPast(utc(now), series={LAST_EVENT.name: {(): samples}})


def test_events_are_judged_by_their_newest_time() -> None:
    verdict = judged(events("2026-11-22 09:00", "2026-11-23 12:00"), max_age="26h", of="events")
    assert (verdict.status, verdict.reason, verdict.expected) == (
        Status.FAIL,
        "no event since Sun 2026-11-22 10:00; one was due by Mon 2026-11-23 12:00 Europe/Berlin "
        "(1 h ago)",
        "an event by Mon 2026-11-23 12:00 Europe/Berlin",
    )


def test_an_unknown_event_time_is_not_assessed() -> None:
    verdict = judged(events(None, "2026-11-23 12:00"), max_age="26h", of="events")
    assert (verdict.status, verdict.reason) == (
        Status.NOT_ASSESSED,
        "the newest event time is unknown",
    )


def test_an_event_time_far_in_the_future_is_an_error_and_not_fresh() -> None:
    verdict = judged(events("2099-01-01 00:00", "2026-11-23 12:00"), max_age="26h", of="events")
    assert (verdict.status, verdict.mend) == (Status.ERROR, "mend the rows that have such a time")
    soon = judged(events("2026-11-24 00:00", "2026-11-23 12:00"), max_age="26h", of="events")
    assert (soon.status, soon.observed) == (Status.PASS, utc("2026-11-23 12:00"))


FORMS = st.sampled_from(
    [
        WEEKDAYS,
        {"by": "02:30"},
        {"by": "02:30", "from": "18:00", "days": ["sun", "mon"]},
        {"max_age": "26h"},
        {"max_age": "30h", "days": "weekdays", "holidays": ["2026-03-30", "2026-10-26"]},
        {"cron": "30 2 * * *"},
        {"cron": "*/20 * * * *", "grace": "45m"},
        {"by": "08:00", "cron": "0 22 * * 5", "max_age": "3d"},
    ]
)
START = datetime(2026, 3, 26, tzinfo=UTC)
MINUTES = st.integers(0, 60 * 24 * 240)


@given(FORMS, MINUTES, st.lists(st.integers(0, 60 * 24 * 14), min_size=2))
def test_what_is_late_stays_late_until_there_is_a_commit(
    form: dict[str, object], at: int, later: list[int]
) -> None:
    newest = START + timedelta(minutes=at)
    nows = [newest + timedelta(minutes=minutes) for minutes in sorted(later)]
    late = [judged(committed(newest, now), **form).status is Status.FAIL for now in nows]
    assert all(after or not before for before, after in pairwise(late))


@given(FORMS, MINUTES, st.integers(0, 60 * 24 * 7))
def test_newer_data_is_never_due_earlier(form: dict[str, object], at: int, by: int) -> None:
    first = START + timedelta(minutes=at)
    second = first + timedelta(minutes=by)
    before, after = (
        judged(committed(newest, newest), **form).detail["due"] for newest in (first, second)
    )
    assert before <= after


@given(FORMS, MINUTES)
def test_what_was_committed_just_now_is_never_late(form: dict[str, object], at: int) -> None:
    now = START + timedelta(minutes=at)
    assert judged(committed(now, now), **form).status is Status.PASS


@given(MINUTES, st.integers(0, 60 * 24 * 7), st.integers(1, 99), st.integers(0, 99))
def test_a_greater_age_never_makes_a_pass_fail(at: int, silence: int, age: int, more: int) -> None:
    newest = START + timedelta(minutes=at)
    past = committed(newest, newest + timedelta(minutes=silence))
    narrow, wide = (judged(past, max_age=f"{hours}h").status for hours in (age, age + more))
    assert narrow is Status.FAIL or wide is Status.PASS
