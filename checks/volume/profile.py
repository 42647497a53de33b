"""What is usual at this hour of this weekday, fitted to the past of a series at once.

Each part is held against the coarser one below it, and believed as far as it stands out of the
noise (a garrote): hour of the day, hour on weekdays or weekends, hour of the week; then, for finer
series, the slot of the day and the slot of the week.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
    Ints = np.ndarray[tuple[int], np.dtype[np.int64]]

_DOUBT = 3.0
"""What stands out by less than the root of this, in sampling errors, is not believed at all."""
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Profile:
    """By slot of the week: what is usual against the level, and how much it varies.

    `slots` and `hours` are how many make a day; `usual` has 7 x slots values; `spread` (relative
    to the whole) and `zeros` (the odds of no rows at all) have 7 x hours.
    """

    slots: int
    hours: int
    usual: tuple[float, ...]
    spread: tuple[float, ...]
    zeros: tuple[float, ...]
    rhythm: float = 0.0
    """The part of the variation that the time of day explains, from 0 to 1."""

    def cell(self, weekday: int, second: float) -> int:
        return weekday * self.slots + min(int(second * self.slots / 86400), self.slots - 1)

    def hour(self, weekday: int, second: float) -> int:
        return weekday * self.hours + min(int(second * self.hours / 86400), self.hours - 1)


def flat(slots: int = 1) -> Profile:
    """A profile without any season."""
    hours = min(slots, 24)
    return Profile(
        slots, hours, (0.0,) * _WEEK * slots, (1.0,) * _WEEK * hours, (0.0,) * _WEEK * hours
    )


def fit(
    scaled: "Floats",
    zero: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    day: "Ints",
    second: "Floats",
    slots: int,
) -> Profile:
    """The profile of a past, in order; `day` counts from a Monday, `second` is of the local day.

    Values that are `zero` count for the odds of zeros alone.
    """
    import numpy as np

    hours = min(slots, 24)
    weekday = day % _WEEK
    slot = np.minimum((second * slots / 86400).astype(np.int64), slots - 1)
    hour = slot * hours // slots
    zeros = _odds(zero, weekday, hour, hours)
    some = ~zero
    if some.sum() < 8:
        plain = flat(slots)
        return Profile(slots, hours, plain.usual, plain.spread, zeros, _swing(zeros))
    values, days, slot, hour = scaled[some], day[some], slot[some], hour[some]
    weekday, blocks = days % _WEEK, _blocks(days)
    usual = np.zeros(_WEEK * slots)
    cell = weekday * slots + slot
    for _ in range(2):
        level = _levels(values - usual[cell], blocks)
        usual = _usual(values - level[blocks], days, slot, hour, slots, hours)
    left = values - level[blocks] - usual[cell]
    spread = _spread(left, weekday, hour, hours)
    plain = np.median(np.abs(values - level[blocks] - np.median(values - level[blocks])))
    rhythm = 1 - float(np.median(np.abs(left)) / plain) if plain > 0 else 0.0
    rhythm = max(rhythm, _swing(zeros))
    return Profile(slots, hours, tuple(usual.tolist()), spread, zeros, rhythm)


def _blocks(day: "Ints") -> "Ints":
    """Weeks back from the last day; a first one of fewer than five days joins the next."""
    import numpy as np

    back = (day[-1] - day) // _WEEK
    last = int(back[0])
    if last and len(np.unique(day[back == last])) < 5:
        back = np.minimum(back, last - 1)
    _, blocks = np.unique(back, return_inverse=True)
    return blocks.astype(np.int64)


def _levels(values: "Floats", blocks: "Ints") -> "Floats":
    import numpy as np

    middle = np.median(values)
    return _medians(values - middle, blocks, int(blocks.max()) + 1) + middle


def _medians(values: "Floats", group: "Ints", groups: int) -> "Floats":
    """The median of each group, of an even number the middle one nearer to zero (zero itself, if
    they differ in sign); 0 where there is none."""
    import numpy as np

    order = np.lexsort((values, group))
    count = np.bincount(group, minlength=groups)
    first = np.cumsum(count) - count
    ranked = values[order]
    low = ranked[np.minimum(first + np.maximum(count - 1, 0) // 2, len(values) - 1)]
    high = ranked[np.minimum(first + count // 2, len(values) - 1)]
    middle = np.where(low > 0, low, np.minimum(high, 0.0))
    return np.where(count > 0, middle, 0.0)


def _usual(
    values: "Floats", day: "Ints", slot: "Ints", hour: "Ints", slots: int, hours: int
) -> "Floats":
    import numpy as np

    days, times = np.repeat(np.arange(_WEEK), slots), np.tile(np.arange(slots), _WEEK)
    of_times = times * hours // slots
    # Neighbours within an hour are alike: they tell as much as one.
    both, place = np.unique(day * hours + hour, return_inverse=True)
    means = _medians(values, place, len(both))
    weekday, hour_of = both // hours % _WEEK, both % hours
    parts = [
        (hour_of, of_times, hours),
        ((weekday >= 5) * hours + hour_of, (days >= 5) * hours + of_times, 2 * hours),
        (weekday * hours + hour_of, days * hours + of_times, _WEEK * hours),
    ]
    usual = np.zeros(_WEEK * slots)
    for group, where, groups in parts:
        part = _part(means, group, hour_of, groups, hours)
        usual, means = usual + part[where], means - part[group]
    if slots == hours:
        return usual
    weekday = day % _WEEK
    left = values - usual[weekday * slots + slot]
    for group, where, groups in (
        (slot, times, slots),
        (weekday * slots + slot, days * slots + times, _WEEK * slots),
    ):
        part = _part(left, group, hour, groups, hours)
        usual, left = usual + part[where], left - part[group]
    return usual


def _part(left: "Floats", group: "Ints", hour: "Ints", groups: int, hours: int) -> "Floats":
    """How far each group is from the coarser part, as far as that is believed."""
    import numpy as np

    middle = _medians(left, group, groups)
    count = np.bincount(group, minlength=groups)
    middle[count < 2] = 0.0
    # A group of one or two is nearer to its own median than to the truth: it cannot tell the noise.
    many = np.maximum(count, 2)[group]
    apart = np.where(count[group] > 2, np.abs(left - middle[group]), np.abs(left))
    noise = 1.4826 * _medians(apart * np.sqrt(many / (many - 1)), hour, hours)
    noise = np.maximum(noise, 0.25 * np.median(noise))
    variance = np.zeros(groups)
    variance[group] = (noise**2)[hour]
    error = 1.57 * variance / np.maximum(count, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        belief = np.where(middle != 0, 1 - _DOUBT * error / middle**2, 0.0)
    return middle * np.maximum(belief, 0.0)


def _spread(left: "Floats", weekday: "Ints", hour: "Ints", hours: int) -> tuple[float, ...]:
    """How much each hour on weekdays or weekends varies, against the whole."""
    import numpy as np

    size = np.abs(left)
    whole = float(size.mean())
    if whole <= 0:
        return (1.0,) * _WEEK * hours
    size = np.minimum(size, 4 * whole)
    whole = float(size.mean())
    group = (weekday >= 5) * hours + hour
    count = np.bincount(group, minlength=2 * hours)
    sums = np.bincount(group, weights=size, minlength=2 * hours)
    ratio = (sums / whole + 20) / (count + 20)
    ratio = np.clip(ratio, 0.3, 4.0)
    weekly = np.concatenate([np.tile(ratio[:hours], 5), np.tile(ratio[hours:], 2)])
    return tuple(weekly.tolist())


def _swing(odds: tuple[float, ...]) -> float:
    """How much the odds differ over the week."""
    return max(odds) - min(odds)


def _odds(
    zero: "np.ndarray[tuple[int], np.dtype[np.bool_]]", weekday: "Ints", hour: "Ints", hours: int
) -> tuple[float, ...]:
    """The odds of a zero in each hour of the week, smoothed toward weekdays or weekends."""
    import numpy as np

    if not zero.any():
        return (0.0,) * _WEEK * hours
    week = np.arange(_WEEK * hours)
    group = week % hours * 2 + (week // hours < 5)
    own = weekday * hours + hour
    seen = np.bincount(own, minlength=_WEEK * hours).astype(np.float64)
    hits = np.bincount(own, weights=zero, minlength=_WEEK * hours).astype(np.float64)
    group_seen = np.bincount(group, weights=seen, minlength=2 * hours).astype(np.float64)
    group_hits = np.bincount(group, weights=hits, minlength=2 * hours).astype(np.float64)
    whole = np.full(2 * hours, zero.mean())
    prior = _shrunk(group_hits, group_seen, whole)[group]
    return tuple(_shrunk(hits, seen, prior).tolist())


def _shrunk(hits: "Floats", seen: "Floats", prior: "Floats") -> "Floats":
    """Shares drawn to a prior: the more so, the less they differ from it but by chance."""
    import numpy as np

    known = seen > 0
    if not known.any():
        return prior
    share = hits[known] / seen[known]
    by_chance = (prior * (1 - prior))[known] / seen[known]
    differ = float(((share - prior[known]) ** 2).mean() - by_chance.mean())
    chance = float((prior * (1 - prior))[known].mean())
    weight = min(max(chance / differ - 1, 0.02), 200.0) if differ > 0 else 200.0
    return np.asarray((hits + weight * prior) / (seen + weight))
