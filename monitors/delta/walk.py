"""Walking a log: from a state, commit by commit, to counted facts, events and a newer state."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitors.core import CommitFact, Event, EventKind
from monitors.delta.counts import Count, Touched, count
from monitors.delta.live.base import Base
from monitors.delta.live.files import Delta, LiveFile
from monitors.delta.live.statistics import row_count
from monitors.delta.live.table import TableState
from monitors.delta.log.actions import Commit, FileAction, Metadata, broken, parse_commit
from monitors.delta.log.listing import Checkpoint, Listing, commit_path
from monitors.delta.log.position import Position
from monitors.errors import UnreadableError

_WINDOW_COMMITS = 256
_WINDOW_BYTES = 64 * 1024 * 1024
_BLOCKING_BYTES = 256 * 1024
_SKEW = timedelta(minutes=1)


@dataclass(slots=True)
class ToRead:
    """A commit that its change data would count better; `index` is its place among the facts."""

    index: int
    commit: Commit
    added: Sequence[Touched]
    removed: Sequence[Touched]


@dataclass(slots=True)
class Walk:
    """A walk in progress. `moved_from` is where it started, if that was a saved state."""

    base: Base
    listing: Listing
    state: TableState
    now: datetime
    facts: list[CommitFact] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    to_read: list[ToRead] = field(default_factory=list)
    moved: list[Delta] = field(default_factory=list)
    rebuilt: bool = False
    moved_from: Position | None = None
    position: Position | None = None

    async def run(self, upto: int, *, counting: bool = True) -> None:
        """Walk to a version; UnreadableError when the log is broken on the way.

        With `counting` off the state moves, and no fact or event is noted.
        """
        first = self.state.version + 1
        await self._look_ahead(first, upto)
        present = [v for v in range(first, upto + 1) if v in self.listing.commits]
        for window in _windows(self.listing, present):
            await self._window(window, counting)
        await self._reach(upto)

    async def _window(self, versions: Sequence[int], counting: bool) -> None:
        bodies = await self.base.log.get_all([commit_path(v) for v in versions])
        if sum(map(len, bodies)) > _BLOCKING_BYTES:
            commits = await asyncio.to_thread(self._parse, versions, bodies)
        else:
            commits = self._parse(versions, bodies)
        rows = await self.base.footers.rows(self._unstated(commits))
        for commit in commits:
            await self._reach(commit.version - 1)
            self._step(commit, rows, counting)
        last = versions[-1]
        self.position = Position.of(last, self.listing.commits[last], bodies[-1])

    def _parse(self, versions: Sequence[int], bodies: Sequence[bytes]) -> list[Commit]:
        return [self._parsed(version, body) for version, body in zip(versions, bodies, strict=True)]

    def _parsed(self, version: int, body: bytes) -> Commit:
        file = self.listing.commits[version]
        if not body:
            raise broken(file.path, "is empty")
        return parse_commit(version, body, file.modified, file.path)

    async def _look_ahead(self, first: int, upto: int) -> None:
        """Give a state without metadata that of the first checkpoint ahead, if nothing changes it.

        Where the log's start is gone, only that checkpoint tells whether a feed was kept.
        """
        ahead = [c for c in self.listing.checkpoints if first <= c.version <= upto]
        if first == 0 or self.state.metadata is not None or not ahead:
            return
        checkpoint = min(ahead, key=lambda c: c.version)
        between = [v for v in range(first, checkpoint.version + 1) if v in self.listing.commits]
        bodies = await self.base.log.get_all([commit_path(v) for v in between])
        if any(b'"metaData"' in body for body in bodies):
            return
        await self._adopt_metadata(checkpoint)

    async def _adopt_metadata(self, checkpoint: Checkpoint) -> None:
        try:
            state = await self.base.at(checkpoint)
        except UnreadableError:
            return
        if state.metadata is not None:
            self.state.set_metadata(state.metadata)
            self.state.protocol = state.protocol

    async def _reach(self, version: int) -> None:
        """Pass over commits whose JSON is gone, and complete the state where a checkpoint can."""
        if self.state.version < version:
            if not await self._compacted(version):
                self.state.complete = False
            self.state.version = version
        if not self.state.complete:
            state = await self.base.exactly(self.listing, version)
            if state is not None:
                self.state, self.rebuilt = state, True

    async def _compacted(self, version: int) -> bool:
        """Move over missing commits by a compacted log that covers exactly them."""
        covering = (self.state.version + 1, version)
        file = self.listing.compacted.get(covering)
        if file is None or not self.state.complete:
            return False
        body = await self.base.log.get(file.path)
        commit = parse_commit(version, body, file.modified, file.path)
        rows = await self.base.footers.rows(self._unstated([commit]))
        self._step(commit, rows, counting=False)
        return True

    def _unstated(self, commits: Sequence[Commit]) -> Iterator[FileAction]:
        """The files whose row counts neither statistics nor the state tell."""
        for commit in commits:
            # A complete state knows every file that a commit can remove.
            removes = [] if self.state.complete else commit.removes
            for action in (*commit.adds, *removes):
                if row_count(action.stats) is None:
                    yield action

    def _step(self, commit: Commit, rows: dict[str, int], counting: bool) -> None:
        state, before = self.state, self.state.metadata
        removed = state.touched(commit.removes, rows)
        state.moved_metadata(commit)
        added = [
            Touched(action, file.key, file)
            for action in commit.adds
            for file in (state.live_file(action, rows.get(action.path)),)
        ]
        if counting:
            self._note(commit, added, removed, before)
        delta = Delta(tuple(_files(added)), tuple(touched.key for touched in removed))
        if delta.added or delta.removed:
            state.apply(delta)
            self.moved.append(delta)
        state.version = commit.version

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


def fact_of(
    commit: Commit, counted: Count, added: Sequence[Touched], removed: Sequence[Touched]
) -> CommitFact:
    """The fact of a commit; sizes and files are those of all its actions, maintenance included."""
    return CommitFact(
        version=commit.version,
        at=commit.at,
        operation=commit.operation,
        inserted=counted.inserted,
        updated=counted.updated,
        deleted=counted.deleted,
        net=counted.net,
        bytes_added=_bytes(added),
        bytes_removed=_bytes(removed),
        files_added=len(added),
        files_removed=len(removed),
        source="log",
        exact=counted.exact,
        reason=counted.reason,
        changes_data=commit.changes_data,
    )


def events_of(commit: Commit, before: Metadata | None, now: datetime) -> Iterator[Event]:
    """What happened in a commit that people should see."""
    key = f"{commit.version}@{int(commit.at.timestamp() * 1000)}"
    version, after = commit.version, commit.metadata
    if before is not None and after is not None and before.id and after.id != before.id:
        message = f"the table was replaced by version {version} (a new table id)"
        yield Event(EventKind.REPLACED, key, commit.at, message, {"version": version})
    if before is not None and after is not None and before.feed != after.feed:
        kind = EventKind.FEED_ON if after.feed else EventKind.FEED_OFF
        message = f"version {version} switched the change feed {'on' if after.feed else 'off'}"
        yield Event(kind, key, commit.at, message, {"version": version})
    if commit.at > now + _SKEW:
        message = f"version {version} carries a time in the future, {commit.at.isoformat()}"
        yield Event(EventKind.CLOCK_SKEW, key, now, message, {"version": version})


def _windows(listing: Listing, versions: Sequence[int]) -> Iterator[list[int]]:
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


def _files(touched: Sequence[Touched]) -> Iterator[LiveFile]:
    return (t.file for t in touched if t.file is not None)


def _bytes(touched: Sequence[Touched]) -> int | None:
    sizes = [t.file.size if t.file and t.action.size is None else t.action.size for t in touched]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None
