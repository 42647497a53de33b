"""What is remembered of a series: its points, which of them train, and the fit to those."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from checks.volume import clock, profile
from checks.volume.clock import DAY, Moment
from checks.volume.scale import Scale, scale_of
from checks.volume.words import Span

_WEEKS_FINE, _WEEKS_DAILY = 10, 20
_MOST = 24000
_STEPS = 400


class Memory:
    """The points of one series so far, in order."""

    def __init__(self) -> None:
        self.values = array("d")
        self._seconds = array("d")
        self._days = array("q")
        self._of_day = array("d")
        self.trains = bytearray()
        self.whole = True
        self.negative = False

    def __len__(self) -> int:
        return len(self.values)

    def add(self, stamp: float, at: Moment, value: float, *, trains: bool) -> None:
        self.values.append(value)
        self._seconds.append(stamp)
        self._days.append(at.day)
        self._of_day.append(at.second)
        self.trains.append(trains)
        self.whole = self.whole and value == int(value)
        self.negative = self.negative or value < 0

    @property
    def days(self) -> float:
        """How long the series is, in days."""
        return (self._seconds[-1] - self._seconds[0]) / DAY if len(self) > 1 else 0.0

    def step(self) -> float:
        """The usual seconds from one point to the next."""
        return clock.step(self._seconds[-_STEPS:])

    def at(self, index: int) -> float:
        """The Unix time of a point."""
        return self._seconds[index]

    def moment(self, index: int) -> Moment:
        return Moment(self._days[index], self._of_day[index])

    def fit(self, slots: int, before: Scale | None) -> tuple[Scale, profile.Profile]:
        """The scale and the profile of what trains; the scale changes for a good reason only."""
        import numpy as np

        weeks = _WEEKS_FINE if slots > 1 else _WEEKS_DAILY
        since = self._seconds[-1] - weeks * 7 * DAY
        first = max(bisect_right(self._seconds, since), len(self) - _MOST)
        train = np.frombuffer(bytes(self.trains[first:]), np.bool_)
        values = np.array(self.values[first:])[train]
        scale = scale_of(values)
        if before is not None and _alike(before, scale):
            scale = before
        if self.negative and scale.logarithmic:
            scale = Scale(False, scale.usual)
        zero = (values == 0) & (not self.negative)
        day = np.array(self._days[first:], np.int64)[train]
        second = np.array(self._of_day[first:])[train]
        if len(values) < 4:
            return scale, profile.flat(slots)
        return scale, profile.fit(scale.forward_all(values), zero, day, second, slots)


def _alike(a: Scale, b: Scale) -> bool:
    return a.logarithmic == b.logarithmic and 0.25 < a.usual / b.usual < 4


class Spans:
    """Spans of time, to be asked for a time."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = sorted(spans)
        self._ends: list[datetime] = []
        for _, end in self._spans:
            self._ends.append(max(end, self._ends[-1]) if self._ends else end)

    def __contains__(self, at: datetime) -> bool:
        """Whether one of the spans holds this time."""
        begun = bisect_right(self._spans, at, key=lambda span: span[0])
        return begun > 0 and at < self._ends[begun - 1]
