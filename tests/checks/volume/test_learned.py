"""Bounds for the next value."""

import pytest

from checks.volume.backtest import State, Tuning, backtest
from checks.volume.learned import band
from tests.checks.volume.made import DAY, HOUR, MONDAY, hourly, times, weekly


def test_a_band_is_what_the_next_point_would_be_held_against() -> None:
    values, at = weekly(91), times(91)
    told = band(at[:90], values[:90], at[90])
    judged = backtest(at, values)[90]
    assert (told.expected, told.lower, told.upper) == (
        judged.expected,
        judged.lower,
        judged.upper,
    )
    assert (told.value, told.flag, told.state) == (None, False, State.NORMAL)


def test_a_band_follows_the_rhythm() -> None:
    values = hourly(24 * 35)
    at = MONDAY + 35 * DAY
    night = band(times(len(values), HOUR), values, at + 2 * HOUR)
    noon = band(times(len(values), HOUR), values, at + 14 * HOUR)
    assert night.upper is not None
    assert noon.lower is not None
    assert night.upper < noon.lower


def test_a_short_history_says_what_is_missing_and_an_empty_one_has_no_bounds() -> None:
    told = band(times(10), weekly(10), times(11)[10])
    assert told.state is State.LEARNING
    assert told.reason == "history is 10 days, 28 are needed: 18 more days"
    empty = band([], [], MONDAY)
    assert (empty.state, empty.expected, empty.lower, empty.upper) == (
        State.LEARNING,
        None,
        None,
        None,
    )


def test_one_side_has_one_bound_and_declared_ones_win() -> None:
    values, at = weekly(60), times(60)
    assert band(at, values, MONDAY + 60 * DAY, Tuning(side="low")).upper is None
    assert band(at, values, MONDAY + 60 * DAY, Tuning(side="high")).lower is None
    told = band(at, values, MONDAY + 60 * DAY, Tuning(minimum=1.0, maximum=2.0))
    assert (told.lower, told.upper) == (1.0, 2.0)


def test_as_many_times_as_values_are_needed() -> None:
    with pytest.raises(ValueError, match="zip"):
        band(times(3), [1.0], MONDAY + 3 * DAY)
