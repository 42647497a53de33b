"""Series as tables and gauges make them, seeded, healthy or with planted anomalies.

A shape says what a series is like: its rhythm, its noise, its zone. `healthy(shape, seed)` draws
one in which nothing is wrong; `planted(shape, kinds, seed)` one with an event after the other, far
enough apart that a detector may calm down in between, though not so far that it could forget. The
events are chosen by the rhythm of the shape alone, and know nothing of any detector.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rng = np.random.Generator

START = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday
WEEKDAYS = np.array([1.0, 1.05, 1.1, 1.05, 1.0, 0.35, 0.3])
HOURS = np.repeat(
    [0.3, 0.2, 0.4, 1.0, 1.7, 1.8, 1.6, 1.7, 1.6, 1.3, 0.8, 0.4], 2
)  # every two hours of a day
BERLIN = ZoneInfo("Europe/Berlin")
GERMAN_HOLIDAYS = (
    *(date(2025, month, day) for month, day in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))),
    *(date(2025, month, day) for month, day in ((4, 18), (4, 21), (5, 29), (6, 9))),
    *(date(2026, month, day) for month, day in ((1, 1), (4, 3), (4, 6))),
)
SHORT = ("missing", "drop", "spike", "halving", "doubling", "late")
LONG = ("flatline", "leak", "shift")
KINDS = (*SHORT, *LONG)


@dataclass(frozen=True, slots=True)
class Event:
    """An anomaly; its points are from `first` to `last`, both included."""

    kind: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """A series and what is wrong with it; detectors are held to account from `burn_in` on.

    `wrong` says of each value whether it is other than it would have been.
    """

    shape: "Shape"
    times: list[datetime]
    values: Floats
    wrong: npt.NDArray[np.bool_]
    events: tuple[Event, ...] = ()

    @property
    def months(self) -> float:
        """Months of 30 days after the burn-in."""
        return (len(self.times) - self.shape.burn_in) / self.shape.per_day / 30


@dataclass(frozen=True, slots=True)
class Shape:
    """What a series is like.

    `draw(times, rng)` gives what is typical of each slot and the healthy values. `rhythmic` are
    those whose typical values repeat, `wild` those of which a single value tells little; those
    without `counts` are neither whole nor above zero.
    """

    name: str
    per_day: int
    days: int
    draw: Callable[[Sequence[datetime], Rng], tuple[Floats, Floats]]
    kinds: tuple[str, ...] = KINDS
    zone: str = "UTC"
    holidays: tuple[date, ...] = ()
    rhythmic: bool = False
    counts: bool = True
    wild: bool = False

    @property
    def burn_in(self) -> int:
        """Slots before which no detector is held to account."""
        return {1: 60, 24: 28, 288: 14}[self.per_day] * self.per_day

    @property
    def spell(self) -> int:
        """How many slots a halving or a doubling lasts."""
        return {1: 1, 24: 6, 288: 12}[self.per_day]

    @property
    def calm(self) -> int:
        """Slots after an event in which there is no other."""
        return {1: 25, 24: 5 * 24, 288: 288}[self.per_day]

    def times(self) -> list[datetime]:
        """The starts of the slots; days are local where the zone is not UTC."""
        if self.per_day == 1 and self.zone != "UTC":
            first = START.date()
            days = (first + timedelta(days=n) for n in range(self.days))
            midnight = (datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(self.zone)) for d in days)
            return [at.astimezone(UTC) for at in midnight]
        step = timedelta(days=1) / self.per_day
        return [START + step * n for n in range(self.days * self.per_day)]


def healthy(shape: Shape, seed: int) -> Labelled:
    """A series in which nothing is wrong."""
    times = shape.times()
    _, values = shape.draw(times, _rng(shape, seed))
    return Labelled(shape, times, _as_counted(shape, values), np.zeros(len(values), bool))


def planted(shape: Shape, kinds: Sequence[str], seed: int) -> Labelled | None:
    """A series with those of the kinds that can befall its shape, each as often as fits, in a
    shuffled order; None where there are none.

    Long events are followed by a longer calm, since a detector may take them for a new level.
    """
    kinds = [kind for kind in shape.kinds if kind in kinds]
    if not kinds:
        return None
    rng = _rng(shape, seed)
    times = shape.times()
    typical, drawn = shape.draw(times, rng)
    values = drawn.copy()
    events: list[Event] = []
    place = shape.burn_in + shape.calm // 2
    while True:
        for kind in rng.permutation(kinds):
            first = _busy(typical, place, shape)
            calm = shape.calm * (2 if kind in LONG else 1)
            event = _plant(str(kind), values, first, shape, rng)
            if event.last + calm >= len(values):
                told = _as_counted(shape, values[:first])
                wrong = told != _as_counted(shape, drawn[:first])
                return Labelled(shape, times[:first], told, wrong, tuple(events))
            events.append(event)
            place = event.last + 1 + calm + int(rng.integers(0, calm // 4))


def _rng(shape: Shape, seed: int) -> Rng:
    return np.random.default_rng([seed, *shape.name.encode()])


def _as_counted(shape: Shape, values: Floats) -> Floats:
    return np.maximum(np.round(values), 0) if shape.counts else values


def _busy(typical: Floats, place: int, shape: Shape) -> int:
    """The first slot from a place on, of which an anomaly would be felt by somebody."""
    enough = 0.5 * float(np.mean(typical[typical > 0])) if shape.counts else 0.0
    width = shape.spell
    for first in range(place, len(typical) - width):
        if shape.per_day == 1 or not shape.counts:
            if typical[first] >= enough or not shape.counts:
                return first
        elif typical[first] >= enough and np.mean(typical[first : first + width]) >= enough / 4:
            return first
    return len(typical) - 1


def _plant(kind: str, values: Floats, first: int, shape: Shape, rng: Rng) -> Event:
    """Change values in place; an event that does not fit ends at the end."""
    long = {1: 7, 24: 12, 288: 24}[shape.per_day]
    slow = {1: 20, 24: 72, 288: 144}[shape.per_day]
    length = {
        **dict.fromkeys(("missing", "drop", "spike"), 1),
        **dict.fromkeys(("halving", "doubling"), shape.spell),
        "late": 2,
        "flatline": long,
        **dict.fromkeys(("leak", "shift"), slow),
    }[kind]
    last = min(first + length, len(values)) - 1
    part = slice(first, last + 1)
    # Gauges that may be negative have no halves: they leave by what is much for them.
    if not shape.counts:
        much = 6 * float(np.std(np.diff(values[: shape.burn_in])))
        sign = float(rng.choice([-1.0, 1.0]))
        if kind == "flatline":
            values[part] = values[first - 1]
        elif kind == "leak":
            values[part] += sign * 2 * much * np.linspace(0, 1, last + 1 - first)
        else:
            values[part] += sign * much
        return Event(kind, first, last)
    if kind == "missing":
        values[part] = 0
    elif kind == "drop":
        values[part] *= 0.15
    elif kind == "spike":
        # Five times nothing, or a little, is nothing to a wild series.
        values[part] = 3 * values.max() if shape.wild else 5 * values[part]
    elif kind == "halving":
        values[part] *= 0.5
    elif kind == "doubling":
        values[part] *= 2
    elif kind == "late" and last > first:
        values[last] += values[first]
        values[first] = 0
    elif kind == "flatline":
        values[part] = values[first]
    elif kind == "leak":
        values[part] *= np.linspace(1, 0.3, last + 1 - first)
    elif kind == "shift":
        values[part] *= 0.6
    return Event(kind, first, last)


# The shapes


def _local(times: Sequence[datetime], zone: ZoneInfo | None = None) -> tuple[Floats, Floats]:
    """Weekday and hour of each time."""
    there = [at.astimezone(zone or UTC) for at in times]
    weekdays = np.array([at.weekday() for at in there], dtype=np.float64)
    return weekdays, np.array([at.hour + at.minute / 60 for at in there])


def _noisy(typical: Floats, rng: Rng, sigma: float) -> tuple[Floats, Floats]:
    return typical, typical * np.exp(rng.normal(0, sigma, len(typical)))


def _hourly(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    weekdays, hours = _local(times)
    return _noisy(2000 * HOURS[hours.astype(int)] * WEEKDAYS[weekdays.astype(int)], rng, 0.1)


def _hourly_heavy(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    typical, _ = _hourly(times, rng)
    return typical, typical * np.exp(0.1 * rng.standard_t(3, len(typical)))


def _dst(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    weekdays, hours = _local(times, BERLIN)
    busy = (hours >= 7) & (hours < 19)
    return _noisy(np.where(busy, 5000.0, 100.0) * WEEKDAYS[weekdays.astype(int)], rng, 0.12)


def _office(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    weekdays, hours = _local(times)
    busy = (hours >= 8) & (hours < 18) & (weekdays < 5)
    return _noisy(np.where(busy, 3000.0, 0.0), rng, 0.15)


def _nightly(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    _, hours = _local(times)
    return _noisy(np.where(hours == 3, 40_000.0, 0.0), rng, 0.08)


def _bursty(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    _, hours = _local(times)
    rate = 2 * HOURS[hours.astype(int)]
    batches = rng.poisson(rate)
    sizes = np.array([float(rng.lognormal(6, 1, n).sum()) for n in batches])
    return rate * float(np.exp(6.5)), sizes


def _daily(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    weekdays, _ = _local(times)
    return _noisy(100_000 * WEEKDAYS[weekdays.astype(int)], rng, 0.08)


def _daily_heavy(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    typical, _ = _daily(times, rng)
    return typical, typical * np.exp(0.08 * rng.standard_t(3, len(typical)))


def _trending(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    typical, _ = _daily(times, rng)
    return _noisy(typical * 1.004 ** np.arange(len(times)), rng, 0.06)


def _month_end(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    typical, _ = _daily(times, rng)
    last = np.array([(at + timedelta(days=1)).day == 1 for at in times])
    return _noisy(np.where(last, 3.0, 1.0) * typical, rng, 0.08)


def _weekdays_only(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    weekdays, _ = _local(times)
    return _noisy(np.where(weekdays < 5, 50_000.0, 0.0), rng, 0.12)


def _holidays(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    there = [at.astimezone(BERLIN).date() for at in times]
    quiet = np.array([day in GERMAN_HOLIDAYS or day.weekday() == 6 for day in there])
    weekdays = np.array([day.weekday() for day in there])
    return _noisy(np.where(quiet, 30_000.0, 100_000 * WEEKDAYS[weekdays]), rng, 0.08)


def _sparse(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    there = np.where(rng.random(len(times)) < 0.2, 1.0, 0.0)
    return 1000 * there, there * rng.lognormal(7, 0.8, len(times))


def _small(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    return np.full(len(times), 6.0), rng.poisson(6, len(times)).astype(np.float64)


def _flat(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    return np.full(len(times), 1000.0), 1000 + rng.normal(0, 40, len(times))


def _total(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    _, added = _daily(times, rng)
    total = 3_000_000 + np.cumsum(added)
    return total, total.copy()


def _five_minutes(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    _, hours = _local(times)
    noise = np.zeros(len(times))
    steps = rng.normal(0, 0.03, len(times))
    for n in range(1, len(times)):
        noise[n] = 0.8 * noise[n - 1] + steps[n]
    typical: Floats = 500 * (1 + 0.5 * np.sin((hours - 9) / 24 * 2 * np.pi))
    return typical, typical * np.exp(noise)


def _walk(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    level = np.full(len(times), 100.0)
    for n, step in enumerate(rng.normal(0, 5, len(times) - 1)):
        level[n + 1] = 100 + 0.97 * (level[n] - 100) + step
    return level, level.copy()


def _net(times: Sequence[datetime], rng: Rng) -> tuple[Floats, Floats]:
    _, hours = _local(times)
    typical: Floats = 80 * np.sin(hours / 24 * 2 * np.pi)
    return typical, typical + rng.normal(0, 15, len(times))


_NO_ZEROS = tuple(kind for kind in KINDS if kind not in ("missing", "late"))
_EVENTFUL = ("missing", "drop", "spike", "halving", "doubling", "late")
_SWINGING = ("spike", "flatline", "leak", "shift")

SHAPES = (
    Shape("hourly", 24, 120, _hourly, rhythmic=True),
    Shape("hourly, Berlin days", 24, 120, _dst, zone="Europe/Berlin", rhythmic=True),
    Shape("hourly, office hours", 24, 120, _office, _EVENTFUL, rhythmic=True),
    Shape("hourly, once a night", 24, 120, _nightly, _EVENTFUL, rhythmic=True),
    Shape("hourly, heavy tails", 24, 120, _hourly_heavy),
    Shape("hourly, bursts", 24, 120, _bursty, ("spike",), wild=True),
    Shape("hourly, net, negative", 24, 120, _net, _SWINGING, counts=False),
    Shape("daily", 1, 425, _daily, rhythmic=True),
    Shape("daily, weekdays only", 1, 425, _weekdays_only, _EVENTFUL, rhythmic=True),
    Shape("daily, trend", 1, 425, _trending, rhythmic=True),
    Shape("daily, holidays", 1, 425, _holidays, KINDS, "Europe/Berlin", GERMAN_HOLIDAYS, True),
    Shape("daily, month end x3", 1, 425, _month_end),
    Shape("daily, heavy tails", 1, 425, _daily_heavy),
    Shape("daily, flat", 1, 425, _flat),
    Shape("daily, one day in five", 1, 425, _sparse, ("spike",), wild=True),
    Shape("daily, about six", 1, 425, _small, ("spike", "shift")),
    Shape("daily, total of rows", 1, 425, _total, ("halving", "doubling", "flatline", "spike")),
    Shape("daily, random walk", 1, 425, _walk, ("spike", "flatline"), counts=False),
    Shape("5 minutes, gauge", 288, 30, _five_minutes, _NO_ZEROS),
)
