"""The end of a replayed series, asked for again and again."""

from datetime import timedelta

from checks.core import Slot
from checks.volume.backtest import Tuning, backtest
from checks.volume.replay import End, end
from checks.volume.series import Series
from tests.checks.volume.made import DAY, times, weekly


def series(values: list[int | None]) -> Series:
    return Series(
        tuple(
            Slot(at, at + DAY, value) for at, value in zip(times(len(values)), values, strict=True)
        )
    )


def values(*last: int | None) -> list[int | None]:
    return [*(int(value) for value in weekly(60)), *last]


def test_an_end_is_that_of_a_backtest_also_when_asked_again() -> None:
    known = series(values(40_000))
    judged = backtest(known.times, known.values)
    for _ in range(2):
        assert end(known, Tuning()) == End(judged[-1], judged[-1], 60)


def test_the_newest_known_slot_is_told_beside_the_newest() -> None:
    said = end(series(values(40_000, None)), Tuning())
    assert (said.index, said.newest.value) == (60, None)
    assert said.known is not None
    assert said.known.value == 40_000
    assert end(series([None]), Tuning()).known is None


def test_another_value_time_or_tuning_is_another_end() -> None:
    known = series(values(90_000))
    plain = end(known, Tuning())
    moved = Series(tuple(Slot(s.start + timedelta(hours=1), s.end, s.value) for s in known.slots))
    assert end(moved, Tuning()).newest.at == plain.newest.at + timedelta(hours=1)
    assert end(series(values(1)), Tuning()).newest.flag
    assert not end(series(values(1)), Tuning(side="high")).newest.flag
    expected = Tuning(expected=((known.slots[50].start, known.slots[52].start),))
    assert end(known, expected).newest.value == 90_000
