"""Which commits a replay is about: days, times or versions, from one bound to another.

A day is whole, and lies in the time zone of each table; so does a time without a zone. A window of
times ends before its last one; days and versions are both included. An end in the future, or none,
means all that is there now.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

START, NOW = "start", "now"

_VERSION = re.compile(r"v?\d{1,19}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d.*", re.ASCII | re.DOTALL)
_COMPACT_DAY = re.compile(r"(?:19|20)\d{6}", re.ASCII)
_FORMS = (
    "write a day (2026-03-02), a time (2026-03-02T06:00:00Z; without a zone it is the table's), "
    "or a version (12 or v12)"
)


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a window, as somebody wrote it; of the three at most one is there.

    `moment` has no zone where it is meant in that of the table.
    """

    text: str
    version: int | None = None
    day: date | None = None
    moment: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it bounds nothing."""
        return self.version is None and self.day is None and self.moment is None

    def begins(self, zone: ZoneInfo) -> datetime | None:
        """The first instant that the bound is about; None for a version or an open end."""
        if self.day is not None:
            return datetime.combine(self.day, time(), zone).astimezone(UTC)
        if self.moment is None:
            return None
        placed = self.moment if self.moment.tzinfo else self.moment.replace(tzinfo=zone)
        return placed.astimezone(UTC)

    def ends(self, zone: ZoneInfo) -> datetime | None:
        """The first instant that lies beyond it."""
        if self.day is not None:
            return Bound(self.text, day=self.day + timedelta(days=1)).begins(zone)
        return self.begins(zone)


@dataclass(frozen=True, slots=True)
class Span:
    """A window as one table understands it; None is open.

    Times are from `since` to before `until`, versions from `first` to `last`.
    """

    since: datetime | None = None
    until: datetime | None = None
    first: int | None = None
    last: int | None = None

    @property
    def timed(self) -> bool:
        """Whether the times of commits decide."""
        return self.since is not None or self.until is not None

    def holds(self, version: int, at: datetime | None) -> bool:
        """Whether a commit lies in it; one of an unknown time never lies between times."""
        if self.first is not None and version < self.first:
            return False
        if self.last is not None and version > self.last:
            return False
        if not self.timed:
            return True
        if at is None:
            return False
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


def bound(text: str) -> Bound:
    """A bound from its text; ValueError, with the mend, when it is none.

    >>> bound("v12").version, bound("2026-03-02").day, bound("start").open
    (12, datetime.date(2026, 3, 2), True)
    """
    text = text.strip()
    if text in (START, NOW):
        return Bound(text)
    if _COMPACT_DAY.fullmatch(text):
        raise ValueError(f"{text} may be a day or a version; {_FORMS}")
    try:
        if _VERSION.fullmatch(text):
            return Bound(text, version=int(text.removeprefix("v")))
        if _DAY.fullmatch(text):
            return Bound(text, day=date.fromisoformat(text))
        if _TIME.fullmatch(text):
            return Bound(text, moment=datetime.fromisoformat(text))
    except ValueError:
        pass
    raise ValueError(f"{text!r} is no place in a table's history; {_FORMS}")


def span(start: Bound, end: Bound, time_zone: str, now: datetime) -> Span:
    """The window in a table's time zone; ValueError when nothing can lie in it."""
    zone = ZoneInfo(time_zone)
    try:
        since, until = start.begins(zone), end.ends(zone)
    except OverflowError:
        raise ValueError("the window reaches beyond the years that there are") from None
    if since is not None and since > now:
        raise ValueError(f"{start.text} lies in the future, where there is nothing to replay")
    if until is not None and until > now:
        until = None
    if since is not None and until is not None and since >= until:
        raise ValueError(f"{start.text} does not lie before {end.text}")
    first, last = start.version, end.version
    if first is not None and last is not None and first > last:
        raise ValueError(f"version {first} lies after version {last}")
    return Span(since, until, first, last)
