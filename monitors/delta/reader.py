"""Reading one table's log: the stores, the base states and the walks of a cycle."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from monitors.core import Cost, Problem, Snapshot
from monitors.delta.feed_reader import Caller, FeedReader
from monitors.delta.live import checksum
from monitors.delta.live.base import Base
from monitors.delta.live.contradiction import Contradiction
from monitors.delta.live.rowcounts import Footers
from monitors.delta.live.saved import Head
from monitors.delta.live.snapshots import ahead, demand_whole, passed_over, snapshot_of, unknown
from monitors.delta.live.table import TableState
from monitors.delta.log import features, pointer
from monitors.delta.log.actions import parse_commit
from monitors.delta.log.listing import Listing, commit_path
from monitors.delta.log.logstore import LogStore
from monitors.delta.log.position import Position
from monitors.delta.log.tail import whole_log
from monitors.delta.walk import Walk, windows
from monitors.errors import UnreadableError
from monitors.storage.stores import Stores


@dataclass(frozen=True, slots=True)
class Access:
    """How tables are to be read. `log_only` never reads data, not even a footer.

    `timeout` bounds one piece of blocking work, in seconds. `once` says that nobody will read
    again: what the storage refuses now is marked as unknown, instead of failing the read.
    """

    caller: Caller
    log_only: bool = False
    timeout: float = 300.0
    once: bool = False


@dataclass(slots=True)
class LogReader:
    """Walks one table's log; UnreadableError whenever the table cannot be read."""

    log: LogStore
    footers: Footers
    base: Base
    feed: FeedReader
    now: datetime

    @classmethod
    def open(
        cls,
        uri: str,
        options: Mapping[str, str],
        access: Access,
        event_name: str | None,
        now: datetime,
    ) -> "LogReader":
        """A reader of the table at a URI; nothing of it is read yet."""
        stores = Stores(uri, options)
        log = LogStore(uri, stores.own)
        footers = Footers(None if access.log_only else stores, once=access.once)
        base = Base(log, stores.root, event_name, footers)
        caller = None if access.log_only else access.caller
        feed = FeedReader(uri, options, caller, access.timeout, access.once)
        return cls(log, footers, base, feed, now)

    @property
    def cost(self) -> Cost:
        return self.log.cost + self.footers.cost + self.feed.cost

    def restored(self, head: Head) -> TableState:
        """The state that a kept head describes, its live files left out."""
        state = self.base.empty()
        state.version, state.protocol = head.version, head.protocol
        state.clustering = head.clustering
        state.set_metadata(head.metadata)
        state.sums, state.complete = head.sums, head.complete
        return state

    async def before(self, listing: Listing, first: int) -> TableState:
        """The state below the commit `first`, walked to from the best checkpoint in silence."""
        return await self._before(self.base, listing, first)

    async def _before(self, base: Base, listing: Listing, first: int) -> TableState:
        start = base.empty()
        if first > 0:
            newest = await base.newest_upto(listing, first - 1)
            if newest is not None:
                start = newest
            elif 0 not in listing.commits:
                earliest = min((v for v in listing.commits if v < first), default=first)
                start = base.unknown(earliest - 1)
        if start.version < first - 1:
            silent = Walk(base, listing, start, self.now)
            await silent.run(first - 1, counting=False)
            return silent.state
        return start

    async def walk(
        self,
        listing: Listing,
        state: TableState,
        moved_from: Position | None = None,
        same_as: Position | None = None,
    ) -> Walk:
        """Walk from a state to the newest version, and count what the log could not.

        `moved_from` is the position of a kept state, `same_as` one that was rebuilt.
        """
        walk = Walk(self.base, listing, state, self.now, moved_from=moved_from)
        walk.position = moved_from or same_as
        if moved_from is None:
            walk.contradiction = await self._contradiction(listing, state)
        await walk.run(max(listing.head or 0, state.version))
        demand_whole(self.log.uri, walk.state, walk.broken, self.base.spoilt)
        if walk.state.unsettled and walk.state.event:
            await self._settle(walk)
        await self.feed.answer(walk)
        return walk

    async def _contradiction(self, listing: Listing, state: TableState) -> Contradiction | None:
        """What compares the commits after a state with the newest checkpoint, if any is there."""
        newest = max((c.version for c in listing.checkpoints), default=-1)
        if not state.complete or newest <= state.version:
            return None
        found = await pointer.read(self.log, listing)
        return None if found is None else Contradiction(self.log, listing, found)

    async def passage(self, listing: Listing, first: int, last: int) -> Walk:
        """Walk over some versions only; they may lead to a state that lacks some of its files."""
        walk = Walk(self.base, listing, await self.before(listing, first), self.now)
        await walk.run(last)
        if walk.state.protocol is not None:
            features.demand_readable(walk.state.protocol)
        await self.feed.answer(walk)
        return walk

    async def times(self, listing: Listing) -> dict[int, datetime]:
        """The time of each commit in a listing that can be read, by version."""
        times: dict[int, datetime] = {}
        for window in windows(listing, sorted(listing.commits)):
            bodies = await self.log.get_all([commit_path(version) for version in window])
            for version, body in zip(window, bodies, strict=True):
                file = listing.commits[version]
                try:
                    times[version] = parse_commit(version, body, file.modified, file.path).at
                except UnreadableError:
                    continue
        return times

    async def _settle(self, walk: Walk) -> None:
        """Find anew what all files say of an event-time column that became another one."""
        base = replace(self.base, pinned=walk.state.event)
        version = walk.state.version
        known = await self._before(base, await whole_log(self.log), version + 1)
        whole = known.complete and known.version == version
        walk.state.files = known.files if whole else walk.state.files.without_bounds()
        walk.rebuilt = True

    async def snapshot(self, walk: Walk, at: datetime) -> tuple[Snapshot, tuple[Problem, ...]]:
        """The table at the end of a walk, and what is not known of it."""
        problems = (*self.unknown(walk.state), *passed_over(walk.bridged))
        if walk.moved_from is None:
            second = await checksum.disagreements(self.log, walk.listing, walk.state)
            problems = (*problems, *second)
        problems = (*problems, *ahead(walk.listing, walk.state))
        if walk.contradiction is not None:
            problems = (*problems, *walk.contradiction.problems)
        return snapshot_of(walk.state, at), problems

    def unknown(self, state: TableState) -> tuple[Problem, ...]:
        """What a state does not know of its table."""
        return unknown(state, footers=self.footers.enabled)
