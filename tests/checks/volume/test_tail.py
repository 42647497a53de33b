"""How rare a deviation is."""

import random

import pytest

from checks.volume.tail import Tail


def tail(count: int, seed: int = 1) -> Tail:
    chance = random.Random(seed)
    made = Tail(in_spreads=True)
    for _ in range(count):
        made.add(chance.gauss(0, 1.25))
    made.refresh()
    return made


@pytest.mark.parametrize("count", [0, 11, 40, 300, 3000])
def test_limits_are_the_inverse_of_surprises(count: int) -> None:
    made = tail(count)
    for surprise in (0.3, 1.0, 3.0, 8.7, 20.0):
        below, above = made.limits(surprise)
        assert made.surprise(above) == pytest.approx(surprise)
        assert made.surprise(-below) == pytest.approx(surprise)


def test_a_greater_deviation_surprises_more() -> None:
    made = tail(300)
    surprises = [made.surprise(size / 10) for size in range(200)]
    assert surprises == sorted(set(surprises))


def test_few_deviations_are_not_believed_to_be_all_there_is() -> None:
    limits = [tail(14, seed).limits(8.7)[1] for seed in range(30)]
    true = 1.25 * 3.6
    assert min(limits) > true / 1.6
    assert max(limits) < true * 2


def test_a_rare_deviation_is_at_most_twice_as_far_as_the_greatest_of_many() -> None:
    chance = random.Random(1)
    made = Tail(in_spreads=True)
    sizes = [chance.gauss(0, 1) for _ in range(3000)]
    sizes[::300] = [80.0] * 10
    for size in sizes:
        made.add(size)
    made.refresh()
    assert made.limits(10.0)[1] <= 160.0


def test_what_was_retracted_was_never_seen() -> None:
    once, twice = tail(200), tail(200)
    for _ in range(30):
        twice.add(50.0)
    twice.retract(30)
    twice.refresh()
    assert twice.limits(8.7) == once.limits(8.7)
    twice.retract(10_000)
    twice.refresh()
    assert twice.limits(8.7) == Tail().limits(8.7)
