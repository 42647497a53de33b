"""What holds for every series, whatever is in it."""

import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.volume.backtest import State, Tuning, backtest
from tests.checks.volume.made import times, weekly

pytestmark = pytest.mark.wide

ANY = st.one_of(
    st.none(),
    st.floats(),
    st.floats(-1e3, 1e6),
    st.integers(0, 40).map(float),
    st.just(0.0),
)
STEPS = st.sampled_from([300, 1800, 3600, 86400])
TUNINGS = st.builds(
    Tuning,
    false_alarms=st.sampled_from([0.01, 1.0, 30.0, 1000.0]),
    side=st.sampled_from(["both", "low", "high"]),
    floor=st.sampled_from([0.0, 0.2, 3.0]),
    minimum=st.sampled_from([None, None, 0.0, 10.0]),
    maximum=st.sampled_from([None, None, 10.0, 1e4]),
    time_zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ANY, max_size=60), STEPS, TUNINGS)
def test_bounds_hold_what_is_expected_and_flags_agree_with_them(
    values: list[float | None], step: int, tuning: Tuning
) -> None:
    for point in backtest(times(len(values), timedelta(seconds=step)), values, tuning):
        lower = -math.inf if point.lower is None else point.lower
        upper = math.inf if point.upper is None else point.upper
        assert lower <= upper
        if point.expected is not None:
            assert lower <= point.expected <= upper
        assert (point.score >= 0.5) == point.flag
        assert 0 <= point.score <= 1
        if point.value is not None and point.state is not State.LEARNING:
            outside = not lower <= point.value <= upper
            by_another_rule = "together are" in point.reason or "not changed" in point.reason
            assert point.flag == (outside or (point.flag and by_another_rule))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.lists(ANY, max_size=20), STEPS)
def test_no_point_knows_of_a_later_one(
    past: list[float], later: list[float | None], step: int
) -> None:
    known = [*weekly(30), *past]
    at = times(len(known) + len(later), timedelta(seconds=step))
    assert backtest(at, [*known, *later])[: len(known)] == backtest(at[: len(known)], known)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.001, 1e6), st.integers(0, 10_000))
def test_the_unit_of_a_gauge_does_not_matter(unit: float, seed: int) -> None:
    values = [value + 0.5 for value in weekly(70, 0.1, seed)]
    plain = backtest(times(70), values)
    scaled = backtest(times(70), [value * unit for value in values])
    # A whole number may be a count; none of these is one.
    for a, b in zip(plain, scaled, strict=True):
        assert a.flag == b.flag
        assert a.score == pytest.approx(b.score, abs=1e-6)
