"""Which local days count, and which moments the clocks of a time zone mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from checks.wording import near

DAY = timedelta(days=1)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS = {"daily": range(7), "weekdays": range(5), "weekends": range(5, 7)}
_CODE = re.compile(r"([A-Z]{2})(?:-([A-Za-z0-9]{1,20}))?")
FARTHEST = 3 * 366  # days to look ahead for one that counts


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days on which data is due: some days of the week, without holidays.

    `weekdays` count from Monday, 0. `regions` are codes such as DE or DE-BY, `dates` further days
    off.
    """

    time_zone: str = "UTC"
    weekdays: frozenset[int] = frozenset(range(7))
    regions: tuple[str, ...] = ()
    dates: frozenset[date] = frozenset()

    def counts(self, day: date) -> bool:
        """Whether data is due on a day."""
        return day.weekday() in self.weekdays and not self.is_holiday(day)

    def is_holiday(self, day: date) -> bool:
        """Whether a day is off, whatever day of the week it is."""
        return day in self.dates or any(day in public(r, day.year) for r in self.regions)

    @property
    def is_plain(self) -> bool:
        """Whether every day counts."""
        return len(self.weekdays) == 7 and not self.regions and not self.dates

    def day(self, at: datetime) -> date:
        """The local day of a moment."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def days(self, first: date) -> Iterator[date]:
        """The days from one on, those that count; they end where no calendar reaches."""
        for ahead in range(FARTHEST):
            if first > date.max - (ahead + 2) * DAY:
                return
            if self.counts(first + ahead * DAY):
                yield first + ahead * DAY

    def first(self, day: date, clock: time) -> datetime:
        """The first moment of a day at which clocks show a time or would have shown it."""
        return min(self._moments(day, clock))

    def last(self, day: date, clock: time) -> datetime:
        """The last such moment: where clocks are put back they show an hour twice, and one that
        is left out is as long after the hour before it as on any other day."""
        return max(self._moments(day, clock))

    def _moments(self, day: date, clock: time) -> tuple[datetime, datetime]:
        zone = ZoneInfo(self.time_zone)
        local = datetime.combine(day, clock, tzinfo=zone)
        return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def weekdays(written: object) -> frozenset[int]:
    """The days of the week that a form means, from Monday, 0; ValueError when it means none.

    >>> sorted(weekdays("weekends")), sorted(weekdays(["mon", "Wed"]))
    ([5, 6], [0, 2])
    """
    if isinstance(written, str) and written.lower() in _WORDS:
        return frozenset(_WORDS[written.lower()])
    names = written if isinstance(written, list | tuple) else [written]
    found = set()
    for name in names:
        word = name.lower() if isinstance(name, str) else ""
        if word not in WEEK:
            known = [*_WORDS, *WEEK]
            raise ValueError(f"{name!r} is no day; {near(word or str(name), known)}")
        found.add(WEEK.index(word))
    if not found:
        raise ValueError("there is no day; write daily, weekdays, weekends or [mon, wed]")
    return frozenset(found)


def holiday(written: object) -> str | date:
    """A day off, or the code of a region; ValueError when it is neither.

    >>> holiday("2026-12-24"), holiday("DE-BY")
    (datetime.date(2026, 12, 24), 'DE-BY')
    """
    if type(written) is date:  # a datetime is one as well
        return written
    if isinstance(written, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII):
        try:
            return date.fromisoformat(written)
        except ValueError:
            raise ValueError(f"{written!r} is no date; write for example 2026-12-24") from None
    return _region(written)


def _region(code: object) -> str:
    match = _CODE.fullmatch(code) if isinstance(code, str) else None
    known = _regions()
    if match is None or match[1] not in known:
        raise ValueError(
            f"{code!r} is neither a date nor a country whose holidays are known; "
            "write for example 2026-12-24, DE or DE-BY"
        )
    if match[2] and match[2] not in known[match[1]]:
        advice = near(match[2], known[match[1]], most=60)
        raise ValueError(f"{match[1]} has no part {match[2]!r}; {advice}")
    return match[0]


@lru_cache(maxsize=1)
def _regions() -> dict[str, list[str]]:
    import holidays  # takes a fifth of a second

    return holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=1024)
def public(region: str, year: int) -> frozenset[date]:
    """The public holidays of a region in a year, as its law has them."""
    import holidays

    country, _, part = region.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
