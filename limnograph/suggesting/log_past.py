"""The past of a table made of the commits of its log, as of any moment of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from checks.core import Count, Sample, Slot, Span
from monitors.core import CommitFact, Definition, Event
from monitors.freshness import LAST_COMMIT

ROWS = "lakehouse_table_rows"

_HOUR = timedelta(hours=1)
_OWN: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogPast:
    """A Past of commits in order of version without a hole; the table was read at `now`.

    `rows` are those after the newest commit, None where they are not known. Nothing is known of
    gauges but how many rows there were, and when data last changed.
    """

    facts: tuple[CommitFact, ...]
    kept: tuple[Definition, ...]
    rows: int | None
    time_zone: str
    now: datetime

    def at(self, now: datetime) -> "LogPast":
        """The same past as it was at a moment before."""
        facts = tuple(fact for fact in self.facts if fact.at <= now)
        kept = tuple(one for one in self.kept if one.at <= now)
        return replace(self, facts=facts, kept=kept, rows=self._rows_after(len(facts)), now=now)

    @property
    def read_at(self) -> datetime | None:
        return self.now

    @property
    def unreadable(self) -> tuple[str, str] | None:
        return None

    @property
    def changes(self) -> list[datetime]:
        """The times of the commits that changed data, in order."""
        return sorted(fact.at for fact in self.facts if fact.changes_data)

    def hours(self, count: Count, since: datetime) -> Sequence[Slot]:
        """Every hour from the first known one to the one under way."""
        if not self.facts:
            return ()
        first = max(_hour(self._begin), _hour(since))
        if first < max(self._begin, since):
            first += _HOUR
        sums = self._sums(count, _hour)
        slots = []
        while first <= self.now:
            slots.append(_slot(first, first + _HOUR, sums.get(first)))
            first += _HOUR
        return slots

    def days(self, count: Count, since: datetime) -> Sequence[Slot]:
        """As `hours`, by the days of the table's time zone."""
        if not self.facts:
            return ()
        zone = ZoneInfo(self.time_zone)
        begin = max(self._begin, since)
        day = begin.astimezone(zone).date()
        if _midnight(day, zone) < begin:
            day += timedelta(days=1)
        sums = self._sums(count, lambda at: _midnight(at.astimezone(zone).date(), zone))
        slots = []
        while (start := _midnight(day, zone)) <= self.now:
            day += timedelta(days=1)
            slots.append(_slot(start, _midnight(day, zone), sums.get(start)))
        return slots

    def commit_times(self, since: datetime) -> Sequence[datetime]:
        return [at for at in self.changes if since <= at <= self.now]

    def samples(
        self, metric: str, labels: Mapping[str, str], since: datetime
    ) -> Mapping[tuple[str, ...], Sequence[Sample]]:
        """Of the rows only."""
        if metric != ROWS or labels:
            return {}
        known, rows = [], self.rows
        for fact in reversed(self.facts):
            if rows is None:
                break
            known.append(Sample(fact.at, float(rows)))
            rows = None if fact.net is None else rows - fact.net
        known.reverse()
        before = [index for index, sample in enumerate(known) if sample.at <= since]
        found = known[before[-1] :] if before else known
        return {_OWN: found} if found else {}

    def latest(self, metric: str) -> float | None:
        if metric == ROWS:
            return None if self.rows is None else float(self.rows)
        if metric == LAST_COMMIT.name and self.changes:
            return self.changes[-1].timestamp()
        return None

    def definitions(self, since: datetime | None) -> Sequence[Definition]:
        if since is None:
            return self.kept
        before = [index for index, one in enumerate(self.kept) if one.at <= since]
        return self.kept[before[-1] :] if before else self.kept

    def events(self, since: datetime) -> Sequence[Event]:
        return ()

    def expected(self, check: str) -> Sequence[Span]:
        return ()

    def incidents(self, check: str) -> Sequence[Span]:
        return ()

    @property
    def _begin(self) -> datetime:
        """From when on every commit is known: the first is, and what was before it in its hour
        or day is not, unless the table began with it."""
        first = self.facts[0]
        return _hour(first.at) if first.version == 0 else first.at

    def _rows_after(self, number: int) -> int | None:
        """The rows after so many of the commits."""
        later = [fact.net for fact in self.facts[number:]]
        if self.rows is None or None in later:
            return None
        return self.rows - sum(net or 0 for net in later)

    def _sums(
        self, count: Count, start: Callable[[datetime], datetime]
    ) -> dict[datetime, tuple[int | None, int]]:
        """Rows (None: unknown) and commits by the start of their slot."""
        sums: dict[datetime, tuple[int | None, int]] = {}
        for fact in self.facts:
            rows, commits = sums.get(start(fact.at), (0, 0))
            own = _counted(fact, count)
            total = None if rows is None or own is None else rows + own
            sums[start(fact.at)] = total, commits + 1
        return sums


def _slot(start: datetime, end: datetime, known: tuple[int | None, int] | None) -> Slot:
    rows, commits = known or (0, 0)
    return Slot(start, end, rows, commits)


def _counted(fact: CommitFact, count: Count) -> int | None:
    if not fact.counted:
        return None
    if count == "written":
        return (fact.inserted or 0) + (fact.updated or 0)
    counts = {
        "inserted": fact.inserted, "updated": fact.updated, "deleted": fact.deleted,
        "net": fact.net,
    }  # fmt: skip
    return counts[count]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
