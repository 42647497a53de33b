"""What people said, what was an incident, and what is a holiday, as a volume check takes it."""

from datetime import timedelta

import pytest

from checks.core import Status
from tests.checks.past import LiteralPast, daily, utc
from tests.checks.volume.checked import judged

FIRST = utc("2026-01-05 00:00")
WEEK = (1000, 1040, 1080, 1020, 990, 300, 260)


def usual(count: int) -> list[int | None]:
    return [WEEK[n % 7] + (n * 37) % 23 for n in range(count)]


def days(values: list[int | None], **more: object) -> LiteralPast:
    now = FIRST + timedelta(days=len(values), minutes=5)
    return LiteralPast(
        now,
        day_slots={"written": daily(FIRST.date(), [*values, 0])},
        **more,  # type: ignore[arg-type]
    )


def at(day: int, hours: float = 0) -> object:
    return FIRST + timedelta(days=day, hours=hours)


def test_what_a_user_expected_becomes_usual_at_once() -> None:
    values: list[int | None] = [*usual(56), 2600, 2610]
    assert judged(days(values)).status is Status.FAIL
    told = days(values, was_expected={"volume": [(at(56, 20), at(57, 1))]})
    assert judged(told).status is Status.PASS
    assert judged(days([*values, 1080], was_expected=told.was_expected)).status is Status.PASS


def test_the_failure_of_a_slot_that_was_expected_ends() -> None:
    values: list[int | None] = [*usual(56), 2600]
    assert judged(days(values)).status is Status.FAIL
    span = [(at(56), at(57))]
    verdict = judged(days(values, was_expected={"volume": span}))
    assert verdict.status is Status.PASS
    assert verdict.observed == 2600
    assert verdict.reason.endswith("; that was expected")
    unknown = judged(days([*values, None], was_expected={"volume": span}))
    assert unknown.status is Status.NOT_ASSESSED


def test_what_was_expected_of_another_check_changes_nothing() -> None:
    values: list[int | None] = [*usual(56), 2600, 2610]
    told = days(values, was_expected={"other": [(at(56), at(57))]})
    assert judged(told).status is Status.FAIL


def test_an_expected_flood_does_not_excuse_an_outage() -> None:
    values: list[int | None] = [*usual(56), 2600, 0]
    told = days(values, was_expected={"volume": [(at(56), at(57))]})
    assert judged(told).status is Status.FAIL


def test_days_of_past_incidents_do_not_train() -> None:
    values = usual(70)
    for n in range(56, 62):
        values[n] = round((values[n] or 0) * 1.25)
    open_while_judged = [(at(57), at(63))]
    plain = judged(days(values[:63])).detail["usual"]
    apart = judged(days(values[:63], had_incidents={"volume": open_while_judged})).detail["usual"]
    never = judged(days(usual(63))).detail["usual"]
    assert abs(int(apart) - int(never)) < abs(int(plain) - int(never))


def test_a_holiday_may_be_as_quiet_as_a_sunday() -> None:
    values: list[int | None] = [*usual(56), 250]
    assert judged(days(values)).status is Status.FAIL
    assert judged(days(values), holidays=["2026-03-02"]).status is Status.PASS
    assert judged(days([*usual(56), 2600]), holidays=["2026-03-02"]).status is Status.FAIL


def test_a_count_that_is_frozen_fails_unless_that_is_no_matter() -> None:
    steady: list[int | None] = [1000 + (n * 37) % 83 for n in range(70)]
    values = [*steady, *[1040] * 8]
    verdict = judged(days(values))
    assert verdict.status is Status.FAIL
    assert verdict.reason == "1,040 has not changed for 8 points; it usually does"
    assert verdict.detail["state"] == "no_change"
    assert verdict.detail["score"] >= 0.5
    assert judged(days(values), flatline=False).status is Status.PASS


@pytest.mark.wide
def test_a_table_of_weekdays_only_passes_on_every_day_but_fails_without_its_load() -> None:
    values: list[int | None] = [0 if n % 7 >= 5 else 1000 + (n * 37) % 83 for n in range(77)]
    for count in range(63, 77):
        assert judged(days(values[:count])).status is Status.PASS
    assert judged(days([*values[:73], 0])).status is Status.FAIL
    assert judged(days([*values[:75], 5000])).status is Status.FAIL


def test_a_failure_lasts_while_what_came_after_is_unknown() -> None:
    verdict = judged(days([*usual(56), 0, None, None]))
    assert verdict.status is Status.FAIL
    assert verdict.reason.endswith("what came after it is unknown")
    assert verdict.window == (at(56), at(57))
    assert judged(days([*usual(56), 0, None, usual(59)[58]])).status is Status.PASS


def test_a_table_without_a_complete_day_is_not_assessed() -> None:
    verdict = judged(days([]))
    assert verdict.status is Status.NOT_ASSESSED
    assert verdict.reason == "no day is complete yet"
