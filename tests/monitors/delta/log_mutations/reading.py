"""Reading a table as the service does, every monitor of it, and what was found."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitors import ALL, core
from monitors.core import Cursor, Outcome, Problem, Reading, State, Subject
from monitors.delta.live.saved import head_of
from monitors.errors import UnreadableError
from monitors.lakes.embedded import Access, EmbeddedTable
from tests.monitors.cycles import Inline

NOW = datetime(2100, 1, 1, tzinfo=UTC)
SUBJECT = Subject("table", "a.table")
LONGEST = 20.0  # seconds; whatever a log holds, reading it ends

Counts = tuple[int | None, int | None, int | None]


@dataclass(frozen=True)
class Found:
    """What all monitors said of one table; `error` where it could not be read."""

    counts: Mapping[int, Counts] = field(default_factory=dict)
    doubts: Mapping[int, str] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    events: tuple[str, ...] = ()
    error: Reading | None = None


@dataclass
class Reader:
    """The monitors' cursors and states between the cycles, as the store keeps them."""

    cursors: dict[str, Cursor] = field(default_factory=dict)
    states: dict[str, dict[str, State]] = field(default_factory=dict)
    kept: dict[str, State] = field(default_factory=dict)
    requests: int = 0

    def cycle(self, table: Path) -> Found:
        """Read once. Raises what is no UnreadableError: that is what must never happen."""
        return asyncio.run(self._cycle(table))

    async def _cycle(self, table: Path) -> Found:
        async def load() -> Mapping[str, State]:
            return self.kept

        async with asyncio.timeout(LONGEST):
            try:
                head = head_of(self.kept.get("head"))
                access = Access(Inline())
                source = EmbeddedTable(str(table), {}, access, NOW, "at", head, load)
                readings = {m.name: await self._read(m, source) for m in ALL}
            except UnreadableError as error:
                return Found(error=Reading.error(error.reason, error.mend))
        self._keep(source)
        self.requests = source.cost.requests
        return found(readings)

    async def _read(self, monitor: core.Monitor, source: EmbeddedTable) -> Reading:
        event_time = {"event_time": "at"} if monitor.name == "freshness" else {}
        config: Any = monitor.config(**event_time)
        kept = self.states.setdefault(monitor.name, {})
        cursor = self.cursors.get(monitor.name)
        reading = await monitor.read(source, SUBJECT, config, cursor, dict(kept), NOW)
        if reading.cursor is not None:
            self.cursors[monitor.name] = reading.cursor
        kept.update((state.key, state) for state in reading.states)
        return reading

    def _keep(self, source: EmbeddedTable) -> None:
        saved = source.kept()
        if saved is not None:
            for key in saved.drop:
                self.kept.pop(key, None)
            self.kept.update((state.key, state) for state in saved.put)


def found(readings: Mapping[str, Reading]) -> Found:
    """The readings of a table's monitors as one."""
    counted = readings["ingestion"]
    measured = {
        measurement.metric.name: measurement.value
        for reading in readings.values()
        for measurement in reading.measurements
    }
    assert all(reading.outcome is not Outcome.ERROR for reading in readings.values())
    return Found(
        counts={
            fact.version: (fact.inserted, fact.updated, fact.deleted) for fact in counted.facts
        },
        doubts={fact.version: fact.reason for fact in counted.facts if not fact.exact},
        measured=measured,
        problems=counted.problems,
        events=tuple(str(event.kind) for event in counted.events),
    )
