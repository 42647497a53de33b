"""A backtest as one JSON document: a point per row, what they come to, and the sweep."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from checks.volume.words import Judged, State

SCHEMA_VERSION = 1
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the judgements of a series come to.

    `judged` points are those that were neither unknown nor within the time of learning. An alarm
    is a run of flagged points; an unknown point does not end one. `alarms_per_month` is None where
    nothing was judged; a month has 30 days.
    """

    points: int
    unknown: int
    learning: int
    judged: int
    flagged: int
    alarms: int
    alarms_per_month: float | None


@dataclass(frozen=True, slots=True)
class Swept:
    """The same series, judged with another number of false alarms to be expected in a month."""

    false_alarms: float
    summary: Summary


@dataclass(frozen=True, slots=True)
class Backtested:
    """A series judged point by point from what lay before each.

    `judged` is in the order of the source. `cadence` is in seconds, None for fewer than two times.
    """

    source: str
    time_zone: str
    cadence: float | None
    false_alarms: float
    judged: Sequence[Judged]
    summary: Summary
    sweep: Sequence[Swept] | None = None

    @property
    def in_time(self) -> list[Judged]:
        """The points in the order of their times."""
        return sorted(self.judged, key=lambda point: point.at)


def to_json(made: Backtested) -> dict[str, Any]:
    """The document that `limnograph backtest --output json` prints."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "source": made.source,
        "time_zone": made.time_zone,
        "cadence_seconds": made.cadence,
        "false_alarms": made.false_alarms,
        "summary": _summary(made.summary),
    }
    if made.sweep is not None:
        document["sweep"] = [
            {"false_alarms": one.false_alarms, **_swept(one.summary)} for one in made.sweep
        ]
    return {**document, "points": [_point(point) for point in made.judged]}


def _point(point: Judged) -> dict[str, Any]:
    return {
        "timestamp": iso(point.at),
        "value": _finite(point.value),
        "expected": _finite(point.expected),
        "lower": _finite(point.lower),
        "upper": _finite(point.upper),
        "score": point.score,
        "flag": point.flag,
        "state": str(point.state),
        "reason": point.reason,
    }


def _finite(value: float | None) -> float | None:
    """A bound that left the range of numbers bounds nothing, and JSON has no word for it."""
    return value if value is not None and isfinite(value) else None


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "points": summary.points,
        "unknown": summary.unknown,
        "learning": summary.learning,
        "judged": summary.judged,
        **_swept(summary),
    }


def _swept(summary: Summary) -> dict[str, Any]:
    return {
        "flagged": summary.flagged,
        "alarms": summary.alarms,
        "alarms_per_month": summary.alarms_per_month,
    }


def iso(at: datetime) -> str:
    """A time in UTC, with a fraction only where there is one.

    >>> iso(datetime(2026, 3, 1, 6, tzinfo=UTC))
    '2026-03-01T06:00:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def alarms(points: Sequence[Judged]) -> Iterator[list[Judged]]:
    """The runs of flagged points among points in the order of their times."""
    run: list[Judged] = []
    for point in points:
        if point.flag:
            run.append(point)
        elif run and point.value is not None:
            yield run
            run = []
    if run:
        yield run


def summed_up(points: Sequence[Judged], cadence: float | None) -> Summary:
    """What judgements come to, in the order of their times; `cadence` in seconds."""
    known = [point for point in points if point.value is not None]
    ready = [point for point in known if point.state is not State.LEARNING]
    found = sum(1 for _ in alarms(points))
    months = None
    if ready and cadence:
        months = (ready[-1].at - ready[0].at + timedelta(seconds=cadence)) / MONTH
    return Summary(
        points=len(points),
        unknown=len(points) - len(known),
        learning=len(known) - len(ready),
        judged=len(ready),
        flagged=sum(point.flag for point in points),
        alarms=found,
        alarms_per_month=round(found / months, 3) if months else None,
    )
