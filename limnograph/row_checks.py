"""Row-level checks of one table: read, judged and written in a worker process.

A job is plain values on its way there, an outcome plain values on its way back. Nothing here opens
the store: verdicts and the position move there together, by whoever asked.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checks.core import Check, Finding, Status, Unread, Version
from checks.rows.core import RowCheck
from checks.rows.statements import form_of
from monitors.core import Cost, Subject
from monitors.errors import UnreadableError

if TYPE_CHECKING:
    import pyarrow as pa

    from monitors.lakes.rows.table import TableRows
    from monitors.lakes.rows.window import Window

BATCH_ROWS = 64 * 1024


@dataclass(frozen=True, slots=True)
class RowJob:
    """The row-level checks of one table that are due together.

    `position` is that up to which rows were judged, as the outcome before gave it; None: never.
    `others` are the other declared tables by name, with their URIs and storage options, which are
    resolved, as are those of every quarantine.
    """

    subject: Subject
    uri: str
    options: Mapping[str, str] = field(repr=False)
    checks: tuple[RowCheck, ...]
    position: str | None
    others: Mapping[str, tuple[str, Mapping[str, str]]] = field(repr=False)
    run: str
    now: datetime
    batch_rows: int = BATCH_ROWS


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What was found up to `version`; `position` is where the next job goes on.

    `recreated` says that another table lay where the one judged before was.
    """

    findings: tuple[Finding, ...]
    position: str
    version: int
    recreated: bool = False
    cost: Cost = field(default_factory=Cost)


def run_job(job: RowJob) -> RowOutcome:
    """Judge the rows of a table; UnreadableError when its log or its new rows cannot be read."""
    from checks.rows.examine import examine
    from monitors.lakes.rows.table import TableRows

    window = _window(job, job.uri, job.options, job.position)
    names = [name for name in job.others if name != job.subject.name]
    rows = TableRows(window, job.subject.name, _opener(job), names, job.batch_rows, job.now)
    try:
        _announce(job, rows)
        findings = examine(job.checks, _Rows(rows), _Quarantine(job, rows))
        if rows.lost is not None:
            raise rows.lost
        told = tuple(_told(finding, window, job) for finding in findings)
        cost = rows.cost
    finally:
        rows.close()
    return RowOutcome(told, window.position, window.version, window.recreated, cost)


def _window(job: RowJob, uri: str, options: Mapping[str, str], position: str | None) -> "Window":
    from monitors.lakes.rows.window import read_window

    return asyncio.run(read_window(uri, options, position, job.now))


def _opener(job: RowJob) -> Callable[[str], "Window"]:
    return lambda name: _window(job, *job.others[name], None)


def _announce(job: RowJob, rows: "TableRows") -> None:
    """Say what will be asked; what cannot be is told of when it is asked."""
    from checks.rows.examine import statements

    with suppress(Exception):
        for sql in statements(job.checks, rows.schema()):
            with suppress(UnreadableError):
                rows.expect([sql])


def _told(finding: Finding, window: "Window", job: RowJob) -> Finding:
    """A finding whose verdict says which commits were judged, and which nobody can judge."""
    verdict = finding.verdict
    if window.gap is not None and _of_new_rows(finding, job.checks):
        detail = {**verdict.detail, "gap": window.gap.reason}
        reason = f"{verdict.reason}; {window.gap.reason}"
        mend = verdict.mend or window.gap.mend
        verdict = replace(verdict, reason=reason, mend=mend, detail=detail)
    if verdict.window is None and window.commits and verdict.status is not Status.ERROR:
        times = [commit.at for commit in window.commits]
        verdict = replace(verdict, window=(min(times), max(times)))
    return replace(finding, verdict=verdict)


def _of_new_rows(finding: Finding, checks: Sequence[RowCheck]) -> bool:
    asked = next(asked for asked in checks if asked.check.id == finding.check)
    return form_of(asked.check).rows == "new"


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of the embedded lake in the words of checks."""

    table: "TableRows"

    @property
    def last(self) -> Version:
        return Version(self.table.window.version, self.table.window.at)

    @property
    def left_out(self) -> tuple[Unread, ...]:
        return tuple(Unread(left.reason, left.mend, left.error) for left in self.table.left_out)

    def schema(self) -> "pa.Schema":
        return self.table.schema()

    def new(self, columns: Sequence[str] | None) -> "Iterator[pa.RecordBatch]":
        return self.table.new(columns)

    def whole(self, columns: Sequence[str] | None) -> "Iterator[pa.RecordBatch]":
        return self.table.whole(columns)

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> "pa.Table":
        return self.table.query(sql, parameters)


@dataclass(frozen=True, slots=True)
class _Quarantine:
    """Writes the bad rows of a job's checks where their forms say."""

    job: RowJob
    rows: "TableRows"

    def select(self, sql: str, parameters: Mapping[str, Any]) -> "Iterator[pa.RecordBatch]":
        return self.rows.stream(sql, parameters)

    def write(
        self, check: Check, reason: str, bad: "Callable[[], Iterator[pa.RecordBatch]]"
    ) -> int:
        from monitors.lakes.rows.quarantine import Origin, Where, append

        form = form_of(check).quarantine
        assert form is not None
        own = {name: str(value) for name, value in form.storage_options.items()}
        where = Where(form.uri, own or self.job.options, form.mask)
        window = self.rows.window
        origin = Origin(
            check=check.full_id,
            reason=reason,
            table=check.subject.name,
            table_id=window.table_id,
            version=window.version,
            run=self.job.run,
            now=self.job.now,
        )
        return append(where, origin, bad)
