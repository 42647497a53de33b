"""What the page shows of the checks of one table, given what is stored and the time. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from checks.core import Check, Status
from checks.metrics import declared, measurements
from checks.metrics import shown as shown_of_check
from exporters.prometheus import Sample, visible
from limnograph.settings.resolved import CheckSettings, TableSettings
from limnograph.store.rows import VerdictRow
from limnograph.web.table_samples import Shown
from monitors.core import Measurement

Overdue = Callable[[CheckSettings, datetime], datetime]
"""From an evaluation of a check to the time after which it no longer speaks for the table."""

_WORST = list(Status)


def shown(
    table: TableSettings, verdicts: Sequence[VerdictRow], overdue: Overdue, now: datetime
) -> Shown:
    """The samples of a table's checks, from their newest verdicts.

    A check that was not evaluated for too long keeps its timestamps only; one that never was is
    only declared.
    """
    samples: list[Sample] = []
    ends: list[datetime] = []
    by_check: dict[str, list[VerdictRow]] = {}
    for row in verdicts:
        by_check.setdefault(row.check, []).append(row)
    for settings in table.checks:
        check = table.check(settings)
        if not (rows := by_check.get(settings.id)):
            samples += _samples([declared(check, now)])
            continue
        last_run = max(row.at for row in rows)
        end = overdue(settings, last_run)
        samples += visible(_of(check, rows), current=now <= end)
        ends += [end] if now <= end else []
    return Shown(tuple(samples), min(ends, default=None))


def _of(check: Check, rows: Sequence[VerdictRow]) -> tuple[Sample, ...]:
    status = min((row.verdict.status for row in rows), key=_WORST.index)
    passes = [row.last_pass_at for row in rows]
    # A check has passed when all of its slices have.
    passed = min((at for at in passes if at), default=None) if all(passes) else None
    newest = max(rows, key=attrgetter("at"))
    # Not the stored series: those keep what was seen before a check could not be evaluated.
    seen = measurements(check, [row.verdict for row in rows], newest.at)
    shown_now = shown_of_check(check, status, newest.at, passed, newest.duration)
    return _samples((*shown_now, *seen))


def _samples(measured: Iterable[Measurement]) -> tuple[Sample, ...]:
    return tuple((one.metric.name, one.labels, one.value) for one in measured)
