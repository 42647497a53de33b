"""The embedded lake: Delta tables read from their own logs, without a JVM or a warehouse."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from monitors.core import (
    Cost,
    Event,
    EventKind,
    EventTime,
    Kept,
    LogFolder,
    RowWidth,
    State,
    Tail,
)
from monitors.delta import newest
from monitors.delta.facts import hole
from monitors.delta.live import saved
from monitors.delta.live.files import merged
from monitors.delta.live.saved import Head
from monitors.delta.live.snapshots import ahead, snapshot_of
from monitors.delta.live.statistics import Bound
from monitors.delta.live.table import TableState, event_column
from monitors.delta.log import features
from monitors.delta.log.actions import Metadata
from monitors.delta.log.folder import log_folder
from monitors.delta.log.listing import Listing
from monitors.delta.log.position import Position
from monitors.delta.log.tail import Found, Place, find, whole_log
from monitors.delta.reader import Access, LogReader
from monitors.delta.row_width import RowWidthBySample
from monitors.delta.walk import Walk

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Access", "EmbeddedTable", "LoadStates"]

LoadStates = Callable[[], Awaitable[Mapping[str, State]]]


async def _nothing() -> Mapping[str, State]:
    return {}


@dataclass(frozen=True, slots=True)
class _Read:
    """One read of the log: what it found, and the walk unless nothing was new."""

    tail: Tail
    walk: Walk | None = None


@dataclass(slots=True)
class EmbeddedTable:
    """One Delta table during one cycle; a TableSource.

    `head` and `load_states` are the live-file state that an earlier cycle kept, if any; `kept()`
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
    _reader: LogReader | None = None

    @property
    def cost(self) -> Cost:
        return self._reader.cost if self._reader else Cost()

    async def tail(self, position: str | None) -> Tail:
        """The commits after a position, counted; None reads all that the log still holds."""
        if position not in self._reads:
            self._reads[position] = await self._read(self._open(), position)
        return self._reads[position].tail

    async def last(self, commits: int) -> Tail:
        """The newest commits only, without reading the log before them where a checkpoint helps."""
        reader = self._open()
        listing = await whole_log(reader.log)
        wanted = sorted(listing.commits)[-commits:] if commits else []
        first = wanted[0] if wanted else (listing.head or 0) + 1
        walk = await reader.walk(listing, await reader.before(listing, first))
        read = _Read(await self._tail(reader, walk, first=True), walk)
        self._reads[f"the last {commits}"] = read
        return read.tail

    async def event_time(self, *, scan: bool) -> EventTime:
        """The newest value of the declared event-time column."""
        if not self._reads:
            await self.tail(None)
        walk, name = self._newest().walk, self.event_name or ""
        metadata, value, bound = self._bound(walk)
        known = newest.proven(name, metadata, value, bound)
        closed = known.at is not None or not known.reason
        if closed or not scan or self.access.log_only or event_column(metadata, name) is None:
            return known
        return await self._scanned(name, metadata)

    async def live_files(self) -> "pa.Table":
        """The live files, a row each; see TableSource."""
        return (await self._state()).files.told()

    async def row_width(self) -> RowWidth:
        """What a row takes in memory, from a sample of the data."""
        reader, state = self._open(), await self._state()
        assert state.metadata is not None
        sample = RowWidthBySample(reader.log, reader.base.root, reader.feed)
        return await sample.find(state.metadata, state.files)

    async def log_folder(self) -> LogFolder:
        """What lies in the log; one more request, except on a first read."""
        reader, first = self._open(), self._reads.get(None)
        known = first.walk.listing if first and first.walk else None
        return await log_folder(reader.log, known or await whole_log(reader.log))

    def kept(self) -> Kept | None:
        """The live-file state to keep after this cycle; None when nothing changed."""
        walk = self._newest().walk if self._reads else None
        if walk is None or walk.position is None:
            return None
        head, before = self._head_of(walk, walk.position), self.head
        if before is None or walk.rebuilt or walk.moved_from != before.position:
            saving = saved.whole(head, walk.state.files, before.deltas if before else ())
        else:
            saving = saved.grown(head, before, merged(walk.moved), walk.state.files)
        return Kept(str(head.position), saving.put, saving.drop)

    def _open(self) -> LogReader:
        if self._reader is None:
            self._reader = LogReader.open(
                self.uri, self.options, self.access, self.event_name, self.now
            )
        return self._reader

    async def _read(self, reader: LogReader, text: str | None) -> _Read:
        if text is None:
            return await self._read_all(reader, await whole_log(reader.log))
        position = Position.parse(text)
        place = await find(reader.log, position)
        if place.found is Found.RECREATED:
            return await self._read_recreated(reader, place.listing)
        if place.found is Found.CLEANED:
            return await self._read_after_gap(reader, place)
        return await self._read_on(reader, place, position)

    async def _read_all(self, reader: LogReader, listing: Listing) -> _Read:
        first = min(listing.commits, default=(listing.head or 0) + 1)
        walk = await reader.walk(listing, await reader.before(listing, first))
        return _Read(await self._tail(reader, walk, first=True), walk)

    async def _read_recreated(self, reader: LogReader, listing: Listing) -> _Read:
        read = await self._read_all(reader, listing)
        snapshot = read.tail.snapshot
        event = Event(
            EventKind.RECREATED,
            snapshot.table_id,
            self.now,
            "another table lies where the one read before was; counting starts anew",
            {"version": snapshot.version, "table_id": snapshot.table_id},
        )
        events = (event, *read.tail.events)
        return _Read(replace(read.tail, events=events, recreated=True, first=False), read.walk)

    async def _read_after_gap(self, reader: LogReader, place: Place) -> _Read:
        walk = await reader.walk(place.listing, await reader.before(place.listing, place.first))
        event = hole(place.lost.start, place.lost.stop - 1, self.now)
        tail = await self._tail(reader, walk)
        return _Read(replace(tail, events=(event, *tail.events)), walk)

    async def _read_on(self, reader: LogReader, place: Place, position: Position) -> _Read:
        """Read on from a position that is still there: from the kept state, if it is of it."""
        head = self.head if self._usable(position) else None
        if head is not None and place.listing.head == position.version:
            return _Read(self._idle(reader, head, place.listing))
        if head is not None:
            files = saved.live_files(head, await self.load_states())
            if files is not None:
                state = reader.restored(head)
                state.files = files
                walk = await reader.walk(place.listing, state, moved_from=position)
                return _Read(await self._tail(reader, walk), walk)
        listing = place.listing if place.whole else await whole_log(reader.log)
        state = await reader.before(listing, position.version + 1)
        walk = await reader.walk(listing, state, same_as=position)
        return _Read(await self._tail(reader, walk), walk)

    def _usable(self, position: Position) -> bool:
        head = self.head
        if head is None or head.position != position or head.event_name != self.event_name:
            return False
        return head.footers or self.access.log_only or not head.sums.unknown_rows

    async def _tail(self, reader: LogReader, walk: Walk, *, first: bool = False) -> Tail:
        snapshot, problems = await reader.snapshot(walk, self._time_of(walk))
        # Where a walk goes on and meets no other definition, nobody asks for the one before.
        asked = walk.moved_from is None or walk.defining.definitions
        before = walk.defining.before if asked else None
        return Tail(
            snapshot=snapshot,
            commits=tuple(walk.facts),
            events=tuple(walk.events),
            position=str(walk.position or Position(walk.state.version)),
            first=first,
            problems=(*problems, *walk.defining.problems),
            before=before,
            definitions=tuple(walk.defining.definitions),
        )

    def _idle(self, reader: LogReader, head: Head, listing: Listing) -> Tail:
        features.demand_readable(head.protocol)
        state = reader.restored(head)
        return Tail(
            snapshot=snapshot_of(state, head.at),
            commits=(),
            events=(),
            position=str(head.position),
            problems=(*reader.unknown(state), *ahead(listing, state)),
        )

    def _time_of(self, walk: Walk) -> datetime:
        """The time of the newest commit; of its files where the commit itself was not read."""
        if walk.facts:
            return walk.facts[-1].at
        version = walk.state.version
        if self.head is not None and self.head.version == version:
            return self.head.at
        return walk.listing.time_of(version) or self.now

    def _newest(self) -> _Read:
        """The read that got furthest; one that walked rather than one that found nothing new."""
        return max(
            self._reads.values(),
            key=lambda read: (read.walk is not None, read.tail.snapshot.version),
        )

    def _bound(self, walk: Walk | None) -> tuple[Metadata, int | None, Bound]:
        if walk is not None:
            assert walk.state.metadata is not None
            return walk.state.metadata, *walk.state.files.newest()
        assert self.head is not None
        return self.head.metadata, self.head.newest, self.head.bound

    async def _scanned(self, name: str, metadata: Metadata) -> EventTime:
        reader, state = self._open(), await self._state()
        scan = newest.NewestByScan(reader.log, reader.base.root, reader.feed)
        return await scan.find(name, metadata, state.files)

    async def _state(self) -> TableState:
        """The table at its newest version, with its live files."""
        if not self._reads:
            await self.tail(None)
        walk = self._newest().walk
        return walk.state if walk else await self._restored_files(self._open())

    async def _restored_files(self, reader: LogReader) -> TableState:
        assert self.head is not None
        files = saved.live_files(self.head, await self.load_states())
        if files is None:
            return await reader.before(await whole_log(reader.log), self.head.version + 1)
        state = reader.restored(self.head)
        state.files = files
        return state

    def _head_of(self, walk: Walk, position: Position) -> Head:
        state = walk.state
        assert state.metadata is not None
        assert state.protocol is not None
        value, bound = state.files.newest() if state.event else (None, Bound.UNKNOWN)
        return Head(
            position=position,
            at=self._time_of(walk),
            metadata=state.metadata,
            protocol=state.protocol,
            clustering=state.clustering,
            sums=state.sums,
            complete=state.complete,
            event_name=self.event_name,
            newest=value,
            bound=bound,
            footers=not self.access.log_only,
            snapshot_files=0,
            deltas=(),
            delta_files=0,
        )
