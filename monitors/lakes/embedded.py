"""The embedded lake: Delta tables read from their own logs, without a JVM or a warehouse."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitors.core import (
    Cost,
    Event,
    EventKind,
    EventTime,
    Kept,
    Problem,
    Snapshot,
    State,
    Tail,
)
from monitors.delta import checksum, features, newest, saved
from monitors.delta.actions import Metadata
from monitors.delta.base import Base
from monitors.delta.feed_reader import Caller, FeedReader
from monitors.delta.files import Delta
from monitors.delta.listing import Listing
from monitors.delta.logstore import LogStore
from monitors.delta.position import Position
from monitors.delta.rowcounts import Footers
from monitors.delta.saved import Head
from monitors.delta.statistics import Bound
from monitors.delta.stores import Stores
from monitors.delta.table import TableState, event_column
from monitors.delta.tail import Found, Place, find, whole_log
from monitors.delta.walk import Walk
from monitors.errors import UnreadableError

LoadStates = Callable[[], Awaitable[Mapping[str, State]]]


@dataclass(frozen=True, slots=True)
class Access:
    """How tables are to be read. `log_only` never reads data, not even a footer.

    `timeout` bounds one piece of blocking work, in seconds.
    """

    caller: Caller
    log_only: bool = False
    timeout: float = 300.0


async def _nothing() -> Mapping[str, State]:
    return {}


@dataclass(slots=True)
class _Read:
    """One read of the log: where it started from, and what it found."""

    tail: Tail
    state: TableState | None = None
    walk: Walk | None = None


@dataclass(slots=True)
class EmbeddedTable:
    """One Delta table during one cycle; a TableSource.

    `kept` and `load_states` are the live-file state that an earlier cycle kept, if any; `kept()`
    is what this one wants kept.
    """

    uri: str
    options: Mapping[str, str]
    access: Access
    now: datetime
    event_name: str | None = None
    head: Head | None = None
    load_states: LoadStates = _nothing
    _reads: dict[str | None, _Read] = field(default_factory=dict)
    _opened: "_Opened | None" = None

    @property
    def cost(self) -> Cost:
        return self._opened.cost if self._opened else Cost()

    async def tail(self, position: str | None) -> Tail:
        """The commits after a position, counted; None reads all that the log still holds."""
        if position not in self._reads:
            self._reads[position] = await self._read(position)
        return self._reads[position].tail

    async def last(self, commits: int) -> Tail:
        """The newest commits only, without reading the log before them where a checkpoint helps."""
        parts = self._open()
        listing = await whole_log(parts.log)
        newest = sorted(listing.commits)[-commits:] if commits else []
        first = newest[0] if newest else (listing.head or 0) + 1
        state = await self._state_before(parts, listing, first)
        read = await self._walk(parts, listing, state, first=True)
        self._reads[None] = read
        return read.tail

    async def event_time(self, *, scan: bool) -> EventTime:
        """The newest value of the declared event-time column."""
        if not self._reads:
            await self.tail(None)
        read = self._newest_read()
        assert read is not None
        state, name = read.state, self.event_name or ""
        if state is None:
            head = self._head()
            metadata, value, bound = head.metadata, head.newest, head.bound
        else:
            assert state.metadata is not None
            metadata, (value, bound) = state.metadata, state.files.newest()
        known = newest.proven(name, metadata, value, bound)
        if known.at is not None or not known.reason or not scan or self.access.log_only:
            return known
        if event_column(metadata, name) is None:
            return known
        return await self._scanned(name, metadata, state)

    async def _scanned(self, name: str, metadata: Metadata, state: TableState | None) -> EventTime:
        parts = self._open()
        files = state.files if state else saved.live_files(self._head(), await self.load_states())
        if files is None:
            listing = await whole_log(parts.log)
            files = (await self._state_before(parts, listing, (listing.head or 0) + 1)).files
        scan = newest.NewestByScan(parts.log, parts.base.root, parts.feed)
        return await scan.find(name, metadata, files)

    def _head(self) -> Head:
        assert self.head is not None
        return self.head

    def kept(self) -> Kept | None:
        """The live-file state to keep after this cycle; None when nothing changed."""
        read = self._newest_read()
        if read is None or read.state is None or read.walk is None:
            return None
        state, walk, before = read.state, read.walk, self.head
        head = self._head_of(state, walk)
        if head is None or head == before:
            return None
        if before is None or walk.rebuilt or walk.moved_from != before.position:
            saving = saved.whole(head, state.files, before.deltas if before else ())
        else:
            saving = saved.grown(head, before, _merged(walk.moved), state.files)
        return Kept(str(head.position), saving.put, saving.drop)

    def _open(self) -> "_Opened":
        if self._opened is None:
            self._opened = _Opened.at(self.uri, self.options, self.access, self.event_name)
        return self._opened

    async def _read(self, text: str | None) -> _Read:
        parts = self._open()
        if text is None:
            return await self._read_all(parts, await whole_log(parts.log))
        position = Position.parse(text)
        place = await find(parts.log, position)
        if place.found is Found.RECREATED:
            return await self._read_recreated(parts, place.listing)
        if place.found is Found.CLEANED:
            return await self._read_after_gap(parts, place, position)
        return await self._read_on(parts, place, position)

    async def _read_all(self, parts: "_Opened", listing: Listing) -> _Read:
        first = min(listing.commits, default=(listing.head or 0) + 1)
        state = await self._state_before(parts, listing, first)
        return await self._walk(parts, listing, state, first=True)

    async def _read_recreated(self, parts: "_Opened", listing: Listing) -> _Read:
        read = await self._read_all(parts, listing)
        snapshot = read.tail.snapshot
        event = Event(
            EventKind.RECREATED,
            f"{snapshot.table_id}@{snapshot.version}",
            self.now,
            "another table lies where the one read before was; counting starts anew",
            {"version": snapshot.version, "table_id": snapshot.table_id},
        )
        read.tail = _with(read.tail, events=(event, *read.tail.events), recreated=True, first=False)
        return read

    async def _read_after_gap(self, parts: "_Opened", place: Place, position: Position) -> _Read:
        state = await self._state_before(parts, place.listing, place.first)
        read = await self._walk(parts, place.listing, state)
        lost = place.lost
        event = Event(
            EventKind.LOG_CLEANED,
            f"{lost.start}-{lost.stop - 1}",
            self.now,
            f"versions {lost.start} to {lost.stop - 1} were cleaned from the log before they "
            "were read; what they did is unknown",
            {"first": lost.start, "last": lost.stop - 1},
        )
        read.tail = _with(read.tail, events=(event, *read.tail.events))
        return read

    async def _read_on(self, parts: "_Opened", place: Place, position: Position) -> _Read:
        """Read on from a position that is still there: from the saved state, if it is of it."""
        head = self.head if self._usable(position) else None
        if head is not None and place.listing.head == position.version:
            return _Read(self._idle(head))
        if head is not None:
            files = saved.live_files(head, await self.load_states())
            if files is not None:
                state = parts.base.empty()
                state.version, state.protocol = head.version, head.protocol
                state.set_metadata(head.metadata)
                state.files, state.sums, state.complete = files, head.sums, head.complete
                return await self._walk(parts, place.listing, state, moved_from=position)
        listing = place.listing if place.whole else await whole_log(parts.log)
        state = await self._state_before(parts, listing, position.version + 1)
        return await self._walk(parts, listing, state, same_as=position)

    def _usable(self, position: Position) -> bool:
        head = self.head
        if head is None or head.position != position or head.event_name != self.event_name:
            return False
        return head.footers or self.access.log_only or not head.sums.unknown_rows

    async def _state_before(self, parts: "_Opened", listing: Listing, first: int) -> TableState:
        """The state below the commit `first`, walked to from the best checkpoint in silence."""
        start = parts.base.empty()
        if first > 0:
            newest = await parts.base.newest_upto(listing, first - 1)
            if newest is not None:
                start = newest
            elif 0 not in listing.commits:
                earliest = min((v for v in listing.commits if v < first), default=first)
                start = parts.base.unknown(earliest - 1)
        if start.version < first - 1:
            silent = Walk(parts.base, listing, start, self.now)
            await silent.run(first - 1, counting=False)
            return silent.state
        return start

    async def _walk(
        self,
        parts: "_Opened",
        listing: Listing,
        state: TableState,
        *,
        first: bool = False,
        moved_from: Position | None = None,
        same_as: Position | None = None,
    ) -> _Read:
        walk = Walk(parts.base, listing, state, self.now, moved_from=moved_from)
        walk.position = moved_from or same_as
        head = listing.head
        assert head is not None
        await walk.run(max(head, state.version))
        _demand_whole(self.uri, walk)
        await parts.feed.answer(walk)
        snapshot, problems = await self._snapshot(parts, walk)
        position = walk.position or Position(walk.state.version)
        return _Read(
            Tail(
                snapshot=snapshot,
                commits=tuple(walk.facts),
                events=tuple(walk.events),
                position=str(position),
                first=first,
                problems=problems,
            ),
            walk.state,
            walk,
        )

    async def _snapshot(self, parts: "_Opened", walk: Walk) -> tuple[Snapshot, tuple[Problem, ...]]:
        state = walk.state
        assert state.protocol is not None
        assert state.metadata is not None
        problems = _problems(state, parts.footers.enabled)
        if walk.moved_from is None:
            problems = (*problems, *await checksum.disagreements(parts.log, walk.listing, state))
        at = walk.facts[-1].at if walk.facts else self._time_of(walk)
        return _snapshot_of(state, at), problems

    def _time_of(self, walk: Walk) -> datetime:
        """The time of a head of which no commit was read: that of its newest file."""
        if self.head is not None and self.head.version == walk.state.version:
            return self.head.at
        listing = walk.listing
        files = [c.files[0] for c in listing.checkpoints if c.version == walk.state.version]
        commit = listing.commits.get(walk.state.version)
        return max((f.modified for f in (*files, *((commit,) if commit else ()))), default=self.now)

    def _idle(self, head: Head) -> Tail:
        features.demand_readable(head.protocol)
        state = TableState(self._open().base.root, head.version, head.metadata, head.protocol)
        state.sums, state.complete = head.sums, head.complete
        return Tail(
            snapshot=_snapshot_of(state, head.at),
            commits=(),
            events=(),
            position=str(head.position),
            problems=_problems(state, self._open().footers.enabled),
        )

    def _newest_read(self) -> _Read | None:
        reads = [read for read in self._reads.values() if read.state is not None]
        every = reads or list(self._reads.values())
        return max(every, key=lambda read: read.tail.snapshot.version, default=None)

    def _head_of(self, state: TableState, walk: Walk) -> Head | None:
        if state.metadata is None or state.protocol is None or walk.position is None:
            return None
        newest, bound = state.files.newest() if state.event else (None, Bound.UNKNOWN)
        return Head(
            position=walk.position,
            at=walk.facts[-1].at if walk.facts else self._time_of(walk),
            metadata=state.metadata,
            protocol=state.protocol,
            sums=state.sums,
            complete=state.complete,
            event_name=self.event_name,
            newest=newest,
            bound=bound,
            footers=not self.access.log_only,
            snapshot_files=0,
            deltas=(),
            delta_files=0,
        )


@dataclass(slots=True)
class _Opened:
    """The readers of one table."""

    log: LogStore
    footers: Footers
    base: Base
    feed: FeedReader

    @classmethod
    def at(
        cls, uri: str, options: Mapping[str, str], access: Access, event_name: str | None
    ) -> "_Opened":
        stores = Stores(uri, options)
        log = LogStore(uri, stores.own)
        footers = Footers(None if access.log_only else stores)
        base = Base(log, stores.root, event_name, footers)
        return cls(log, footers, base, _feed(uri, options, access))

    @property
    def cost(self) -> Cost:
        return self.log.cost + self.footers.cost + self.feed.cost


def _feed(uri: str, options: Mapping[str, str], access: Access) -> FeedReader:
    caller = None if access.log_only else access.caller
    return FeedReader(uri, options, caller, access.timeout)


def _demand_whole(uri: str, walk: Walk) -> None:
    state = walk.state
    if state.protocol is not None:
        features.demand_readable(state.protocol)
    if state.protocol is None or state.metadata is None:
        raise UnreadableError(
            f"broken log: {uri}/_delta_log tells neither protocol nor schema",
            "restore the missing commits or a checkpoint",
        )
    if not state.complete:
        missing = _first_missing(walk.listing, state.version)
        raise UnreadableError(
            f"broken log: {uri}/_delta_log lacks version {missing}, and no later checkpoint "
            "makes up for it",
            "restore the missing commit, or rebuild the table from its newest checkpoint",
        )


def _first_missing(listing: Listing, head: int) -> int:
    start = max((c.version for c in listing.checkpoints), default=-1)
    return next((v for v in range(start + 1, head + 1) if v not in listing.commits), 0)


def _snapshot_of(state: TableState, at: datetime) -> Snapshot:
    assert state.protocol is not None
    assert state.metadata is not None
    return Snapshot(
        version=state.version,
        at=at,
        table_id=state.metadata.id,
        rows=state.sums.live_rows,
        files=state.sums.files,
        size_bytes=state.sums.size_bytes,
        features=features.names(state.protocol, state.metadata),
        feed=state.feed,
        properties=state.metadata.properties,
        partition_columns=state.metadata.partition_columns,
    )


def _problems(state: TableState, footers: bool) -> tuple[Problem, ...]:
    if not state.sums.unknown_rows:
        return ()
    how = "their files could not be read" if footers else "no data was to be read"
    return (
        Problem(
            "rows",
            "not_assessed",
            f"{state.sums.unknown_rows} of {state.sums.files} files carry no row count in their "
            f"statistics, and {how}",
            "let the writer keep statistics"
            + ("" if footers else ", or allow reading Parquet footers (without log-only)"),
        ),
    )


def _merged(deltas: Sequence[Delta]) -> Delta:
    """One delta with the effect of several in order."""
    added: dict[int, Any] = {}
    removed: set[int] = set()
    for delta in deltas:
        for key in delta.removed:
            added.pop(key, None)
        removed.update(delta.removed)
        added.update((file.key, file) for file in delta.added)
    return Delta(tuple(added.values()), tuple(sorted(removed)))


def _with(tail_: Tail, **changes: Any) -> Tail:
    fields = {name: getattr(tail_, name) for name in Tail.__slots__}
    return Tail(**fields | changes)
