"""Finding a place in a log again: what a LIST from there says of the table.

The listing starts just before the JSON of the position, so that the commit that was read last is in
the answer for free. Where its size or ETag differ, its content decides.
"""

from dataclasses import dataclass
from enum import Enum, auto

from monitors.delta.log.listing import Listing, offset_before, sort_out
from monitors.delta.log.logstore import LogStore
from monitors.delta.log.position import Position
from monitors.errors import UnreadableError


class Found(Enum):
    """How a position was found: where it was, gone under newer commits, or not of this table."""

    THERE = auto()
    CLEANED = auto()
    RECREATED = auto()


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a listing. `whole` says that the listing holds the whole log.

    `first` is the first version to read after the position; `lost` are the versions between the
    position and `first`, whose commits are gone.
    """

    found: Found
    listing: Listing
    whole: bool
    first: int
    lost: range = range(0)


async def whole_log(log: LogStore) -> Listing:
    """The whole log; UnreadableError when there is none."""
    listing = sort_out(await log.entries(None))
    if listing.head is None:
        raise _not_delta(log.uri, listing)
    return listing


async def find(log: LogStore, position: Position) -> Place:
    """Where a position is now."""
    listing = sort_out(await log.entries(offset_before(position.version)))
    file = listing.commits.get(position.version)
    if file is not None and position.proven:
        same = position.looks_like(file) or position.is_commit(await log.get(file.path))
        if same:
            return Place(Found.THERE, listing, whole=False, first=position.version + 1)
    # A checkpoint of the very version lies before the start of the listing.
    everything = await whole_log(log)
    if file is None and everything.head is not None and everything.head >= position.version:
        return _cleaned(everything, position)
    return _recreated(everything)


def _cleaned(listing: Listing, position: Position) -> Place:
    newer = [version for version in listing.commits if version > position.version]
    # With checkpoints only there is nothing to read, and nothing of it was lost to us.
    head = listing.head if listing.head is not None else position.version
    first = min(newer, default=head + 1)
    lost = range(position.version + 1, first)
    found = Found.CLEANED if lost else Found.THERE
    return Place(found, listing, whole=True, first=first, lost=lost)


def _recreated(listing: Listing) -> Place:
    first = min(listing.commits, default=(listing.head or 0) + 1)
    return Place(Found.RECREATED, listing, whole=True, first=first)


def _not_delta(uri: str, listing: Listing) -> UnreadableError:
    if listing.size:
        return UnreadableError(
            f"broken log: {uri}/_delta_log holds neither a commit nor a complete checkpoint",
            "restore the log from a backup, or recreate the table",
        )
    return UnreadableError(
        f"{uri} is not a Delta table: it has no _delta_log",
        "check the URI; for another format convert it with CONVERT TO DELTA",
    )
