"""A rhythm that changes: a slot of the day or the week that is out of bounds each time it comes."""

from collections.abc import Iterator
from dataclasses import dataclass

from checks.volume.clock import Moment
from checks.volume.profile import Profile

_DAYS, _WEEKS = 7, 4
"""So many times in a row a slot must be odd to be a habit: of days (all of them, weekdays or
weekends), and of weeks. A level must hold for as many days to be a new one."""


@dataclass(frozen=True, slots=True)
class Place:
    """A slot of some days: of all, of weekdays or of weekends, or of one weekday (from 0)."""

    days: str | int
    slot: int

    @property
    def times(self) -> int:
        return _WEEKS if isinstance(self.days, int) else _DAYS


@dataclass(slots=True)
class _Run:
    high: bool
    points: list[int]


class Habits:
    """The slots that were out of bounds when they came last."""

    def __init__(self) -> None:
        self._runs: dict[Place, _Run] = {}

    def well(self, profile: Profile, at: Moment) -> None:
        """A slot was as expected."""
        if self._runs:
            for place in places(profile, at):
                self._runs.pop(place, None)

    def again(self, profile: Profile, at: Moment) -> bool:
        """Whether a slot was out of bounds when it came last."""
        return any(place in self._runs for place in places(profile, at))

    def odd(
        self, profile: Profile, at: Moment, index: int, *, high: bool
    ) -> tuple[Place, list[int]] | None:
        """A slot was out of bounds: its place and its points where that has become a habit."""
        for place in places(profile, at):
            run = self._runs.get(place)
            if run is None or run.high != high:
                run = self._runs[place] = _Run(high, [])
            run.points.append(index)
            if len(run.points) >= place.times:
                self.well(profile, at)
                return place, run.points
        return None

    def forget(self) -> None:
        """Slots are cut otherwise from now on."""
        self._runs.clear()


def places(profile: Profile, at: Moment) -> Iterator[Place]:
    """Where a moment stands in the week; whole days are of one weekday only."""
    slot = profile.cell(0, at.second)
    if profile.slots > 1:
        yield Place("all", slot)
        yield Place("weekends" if at.weekday >= 5 else "weekdays", slot)
    yield Place(at.weekday, slot)
