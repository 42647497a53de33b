"""What the detector says of a whole series."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.volume.backtest import Judged, State, Tuning, backtest
from tests.checks.volume.made import (
    DAY,
    HOUR,
    MONDAY,
    hourly,
    noise,
    times,
    weekdays_only,
    weekly,
)


def flagged(judged: list[Judged]) -> list[int]:
    return [index for index, point in enumerate(judged) if point.flag]


def judged_with(values: list[float], changes: dict[int, float], step: timedelta) -> list[Judged]:
    changed = [value * changes.get(index, 1.0) for index, value in enumerate(values)]
    return backtest(times(len(values), step), changed)


def test_every_point_is_judged_in_order() -> None:
    values = weekly(40)
    judged = backtest(times(40), values)
    assert [point.at for point in judged] == times(40)
    assert [point.value for point in judged] == values


def test_an_empty_series_has_no_points() -> None:
    assert backtest([], []) == []


@pytest.mark.wide
@pytest.mark.parametrize(("days", "step"), [(90, DAY), (28, HOUR)])
def test_what_comes_later_changes_nothing_before(days: int, step: timedelta) -> None:
    count = days * DAY // step
    values = weekly(count) if step == DAY else hourly(count)
    whole = backtest(times(count, step), values)
    for cut in (count // 3, count - 7):
        later = [*values[:cut], *[7e6] * (count - cut)]
        assert backtest(times(count, step), later)[:cut] == whole[:cut]
        assert backtest(times(cut, step), values[:cut]) == whole[:cut]


@pytest.mark.parametrize("factor", [0.5, 2.0, 0.0])
@pytest.mark.parametrize("at", [80, 103, 131, 160])
def test_a_daily_series_that_halves_doubles_or_stops_is_flagged(at: int, factor: float) -> None:
    judged = judged_with(weekly(170), {at: factor}, DAY)
    assert flagged(judged) == [at]
    assert judged[at].state is State.RECOVERING
    assert judged[at].score >= 0.5


@pytest.mark.parametrize("factor", [0.5, 2.0, 0.0])
@pytest.mark.parametrize("at", [24 * 29 + 3, 24 * 33 + 15])
def test_an_hourly_series_that_halves_doubles_or_stops_is_flagged(at: int, factor: float) -> None:
    assert at in flagged(judged_with(hourly(24 * 35), {at: factor}, HOUR))


@pytest.mark.slow
def test_a_healthy_year_of_weekdays_is_silent() -> None:
    for seed in range(3):
        assert flagged(backtest(times(365), weekdays_only(365, seed=seed))) == []


def test_a_year_whose_weekends_are_absent_is_silent() -> None:
    days = [n for n in range(365) if n % 7 < 5]
    values = weekdays_only(365)
    judged = backtest([times(365)[n] for n in days], [values[n] for n in days])
    assert flagged(judged) == []
    assert judged[-1].state is State.NORMAL


def test_a_working_day_without_rows_is_no_weekend() -> None:
    values = weekdays_only(200)
    assert flagged(judged_with(values, {7 * 25 + 2: 0.0}, DAY)) == [7 * 25 + 2]


@pytest.mark.slow
def test_a_worse_anomaly_has_the_higher_score() -> None:
    values = weekly(120)
    scores = [judged_with(values, {110: f}, DAY)[110].score for f in (1, 1.6, 2, 4, 20, 1000)]
    assert scores == sorted(set(scores))
    assert scores[0] < 0.3
    assert scores[-1] < 1


def test_counts_a_thousand_times_as_great_are_judged_the_same() -> None:
    values = weekly(120)
    values[100] *= 0.5
    plain = backtest(times(120), values)
    great = backtest(times(120), [value * 1000 for value in values])
    assert flagged(plain) == flagged(great) == [100]
    assert [p.score for p in plain] == pytest.approx([g.score for g in great], abs=1e-6)


def test_a_change_below_the_floor_is_nobodys_business() -> None:
    values = [1000.0] * 60 + [1150.0] + [1000.0] * 10
    assert flagged(backtest(times(71), values)) == []
    assert 60 in flagged(backtest(times(71), values, Tuning(floor=0.1)))


def test_a_constant_series_is_silent_until_it_changes() -> None:
    values = [500.0] * 150 + [800.0]
    judged = backtest(times(151), values)
    assert flagged(judged) == [150]
    assert judged[150].reason == "800 is 60 % above the usual 500"


def test_a_new_level_is_accepted_after_some_points_on_one_side() -> None:
    values = weekly(140)
    judged = backtest(times(140), [v * (2.5 if n >= 100 else 1) for n, v in enumerate(values)])
    assert flagged(judged) == list(range(100, 107))
    assert {point.state for point in judged[107:]} == {State.NORMAL}
    assert judged[120].expected == pytest.approx(2.5 * weekly(140, 0.0)[120], rel=0.15)


def test_the_earlier_prediction_is_held_while_out_of_bounds() -> None:
    values = [100.0 * factor for factor in noise(70, 0.03)]
    judged = backtest(times(70), [*values[:60], *[300.0] * 4, *values[64:]])
    assert flagged(judged) == [60, 61, 62, 63]
    assert [point.expected for point in judged[60:64]] == pytest.approx([100] * 4, rel=0.1)
    assert judged[64].state is State.NORMAL


def test_a_return_to_the_level_of_before_is_no_alarm() -> None:
    values = weekly(130)
    judged = backtest(
        times(130), [v * (2.5 if 100 <= n < 112 else 1) for n, v in enumerate(values)]
    )
    assert flagged(judged) == list(range(100, 107))


def test_feedback_retrains() -> None:
    values = [v * (2.5 if n >= 100 else 1) for n, v in enumerate(weekly(120))]
    at = times(120)
    expected = Tuning(expected=((at[100], at[101]),))
    assert flagged(backtest(at, values, expected)) == [100]


def test_past_incidents_do_not_train() -> None:
    values = weekly(110)
    for index in range(60, 66):
        values[index] *= 1.3
    at = times(110)
    plain = backtest(at, values)[66].expected
    excluded = backtest(at, values, Tuning(excluded=((at[60], at[66]),)))[66].expected
    never = backtest(at, weekly(110))[66].expected
    assert plain is not None
    assert excluded is not None
    assert never is not None
    assert abs(excluded / never - 1) < 0.02 < abs(plain / never - 1)


def test_a_level_that_outlasts_its_excluded_incident_is_accepted_all_the_same() -> None:
    values = [v * (2.5 if n >= 80 else 1) for n, v in enumerate(weekly(110))]
    at = times(110)
    judged = backtest(at, values, Tuning(excluded=((at[80], at[90]),)))
    assert flagged(judged) == list(range(80, 87))


def test_a_series_that_freezes_is_flagged_as_unchanged() -> None:
    values = hourly(24 * 30)
    at = 24 * 25 + 10
    judged = backtest(
        times(len(values), HOUR), [*values[:at], *[values[at]] * 8, *values[at + 8 :]]
    )
    frozen = [n for n in flagged(judged) if judged[n].state is State.NO_CHANGE]
    assert frozen
    assert set(frozen) <= set(range(at, at + 8))
    assert judged[frozen[0]].reason.endswith("it usually does")
    still = backtest(
        times(len(values), HOUR),
        [*values[:at], *[values[at]] * 8, *values[at + 8 :]],
        Tuning(flatline=False),
    )
    assert not any(point.state is State.NO_CHANGE for point in still)


def test_learning_says_how_much_is_missing() -> None:
    judged = backtest(times(30), weekly(30))
    assert judged[8].state is State.LEARNING
    assert judged[8].reason == "history is 8 days, 28 are needed: 20 more days"
    assert judged[27].reason == "history is 27 days, 28 are needed: 1 more day"
    assert judged[28].state is State.NORMAL


@pytest.mark.parametrize(("step", "days"), [(DAY, 56), (HOUR, 28), (timedelta(minutes=5), 10)])
def test_judging_begins_in_time(step: timedelta, days: int) -> None:
    count = days * DAY // step
    values = weekly(count) if step == DAY else noise(count, 0.1)
    assert backtest(times(count, step), values)[-1].state is State.NORMAL


def test_nothing_is_flagged_while_learning() -> None:
    values = [1.0, 1e9] * 13
    judged = backtest(times(26), values)
    assert {point.state for point in judged} == {State.LEARNING}
    assert flagged(judged) == []


def test_an_unknown_point_is_not_a_zero() -> None:
    values: list[float | None] = [*weekly(60)]
    values[50] = None
    values[51] = math.nan
    judged = backtest(times(60), values)
    assert flagged(judged) == []
    for unknown in judged[50:52]:
        assert (unknown.value, unknown.score, unknown.reason) == (None, 0.0, "unknown")
        assert unknown.lower is not None
        assert unknown.lower > 0


def test_declared_bounds_win_even_while_learning() -> None:
    declared = Tuning(minimum=50.0, maximum=150.0)
    values = [100.0 * factor for factor in noise(60, 0.02)]
    values[5], values[50], values[55] = 49.0, 149.0, 151.0
    judged = backtest(times(60), values, declared)
    assert flagged(judged) == [5, 55]
    assert (judged[50].lower, judged[50].upper) == (50.0, 150.0)


@pytest.mark.parametrize(("side", "found"), [("both", [100, 110]), ("low", [100]), ("high", [110])])
def test_one_side_may_be_judged_alone(side: str, found: list[int]) -> None:
    values = weekly(120)
    values[100] *= 0.4
    values[110] *= 2.5
    judged = backtest(times(120), values, Tuning(side=side))  # type: ignore[arg-type]
    assert flagged(judged) == found
    assert (judged[90].lower is None) == (side == "high")
    assert (judged[90].upper is None) == (side == "low")


@pytest.mark.slow
def test_fewer_false_alarms_mean_wider_bounds() -> None:
    values = weekly(120, 0.15)
    widths = []
    for allowed in (30.0, 3.0, 1.0, 0.1, 0.001):
        last = backtest(times(120), values, Tuning(false_alarms=allowed, floor=0.0))[-1]
        assert last.lower is not None
        assert last.upper is not None
        widths.append(last.upper - last.lower)
    assert widths == sorted(widths)


@pytest.mark.slow
def test_the_end_of_the_month_is_learned() -> None:
    count = 365
    at = times(count)
    values = [v * (3 if (t + DAY).day == 1 else 1) for t, v in zip(at, weekly(count), strict=True)]
    judged = backtest(at, values)
    ends = [n for n, t in enumerate(at) if (t + DAY).day == 1]
    assert set(flagged(judged)) <= set(ends[:4])
    assert judged[ends[8]].expected == pytest.approx(values[ends[8]], rel=0.3)
    missed = backtest(at, [v / 3 if n == ends[9] else v for n, v in enumerate(values)])
    assert ends[9] in flagged(missed)


@pytest.mark.slow
def test_a_holiday_may_be_like_a_sunday_or_like_any_day() -> None:
    at = times(120)
    holiday = at[100].date()
    assert holiday.weekday() < 5
    for value in (1e5, 3e4, 6e4):
        values = weekly(120)
        values[100] = value
        assert flagged(backtest(at, values, Tuning(holidays=(holiday,)))) == []
    values[100] = 4e5
    assert flagged(backtest(at, values, Tuning(holidays=(holiday,)))) == [100]


@pytest.mark.slow
def test_local_hours_are_followed_across_daylight_saving() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 2, 16, tzinfo=UTC)
    at = times(24 * 63, HOUR, start)
    factors = noise(len(at), 0.05)
    values = [
        float(round((20000 if t.astimezone(zone).hour == 7 else 1000) * f))
        for t, f in zip(at, factors, strict=True)
    ]
    assert flagged(backtest(at, values, Tuning(time_zone="Europe/Berlin"))) == []
    assert flagged(backtest(at, values)) != []


def test_sparse_counts_may_be_zero() -> None:
    rows = iter(noise(1000, 0.8))
    values = [float(round(200 * next(rows))) if n * 7919 % 13 < 2 else 0.0 for n in range(24 * 60)]
    assert len(flagged(backtest(times(len(values), HOUR), values))) <= 2


def test_negative_values_are_judged() -> None:
    values = [
        10 * math.sin(n / 24 * 2 * math.pi) + 20 * (f - 1)
        for n, f in enumerate(noise(24 * 40, 0.05))
    ]
    values[900] -= 25
    judged = backtest(times(len(values), HOUR), values)
    assert 900 in flagged(judged)
    assert len(flagged(judged)) <= 2


def test_gaps_and_uneven_steps_are_borne() -> None:
    at = [MONDAY + timedelta(hours=n + (n * 37 % 11) / 20) for n in range(900) if n % 50 > 5]
    judged = backtest(at, noise(len(at), 0.1))
    assert judged[-1].state is State.NORMAL
    assert len(flagged(judged)) <= 1


def test_a_sustained_loss_that_no_single_point_shows_is_flagged() -> None:
    values = [1000 * factor for factor in noise(24 * 50, 0.3)]
    changes = dict.fromkeys(range(24 * 45, 24 * 48), 0.6)
    judged = judged_with(values, changes, HOUR)
    found = [n for n in flagged(judged) if n in changes]
    assert found
    assert any("together" in judged[n].reason for n in found)


finite = st.floats(allow_nan=False, allow_infinity=False)
SERIES = st.lists(
    st.one_of(st.none(), finite, st.floats(-100, 100), st.integers(0, 5).map(float), st.just(0.0)),
    max_size=90,
)


@pytest.mark.wide
@settings(max_examples=150, deadline=None)
@given(SERIES, st.sampled_from([60, 300, 3600, 86400, 604800]), st.booleans())
def test_nothing_makes_it_fail_and_bounds_hold_what_is_expected(
    values: list[float | None], step: int, repeated: bool
) -> None:
    values = values * 3 if repeated else values
    judged = backtest(times(len(values), timedelta(seconds=step)), values)
    for point in judged:
        assert 0 <= point.score <= 1
        assert (point.score >= 0.5) == point.flag
        if point.state is State.LEARNING:
            assert not point.flag
        if point.expected is not None:
            assert point.lower is not None
            assert point.upper is not None
            assert point.lower <= point.expected <= point.upper
