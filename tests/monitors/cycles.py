"""Cycles of the embedded lake over one table, with what a store would keep between them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar, TypeVarTuple

import pyarrow as pa

from monitors.core import EventTime, State, Tail
from monitors.delta.live.saved import head_of
from monitors.lakes.embedded import Access, EmbeddedTable

T = TypeVar("T")
Args = TypeVarTuple("Args")


class Inline:
    """Blocking work done at once, in the test's own thread."""

    async def call(self, function: Callable[[*Args], T], *args: *Args, timeout: float) -> T:
        return function(*args)


@dataclass
class Cycles:
    """A monitor's cursor and the kept states between cycles, as a store would hold them."""

    uri: str
    event: str | None = None
    log_only: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    position: str | None = None
    states: dict[str, State] = field(default_factory=dict)
    source: EmbeddedTable | None = None
    loads: int = 0

    def run(self) -> Tail:
        return asyncio.run(self._run())

    def event_time(self, *, scan: bool = False) -> EventTime:
        async def read() -> EventTime:
            source = self._open()
            await source.tail(self.position)
            return await source.event_time(scan=scan)

        return asyncio.run(read())

    def _open(self) -> EmbeddedTable:
        async def load() -> Mapping[str, State]:
            self.loads += 1
            return dict(self.states)

        return EmbeddedTable(
            self.uri,
            {},
            Access(Inline(), log_only=self.log_only),
            self.now,
            event_name=self.event,
            head=head_of(self.states.get("head")),
            load_states=load,
        )

    async def _run(self) -> Tail:
        self.source = self._open()
        tail = await self.source.tail(self.position)
        self.position = tail.position
        kept = self.source.kept()
        if kept is not None:
            assert kept.position == tail.position
            for key in kept.drop:
                self.states.pop(key, None)
            self.states.update((state.key, state) for state in kept.put)
        return tail


def changes(tail: Tail) -> list[tuple[int, int | None, int | None, int | None]]:
    return [(f.version, f.inserted, f.updated, f.deleted) for f in tail.commits]


def kinds(tail: Tail) -> list[str]:
    return [str(event.kind) for event in tail.events]


def rows(first: int, last: int) -> pa.Table:
    ids = list(range(first, last + 1))
    return pa.table({"id": pa.array(ids, pa.int64()), "name": [f"row {i}" for i in ids]})
