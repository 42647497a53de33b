"""Bounds that are learned from what a check saw at each of its times, changed or not."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from checks.core import Check, Sample, Span
from checks.expectations.form import ExpectationForm
from checks.forms import CheckForm
from checks.metrics import OBSERVED
from limnograph.learning import asked, learned
from limnograph.settings.schedules import Cron, Every, Schedule
from monitors.core import Subject
from tests.checks.past import LiteralPast, utc

NOW = utc("2026-03-10 08:00")
DAILY, EVERY_DAY = Cron("0 8 * * *"), Every(86400)
DAY = timedelta(days=1)
UPPER = {"$PARAMETER": "learned_upper"}
NOTHING = {"learned_lower": None, "learned_upper": None}
WAVES = (100.0, 103.0, 98.0, 101.0, 96.0, 104.0, 99.0)


def check(**arguments: object) -> Check:
    kind = "expect_column_mean_to_be_between"
    form = ExpectationForm(type=kind, arguments={"column": "score", **arguments})
    return Check("mean", kind, "expectation", form, Subject("table", "posts", "Europe/Berlin"))


def past(
    samples: Sequence[Sample], now: datetime = NOW, expected: Sequence[Span] = ()
) -> LiteralPast:
    return LiteralPast(
        now,
        series={OBSERVED.name: {("mean",): samples}},
        label_names={OBSERVED.name: ("check",)},
        was_expected={"mean": expected},
    )


def kept(
    values: Sequence[float], step: timedelta = DAY, late: timedelta = timedelta()
) -> list[Sample]:
    """What the store keeps of values, the last of them seen a step ago: those that changed."""
    first = NOW - step * len(values)
    every = [Sample(first + step * n + late, value) for n, value in enumerate(values)]
    return [one for n, one in enumerate(every) if n == 0 or one.value != every[n - 1].value]


def bounds(samples: Sequence[Sample], schedule: Schedule = DAILY) -> tuple[float, float]:
    found = learned(check(max_value=UPPER), past(samples), schedule)
    lower, upper = found["learned_lower"], found["learned_upper"]
    assert lower is not None
    assert upper is not None
    return lower, upper


def test_only_an_expectation_that_names_a_bound_asks_for_one() -> None:
    assert asked(check(max_value=UPPER))
    assert asked(check(min_value={"$PARAMETER": "learned_lower"}))
    assert not asked(check(max_value=7))
    other = Check("day", "volume", "volume", CheckForm(type="volume"), Subject("table", "posts"))
    assert not asked(other)


def test_what_was_seen_for_long_enough_has_bounds_on_both_sides() -> None:
    lower, upper = bounds(kept(WAVES * 9))
    assert 60 < lower < 96
    assert 104 < upper < 150


@pytest.mark.parametrize("days", [0, 1, 20])
def test_too_short_a_past_has_no_bounds(days: int) -> None:
    found = learned(check(max_value=UPPER), past(kept((WAVES * 9)[:days])), DAILY)
    assert found == NOTHING


def test_what_another_check_saw_is_not_learned_from() -> None:
    seen = LiteralPast(
        NOW,
        series={OBSERVED.name: {("other",): kept(WAVES * 9)}},
        label_names={OBSERVED.name: ("check",)},
    )
    assert learned(check(max_value=UPPER), seen, DAILY) == NOTHING


def test_a_value_that_never_changed_is_known_for_as_long_as_it_was_judged() -> None:
    samples = kept([0.0] * 60)
    assert len(samples) == 1
    lower, upper = bounds(samples)
    assert lower <= 0 <= upper
    assert learned(check(max_value=UPPER), past(kept([0.0] * 20)), DAILY) == NOTHING


@pytest.mark.parametrize("schedule", [DAILY, EVERY_DAY])
def test_bounds_do_not_depend_on_what_the_store_leaves_out(schedule: Schedule) -> None:
    values = [5.0, 5.0, 5.0, 6.0, 5.0, 5.0, 7.0] * 9
    whole = [Sample(NOW - DAY * (len(values) - n), value) for n, value in enumerate(values)]
    assert len(kept(values)) < len(whole) / 1.5
    assert bounds(kept(values), schedule) == bounds(whole, schedule)


def test_a_run_that_was_late_is_that_of_its_time() -> None:
    late = kept(WAVES * 9, late=timedelta(hours=2))
    assert bounds(late) == pytest.approx(bounds(kept(WAVES * 9)), rel=0.05)


def test_what_is_judged_every_minute_is_learned_from_by_the_hour() -> None:
    samples = kept([WAVES[n // 60 % 7] for n in range(60 * 24 * 16)], timedelta(minutes=1))
    lower, upper = bounds(samples, Every(60))
    assert (lower, upper) == bounds(samples, Cron("* * * * *"))
    assert lower < 96 < 104 < upper


def test_the_observation_of_this_moment_is_not_learned_from() -> None:
    before = kept(WAVES * 9)
    assert bounds([*before, Sample(NOW, 9e9)]) == bounds(before)


def test_working_days_are_learned_from_alone() -> None:
    # The 10th of March is a Tuesday.
    values = [float(100 + n % 3) for n in range(84)]
    lower, upper = bounds(kept(values), Cron("0 8 * * mon-fri"))
    assert lower < 100 < 102 < upper


def test_what_was_expected_widens_what_is_usual() -> None:
    values = [*(WAVES * 8), *([160.0] * 7)]
    spans = [(NOW - 8 * DAY, NOW)]
    asked_for = check(max_value=UPPER)
    told = learned(asked_for, past(kept(values), expected=spans), DAILY)["learned_upper"]
    untold = learned(asked_for, past(kept(values)), DAILY)["learned_upper"]
    assert told is not None
    assert untold is not None
    assert told > untold
