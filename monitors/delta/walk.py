"""Walking a log: from a state, commit by commit, to counted facts, events and a newer state."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitors.core import CommitFact, Event
from monitors.delta.counts import Touched, count
from monitors.delta.defining import Defining
from monitors.delta.facts import events_of, fact_of, hole
from monitors.delta.live.base import Base
from monitors.delta.live.contradiction import Contradiction
from monitors.delta.live.files import Delta, LiveFile
from monitors.delta.live.statistics import row_count
from monitors.delta.live.table import TableState
from monitors.delta.log.actions import Commit, FileAction, Metadata, parse_commit
from monitors.delta.log.listing import Listing, commit_path
from monitors.delta.log.position import Position
from monitors.errors import UnavailableError, UnreadableError

_WINDOW_COMMITS = 256
_WINDOW_BYTES = 64 * 1024 * 1024
_BLOCKING_BYTES = 256 * 1024


@dataclass(slots=True)
class ToRead:
    """A commit that its change data would count better; `index` is its place among the facts."""

    index: int
    commit: Commit
    added: Sequence[Touched]
    removed: Sequence[Touched]


@dataclass(slots=True)
class Walk:
    """A walk in progress. `moved_from` is where it started, if that was a saved state.

    `broken` are the commits that could not be read, until a checkpoint has `bridged` them.
    `contradiction` compares them with the newest checkpoint.
    """

    base: Base
    listing: Listing
    state: TableState
    now: datetime
    facts: list[CommitFact] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    defining: Defining = field(default_factory=Defining)
    to_read: list[ToRead] = field(default_factory=list)
    moved: list[Delta] = field(default_factory=list)
    rebuilt: bool = False
    broken: dict[int, UnreadableError] = field(default_factory=dict)
    bridged: dict[int, UnreadableError] = field(default_factory=dict)
    contradiction: Contradiction | None = None
    moved_from: Position | None = None
    position: Position | None = None
    upto: int = -1
    counting: bool = True

    async def run(self, upto: int, *, counting: bool = True) -> None:
        """Walk to a version; UnreadableError when the log is broken on the way.

        With `counting` off the state moves, and no fact or event is noted.
        """
        self.upto, self.counting = upto, counting
        first = self.state.version + 1
        if first > 0:
            await self._look_ahead(first)
        if counting:
            self.defining.begin(self.state, self._time())
        present = sorted(v for v in self.listing.commits if first <= v <= upto)
        for window in windows(self.listing, present):
            await self._window(window)
        await self._reach(upto)
        if counting:
            self.defining.found(self.state, self._time)
        if self.position is None or self.position.version < self.state.version:
            self.position = Position(self.state.version)

    def _time(self) -> datetime:
        """When the files of the state's version were written."""
        return self.listing.time_of(self.state.version) or self.now

    async def _window(self, versions: Sequence[int]) -> None:
        bodies = await self.base.log.get_all([commit_path(v) for v in versions])
        if sum(map(len, bodies)) > _BLOCKING_BYTES:
            commits = await asyncio.to_thread(self._parse, versions, bodies)
        else:
            commits = self._parse(versions, bodies)
        sound = [commit for commit in commits if isinstance(commit, Commit)]
        rows = await self.base.footers.rows(self._unstated(sound))
        for version, commit in zip(versions, commits, strict=True):
            await self._reach(version - 1)
            if isinstance(commit, Commit):
                self._step(commit, rows, self.counting)
                if self.contradiction is not None:
                    await self.contradiction.look(self.state)
            else:
                await self._lose(version, version, commit)
        last = versions[-1]
        self.position = Position.of(last, self.listing.commits[last], bodies[-1])

    def _parse(
        self, versions: Sequence[int], bodies: Sequence[bytes]
    ) -> list[Commit | UnreadableError]:
        return [self._parsed(version, body) for version, body in zip(versions, bodies, strict=True)]

    def _parsed(self, version: int, body: bytes) -> Commit | UnreadableError:
        file = self.listing.commits[version]
        try:
            return parse_commit(version, body, file.modified, file.path)
        except UnreadableError as error:
            # A checkpoint further on may make up for it.
            return error

    async def _look_ahead(self, first: int) -> None:
        """Give a state without metadata that of the first checkpoint ahead, if nothing changes it.

        Where commits are gone, only that checkpoint tells whether a feed was kept.
        """
        ahead = [c for c in self.listing.checkpoints if first <= c.version <= self.upto]
        if self.state.metadata is not None or not ahead:
            return
        checkpoint = min(ahead, key=lambda c: c.version)
        between = sorted(v for v in self.listing.commits if first <= v <= checkpoint.version)
        if len(between) != checkpoint.version - first + 1:
            return
        for window in windows(self.listing, between):
            bodies = await self.base.log.get_all([commit_path(v) for v in window])
            if any(b'"metaData"' in body for body in bodies):
                return
        try:
            state = await self.base.at(checkpoint)
        except UnavailableError:
            raise
        except UnreadableError:
            return
        if state.metadata is not None:
            self.state.set_metadata(state.metadata)
            self.state.protocol = state.protocol

    async def _reach(self, version: int) -> None:
        """Pass over commits whose JSON is gone, and complete the state where a checkpoint can."""
        if self.state.version < version:
            first = self.state.version + 1
            # Of its own version a checkpoint tells nothing new to a complete state.
            await self._adopt(first if self.state.complete else first - 1, version)
            await self._compacted(version)
            if self.state.version < version:
                await self._lose(first, version)
            elif self.counting:
                self.events.append(hole(first, version, self.now))
        elif not self.state.complete:
            await self._adopt(version, version)

    async def _lose(self, first: int, version: int, error: UnreadableError | None = None) -> None:
        """Move past commits that are gone, or past one that cannot be read."""
        if self.counting:
            self.events.append(hole(first, version, self.now, error))
        if error is not None:
            self.broken[version] = error
        self.state.lose(version)
        await self._adopt(version, version)
        await self._look_ahead(version + 1)

    async def _adopt(self, least: int, most: int) -> None:
        """Go on from a checkpoint of these versions, if there is one that can be read."""
        state = await self.base.newest_upto(self.listing, most, least)
        if state is not None:
            self.state, self.rebuilt = state, True
            self.bridged |= self.broken
            self.broken = {}

    async def _compacted(self, version: int) -> None:
        """Move over missing commits by compacted logs, as far as they lead."""
        while self.state.complete and self.state.version < version:
            at = self.state.version
            ranges = [r for r in self.listing.compacted if r[0] <= at + 1 and at < r[1] <= version]
            if not ranges:
                return
            file = self.listing.compacted[max(ranges, key=lambda r: r[1])]
            try:
                body = await self.base.log.get(file.path)
                commit = parse_commit(max(r[1] for r in ranges), body, file.modified, file.path)
            except UnavailableError:
                raise
            except UnreadableError:
                return
            rows = await self.base.footers.rows(_without_rows(commit.adds))
            self._step(commit, rows, counting=False)

    def _unstated(self, commits: Sequence[Commit]) -> Iterator[FileAction]:
        """The files whose row counts neither statistics nor the state tell."""
        # A complete state knows every file that a commit can remove.
        gapless = bool(commits) and len(commits) == commits[-1].version - self.state.version
        for commit in commits:
            yield from _without_rows(commit.adds)
            if not (self.state.complete and gapless):
                yield from _without_rows(commit.removes)

    def _step(self, commit: Commit, rows: dict[str, int], counting: bool) -> None:
        state, before = self.state, self.state.metadata
        if counting:
            self.defining.found(state, self._time)
        removed = state.removed(commit.removes, rows)
        state.moved_metadata(commit)
        added = state.added(commit.adds, rows)
        if counting:
            self._note(commit, added, removed, before)
        gone = (state.identity(touched.action) for touched in removed)
        delta = Delta(tuple(_files(added)), tuple(gone))
        if delta.added or delta.removed:
            state.apply(delta)
            self.moved.append(delta)
        state.version = commit.version
        if counting:
            self.defining.committed(state, commit)

    def _note(
        self,
        commit: Commit,
        added: Sequence[Touched],
        removed: Sequence[Touched],
        before: Metadata | None,
    ) -> None:
        counted = count(
            commit,
            feed=self.state.feed,
            added=[t for t in added if t.action.data_change],
            removed=[t for t in removed if t.action.data_change],
        )
        if counted.read_feed:
            self.to_read.append(ToRead(len(self.facts), commit, added, removed))
        self.facts.append(fact_of(commit, counted, added, removed))
        self.events.extend(events_of(commit, before, self.now))


def windows(listing: Listing, versions: Sequence[int]) -> Iterator[list[int]]:
    """Runs of versions to fetch at once, bounded in number and in bytes."""
    window: list[int] = []
    size = 0
    for version in versions:
        size += listing.commits[version].size
        if window and (len(window) >= _WINDOW_COMMITS or size > _WINDOW_BYTES):
            yield window
            window, size = [], listing.commits[version].size
        window.append(version)
    if window:
        yield window


def _without_rows(actions: Iterable[FileAction]) -> Iterator[FileAction]:
    return (action for action in actions if row_count(action.stats) is None)


def _files(touched: Sequence[Touched]) -> Iterator[LiveFile]:
    return (t.file for t in touched if t.file is not None)
