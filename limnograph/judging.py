"""The checks of one table in one cycle: judged after its monitors have read, and stored at once.

Kinds that judge from what is stored run in the thread of the store; the others look at rows in a
worker process, all of one table in one pass. A check that cannot be evaluated costs one verdict.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from checks.core import Check, Kind, Status, Verdict
from checks.metrics import measurements
from checks.rows.core import of_new_rows
from checks.rows.outcome import AGAIN
from exporters.core import Message
from limnograph.cycle import CheckResult, Due, Known, Lake, OpenTable, Result, Written
from limnograph.explaining import explained
from limnograph.learning import asked, learned
from limnograph.past import Attempt, StoredPast
from limnograph.recorder import Recorder
from limnograph.row_checks import RowOutcome
from limnograph.row_jobs import row_job
from limnograph.settings.resolved import CheckSettings, TableSettings
from limnograph.store import Judgement, Record, Store, TransientStoreError, VerdictRow
from monitors.core import Cursor, Metric, Outcome, Reading, Tail
from monitors.errors import LimnographError, StoreError

log = structlog.get_logger()

ROWS = "rows"
"""The ability of a lake to look at rows."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What judging needs of the settings; `timeout` is in seconds, for the rows of one table.

    `metrics` are all that monitors and checks declare, `tables` all that are watched, by name.
    `routes` names the channels that are told of a message, `link` gives its one URL. With `again`
    the rows of a table are judged anew, whatever was judged before.
    """

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    tables: Mapping[str, TableSettings] = field(default_factory=dict)
    routes: Callable[[Message], Sequence[str]] = lambda message: ()
    link: Callable[[Message], str] = lambda message: ""
    timeout: float = 600.0
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    """One evaluation, before it is written; `position` is how far its rows were judged."""

    check: Check
    verdicts: tuple[Verdict, ...]
    duration: float
    position: str | None = None
    recreated: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Judging:
    """How the checks of one cycle are judged; `silent` incidents open without telling anybody."""

    run: str
    lake: Lake
    recorder: Recorder
    clock: Callable[[], datetime]
    rules: Rules
    silent: bool = False

    async def table(
        self,
        due: Due,
        source: OpenTable | Exception,
        results: Sequence[Result],
        known: Mapping[str, Known],
    ) -> tuple[CheckResult, ...]:
        """Judge and store what is due; raises StoreError only, other failures are verdicts."""
        if not due.checks:
            return ()
        now = self.clock()
        stored = [c for c in due.checks if self.rules.kinds[c.kind].judge is not None]
        over_rows = [c for c in due.checks if c not in stored]
        judged = await self._from_stored(due, stored, results, now)
        judged += await self._from_rows(due, over_rows, source, known, now)
        return await self._write(due, judged, known, now)

    # From what is stored

    async def _from_stored(
        self, due: Due, checks: Sequence[CheckSettings], results: Sequence[Result], now: datetime
    ) -> list[_Judged]:
        if not checks:
            return []
        attempts = {result.monitor: _attempt(result, now) for result in results}

        def judge(store: Store) -> list[_Judged]:
            past = StoredPast(store, due.table, self.rules.metrics, now, attempts)
            return [self._judged(due.table.check(check), past) for check in checks]

        return await self.recorder.ask(judge)

    def _judged(self, check: Check, past: StoredPast) -> _Judged:
        judge = self.rules.kinds[check.kind].judge
        assert judge is not None
        started = self.clock()
        try:
            verdicts = tuple(judge(check, past))
        except StoreError:
            raise
        except Exception as error:
            verdicts = (self._failed(check, error),)
        return _Judged(check, verdicts, (self.clock() - started).total_seconds())

    # From rows

    async def _from_rows(
        self,
        due: Due,
        checks: Sequence[CheckSettings],
        source: OpenTable | Exception,
        known: Mapping[str, Known],
        now: datetime,
    ) -> list[_Judged]:
        judged: list[_Judged] = []
        for position, some in self._by_position(checks, known).items():
            declared = [due.table.check(check) for check in some]
            judged += await self._examined(due, declared, source, position, now)
        return judged

    def _by_position(
        self, checks: Sequence[CheckSettings], known: Mapping[str, Known]
    ) -> Mapping[str | None, list[CheckSettings]]:
        """The checks that go on from the same place share one pass over the rows."""
        groups: dict[str | None, list[CheckSettings]] = {}
        for check in checks:
            cursor = known.get(check.monitor, Known()).seen.cursor
            position = cursor.position if cursor and not self.rules.again else None
            groups.setdefault(position, []).append(check)
        return groups

    async def _examined(
        self,
        due: Due,
        checks: Sequence[Check],
        source: OpenTable | Exception,
        position: str | None,
        now: datetime,
    ) -> list[_Judged]:
        if ROWS not in self.lake.abilities:
            verdict = Verdict.not_assessed(
                f"the lake {self.lake.name} reads no rows here",
                "set `log_only: false` in `run` of the configuration",
            )
            return [_Judged(check, (verdict,), 0.0) for check in checks]
        loop = asyncio.get_running_loop()
        started = loop.time()
        earlier: list[_Judged] = []
        try:
            if isinstance(source, Exception):
                raise source
            if position is not None:
                tail = await source.tail(position)
                news = [check for check in checks if _has_news(check, tail)]
                idle = [check for check in checks if check not in news]
                earlier, checks = await self._earlier(due, idle, tail.position), news
            if not checks:
                return earlier
            outcome = await self._look(due, checks, position, now)
        except StoreError:
            raise
        except Exception as error:
            verdicts = [self._failed(check, error) for check in checks]
            failed = [_Judged(c, (v,), 0.0) for c, v in zip(checks, verdicts, strict=True)]
            return earlier + failed
        took = (loop.time() - started) / len(checks)
        found = {finding.check: finding.verdict for finding in outcome.findings}
        return earlier + [_of_rows(check, found[check.id], took, outcome) for check in checks]

    async def _look(
        self, due: Due, checks: Sequence[Check], position: str | None, now: datetime
    ) -> RowOutcome:
        bounds = await self.recorder.ask(lambda store: self._bounds(store, due, checks, now))
        job = row_job(
            due.table,
            checks,
            bounds,
            self.rules.tables,
            position=position,
            run=self.run,
            now=now,
        )
        return await self.lake.examine(job, self.rules.timeout)

    def _bounds(
        self, store: Store, due: Due, checks: Sequence[Check], now: datetime
    ) -> Mapping[str, Mapping[str, float | None]]:
        """The learned bounds of the checks that ask for them."""
        asking = [check for check in checks if asked(check)]
        if not asking:
            return {}
        past = StoredPast(store, due.table, self.rules.metrics, now)
        schedules = {one.id: one.schedule or due.table.schedule for one in due.checks}
        return {check.id: learned(check, past, schedules[check.id]) for check in asking}

    async def _earlier(self, due: Due, checks: Sequence[Check], position: str) -> list[_Judged]:
        """The verdicts of before, which stand while there are no new rows."""
        if not checks:
            return []
        rows = await self.recorder.ask(lambda store: store.verdicts([due.subject.id]))
        found: dict[str, list[VerdictRow]] = {}
        for row in rows:
            found.setdefault(row.check, []).append(row)
        return [_of_before(check, found.get(check.id, ()), position) for check in checks]

    # What becomes of it

    async def _write(
        self,
        due: Due,
        judged: Sequence[_Judged],
        known: Mapping[str, Known],
        now: datetime,
    ) -> tuple[CheckResult, ...]:
        judgements = [self._judgement(due, one, known, now) for one in judged]
        try:
            written = await self.recorder.judge(judgements)
        except TransientStoreError:
            raise
        except Exception as error:
            # What the store refuses is the fault of a verdict, unless it refuses the error as well.
            failed = [
                _Judged(one.check, (self._failed(one.check, error),), one.duration)
                for one in judged
            ]
            judged = failed
            written = await self.recorder.judge(
                [self._judgement(due, one, known, now) for one in judged]
            )
        return tuple(
            CheckResult(
                one.check,
                one.verdicts,
                (Written.IDLE if one.again else Written.NEW) if new else Written.SUPERSEDED,
                one.duration,
                one.again,
            )
            for one, new in zip(judged, written, strict=True)
        )

    def _judgement(
        self, due: Due, judged: _Judged, known: Mapping[str, Known], now: datetime
    ) -> Judgement:
        check = judged.check
        seen = known.get(check.monitor, Known()).seen
        record = Record(
            subject=due.subject,
            monitor=check.monitor,
            run=self.run,
            reading=_reading(judged, now),
            seen=seen,
            time_zone=due.table.time_zone,
            now=now,
        )
        return Judgement(
            record=record,
            check=check,
            verdicts=judged.verdicts,
            duration=judged.duration,
            routes=self.rules.routes,
            link=self.rules.link,
            silent=self.silent,
            again=judged.again,
        )

    def _failed(self, check: Check, error: Exception) -> Verdict:
        """An error as a verdict, and told in one line of the log."""
        reason, mend = explained(error)
        log.warning(
            "could not be judged",
            table=check.subject.name,
            check=check.id,
            reason=reason,
            mend=mend,
            exc_info=None if isinstance(error, LimnographError) else error,
        )
        return Verdict.error(reason, mend)


def _of_rows(check: Check, verdict: Verdict, took: float, outcome: RowOutcome) -> _Judged:
    """An evaluation of rows; they are judged once more where another try may do better."""
    if verdict.detail.get(AGAIN):
        return _Judged(check, (verdict,), took)
    return _Judged(check, (verdict,), took, outcome.position, outcome.recreated)


def _of_before(check: Check, rows: Sequence[VerdictRow], position: str) -> _Judged:
    """An evaluation that found nothing new, so that what was said before is said again."""
    never = Verdict.not_assessed("no rows have been judged yet", "let it run")
    verdicts = tuple(row.verdict for row in rows) or (never,)
    took = max((row.duration for row in rows), default=0.0)
    return _Judged(check, verdicts, took, position, again=True)


def _attempt(result: Result, now: datetime) -> Attempt:
    good = result.outcome is Outcome.ASSESSED
    return Attempt(result.outcome, result.reason, result.mend, now if good else None)


def _has_news(check: Check, tail: Tail) -> bool:
    """Whether a check may say something else after these commits."""
    if tail.recreated or tail.events:
        return True
    if of_new_rows(check):
        return any(commit.may_bring_rows for commit in tail.commits)
    return any(commit.changes_data for commit in tail.commits)


def _reading(judged: _Judged, now: datetime) -> Reading:
    """What the store keeps of an evaluation beside its verdicts."""
    statuses = [verdict.status for verdict in judged.verdicts]
    first = next(_told(judged.verdicts))
    outcome = Outcome.ASSESSED
    if Status.ERROR in statuses:
        outcome = Outcome.ERROR
    elif set(statuses) == {Status.NOT_ASSESSED}:
        outcome = Outcome.NOT_ASSESSED
    return Reading(
        outcome=outcome,
        measurements=measurements(judged.check, judged.verdicts, now),
        cursor=Cursor(judged.position) if judged.position else None,
        reason=first.reason if outcome is not Outcome.ASSESSED else "",
        mend=first.mend if outcome is not Outcome.ASSESSED else "",
        recreated=judged.recreated,
    )


def _told(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """The verdicts, those that say why something was not evaluated first."""
    order = (Status.ERROR, Status.NOT_ASSESSED)
    yield from sorted(verdicts, key=lambda verdict: verdict.status not in order)
