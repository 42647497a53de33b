"""The replay of one table: what can be trusted to be the same table, block by block."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from limnograph.replay.ledger import Ledger
from limnograph.replay.memory import Block, block_of, event_document, finding_document, key_of
from limnograph.replay.plan import BROKEN, OLDER, PRUNED, Lost, Plan, blocks, plan, ranges
from limnograph.replay.results import Ending, Refusal, TableReplay
from limnograph.replay.window import Span
from limnograph.settings.resolved import TableSettings
from limnograph.store import Seen
from limnograph.store.replaying import Past, Replayed
from monitors.core import Cost, Event, EventKind, Monitor, Reading, State, Window
from monitors.lakes.past import PastTable

RECREATED = (
    "another table lies there than the one whose facts are stored, or lay there meanwhile",
    "`limnograph run` reads the new table; the facts of the old one stay",
)
UNREAD = (
    "it was never read, so nothing is stored that could be recomputed",
    "`limnograph run` reads all that its log still holds",
)


class Progress(Protocol):
    """Who is told how far it is, in commits; tables are planned one by one."""

    def planned(self, commits: int) -> None: ...

    def done(self, commits: int) -> None: ...


@dataclass(slots=True)
class TableReplayer:
    """One table in one replay; `size` is that of a block, in versions.

    `asked` are the words of the command by which its progress is found again; with `restart` that
    is not looked at.
    """

    table: TableSettings
    monitors: tuple[Monitor, ...]
    span: Span
    past: PastTable
    ledger: Ledger
    progress: Progress
    run: str
    now: datetime
    size: int
    asked: tuple[str, ...]
    restart: bool = False
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    refusals: list[Refusal] = field(default_factory=list)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    plan: Plan = field(default_factory=lambda: Plan(()))
    stored: Mapping[int, datetime] = field(default_factory=dict)
    older: list[Lost] = field(default_factory=list)
    told: dict[int, Block] = field(default_factory=dict)
    resumed: int = 0

    @property
    def subject(self) -> str:
        return self.table.subject.id

    @property
    def incarnation(self) -> int:
        return max((seen.incarnation for seen in self.seen.values()), default=1)

    async def replayed(self) -> TableReplay:
        """Recompute what can be; UnreadableError when the table cannot be read."""
        if not await self._prepared():
            return self._refused()
        for number, versions in blocks(self.plan.versions, self.size).items():
            block = self.told.get(number, Block(self.now))
            left = [version for version in versions if version not in block.done]
            if left and not await self._block(number, left):
                self._refuse_all(RECREATED)
                return self._refused()
            self.progress.done(len(versions))
        return self._result(Ending.REPLAYED)

    async def planned(self) -> TableReplay:
        """What `replayed` would read."""
        if not await self._prepared():
            return self._refused()
        pieces = [
            (left[0], left[-1])
            for number, versions in blocks(self.plan.versions, self.size).items()
            if (left := [v for v in versions if v not in self._done(number)])
        ]
        # The replay itself will plan again, and look after each piece whether it is the same table.
        planning = self.past.cost
        foreseen = planning + await self.past.foreseen(pieces)
        foreseen += Cost(requests=len(pieces) * len(self._positions()))
        return self._result(Ending.PLANNED, foreseen=foreseen, cost=planning)

    def broken_off(self, reason: str, mend: str) -> TableReplay:
        """What was done before it could not be read any further; that stays."""
        return self._result(Ending.ERROR, reason, mend)

    async def _prepared(self) -> bool:
        """Find out what there is to do; False when it is nothing."""
        if not self.monitors:
            return False
        reached = await self._reached()
        if reached is None:
            return False
        await self._plan(reached)
        self.told = await self._told()
        self.progress.planned(len(self.plan.versions))
        done = frozenset(version for block in self.told.values() for version in block.done)
        self.resumed = len(done & set(self.plan.versions))
        return True

    async def _reached(self) -> int | None:
        """Up to where all monitors have read this table; those that have not are refused."""
        names = tuple(monitor.name for monitor in self.monitors)
        self.seen = await self.ledger.seen(self.subject, names)
        versions = {at: await self.past.reached(at) for at in self._positions()}
        reached: dict[str, int] = {}
        for name in names:
            version = versions.get(_position(self.seen[name]))
            if version is None:
                why = UNREAD if self.seen[name].cursor is None else RECREATED
                self.refusals.append(Refusal(name, *why))
            else:
                reached[name] = version
        self.monitors = tuple(monitor for monitor in self.monitors if monitor.name in reached)
        return min(reached.values(), default=None)

    def _positions(self) -> frozenset[str]:
        """Where the monitors are in the table's log: mostly all at one place."""
        found = {_position(self.seen[monitor.name]) for monitor in self.monitors}
        return frozenset(found - {""})

    async def _plan(self, reached: int) -> None:
        there = await self.past.versions()
        times = await self.past.commit_times() if self.span.timed else {}
        self.stored = await self.ledger.stored(self.subject, self.span, self.incarnation)
        self.plan = plan(self.span, reached, there, times, self.stored)
        if self.span.timed or self.span.first is None:
            for incarnation in range(1, self.incarnation):
                facts = await self.ledger.stored(self.subject, self.span, incarnation)
                if facts:
                    self.older.append(Lost(min(facts), max(facts), len(facts), OLDER))

    async def _told(self) -> dict[int, Block]:
        """What earlier calls of the same command have kept, by block."""
        prefix, found = self._key(""), {}
        for key, state in (await self.ledger.progress(self.subject)).items():
            block = block_of(state) if key.startswith(prefix) else None
            if block is not None:
                again = self.restart or not block.fresh(self.now)
                found[int(key.removeprefix(prefix))] = block.undone() if again else block
        return found

    async def _block(self, number: int, versions: Sequence[int]) -> bool:
        """Recompute some commits; False when the table was recreated meanwhile."""
        window = await self.past.window(versions[0], versions[-1])
        # What was read is of the table that it is about if that lies there also afterwards.
        for position in self._positions():
            if await self.past.reached(position) is None:
                return False
        wanted = frozenset(versions)
        past, lost = self._past(window, wanted), self._lost(window, wanted)

        earlier = self.told.get(number)
        told: list[Block] = []

        def remember(replayed: Replayed, before: State | None) -> State:
            block = Block(
                self.now,
                wanted,
                tuple(map(finding_document, replayed.findings)),
                lost,
                tuple(map(event_document, replayed.events)),
                replayed.old,
            )
            # Another replay may have changed a fact meanwhile, and die before it has told so.
            others = block_of(before) if before else None
            told[:] = [block.after(others.undone() if others else None).after(earlier)]
            return told[0].state(self._key(number))

        if await self.ledger.write_past(past, self._key(number), remember) is None:
            return False
        self.told[number] = told[0]
        return True

    def _past(self, window: Window, versions: frozenset[int]) -> Past:
        """What is to be written: of each monitor the commits that are asked for."""
        readings = [self._reading(monitor, window) for monitor in self.monitors]
        # Several monitors see what happens to their table.
        events = {
            (event.kind, event.key): event
            for reading in readings
            for event in reading.events
            if _version_of(event) in versions
        }
        return Past(
            subject=self.table.subject,
            incarnation=self.incarnation,
            versions=range(min(versions), max(versions) + 1),
            facts=[f for r in readings for f in r.facts if f.version in versions],
            definitions=[d for r in readings for d in r.definitions if d.version in versions],
            events=tuple(events.values()),
            run=self.run,
            now=self.now,
        )

    def _reading(self, monitor: Monitor, window: Window) -> Reading:
        assert monitor.replay is not None
        config = self.table.monitors[monitor.name]
        return monitor.replay(window, self.table.subject, config, self.now)

    def _lost(self, window: Window, wanted: frozenset[int]) -> tuple[tuple[int, int, str], ...]:
        """The commits that the window could not tell."""
        told = {fact.version for fact in window.commits}
        return tuple((*run, BROKEN) for run in ranges(sorted(wanted - told)))

    def _key(self, number: int | str) -> str:
        return f"{key_of(self.asked, self.incarnation)}{number}"

    def _done(self, number: int) -> frozenset[int]:
        block = self.told.get(number)
        return block.done if block else frozenset()

    def _refuse_all(self, why: tuple[str, str]) -> None:
        self.refusals += [Refusal(monitor.name, *why) for monitor in self.monitors]

    def _refused(self) -> TableReplay:
        if not self.refusals:
            return self._result(
                Ending.NOT_ASSESSED,
                "none of the monitors that can be replayed is on for it",
                "name a monitor that is on, or leave --monitor out",
            )
        return self._result(Ending.NOT_ASSESSED, self.refusals[0].reason, self.refusals[0].mend)

    def _result(
        self,
        ending: Ending,
        reason: str = "",
        mend: str = "",
        foreseen: Cost | None = None,
        cost: Cost | None = None,
    ) -> TableReplay:
        told = self.told.values()
        lost = [
            Lost(first, last, self._count(first, last), why)
            for block in told
            for first, last, why in block.lost
        ]
        old = sorted({version for block in told for version in block.old})
        lost += [Lost(*run, 0, PRUNED) for run in ranges(old)]
        done = {version for block in told for version in block.done} & set(self.plan.versions)
        done -= {v for one in lost for v in range(one.first, one.last + 1)}
        return TableReplay(
            table=self.table.name,
            subject=self.subject,
            ending=ending,
            monitors=tuple(monitor.name for monitor in self.monitors),
            reason=reason,
            mend=mend,
            refusals=tuple(self.refusals),
            versions=self.plan.versions,
            done=len(done),
            resumed=self.resumed,
            findings=tuple(one for block in told for one in block.findings),
            lost=(*self.older, *self.plan.lost, *lost),
            events=tuple(one for block in told for one in block.events),
            newer=self.plan.newer,
            cost=self.past.cost if cost is None else cost,
            foreseen=foreseen,
            seconds=asyncio.get_running_loop().time() - self.began,
            keys=tuple(self._key(number) for number in sorted(self.told)),
        )

    def _count(self, first: int, last: int) -> int:
        return sum(first <= version <= last for version in self.stored)


def _position(seen: Seen) -> str:
    """Where a monitor is in the log of the current incarnation; empty where it never was."""
    if seen.cursor is None or seen.cursor_incarnation != seen.incarnation:
        return ""
    return seen.cursor.position


def _version_of(event: Event) -> int | None:
    """The commit that an event is about; None for a hole, which is no news in a replay."""
    if event.kind is EventKind.LOG_CLEANED:
        return None
    version: int | None = event.detail.get("version")
    return version
