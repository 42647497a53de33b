"""What the log says of the rows to judge: the commits after a position, and the live files.

Asynchronous, and without reading data; it runs in worker processes, by an event loop of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitors.core import Cost, EventKind
from monitors.delta.counts import Touched
from monitors.delta.feed.commits import ChangedCommit, ChangedFile, Table
from monitors.delta.feed_reader import changed_file
from monitors.delta.live.adds import live_adds
from monitors.delta.live.snapshots import demand_whole
from monitors.delta.live.table import TableState, schema_of
from monitors.delta.log import features
from monitors.delta.log.actions import Commit, Metadata, parse_commit
from monitors.delta.log.listing import Listing
from monitors.delta.log.position import Position
from monitors.delta.log.tail import Found, Place, find, whole_log
from monitors.delta.reader import Access, LogReader
from monitors.delta.walk import Walk
from monitors.errors import UnavailableError, UnreadableError
from monitors.lakes.rows.fresh import LeftOut, new_rows

_NEVER: Any = None  # nothing here reads data, so that nobody is called to do so


@dataclass(slots=True)
class Window:
    """The commits whose rows are to be judged, and the table as of the last one.

    `whole` says that every live row is new: the first time, and for a table that took another's
    place. `gap` names commits that left the log before they were judged.
    """

    table: Table
    table_id: str
    version: int
    at: datetime
    position: str
    whole: bool
    recreated: bool = False
    commits: tuple[ChangedCommit, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    gap: LeftOut | None = None
    cost: Cost = field(default_factory=Cost)


async def read_window(
    uri: str, options: Mapping[str, str], position: str | None, now: datetime
) -> Window:
    """The window after a position (None: everything); UnreadableError when the log is broken."""
    reader = _reader(uri, options, now)
    if position is None:
        return await _everything(reader, options, await whole_log(reader.log))
    place = await find(reader.log, Position.parse(position))
    if place.found is Found.RECREATED:
        return await _everything(reader, options, place.listing, recreated=True)
    return await _after(reader, options, place, Position.parse(position))


async def read_live(table: Table, version: int, now: datetime) -> tuple[ChangedFile, ...]:
    """The live files of a version, with their paths; UnreadableError when the log lacks it."""
    reader = _reader(table.uri, table.options, now)
    state = await reader.before(await whole_log(reader.log), version + 1)
    demand_whole(table.uri, state, {}, reader.base.spoilt)
    keys = [int(key) for key in state.files.table()["key"].to_numpy()]
    adds = await live_adds(reader.log, reader.base.root, set(keys))
    if len(adds) < len(keys):
        raise UnavailableError(
            f"{table.uri} changed while its log was read", "nothing: the next read tries again"
        )
    return tuple(changed_file(adds[key], None) for key in sorted(keys))


def _reader(uri: str, options: Mapping[str, str], now: datetime) -> LogReader:
    return LogReader.open(uri, options, Access(_NEVER, log_only=True), None, now)


async def _everything(
    reader: LogReader, options: Mapping[str, str], listing: Listing, *, recreated: bool = False
) -> Window:
    head = listing.head
    if head is None:
        raise UnreadableError(f"{reader.log.uri} holds no commit any more", "check the URI")
    state = await reader.before(listing, head + 1)
    demand_whole(reader.log.uri, state, {}, reader.base.spoilt)
    at, position = await _newest(reader, listing, head)
    window = _window(reader, options, state, at, position)
    window.whole, window.recreated = True, recreated
    return window


async def _after(
    reader: LogReader, options: Mapping[str, str], place: Place, seen: Position
) -> Window:
    # What the table was at the position is told by what lies below it.
    listing = place.listing if place.whole else await whole_log(reader.log)
    head = max(listing.head or 0, seen.version)
    steps = _Steps(reader.base, listing, await reader.before(listing, place.first), reader.now)
    await steps.run(head)
    if steps.state.protocol is not None:
        features.demand_readable(steps.state.protocol)
    if steps.state.metadata is None:
        demand_whole(reader.log.uri, steps.state, steps.broken, reader.base.spoilt)
    at, position = await _newest(reader, listing, head)
    window = _window(reader, options, steps.state, at, position)
    window.commits, window.left_out = tuple(steps.changed), tuple(steps.left_out)
    window.gap = _gap(place, steps)
    return window


def _window(
    reader: LogReader,
    options: Mapping[str, str],
    state: TableState,
    at: datetime,
    position: Position,
) -> Window:
    assert state.metadata is not None
    metadata: Metadata = state.metadata
    table = Table(reader.log.uri, schema_of(metadata), metadata.partition_columns, options)
    return Window(
        table, metadata.id, state.version, at, str(position), whole=False, cost=reader.cost
    )


async def _newest(reader: LogReader, listing: Listing, head: int) -> tuple[datetime, Position]:
    """The time and the place of the newest commit; of its files where only a checkpoint is left."""
    file = listing.commits.get(head)
    if file is None:
        return listing.time_of(head) or reader.now, Position(head)
    body = await reader.log.get(file.path)
    try:
        at = parse_commit(head, body, file.modified, file.path).at
    except UnreadableError:
        at = file.modified
    return at, Position.of(head, file, body)


def _gap(place: Place, steps: "_Steps") -> LeftOut | None:
    lost = [(place.lost.start, place.lost.stop - 1)] if place.lost else []
    lost += steps.holes
    if not lost:
        return None
    named = " and ".join(_versions(first, last) for first, last in lost)
    return LeftOut(
        f"{named} left the log, or could not be read in it, before being judged",
        "check more often than the log is cleaned (delta.logRetentionDuration)",
    )


def _versions(first: int, last: int) -> str:
    return f"version {first}" if first == last else f"versions {first} to {last}"


@dataclass(slots=True)
class _Steps(Walk):
    """A walk that notes, instead of counts, what each commit made new."""

    changed: list[ChangedCommit] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def holes(self) -> list[tuple[int, int]]:
        """First and last versions that nobody can read any more."""
        gone = (e.detail for e in self.events if e.kind == EventKind.LOG_CLEANED)
        return [(detail["first"], detail["last"]) for detail in gone]

    def _note(
        self,
        commit: Commit,
        added: Sequence[Touched],
        removed: Sequence[Touched],
        before: Metadata | None,
    ) -> None:
        found = new_rows(commit, self.state.feed, added, removed)
        if isinstance(found, LeftOut):
            self.left_out.append(found)
        elif found is not None:
            self.changed.append(found)
