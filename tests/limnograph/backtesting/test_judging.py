"""Series judged in the order of their times, told in the order of their source."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from checks.volume.words import Judged, State, Tuning
from limnograph.backtesting.judging import backtested
from limnograph.backtesting.series import Series

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def days(*numbers: int) -> list[datetime]:
    return [START + DAY * number for number in numbers]


def above(
    times: Sequence[datetime], values: Sequence[float | None], tuning: Tuning
) -> list[Judged]:
    """Flags what is above 10 times the false alarms; learns for two points."""
    found = []
    for n, (at, value) in enumerate(zip(times, values, strict=True)):
        flag = n >= 2 and value is not None and value > 10 * tuning.false_alarms
        state = State.LEARNING if n < 2 else State.RECOVERING if flag else State.NORMAL
        found.append(Judged(at, value, 5.0, 1.0, 10.0, float(flag), flag, state, "why"))
    return found


def judge(series: Series, **more: object) -> tuple[list[float | None], list[bool]]:
    made = backtested(series, Tuning(), detector=above, **more)  # type: ignore[arg-type]
    return [point.value for point in made.judged], [point.flag for point in made.judged]


def test_rows_are_judged_by_time_and_told_in_their_order() -> None:
    series = Series("x", days(3, 0, 2, 1), [40.0, 1.0, 3.0, 20.0])
    assert judge(series) == ([40.0, 1.0, 3.0, 20.0], [True, False, False, False])


def test_duplicates_are_all_told() -> None:
    series = Series("x", days(2, 0, 2, 1, 2), [30.0, 1.0, 3.0, 2.0, None])
    assert judge(series) == ([30.0, 1.0, 3.0, 2.0, None], [True, False, False, False, False])


def test_points_before_since_teach_and_those_from_until_on_are_left_out() -> None:
    series = Series("x", days(4, 0, 1, 2, 3), [50.0, 1.0, 2.0, 30.0, 40.0])
    since, until = days(2, 4)
    assert judge(series, since=since, until=until) == ([30.0, 40.0], [True, True])


def test_a_backtest_is_summed_up() -> None:
    values = [1.0, 2.0, None, 30.0, None, 40.0, 5.0, 60.0]
    made = backtested(Series("x", days(*range(8)), values), Tuning(), detector=above)
    summary = made.summary
    assert (summary.points, summary.unknown, summary.learning, summary.judged) == (8, 2, 2, 4)
    # The unknown point between 30 and 40 does not make two alarms of one.
    assert (summary.flagged, summary.alarms) == (3, 2)
    # From the fourth day to the end of the eighth: 5 days.
    assert summary.alarms_per_month == 12.0
    assert made.cadence == 86400.0


def test_a_sweep_judges_again_with_other_numbers_of_false_alarms() -> None:
    series = Series("x", days(*range(5)), [1.0, 2.0, 15.0, 3.0, 25.0])
    made = backtested(series, Tuning(), sweep=[0.1, 1, 2, 5], detector=above)
    assert made.sweep is not None
    told = [(one.false_alarms, one.summary.flagged, one.summary.alarms) for one in made.sweep]
    assert told == [(0.1, 3, 1), (1, 2, 2), (2, 1, 1), (5, 0, 0)]
    assert made.summary.flagged == 2


def test_nothing_and_one_point_have_no_cadence_and_no_rate() -> None:
    for series in (Series("x", [], []), Series("x", days(0), [1.0])):
        made = backtested(series, Tuning(), detector=above)
        assert (made.cadence, made.summary.alarms_per_month) == (None, None)
        assert len(made.judged) == len(series.times)


def test_one_gap_does_not_change_the_cadence() -> None:
    series = Series("x", days(0, 1, 2, 30, 31, 31), [1.0] * 6)
    assert backtested(series, Tuning(), detector=above).cadence == 86400.0


def test_the_detector_keeps_its_promises_whatever_the_order_of_rows() -> None:
    drawn = random.Random(7)
    times = days(*range(90))
    values: list[float | None] = [round(drawn.lognormvariate(9, 0.1)) for _ in times]
    values[60], values[70], values[80] = 0.0, None, 5e4
    in_order = backtested(Series("x", times, values), Tuning()).judged
    places = list(range(90))
    drawn.shuffle(places)
    mixed = Series("x", [times[n] for n in places], [values[n] for n in places])
    assert backtested(mixed, Tuning()).judged == [in_order[n] for n in places]
    assert [point.at for point in in_order if point.flag] == [times[60], times[80]]
    assert all(0 <= point.score <= 1 for point in in_order)
    assert not any(point.flag for point in in_order if point.state is State.LEARNING)
