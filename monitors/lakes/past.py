"""A table of the embedded lake as a replay wants it: what is still there, and what it costs."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from monitors.core import Cost, Window
from monitors.delta.log.listing import Listing
from monitors.delta.log.position import Position
from monitors.delta.log.tail import Found, find, whole_log
from monitors.lakes.embedded import EmbeddedTable


class PastTable(EmbeddedTable):
    """One Delta table whose past is read anew. Every method raises UnreadableError."""

    async def reached(self, position: str) -> int | None:
        """The version of a position that was read before; None when it is of an older table."""
        at = Position.parse(position)
        place = await find(self._open().log, at)
        return None if place.found is Found.RECREATED else at.version

    async def versions(self) -> frozenset[int]:
        """The commits that the log still holds, whether they can be read or not."""
        return frozenset((await whole_log(self._open().log)).commits)

    async def commit_times(self) -> Mapping[int, datetime]:
        """The time of each commit that the log still holds and that can be read, by version."""
        reader = self._open()
        return await reader.times(await whole_log(reader.log))

    async def window(self, first: int, last: int) -> Window:
        """The commits of some versions, both included and none beyond the newest, read anew."""
        reader = self._open()
        listing = await whole_log(reader.log)
        walk = await reader.passage(listing, first, last)
        return Window(
            commits=tuple(walk.facts),
            events=tuple(walk.events),
            before=walk.defining.before,
            definitions=tuple(walk.defining.definitions),
            problems=tuple(walk.defining.problems),
        )

    async def foreseen(self, ranges: Iterable[tuple[int, int]]) -> Cost:
        """What windows from a first to a last version would read of the log.

        Footers and change data come on top where the log cannot answer, and nobody knows that
        before its commits are read.
        """
        listing = await whole_log(self._open().log)
        return sum((_window_cost(listing, *versions) for versions in ranges), Cost())


def _window_cost(listing: Listing, first: int, last: int) -> Cost:
    """A LIST, the best checkpoint below the first commit, and the commits from there on."""
    base = next(iter(listing.checkpoints_upto(first - 1)), None)
    start = base.version + 1 if base else 0
    files = [file for version, file in listing.commits.items() if start <= version <= last]
    files += base.files if base else ()
    return Cost(1 + len(files), sum(file.size for file in files))
