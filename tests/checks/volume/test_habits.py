"""A rhythm that changes for good is told of for a week, and is then what is usual."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from checks.volume.backtest import backtest
from tests.checks.volume.made import times

pytestmark = pytest.mark.wide

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS, CHANGE = 120, 60


def noisy(typical: list[float], seed: int = 1) -> list[float]:
    """Counts about these."""
    chance = random.Random(seed)
    return [float(round(value * chance.lognormvariate(0, 0.08))) for value in typical]


def flagged(values: list[float], step: timedelta) -> dict[int, int]:
    """How many points were flagged on each day of a series on which there were any."""
    found: dict[int, int] = {}
    for n, point in enumerate(backtest(times(len(values), step), values)):
        day = int(n * step / DAY)
        if point.flag:
            found[day] = found.get(day, 0) + 1
    return found


def nightly(hours: Sequence[int | None]) -> list[float]:
    """A load at this hour of each day."""
    return noisy([40_000.0 * (hour == at) for hour in hours for at in range(24)])


def test_a_load_that_moved_by_an_hour_is_usual_after_a_week() -> None:
    values = nightly([3] * CHANGE + [4] * (DAYS - CHANGE))
    assert list(flagged(values, HOUR)) == list(range(CHANGE, CHANGE + 7))


def test_after_that_week_it_is_missed_at_its_new_hour() -> None:
    values = nightly([3] * CHANGE + [4] * 30 + [None])
    assert list(flagged(values, HOUR)) == [*range(CHANGE, CHANGE + 7), CHANGE + 30]


def test_office_hours_that_begin_an_hour_later_are_usual_after_a_week() -> None:
    # As local hours do in UTC when clocks change.
    typical = [
        3000.0 if 8 <= at - (day >= CHANGE) < 18 else 100.0
        for day in range(DAYS)
        for at in range(24)
    ]
    assert flagged(noisy(typical), HOUR) == dict.fromkeys(range(CHANGE, CHANGE + 7), 2)


def test_mondays_that_have_become_others_are_usual_after_four() -> None:
    changed = 147  # a Monday
    typical = [50_000.0 * (3 if n >= changed and n % 7 == 0 else 1) for n in range(300)]
    assert list(flagged(noisy(typical), DAY)) == [changed + 7 * n for n in range(4)]


def test_every_other_friday_is_usual_once_it_was_seen_three_times() -> None:
    typical = [50_000.0 if n % 14 == 4 else 1000.0 for n in range(300)]
    assert set(flagged(noisy(typical), DAY)) <= {32, 46}
    typical[193] = 50_000.0  # a Friday between two of them
    assert 193 in flagged(noisy(typical), DAY)


def test_a_load_that_is_dead_is_never_usual() -> None:
    dead = range(CHANGE, CHANGE + 21)
    values = nightly([None if day in dead else 3 for day in range(DAYS)])
    assert list(flagged(values, HOUR)) == list(dead)
