"""The rows of today so far, against what is usual by this hour."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from checks.core import Status, Verdict
from tests.checks.past import LiteralPast, daily, hourly, utc
from tests.checks.volume.checked import judged

FIRST = utc("2026-01-05 00:00")
DAYS = 49


def rows(n: int) -> int:
    """A load at six, and some rows in each hour after it."""
    hour = n % 24
    return 0 if hour < 6 else 5000 + n * 37 % 400 if hour == 6 else 200 + n * 13 % 40


def past_of(values: list[int | None], now: datetime, zone: str = "UTC") -> LiteralPast:
    """Hours from the first on, the days made of them, and the hour that is under way."""
    slots = hourly(FIRST, [*values, 0])
    by_day: dict[date, list[int | None]] = {}
    for slot in slots:
        by_day.setdefault(slot.start.astimezone(ZoneInfo(zone)).date(), []).append(slot.value)
    sums = [None if None in day else sum(v or 0 for v in day) for day in by_day.values()]
    days = daily(next(iter(by_day)), sums, zone)
    return LiteralPast(now, hour_slots={"written": slots}, day_slots={"written": days})


def by(hour: int, factor: float = 1.0) -> Verdict:
    """The verdict when so many hours of today are complete; today has so many times the rows."""
    values: list[int | None] = [rows(n) for n in range(DAYS * 24)]
    values += [round(rows(DAYS * 24 + n) * factor) for n in range(hour)]
    return judged(past_of(values, FIRST + timedelta(hours=DAYS * 24 + hour, minutes=4)))


@pytest.mark.parametrize("hour", [0, 1, 5, 6, 7, 8, 12, 23])
def test_a_usual_day_passes_at_any_hour(hour: int) -> None:
    verdict = by(hour)
    assert verdict.status is Status.PASS
    assert "by this hour" not in verdict.reason


@pytest.mark.parametrize("hour", [7, 8, 12, 23])
@pytest.mark.parametrize("factor", [0.0, 0.4, 2.5])
def test_a_day_that_goes_wrong_fails_from_its_load_on(hour: int, factor: float) -> None:
    verdict = by(hour, factor)
    assert verdict.status is Status.FAIL
    assert verdict.reason.endswith("by this hour")
    start = FIRST + timedelta(days=DAYS)
    assert verdict.window == (start, start + timedelta(hours=hour))


@pytest.mark.parametrize("hour", [1, 5, 6])
def test_nothing_is_missed_before_the_first_load(hour: int) -> None:
    assert by(hour, 0.0).status is Status.PASS


def test_rows_before_the_first_load_are_too_many() -> None:
    values: list[int | None] = [rows(n) for n in range(DAYS * 24)]
    verdict = judged(past_of([*values, 0, 0, 4000], FIRST + timedelta(days=DAYS, hours=3)))
    assert verdict.status is Status.FAIL
    assert verdict.observed == 4000


def test_what_was_seen_by_this_hour_stands_in_the_detail_of_a_day_that_passes() -> None:
    verdict = by(12)
    today = verdict.detail["today_so_far"]
    assert today["observed"] == sum(rows(DAYS * 24 + n) for n in range(12))
    assert today["expected"] == pytest.approx(today["observed"], rel=0.1)
    assert today["score"] < 0.5


def test_the_minimum_of_a_day_waits_for_its_end_and_its_maximum_does_not() -> None:
    values: list[int | None] = [rows(n) for n in range(DAYS * 24 + 8)]
    past = past_of(values, FIRST + timedelta(days=DAYS, hours=8))
    assert judged(past, min=6000).status is Status.PASS
    verdict = judged(past, min=10, max=5100)
    assert verdict.status is Status.FAIL


def test_an_hour_that_is_unknown_makes_today_unknown_and_no_alarm() -> None:
    values: list[int | None] = [rows(n) for n in range(DAYS * 24)]
    verdict = judged(past_of([*values, 0, None, 0, 0], FIRST + timedelta(days=DAYS, hours=4)))
    assert verdict.status is Status.PASS
    assert "today_so_far" not in verdict.detail


def test_hours_after_the_last_reading_are_not_judged() -> None:
    values: list[int | None] = [rows(n) for n in range(DAYS * 24)]
    now = FIRST + timedelta(days=DAYS, hours=9)
    past = past_of([*values, *[0] * 9], now)
    past.last_read = FIRST + timedelta(days=DAYS, hours=5)
    assert judged(past).status is Status.PASS


@pytest.mark.parametrize("shift", ["2026-03-29", "2026-10-25"])
def test_days_are_local_when_the_clocks_change(shift: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    changed = datetime.fromisoformat(shift).replace(tzinfo=zone)
    start = changed - timedelta(days=49)

    def past(last: int) -> LiteralPast:
        now = changed.replace(hour=9).astimezone(FIRST.tzinfo)
        count = (now - start.astimezone(FIRST.tzinfo)) // timedelta(hours=1)
        begins = [start.astimezone(FIRST.tzinfo) + timedelta(hours=n) for n in range(count)]
        local = [at.astimezone(zone) for at in begins]
        values: list[int | None] = [
            (5000 if at.date() < changed.date() else last) + at.day if at.hour == 7 else 0
            for at in local
        ]
        slots = hourly(begins[0], [*values, 0])
        sums = [v for v, at in zip(values, local, strict=True) if at.hour == 7]
        days = daily(start.date(), sums, "Europe/Berlin")
        return LiteralPast(now, hour_slots={"written": slots}, day_slots={"written": days})

    assert judged(past(5000), "Europe/Berlin").status is Status.PASS
    verdict = judged(past(2000), "Europe/Berlin")
    assert verdict.status is Status.FAIL
    assert verdict.window is not None
    assert verdict.window[0] == changed
