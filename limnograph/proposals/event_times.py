"""Which column says when a row happened: by its name, and by how its newest value follows commits.

Statistics of the files that commits add tell the newest value of each timestamp and date column; in
an event-time column it lies a little before the commit, again and again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from limnograph.proposals.cadence import short
from monitors.core import Column

KINDS = ("timestamp", "timestamp_ntz", "date")
_WHEN = r"(_?(time|ts|timestamp|at|date|on))?"
# What a name says, by its rank; of several that fit, the first here.
_NAMES = (
    (0, re.compile(r"(event|occurred|happened)_?(time|ts|timestamp|at|date|datetime|on)")),
    (1, re.compile(rf"(created|published|posted|recorded|ordered){_WHEN}")),
    (2, re.compile(r"ts|time|timestamp|datetime|date|day|dt")),
    (3, re.compile(rf"(last_)?(updated|modified|changed){_WHEN}")),
    (5, re.compile(rf"_?(ingested|ingestion|loaded|inserted|processed|imported){_WHEN}")),
    (4, re.compile(r".*_(time|ts|timestamp|at|date|datetime|day|on)")),
)
_UNNAMED = 6
_COARSE = 3.5  # ranks by which a date comes after a timestamp
_ENOUGH = 3  # commits that prove a column whose name says nothing
# How far before its commit the newest value may lie, and how far behind (clocks differ, a date has
# no time of day, and a timestamp without zone may be of any).
_BEFORE = {"timestamp": 2.0, "timestamp_ntz": 2.6, "date": 3.0}
_BEHIND = {"timestamp": 1 / 24, "timestamp_ntz": 0.6, "date": 1.0}


@dataclass(frozen=True, slots=True)
class Sample:
    """A commit that added rows, and the newest value of each column whose statistics tell it."""

    at: datetime
    newest: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may be the event time; `lag` is how far its newest value lies before a commit,
    the median over `samples` commits."""

    column: str
    kind: str
    rank: int
    samples: int
    lag: timedelta | None
    follows: bool

    @property
    def proven(self) -> bool:
        """Whether it may be proposed as a setting."""
        return self.follows and (self.rank < _UNNAMED or self.samples >= _ENOUGH)


def candidates(columns: Sequence[Column], samples: Sequence[Sample]) -> list[Candidate]:
    """The timestamp and date columns, the best first; those inside of structs are left out."""
    found = [
        _candidate(column, samples)
        for column in columns
        if len(column.path) == 1 and column.type in KINDS and column.path[0].isprintable()
    ]
    return sorted(found, key=lambda c: (not c.proven, c.rank + _COARSE * (c.kind == "date")))


def _candidate(column: Column, samples: Sequence[Sample]) -> Candidate:
    (name,) = column.path
    lags = [sample.at - sample.newest[name] for sample in samples if name in sample.newest]
    days = [lag / timedelta(days=1) for lag in lags]
    near = [-_BEHIND[column.type] <= lag <= _BEFORE[column.type] for lag in days]
    told = len(lags) >= 0.8 * len(samples)
    return Candidate(
        column=name,
        kind=column.type,
        rank=_rank(name),
        samples=len(lags),
        lag=timedelta(days=median(days)) if days else None,
        follows=bool(near) and told and sum(near) >= 0.8 * len(near),
    )


def _rank(name: str) -> int:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return next((rank for rank, name in _NAMES if name.fullmatch(snake)), _UNNAMED)


def chosen(found: Sequence[Candidate]) -> Candidate | None:
    """The column to propose, if one is proven."""
    return next((candidate for candidate in found if candidate.proven), None)


def evidence(choice: Candidate, found: Sequence[Candidate]) -> tuple[str, ...]:
    """Why a column is proposed, and what else could be meant."""
    told = [f"Newest {choice.column} {_lag(choice)}."]
    if choice.kind == "timestamp_ntz":
        told.append("It has no time zone and is read as UTC.")
    others = [c.column for c in found if c.proven and c is not choice]
    if others:
        told.append(f"These follow the commits too: {', '.join(others)}.")
    return tuple(told)


def _lag(choice: Candidate) -> str:
    lag = choice.lag or timedelta()
    where = f"{short(abs(lag))} {'before' if lag >= timedelta() else 'after'}"
    if choice.samples == 1:
        return f"lies {where} the one commit whose statistics tell it"
    return f"lies {where} the commit (median of the newest {choice.samples})"


def doubts(found: Sequence[Candidate]) -> tuple[str, ...]:
    """What to say when no column is proven."""
    if not found:
        return ("no event_time: the table has no timestamp or date column.",)
    named = [c for c in found if c.rank < _UNNAMED and not c.samples]
    if named:
        return (
            f"no event_time: {named[0].column} may be it by its name, but the newest commits carry "
            "no statistics of it; with scan: true below it, it would be read.",
        )
    listed = ", ".join(c.column for c in found) + (" does" if len(found) == 1 else " do")
    return (f"no event_time: {listed} not follow the commits, or too few commits tell.",)
