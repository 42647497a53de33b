"""One table in one cycle: opened once, read by each of its due monitors, every reading stored."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from limnograph.cycle import (
    Due,
    Known,
    Lake,
    OpenTable,
    Result,
    TableResult,
    Written,
    adds_nothing,
    lag,
)
from limnograph.explaining import explained
from limnograph.judging import Judging
from limnograph.recorder import Recorder
from limnograph.store import LOG, OutcomeRow, Record, TransientStoreError
from monitors.core import Cost, Monitor, Reading, State
from monitors.errors import LimnographError, StoreError
from monitors.lakes.time_limit import time_limit

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Assessment:
    """How the tables of one cycle are read; `timeout` is in seconds, for one monitor's reading.

    What was read is then judged by `judging`.
    """

    run: str
    lake: Lake
    recorder: Recorder
    clock: Callable[[], datetime]
    timeout: float
    judging: Judging

    async def table(self, due: Due, known: Mapping[str, Known]) -> TableResult:
        """Read and store what is due; raises StoreError only, other failures become readings."""
        source = await self._opened(due, known)
        results = [
            await self._monitor(due, monitor, source, known.get(monitor.name, Known()))
            for monitor in due.monitors
        ]
        checks = await self.judging.table(due, source, results, known)
        if isinstance(source, Exception):
            return TableResult(tuple(results), Cost(), checks)
        await self._keep(due, source, known.get(LOG, Known()))
        return TableResult(tuple(results), source.cost, checks)

    async def _opened(self, due: Due, known: Mapping[str, Known]) -> OpenTable | Exception:
        head = known.get(LOG, Known()).states.get(self.lake.head)

        async def load_states() -> Mapping[str, State]:
            return await self.recorder.states(due.subject.id, LOG)

        try:
            return self.lake.open(due.table, head, load_states, self.clock())
        except Exception as error:
            return error

    async def _monitor(
        self, due: Due, monitor: Monitor, source: OpenTable | Exception, known: Known
    ) -> Result:
        loop = asyncio.get_running_loop()
        started, now = loop.time(), self.clock()
        if isinstance(source, Exception):
            reading = self._failed(due, monitor, source)
        else:
            reading = await self._read(due, monitor, source, known, now)
        try:
            written = await self._write(due, monitor, reading, known, now)
        except TransientStoreError:
            raise
        except Exception as error:
            # What the store refuses is this reading's fault, unless it refuses the error as well.
            reading = self._failed(due, monitor, error)
            written = await self._write(due, monitor, reading, known, now)
        return Result(
            subject=due.subject,
            monitor=monitor.name,
            outcome=reading.outcome,
            written=written,
            started=started,
            ended=loop.time(),
            reason=reading.reason,
            mend=reading.mend,
            problems=reading.problems,
            lag=lag(reading, known, now),
        )

    async def _read(
        self, due: Due, monitor: Monitor, source: OpenTable, known: Known, now: datetime
    ) -> Reading:
        if missing := sorted(set(monitor.needs) - self.lake.abilities):
            return _unable(self.lake, monitor, missing)
        config, cursor = due.table.monitors[monitor.name], known.seen.cursor
        try:
            async with time_limit(self.timeout) as timer:
                return await monitor.read(source, due.subject, config, cursor, known.states, now)
        except StoreError:
            raise
        except Exception as error:
            return self._failed(due, monitor, self._late() if timer.expired() else error)

    def _late(self) -> LimnographError:
        return LimnographError(
            f"reading took longer than {self.timeout:g} s and was stopped",
            "see why the storage is slow, or raise `timeout` in `run` of the configuration",
        )

    def _failed(self, due: Due, monitor: Monitor, error: Exception) -> Reading:
        """The error as a reading, and told in one line of the log."""
        reading = Reading.error(*explained(error))
        log.warning(
            "could not be read",
            table=due.table.name,
            monitor=monitor.name,
            reason=reading.reason,
            mend=reading.mend,
            exc_info=error,
        )
        return reading

    async def _write(
        self, due: Due, monitor: Monitor, reading: Reading, known: Known, now: datetime
    ) -> Written:
        if adds_nothing(reading, known):
            await self.recorder.touch(_outcome(due, monitor, reading, now, self.run))
            return Written.IDLE
        record = Record(
            subject=due.subject,
            monitor=monitor.name,
            run=self.run,
            reading=reading,
            seen=known.seen,
            time_zone=due.table.time_zone,
            now=now,
        )
        if await self.recorder.write(record):
            return Written.NEW
        log.debug("superseded", table=due.table.name, monitor=monitor.name)
        return Written.SUPERSEDED

    async def _keep(self, due: Due, source: OpenTable, known: Known) -> None:
        """Keep what the lake wants kept; what is lost here is built again from the log."""
        try:
            kept = source.kept()
            if kept is not None and not await self.recorder.keep(due.subject.id, known.seen, kept):
                log.debug("superseded", table=due.table.name, monitor=LOG)
        except TransientStoreError:
            raise
        except Exception as error:
            reason, mend = explained(error)
            log.warning(
                "live files not kept",
                table=due.table.name,
                reason=reason,
                mend=mend,
                exc_info=error,
            )


def _unable(lake: Lake, monitor: Monitor, missing: list[str]) -> Reading:
    return Reading.not_assessed(
        f"{monitor.name} needs what the lake {lake.name} cannot do: {', '.join(missing)}",
        f"switch {monitor.name} off for this table, or read it through a lake that can",
    )


def _outcome(due: Due, monitor: Monitor, reading: Reading, now: datetime, run: str) -> OutcomeRow:
    return OutcomeRow(
        subject=due.subject.id,
        monitor=monitor.name,
        outcome=reading.outcome,
        at=now,
        run=run,
        reason=reading.reason,
        mend=reading.mend,
        problems=reading.problems,
    )
