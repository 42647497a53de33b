"""What the page shows of one table, given what is stored of it and the time. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Self

from exporters.prometheus import Sample, visible
from limnograph.self_metrics import TABLE_LAST_READ, TABLE_READABLE
from limnograph.store.rows import OutcomeRow
from monitors.core import Outcome, Subject

Overdue = Callable[[datetime], datetime]
"""From a successful read to the time after which it is no longer current."""


class Attempt(NamedTuple):
    """A monitor's newest reading of a table: whether it failed, and when one last did not."""

    failed: bool
    read_at: datetime | None

    @classmethod
    def of(cls, row: OutcomeRow) -> Self:
        failed = row.outcome is Outcome.ERROR
        return cls(failed, row.last_success_at if failed else row.at)


class Shown(NamedTuple):
    """The samples of a table, and when they must be worked out again though nothing is written."""

    samples: tuple[Sample, ...]
    until: datetime | None


def shown(
    subject: Subject,
    stored: Mapping[str, Sequence[Sample]],
    attempts: Mapping[str, Attempt],
    overdue: Overdue,
    now: datetime,
) -> Shown:
    """A table's samples by monitor as `stored`, less the gauges that are no longer current.

    A table that nobody has tried to read yet has no `lakehouse_table_readable`.
    """
    ends = {name: overdue(a.read_at) for name, a in attempts.items() if a.read_at is not None}
    current = {name for name, end in ends.items() if now <= end}
    samples = [
        sample for name, some in stored.items() for sample in visible(some, current=name in current)
    ]
    reads = [a.read_at for a in attempts.values() if a.read_at is not None]
    if reads:
        samples.append((TABLE_LAST_READ.name, subject.labels, max(reads).timestamp()))
    if attempts:
        readable = any(not attempts[name].failed for name in current)
        samples.append((TABLE_READABLE.name, subject.labels, float(readable)))
    return Shown(tuple(samples), min((ends[name] for name in current), default=None))
