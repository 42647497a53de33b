"""The volume check: complete hours and days, and today by this hour."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from checks.core import Status
from checks.volume.form import VolumeForm
from tests.checks.past import LiteralPast, daily, hourly, utc
from tests.checks.volume.checked import judged

# A Monday, six weeks before the day that is judged.
FIRST = utc("2026-01-05 00:00")
DAYS = 42
WEEK = (1000, 1040, 1080, 1020, 990, 300, 260)


def volumes(*last: int | None) -> list[int | None]:
    """Complete days of a weekly rhythm with a little noise, the last ones as given."""
    usual: list[int | None] = [WEEK[n % 7] + (n * 37) % 23 for n in range(DAYS)]
    return [*usual[: DAYS - len(last)], *last]


def days(values: Sequence[int | None], **more: Any) -> LiteralPast:
    """A past whose day under way has just begun."""
    now = FIRST + timedelta(days=len(values), minutes=5)
    slots = daily(FIRST.date(), [*values, 0])
    return LiteralPast(now, day_slots={"written": slots}, **more)


def test_a_usual_day_passes_with_its_bounds() -> None:
    verdict = judged(days(volumes()))
    assert verdict.status is Status.PASS
    assert verdict.lower is not None
    assert verdict.upper is not None
    assert verdict.lower < 260 < verdict.upper
    assert verdict.window == (utc("2026-02-15 00:00"), utc("2026-02-16 00:00"))


@pytest.mark.parametrize("rows", [0, 130, 520, 1000])
def test_a_sunday_of_half_or_double_the_rows_fails(rows: int) -> None:
    verdict = judged(days(volumes(rows)))
    assert verdict.status is Status.FAIL
    assert verdict.observed == rows
    assert f"{rows:,}" in verdict.reason
    assert verdict.look == "limnograph backtest --table main.bronze.posts --check volume"


def test_one_side_only_on_request() -> None:
    assert judged(days(volumes(1000)), side="low").status is Status.PASS
    assert judged(days(volumes(20)), side="low").status is Status.FAIL
    assert judged(days(volumes(20)), side="high").status is Status.PASS


def test_declared_bounds_win_over_learned_ones() -> None:
    assert judged(days(volumes()), min=500).status is Status.FAIL
    assert judged(days(volumes(130)), min=100).status is Status.PASS


def test_a_bad_day_fails_until_a_later_one_is_usual() -> None:
    assert judged(days(volumes(300, 90))).status is Status.FAIL
    assert judged(days(volumes(100, 260))).status is Status.PASS


def test_too_short_a_history_is_not_assessed_and_says_how_much_is_missing() -> None:
    verdict = judged(days(volumes()[:9]))
    assert verdict.status is Status.NOT_ASSESSED
    assert "more days" in verdict.reason


def test_a_day_that_is_unknown_is_not_assessed_and_no_zero() -> None:
    verdict = judged(days(volumes(None)))
    assert verdict.status is Status.NOT_ASSESSED
    assert "unknown" in verdict.reason


def test_a_table_that_cannot_be_read_is_an_error() -> None:
    verdict = judged(days(volumes(), unreadable=("broken log", "repair it")))
    assert (verdict.status, verdict.reason, verdict.mend) == (
        Status.ERROR,
        "broken log",
        "repair it",
    )


def test_an_hour_of_twice_the_rows_fails() -> None:
    curve = [100 + 50 * (6 <= hour < 22) for hour in range(24)]
    usual: list[int | None] = [curve[n % 24] + (n * 13) % 7 for n in range(28 * 24)]

    def past(last: int) -> LiteralPast:
        slots = hourly(FIRST, [*usual[:-1], last, 0])
        return LiteralPast(slots[-1].start, hour_slots={"written": slots})

    assert judged(past(105), grain="hour").status is Status.PASS
    assert judged(past(210), grain="hour").status is Status.FAIL
    assert judged(past(0), grain="hour").status is Status.FAIL


def test_today_is_judged_by_what_is_usual_by_this_hour() -> None:
    usual: list[int | None] = [40] * (DAYS * 24)

    def past(hour: int, rows: int) -> LiteralPast:
        now = FIRST + timedelta(days=DAYS, hours=hour, minutes=1)
        hours = hourly(FIRST, [*usual, *[rows] * hour, 0])
        complete: list[int | None] = [40 * 24] * DAYS
        slots = daily(FIRST.date(), [*complete, rows * hour])
        return LiteralPast(now, hour_slots={"written": hours}, day_slots={"written": slots})

    assert judged(past(10, 40)).status is Status.PASS
    verdict = judged(past(10, 4))
    assert verdict.status is Status.FAIL
    assert "by this hour" in verdict.reason


def test_a_minimum_above_the_maximum_is_refused_with_the_mend() -> None:
    with pytest.raises(ValidationError, match="swap them or leave one out"):
        VolumeForm.model_validate({"type": "volume", "min": 5, "max": 3})


def test_the_same_past_gives_the_same_verdict() -> None:
    assert judged(days(volumes(90))) == judged(days(volumes(90)))
