"""Freshness: when a table last really changed, and when its next change is due.

Reads the Delta log: commits that add or remove files with dataChange count, maintenance does not.
The event time is the maximum of a declared column, from file statistics where they prove it, else
by an aggregate scan if that is allowed. Lag: none. The due time is learned from the hours of the
week in which the table was changed; it is absent while history is short, and the reading says how
much is missing. Absence of the event time means that it is unknown, or that no row has a value.
Cardinality: three series per table, and one more on request.
"""

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from monitors.core import (
    TABLE_LABELS,
    CommitFact,
    Cursor,
    Measurement,
    Metric,
    Monitor,
    Problem,
    Reading,
    State,
    Subject,
    TableSource,
)

if TYPE_CHECKING:
    import numpy as np

    Hours = np.ndarray[tuple[int], np.dtype[np.int64]]
    Odds = np.ndarray[tuple[int], np.dtype[np.float64]]

LAST_COMMIT = Metric(
    "lakehouse_table_last_commit_timestamp_seconds",
    "Unix time of the newest commit that changed data.",
    labels=TABLE_LABELS,
    unit="seconds",
    rollup="max",
)
LAST_ANY_COMMIT = Metric(
    "lakehouse_table_last_any_commit_timestamp_seconds",
    "Unix time of the newest commit of any kind, maintenance included.",
    labels=TABLE_LABELS,
    unit="seconds",
    rollup="max",
    opt_in=True,
    drop_rank=3,
)
LAST_EVENT = Metric(
    "lakehouse_table_last_event_timestamp_seconds",
    "Unix time of the newest value in the declared event-time column.",
    labels=TABLE_LABELS,
    unit="seconds",
    rollup="max",
)
DUE = Metric(
    "lakehouse_table_due_timestamp_seconds",
    "Unix time by which the next data commit is expected, learned from the hours of past ones.",
    labels=TABLE_LABELS,
    unit="seconds",
)
DUE_CONFIDENCE = Metric(
    "lakehouse_table_due_confidence_ratio",
    "How decided the learned week is: 0 if every hour is a coin toss, 1 if every hour is certain.",
    labels=TABLE_LABELS,
    unit="ratio",
    opt_in=True,
    drop_rank=3,
)
METRICS = (LAST_COMMIT, LAST_ANY_COMMIT, LAST_EVENT, DUE, DUE_CONFIDENCE)

WEEK = 168
ALPHA = 1e-4
_LEARN_WEEKS = 6
_LEAST_HOURS = 2 * WEEK
_LEAST_COMMITS = 10
_HORIZON_WEEKS = 8
_HOUR = timedelta(hours=1)
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_KEY, _FORMAT = "seen", "freshness.1"


class Config(BaseModel):
    """When a table last changed, and when it is due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_time: str | None = Field(
        default=None, description="Column that says when a row happened: timestamp or date."
    )
    scan: bool = Field(
        default=False,
        description="Allow reading that column where file statistics do not prove its maximum.",
    )


@dataclass(frozen=True, slots=True)
class Expectation:
    """When the next commit is due; `confidence` is from 0 to 1."""

    due: datetime
    confidence: float


def slot(at: datetime) -> int:
    """The hour of a time, counted from Monday 1970-01-05 00:00 UTC, so that 168 make a week."""
    return (at - _MONDAY) // _HOUR


def hours_seen(before: Sequence[int], commits: Sequence[datetime], now: datetime) -> list[int]:
    """The hours with a data commit, sorted, as far back as is learned from; none in the future."""
    oldest = slot(now) - (_LEARN_WEEKS + 1) * WEEK
    hours = {*before, *(slot(at) for at in commits)}
    return sorted(hour for hour in hours if oldest <= hour <= slot(now))


@lru_cache(maxsize=4096)
def _offsets(time_zone: str, week: int) -> "Hours":
    """Local time minus UTC for each of the 168 hours of a week (counted as `slot` does)."""
    import numpy as np

    zone = ZoneInfo(time_zone)
    hours = (_MONDAY + (week * WEEK + hour) * _HOUR for hour in range(WEEK))
    shifts = (hour.astimezone(zone).utcoffset() or timedelta() for hour in hours)
    return np.array([round(shift / _HOUR) for shift in shifts], np.int64)


def hours_of_week(first: int, last: int, time_zone: str) -> "Hours":
    """The local hour of the week, from Monday, of each hour from `first` to `last`."""
    import numpy as np

    weeks = range(first // WEEK, last // WEEK + 1)
    offsets = np.concatenate([_offsets(time_zone, week) for week in weeks])
    start = first - weeks.start * WEEK
    hours = np.arange(first, last + 1, dtype=np.int64)
    return np.asarray((hours + offsets[start : start + len(hours)]) % WEEK)


def slot_odds(hours: Sequence[int], last: int, time_zone: str = "UTC") -> "Odds":
    """Probability of a commit in each hour of the week, learned up to the last commit.

    Each hour of the week is smoothed toward its hour of day on weekdays or weekends, with the
    weight of two weeks.
    """
    import numpy as np

    start = max(hours[0], last - WEEK * _LEARN_WEEKS)
    committed = np.zeros(last - start + 1)
    committed[[hour - start for hour in hours if start <= hour <= last]] = 1
    of_week = hours_of_week(start, last, time_zone)
    seen = np.bincount(of_week, minlength=WEEK)
    hits = np.bincount(of_week, weights=committed, minlength=WEEK)
    hour = np.arange(WEEK)
    group = hour % 24 * 2 + (hour // 24 < 5)
    group_hits = np.bincount(group, weights=hits, minlength=48)
    group_seen = np.bincount(group, weights=seen, minlength=48)
    prior = ((group_hits + 0.5) / (group_seen + 1))[group]
    odds = np.minimum((hits + 2 * prior) / (seen + 2), 0.999)
    return np.asarray(odds, dtype=np.float64)


def expectation(
    hours: Sequence[int], time_zone: str = "UTC", alpha: float = ALPHA
) -> Expectation | None:
    """By when the silence since the last commit would be less probable than `alpha`.

    The hours are those of `slot`; their week is the local one. None while fewer than two weeks or
    ten hours with commits are known, or when even eight weeks of silence would not surprise.
    """
    if len(hours) < _LEAST_COMMITS or hours[-1] - hours[0] < _LEAST_HOURS:
        return None
    import numpy as np

    last = hours[-1]
    odds = slot_odds(hours, last, time_zone)
    ahead = hours_of_week(last + 1, last + WEEK * _HORIZON_WEEKS, time_zone)
    surprise = np.cumsum(-np.log1p(-odds[ahead]))
    steps = int(np.searchsorted(surprise, math.log(1 / alpha), side="right"))
    if steps >= len(ahead):
        return None
    due = _MONDAY + (last + 2 + steps) * _HOUR
    decided = float(np.abs(2 * odds - 1).mean())
    return Expectation(due, decided)


@dataclass(frozen=True, slots=True)
class Seen:
    """What freshness remembers: Unix times of the newest commits, and hours with a data commit."""

    change: float | None = None
    commit: float | None = None
    hours: tuple[int, ...] = ()

    def after(self, commits: Sequence[CommitFact], now: datetime) -> "Seen":
        """With more commits. Times may go backwards, so the newest is a maximum; a commit whose
        writer's clock is ahead was there by now at the latest."""
        every = [min(fact.at, now) for fact in commits]
        changes = [min(fact.at, now) for fact in commits if fact.changes_data]
        return Seen(
            _newest(self.change, changes),
            _newest(self.commit, every),
            tuple(hours_seen(self.hours, changes, now)),
        )

    def state(self, version: int) -> State:
        times = [math.nan if at is None else at for at in (self.change, self.commit)]
        blob = array("d", times).tobytes() + array("i", self.hours).tobytes()
        return State(_KEY, _FORMAT, version, blob)


def seen_in(states: Mapping[str, State]) -> Seen:
    """What an earlier run remembered; nothing where there is no state of this format."""
    state = states.get(_KEY)
    if state is None or state.format != _FORMAT:
        return Seen()
    times, hours = array("d"), array("i")
    times.frombytes(state.blob[:16])
    hours.frombytes(state.blob[16:])
    change, commit = (None if math.isnan(at) else at for at in times)
    return Seen(change, commit, tuple(hours))


def _newest(before: float | None, times: Sequence[datetime]) -> float | None:
    known = [at.timestamp() for at in times] + ([] if before is None else [before])
    return max(known, default=None)


async def read(
    source: TableSource,
    subject: Subject,
    config: Config,
    cursor: Cursor | None,
    states: Mapping[str, State],
    now: datetime,
) -> Reading:
    """The newest commits and event time, and when the next commit is due."""
    tail = await source.tail(cursor.position if cursor else None)
    before = Seen() if tail.first or tail.recreated else seen_in(states)
    seen = before.after(tail.commits, now)
    measurements, problems = _due(subject, seen.hours, now)
    if config.event_time:
        event, unknown = await _event(source, subject, config)
        measurements, problems = measurements + event, problems + unknown
    return Reading(
        measurements=(*_commits(subject, seen), *measurements),
        events=tail.events,
        states=() if seen == before else (seen.state(tail.snapshot.version),),
        cursor=Cursor(tail.position, cursor.totals if cursor else {}),
        problems=problems,
        recreated=tail.recreated,
    )


def _commits(subject: Subject, seen: Seen) -> tuple[Measurement, ...]:
    return tuple(
        metric(at, *subject.labels, at=datetime.fromtimestamp(at, UTC))
        for metric, at in ((LAST_COMMIT, seen.change), (LAST_ANY_COMMIT, seen.commit))
        if at is not None
    )


def _due(
    subject: Subject, hours: Sequence[int], now: datetime
) -> tuple[tuple[Measurement, ...], tuple[Problem, ...]]:
    expected = expectation(hours, subject.time_zone)
    if expected is not None:
        due = DUE(expected.due.timestamp(), *subject.labels, at=now)
        return (due, DUE_CONFIDENCE(expected.confidence, *subject.labels, at=now)), ()
    weeks = (hours[-1] - hours[0]) / WEEK if hours else 0.0
    reason = (
        f"history is short: commits in {len(hours)} hours over {weeks:.1f} weeks, "
        f"{_LEAST_COMMITS} over {_LEAST_HOURS // WEEK} are needed"
        if len(hours) < _LEAST_COMMITS or weeks < _LEAST_HOURS / WEEK
        else "the table changes too rarely to tell when it is late"
    )
    return (), (Problem("due", "not_assessed", reason, "let it run"),)


async def _event(
    source: TableSource, subject: Subject, config: Config
) -> tuple[tuple[Measurement, ...], tuple[Problem, ...]]:
    event = await source.event_time(scan=config.scan)
    if event.at is not None:
        return (LAST_EVENT(event.at.timestamp(), *subject.labels, at=event.at),), ()
    if event.reason:
        return (), (Problem("event time", "not_assessed", event.reason, event.mend),)
    return (), ()


MONITOR = Monitor(
    name="freshness",
    summary="When a table last changed, its newest event time, and when it is due.",
    scope="table",
    config=Config,
    metrics=METRICS,
    read=read,
    needs=("commits",),
)
