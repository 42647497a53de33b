"""Series of many points a day: bad days, jumps, spikes and what they leave behind."""

import math
import random
from datetime import timedelta
from itertools import pairwise

import pytest

from checks.volume.backtest import Judged, State, backtest
from tests.checks.volume.made import times

pytestmark = pytest.mark.wide

FIVE, THIRTY = timedelta(minutes=5), timedelta(minutes=30)


def rides(days: int) -> list[float]:
    """Counts of half hours, with a rhythm of the day and quieter weekends."""
    chance = random.Random(7)
    return [
        float(
            round(
                1e4
                * (1.1 + math.sin((n % 48 - 20) / 48 * 2 * math.pi))
                * (0.8 if n // 48 % 7 >= 5 else 1.0)
                * math.exp(chance.gauss(0, 0.05))
            )
        )
        for n in range(48 * days)
    ]


def gauge(days: int) -> list[float]:
    """A busy machine, with a spike of one point now and then."""
    chance = random.Random(3)
    return [
        45 + chance.gauss(0, 2) + (chance.expovariate(0.07) if chance.random() < 0.01 else 0)
        for _ in range(288 * days)
    ]


def runs(judged: list[Judged], first: int) -> list[tuple[int, int]]:
    """The first and the last point of every alarm from a point on."""
    flags = [False, *(point.flag for point in judged[first:]), False]
    edges = [n + first for n, (a, b) in enumerate(pairwise(flags)) if a != b]
    return [(a, b - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_a_bad_day_is_one_alarm_and_no_new_level() -> None:
    values, first = rides(60), 48 * 45
    for n in range(first, first + 48):
        values[n] *= 0.5
    judged = backtest(times(len(values), THIRTY), values)
    assert runs(judged, 48 * 28) == [(first, first + 47)]
    after = judged[first + 48 :]
    assert all(point.upper is not None and point.expected is not None for point in after)
    assert max((p.upper or 0) / (p.expected or 1) for p in after) < 2


def test_many_bad_days_do_not_blow_the_bounds_up() -> None:
    values = rides(80)
    for day in range(30, 78, 4):
        for n in range(48 * day, 48 * day + 20):
            values[n] *= (0.2, 6.0)[day // 4 % 2]
    judged = backtest(times(len(values), THIRTY), values)
    widest = max((p.upper or 0) / (p.expected or 1) for p in judged[48 * 30 :])
    assert widest < 6**2


def test_a_jump_that_no_single_point_shows_is_seen_within_half_an_hour() -> None:
    values, first = gauge(14), 288 * 11
    for n in range(first, first + 40):
        values[n] *= 1.8
    judged = backtest(times(len(values), FIVE), values)
    found = [n for n in range(first, first + 40) if judged[n].flag]
    assert found[0] <= first + 6
    assert len(found) >= 34


def test_an_alarm_of_many_points_together_ends_soon_after_they_are_back() -> None:
    values, first = gauge(14), 288 * 11
    for n in range(first, first + 40):
        values[n] *= 1.8
    judged = backtest(times(len(values), FIVE), values)
    after = judged[first + 40 + 9 : first + 40 + 288]
    assert not any("together" in point.reason for point in after if point.flag)


def test_what_is_flagged_within_its_bounds_says_which_rule_fired() -> None:
    values, first = gauge(14), 288 * 11
    for n in range(first, first + 40):
        values[n] *= 1.2
    values[288 * 13 : 288 * 13 + 30] = [44.5] * 30
    judged = [p for p in backtest(times(len(values), FIVE), values) if p.flag]
    states = set()
    for point in judged:
        assert point.value is not None
        assert point.lower is not None
        assert point.upper is not None
        if point.lower <= point.value <= point.upper:
            states.add(point.state)
            assert "points together are" in point.reason or "has not changed" in point.reason
    assert states == {State.RECOVERING, State.NO_CHANGE}
