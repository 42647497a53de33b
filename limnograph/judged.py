"""Verdicts as the exporters want them: of a cycle that has just ended, or the newest stored."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from checks.core import Check, Verdict
from exporters.verdicts import Judged, Verdicts
from limnograph.cycle import CycleResult
from limnograph.settings.resolved import TableSettings
from limnograph.store import Store, VerdictRow


def of_cycle(store: Store, result: CycleResult, now: datetime) -> Verdicts:
    """The verdicts of a cycle, with what the store knows of their past."""
    subjects = sorted({one.check.subject.id for one in result.checks})
    rows = {(row.subject, row.check, row.slice): row for row in store.verdicts(subjects)}
    found = []
    for one in result.checks:
        for verdict in one.verdicts:
            row = rows.get((one.check.subject.id, one.check.id, verdict.slice))
            found.append(_judged(one.check, verdict, row, result.ended, one.duration, one.again))
    return Verdicts.of(now, found)


def newest(store: Store, tables: Sequence[TableSettings], now: datetime) -> Verdicts:
    """The newest verdict of every declared check; one that was never judged is not assessed."""
    stored: dict[tuple[str, str], list[VerdictRow]] = {}
    ids = [table.subject.id for table in tables if table.checks]
    for row in store.verdicts(ids) if ids else ():
        stored.setdefault((row.subject, row.check), []).append(row)
    return Verdicts.of(now, _newest(tables, stored, now))


def _newest(
    tables: Sequence[TableSettings],
    stored: dict[tuple[str, str], list[VerdictRow]],
    now: datetime,
) -> Iterable[Judged]:
    never = Verdict.not_assessed("never judged yet", "run `limnograph run`")
    for table in tables:
        for settings in table.checks:
            check = table.check(settings)
            rows = stored.get((table.subject.id, check.id), [])
            for row in rows:
                yield _judged(check, row.verdict, row, row.at, row.duration, again=False)
            if not rows:
                yield Judged(check, never, now)


def _judged(
    check: Check,
    verdict: Verdict,
    row: VerdictRow | None,
    at: datetime,
    duration: float,
    again: bool,
) -> Judged:
    since, last_pass = (row.since, row.last_pass_at) if row else (None, None)
    return Judged(check, verdict, at, since, last_pass, duration, again)
